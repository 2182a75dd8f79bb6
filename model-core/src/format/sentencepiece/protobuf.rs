//! The wire format of protobuf messages, read field by field.
//!
//! The files have few fields, so no schema compiler is needed. Every length is checked against the bytes that are there,
//! and nothing is allocated on the word of a length.

use super::{Place, malformed};
use crate::error::Result;

/// The fields of one protobuf message, in order.
pub(super) struct Fields<'a> {
    rest: &'a [u8],
    place: Place,
}

impl<'a> Fields<'a> {
    pub(super) fn new(rest: &'a [u8], place: Place) -> Self {
        Self { rest, place }
    }

    pub(super) fn next(&mut self) -> Result<Option<(u64, Value<'a>)>> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let key = self.varint()?;
        let value = match key & 7 {
            0 => Value::Varint(self.varint()?),
            1 => {
                self.take(8)?;
                Value::Fixed64
            }
            2 => {
                let len = self.varint()?;
                Value::Bytes(self.take(len)?)
            }
            5 => match *self.take(4)? {
                [a, b, c, d] => Value::Fixed32([a, b, c, d]),
                _ => return Err(malformed(self.place, "cut short")),
            },
            other => return Err(malformed(self.place, format!("wire type {other}"))),
        };
        match key >> 3 {
            0 => Err(malformed(self.place, "field number 0")),
            field => Ok(Some((field, value))),
        }
    }

    fn varint(&mut self) -> Result<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let Some((&byte, rest)) = self.rest.split_first() else {
                return Err(malformed(self.place, "cut short within a number"));
            };
            self.rest = rest;
            let bits = u64::from(byte & 0x7F);
            if shift == 63 && bits > 1 {
                break;
            }
            value |= bits << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(malformed(self.place, "a number of more than 64 bits"))
    }

    fn take(&mut self, len: u64) -> Result<&'a [u8]> {
        let taken = usize::try_from(len).ok().and_then(|len| self.rest.split_at_checked(len));
        let (taken, rest) = taken.ok_or_else(|| {
            malformed(self.place, format!("{len} bytes promised and {} left", self.rest.len()))
        })?;
        self.rest = rest;
        Ok(taken)
    }
}

/// A field's value as it stands on the wire.
#[derive(Clone, Copy)]
pub(super) enum Value<'a> {
    Varint(u64),
    Fixed64,
    Bytes(&'a [u8]),
    Fixed32([u8; 4]),
}

impl<'a> Value<'a> {
    pub(super) fn varint(self, place: Place, name: &str) -> Result<u64> {
        match self {
            Self::Varint(value) => Ok(value),
            _ => Err(malformed(place, format!("{name} is not a number"))),
        }
    }

    pub(super) fn flag(self, place: Place, name: &str) -> Result<bool> {
        Ok(self.varint(place, name)? != 0)
    }

    pub(super) fn float(self, place: Place, name: &str) -> Result<f32> {
        match self {
            Self::Fixed32(bytes) => Ok(f32::from_le_bytes(bytes)),
            _ => Err(malformed(place, format!("{name} is not a 32-bit float"))),
        }
    }

    pub(super) fn bytes(self, place: Place, name: &str) -> Result<&'a [u8]> {
        match self {
            Self::Bytes(bytes) => Ok(bytes),
            _ => Err(malformed(place, format!("{name} is not a string of bytes"))),
        }
    }

    pub(super) fn text(self, place: Place, name: &str) -> Result<&'a str> {
        std::str::from_utf8(self.bytes(place, name)?)
            .map_err(|error| malformed(place, format!("{name} is not UTF-8: {error}")))
    }
}
