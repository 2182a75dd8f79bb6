//! The files that a model is made of: bytes in, checked values or an error out.
//!
//! Every parser takes a whole file as a slice, believes none of the lengths in it before comparing them with the
//! bytes that are there, and allocates no more than a small multiple of the file's own size. One file here is one
//! form; a new form of model is a new file beside these.

pub mod config;
mod dtype;
pub mod manifest;
pub mod marian;
mod reader;
pub mod sentencepiece;
pub mod shortlist;
pub mod sketch;
mod yaml;
