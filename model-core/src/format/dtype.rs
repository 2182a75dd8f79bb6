//! The element types of Marian's binary form: a class and a size in one number.

use super::reader::unsupported;
use crate::error::{File, Result};

/// What a tensor's elements are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dtype {
    /// Signed bytes.
    Int8,
    /// Signed 16-bit integers.
    Int16,
    /// Signed 32-bit integers.
    Int32,
    /// Unsigned 32-bit integers.
    Uint32,
    /// Half precision.
    Float16,
    /// Single precision.
    Float32,
    /// Double precision.
    Float64,
    /// Signed bytes, and behind the last of them one float32, the multiplier that made them.
    Intgemm8,
    /// Signed 16-bit integers with such a multiplier.
    Intgemm16,
}

impl Dtype {
    /// The type that a file means by `code`; `name` is the tensor's, for the error.
    pub(super) fn from_code(code: u64, name: &str) -> Result<Self> {
        Ok(match code {
            0x0101 => Self::Int8,
            0x0102 => Self::Int16,
            0x0104 => Self::Int32,
            0x0204 => Self::Uint32,
            0x0402 => Self::Float16,
            0x0404 => Self::Float32,
            0x0408 => Self::Float64,
            0x4101 => Self::Intgemm8,
            0x4102 => Self::Intgemm16,
            _ => {
                let packed = match code {
                    0x0802 => "type fbgemm packed16",
                    0x1801 => "type fbgemm packed8 for AVX2",
                    0x2801 => "type fbgemm packed8 for AVX-512",
                    _ => "unknown type",
                };
                return Err(unsupported(File::Model, name, format!("{packed} ({code:#06x})")));
            }
        })
    }

    /// Marian's name of the type.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Int8 => "int8",
            Self::Int16 => "int16",
            Self::Int32 => "int32",
            Self::Uint32 => "uint32",
            Self::Float16 => "float16",
            Self::Float32 => "float32",
            Self::Float64 => "float64",
            Self::Intgemm8 => "intgemm8",
            Self::Intgemm16 => "intgemm16",
        }
    }

    /// Bytes of one element.
    #[must_use]
    pub fn element_bytes(self) -> usize {
        match self {
            Self::Int8 | Self::Intgemm8 => 1,
            Self::Int16 | Self::Float16 | Self::Intgemm16 => 2,
            Self::Int32 | Self::Uint32 | Self::Float32 => 4,
            Self::Float64 => 8,
        }
    }

    /// Bytes behind the last element that belong to the tensor.
    pub(super) fn trailer_bytes(self) -> u64 {
        if matches!(self, Self::Intgemm8 | Self::Intgemm16) { 4 } else { 0 }
    }
}
