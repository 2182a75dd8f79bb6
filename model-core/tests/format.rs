//! The parsers of a model's files: they read what is right, refuse by name what is wrong, and neither panic nor ask
//! for much memory whatever the bytes are.

#[path = "format/config.rs"]
mod config;
#[path = "support/counting.rs"]
mod counting;
#[path = "support/shortlist.rs"]
mod lists;
#[path = "format/manifest.rs"]
mod manifest;
#[path = "format/model.rs"]
mod model;
#[path = "format/mutation.rs"]
mod mutation;
#[path = "format/published.rs"]
mod published;
#[path = "format/shortlist.rs"]
mod shortlist;
#[path = "format/sketch.rs"]
mod sketch;
#[path = "support/marian.rs"]
mod writer;

use model_core::error::{Error, File, Result};

#[global_allocator]
static ALLOCATOR: counting::Counting = counting::Counting;

/// What parsing a file of this many bytes may ask for, in bytes.
fn allowance(file_bytes: usize) -> usize {
    4 * file_bytes + 64 * 1024
}

/// The item that an error is about; also checks that its message says which file it is in.
fn item(error: &Error, file: File) -> &str {
    match error {
        Error::Malformed { file: named, item, problem }
        | Error::Unsupported { file: named, item, problem } => {
            assert_eq!(*named, file, "{error}");
            assert!(!item.is_empty() && !problem.is_empty(), "{error}");
            item
        }
        other => panic!("an error of a single file was expected, found: {other}"),
    }
}

/// Asserts that the result is an error of `file` about `expected`.
fn assert_names<T: std::fmt::Debug>(result: Result<T>, file: File, expected: &str) {
    let error = result.expect_err("the file is wrong");
    let item = item(&error, file);
    assert!(item.contains(expected), "{expected} was expected, found: {error}");
}
