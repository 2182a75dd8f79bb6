//! The parts that pages are made of.

mod arrival;
mod article;
mod cursor;
mod failure;
mod modes;
mod newer;
mod panel;
mod row;
mod runs;
mod shell;
mod status;
mod update;

pub(crate) use self::{
    arrival::Arrival,
    article::ArticleView,
    failure::{EngineFailure, Failure},
    shell::{Shell, Skeleton},
    status::StatusBar,
};
