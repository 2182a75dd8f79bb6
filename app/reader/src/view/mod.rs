//! The parts that pages are made of.

mod article;
mod cursor;
mod failure;
mod modes;
mod panel;
mod row;
mod runs;
mod shell;
mod status;
mod update;

pub(crate) use self::{
    article::ArticleView,
    failure::{EngineFailure, Failure},
    shell::{Shell, Skeleton},
    status::StatusBar,
};
