//! Zstandard: a sequence of frames, some of which are to be skipped.

use std::io::Read;

use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use crate::{Error, Form};

/// The window that every decoder has to offer (RFC 8878, 3.1.1.1.2). Frames may look back further only if all that may
/// come out is larger, too.
const WINDOW: u64 = 8 * 1024 * 1024;
/// How much is unpacked before the limit is looked at again.
const STEP: usize = 256 * 1024;

/// What is in a Zstandard file, if that is not more than `most` bytes.
pub(crate) fn unpack(bytes: &[u8], most: usize) -> Result<Vec<u8>, Error> {
    let mut rest = bytes;
    let mut content = Vec::new();
    while !rest.is_empty() {
        frame(&mut rest, &mut content, most)?;
    }
    Ok(content)
}

/// Moves `rest` over one frame and appends what is in it to `content`.
fn frame(rest: &mut &[u8], content: &mut Vec<u8>, most: usize) -> Result<(), Error> {
    let start = content.len();
    // A decoder for each frame: one that is used again sets aside the whole window that the next header asks for.
    let mut decoder = FrameDecoder::new();
    decoder.set_max_window_size(WINDOW.max(most as u64));
    match decoder.init(&mut *rest) {
        Ok(()) => {}
        Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame { length, .. })) => {
            *rest = rest.get(length as usize..).ok_or_else(|| broken("it ends within a frame"))?;
            return Ok(());
        }
        Err(error) => return Err(broken(error)),
    }
    while !decoder.is_finished() {
        decoder.decode_blocks(&mut *rest, BlockDecodingStrategy::UptoBytes(STEP)).map_err(broken)?;
        let ready = decoder.can_collect();
        if ready > most - content.len() {
            return Err(Error::TooLarge { limit: most });
        }
        (&mut decoder).take(ready as u64).read_to_end(content).map_err(broken)?;
    }
    let (declared, found) = (decoder.content_size(), (content.len() - start) as u64);
    if declared != 0 && declared != found {
        return Err(broken(format!("a frame of {declared} bytes has {found}")));
    }
    if decoder.get_checksum_from_data().is_some_and(|sum| decoder.get_calculated_checksum() != Some(sum)) {
        return Err(broken("a frame is not what its checksum says"));
    }
    Ok(())
}

fn broken(problem: impl ToString) -> Error {
    Error::Broken { form: Form::Zstd, problem: problem.to_string() }
}
