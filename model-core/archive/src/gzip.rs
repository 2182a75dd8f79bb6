//! gzip (RFC 1952): one or more members, each a header, a deflate stream, and checksum and size of what is in it.
//!
//! The inflater is a crate's; the few bytes around it are read here, which spares the browser's engine the half of its
//! size that streams of any length would cost.

use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress};

use crate::{Error, Form};

/// Magic number, method, flags, time, two bytes that say how it was made.
const HEADER: usize = 10;
const DEFLATE: u8 = 8;
/// CRC-32 and size.
const TRAILER: usize = 8;

const HAS_CHECKSUM: u8 = 2;
const HAS_EXTRA: u8 = 4;
const HAS_NAME: u8 = 8;
const HAS_COMMENT: u8 = 16;
const RESERVED: u8 = 0b1110_0000;

/// What is in a gzip file, if that is not more than `most` bytes.
pub(crate) fn unpack(bytes: &[u8], most: usize) -> Result<Vec<u8>, Error> {
    let mut rest = bytes;
    let mut content = Vec::new();
    while !rest.is_empty() {
        skip_header(&mut rest)?;
        let start = content.len();
        inflate(&mut rest, &mut content, most)?;
        let (crc, size) = (number(&mut rest)?, number(&mut rest)?);
        let member = &content[start..];
        // The size is counted modulo 2^32.
        if crc != crc32(member) || size != member.len() as u32 {
            return Err(broken("what is in it is not what its checksum says"));
        }
    }
    Ok(content)
}

/// Moves `rest` over a member's header.
fn skip_header(rest: &mut &[u8]) -> Result<(), Error> {
    let header = take(rest, HEADER)?;
    let flags = header[3];
    if header[..2] != [0x1f, 0x8b] {
        return Err(broken("something else follows it"));
    }
    if header[2] != DEFLATE || flags & RESERVED != 0 {
        return Err(broken("it is of an unknown kind"));
    }
    if flags & HAS_EXTRA != 0 {
        let len = take(rest, 2)?;
        take(rest, usize::from(u16::from_le_bytes([len[0], len[1]])))?;
    }
    for text in [HAS_NAME, HAS_COMMENT] {
        if flags & text != 0 {
            let end = rest.iter().position(|&byte| byte == 0).ok_or_else(cut)?;
            take(rest, end + 1)?;
        }
    }
    if flags & HAS_CHECKSUM != 0 {
        take(rest, 2)?;
    }
    Ok(())
}

/// Moves `rest` over a deflate stream and appends what is in it to `content`.
fn inflate(rest: &mut &[u8], content: &mut Vec<u8>, most: usize) -> Result<(), Error> {
    let start = content.len();
    let mut end = start;
    let mut inflater = Box::<DecompressorOxide>::default();
    // Small at first, as a file may have very many members.
    let mut room = 16 * 1024;
    loop {
        content.resize(end.saturating_add(room).min(most), 0);
        let flags = TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
        let (status, read, written) =
            decompress(&mut inflater, rest, &mut content[start..], end - start, flags);
        take(rest, read)?;
        end += written;
        match status {
            TINFLStatus::Done => break,
            TINFLStatus::HasMoreOutput if content.len() >= most => {
                return Err(Error::TooLarge { limit: most });
            }
            TINFLStatus::HasMoreOutput => room = room.saturating_mul(2),
            TINFLStatus::NeedsMoreInput | TINFLStatus::FailedCannotMakeProgress => return Err(cut()),
            _ => return Err(broken("its bytes are damaged")),
        }
    }
    content.truncate(end);
    Ok(())
}

/// Takes the next `len` bytes.
fn take<'a>(rest: &mut &'a [u8], len: usize) -> Result<&'a [u8], Error> {
    let (taken, behind) = rest.split_at_checked(len).ok_or_else(cut)?;
    *rest = behind;
    Ok(taken)
}

/// Takes the next number of the trailer.
fn number(rest: &mut &[u8]) -> Result<u32, Error> {
    let bytes = take(rest, TRAILER / 2)?;
    Ok(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
}

/// gzip's checksum, of the polynomial 0xEDB88320, byte by byte.
fn crc32(bytes: &[u8]) -> u32 {
    const TABLE: [u32; 256] = {
        let mut table = [0; 256];
        let mut index = 0;
        while index < 256 {
            let mut value = index as u32;
            let mut bit = 0;
            while bit < 8 {
                value = if value & 1 == 1 { (value >> 1) ^ 0xedb8_8320 } else { value >> 1 };
                bit += 1;
            }
            table[index] = value;
            index += 1;
        }
        table
    };
    !bytes.iter().fold(!0, |crc, &byte| (crc >> 8) ^ TABLE[usize::from(crc as u8 ^ byte)])
}

fn cut() -> Error {
    broken("it ends too early")
}

fn broken(problem: &str) -> Error {
    Error::Broken { form: Form::Gzip, problem: problem.to_owned() }
}
