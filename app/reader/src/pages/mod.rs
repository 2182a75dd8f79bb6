//! The pages, one file each.

mod article;
mod front;
mod missing;
mod models;
mod paste;
mod read;

pub(crate) use self::{
    article::ArticlePage,
    front::FrontPage,
    missing::MissingPage,
    models::{ComparePage, ModelsPage},
    paste::{PastePage, Pasted},
    read::ReadPage,
};
