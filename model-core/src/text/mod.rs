//! Text before and after the model: sentences, and the pieces of a vocabulary.

pub mod sentences;
pub mod vocabulary;

pub use sentences::{cut, sentences};
pub use vocabulary::{Piece, Vocabulary};
