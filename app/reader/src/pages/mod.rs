//! The pages, one file each.

mod article;
mod front;
mod missing;
mod paste;
mod read;

pub(crate) use self::{
    article::ArticlePage,
    front::FrontPage,
    missing::MissingPage,
    paste::{PastePage, Pasted},
    read::ReadPage,
};
