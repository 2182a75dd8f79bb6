//! Marian's binary model file, version 1: named tensors behind one header, read in place.
//!
//! ```text
//! u64 version = 1 · u64 n
//! n × { u64 name_len with NUL · u64 type · u64 rank · u64 data_len }
//! n × name with NUL · n × rank × i32 sizes · u64 pad · pad bytes · n × data_len bytes
//! ```
//!
//! [`ModelFile::parse`] checks the whole header against the bytes that are there and copies none of the tensors. The
//! lookups then check one tensor each against what the model needs of it.

use std::borrow::Cow;

pub use super::dtype::Dtype;
use super::reader::{Reader, f32_le, malformed, shown, u32_le, u64_le, unsupported};
use crate::error::{File, Result};

/// Where the model's configuration stands among the tensors.
pub const CONFIG_ITEM: &str = "special:model.yml";

/// No model of this kind has nearly so many tensors: 64 + 64 layers with alphas have some 4 000.
const MAX_ITEMS: u64 = 16_384;
const MAX_NAME: u64 = 256;
const MAX_RANK: usize = 4;
const HEADER_BYTES: u64 = 32;

/// One tensor of the file, its header checked against its bytes.
#[derive(Clone, Debug)]
pub struct Item<'a> {
    name: &'a str,
    dtype: Dtype,
    rank: usize,
    sizes: [usize; MAX_RANK],
    elements: usize,
    data: &'a [u8],
}

impl<'a> Item<'a> {
    /// The tensor's name.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.name
    }

    /// What its elements are.
    #[must_use]
    pub fn dtype(&self) -> Dtype {
        self.dtype
    }

    /// Its sizes as the file declares them, each at least 1.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        &self.sizes[..self.rank]
    }

    /// How many elements it has: the product of [`Self::shape`].
    #[must_use]
    pub fn elements(&self) -> usize {
        self.elements
    }

    /// Its bytes: the elements, the multiplier of an intgemm type, and the padding.
    #[must_use]
    pub fn data(&self) -> &'a [u8] {
        self.data
    }

    /// Marian keeps vectors as [1, n], other writers as [n]: sizes of 1 in front make no difference.
    fn expect_shape(&self, wanted: &[usize]) -> Result<()> {
        if without_ones(self.shape()) == without_ones(wanted) {
            return Ok(());
        }
        Err(malformed(File::Model, self.name, format!("has shape {:?}, needs {wanted:?}", self.shape())))
    }

    /// The multiplier behind an intgemm8 tensor's elements.
    fn quant_mult(&self) -> Result<f32> {
        let trailer = &self.data[self.elements * self.dtype.element_bytes()..];
        positive(self.name, "multiplier", f32_le(trailer, 0))
    }
}

/// An 8-bit weight: `W[j][i] ≈ values[j · k + i] / quant_mult`.
#[derive(Clone, Debug, PartialEq)]
pub struct Weight<'a> {
    /// How many outputs, or rows of an embedding.
    pub n: usize,
    /// How many inputs, or the width of an embedding.
    pub k: usize,
    /// values: [n, k], each within ±127. Borrowed from the file wherever its bytes can stay as they are.
    pub values: Cow<'a, [i8]>,
    /// 127 / max |W|, or whatever the writer chose instead; finite and above 0.
    pub quant_mult: f32,
}

/// A parsed model file: its tensors by name.
#[derive(Clone, Debug)]
pub struct ModelFile<'a> {
    /// Sorted by name.
    items: Vec<Item<'a>>,
}

impl<'a> ModelFile<'a> {
    /// Reads the header and checks it against the file.
    ///
    /// # Errors
    /// `Malformed` when a length, a shape or a name does not fit the bytes that are there, or a name stands twice;
    /// `Unsupported` for another version and for element types that are packed for one processor.
    pub fn parse(bytes: &'a [u8]) -> Result<Self> {
        let mut reader = Reader::new(File::Model, bytes);
        let version = reader.u64("version")?;
        if version != 1 {
            return Err(unsupported(File::Model, "version", format!("{version}, this engine reads 1")));
        }
        let count = reader.u64("number of items")?;
        if count > MAX_ITEMS {
            return Err(malformed(
                File::Model,
                "number of items",
                format!("{count}, at most {MAX_ITEMS} fit"),
            ));
        }
        let headers = reader.take(count * HEADER_BYTES, "item headers")?;
        let mut items = Vec::with_capacity(headers.len() / HEADER_BYTES as usize);
        for (index, header) in headers.chunks_exact(HEADER_BYTES as usize).enumerate() {
            items.push(read_name(&mut reader, index, header)?);
        }
        for item in &mut items {
            read_shape(&mut reader, item)?;
        }
        let pad = reader.u64("padding before the data")?;
        reader.take(pad, "padding before the data")?;
        for (item, header) in items.iter_mut().zip(headers.chunks_exact(HEADER_BYTES as usize)) {
            read_data(&mut reader, item, u64_le(header, 3))?;
        }
        items.sort_unstable_by_key(|item| item.name);
        if let Some(pair) = items.windows(2).find(|pair| pair[0].name == pair[1].name) {
            return Err(malformed(File::Model, pair[0].name, "stands twice in the file"));
        }
        Ok(Self { items })
    }

    /// The file without the tensor of this name, if it has one.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.items.retain(|item| item.name != name);
        self
    }

    /// All tensors, sorted by name.
    #[must_use]
    pub fn items(&self) -> &[Item<'a>] {
        &self.items
    }

    /// The tensor of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Item<'a>> {
        let found = self.items.binary_search_by_key(&name, |item| item.name).ok()?;
        Some(&self.items[found])
    }

    fn require(&self, name: &str) -> Result<&Item<'a>> {
        self.get(name).ok_or_else(|| malformed(File::Model, name, "is missing"))
    }

    /// The text of the configuration, without the NUL that ends it.
    ///
    /// # Errors
    /// `Malformed` when there is none or it is not text.
    pub fn config_text(&self) -> Result<&'a str> {
        let item = self.require(CONFIG_ITEM)?;
        if item.dtype != Dtype::Int8 {
            return Err(malformed(File::Model, CONFIG_ITEM, format!("is {}, needs int8", item.dtype.name())));
        }
        let text = &item.data[..item.elements];
        let end = text.iter().position(|&byte| byte == 0).unwrap_or(text.len());
        std::str::from_utf8(&text[..end])
            .map_err(|error| malformed(File::Model, CONFIG_ITEM, format!("is not UTF-8: {error}")))
    }

    /// A float32 tensor of this shape, row-major: a bias, a normalisation's scale. Copied, since nothing in the file
    /// is aligned for certain.
    ///
    /// # Errors
    /// `Malformed` when it is missing, has another type or shape, or a value is not finite.
    pub fn float(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        let item = self.require(name)?;
        if item.dtype != Dtype::Float32 {
            return Err(malformed(File::Model, name, format!("is {}, needs float32", item.dtype.name())));
        }
        item.expect_shape(shape)?;
        finite(item)?;
        Ok((0..item.elements).map(|index| f32_le(item.data, index)).collect())
    }

    /// The weight of an affine map from `k` inputs to `n` outputs, which the file declares as [k, n] and, when it is
    /// of type intgemm8, stores transposed. A float32 weight is quantised here, by 127 / max |W|.
    ///
    /// # Errors
    /// `Malformed` when it is missing, has another shape, or its multiplier or a value is unusable; `Unsupported`
    /// when its type is neither intgemm8 nor float32.
    pub fn weight(&self, name: &str, k: usize, n: usize) -> Result<Weight<'a>> {
        let item = self.require(name)?;
        item.expect_shape(&[k, n])?;
        self.quantised(item, n, k, |row, column| column * n + row)
    }

    /// An embedding of `rows` pieces, each `dim` wide, which the file stores as it is declared, [rows, dim]: the same
    /// bytes are the weight of an output layer from `dim` inputs to `rows` outputs.
    ///
    /// # Errors
    /// As for [`Self::weight`].
    pub fn embedding(&self, name: &str, rows: usize, dim: usize) -> Result<Weight<'a>> {
        let item = self.require(name)?;
        item.expect_shape(&[rows, dim])?;
        self.quantised(item, rows, dim, |row, column| row * dim + column)
    }

    /// `at(row, column)` says where a float32 tensor holds the element of `values: [n, k]`.
    fn quantised(
        &self,
        item: &Item<'a>,
        n: usize,
        k: usize,
        at: impl Fn(usize, usize) -> usize,
    ) -> Result<Weight<'a>> {
        match item.dtype {
            Dtype::Intgemm8 => {
                let stored: &'a [i8] = bytemuck::cast_slice(&item.data[..item.elements]);
                // −128 is not of the form, and kernels that negate a byte would overflow on it.
                let values = if stored.contains(&i8::MIN) {
                    Cow::Owned(stored.iter().map(|&value| value.max(-i8::MAX)).collect())
                } else {
                    Cow::Borrowed(stored)
                };
                Ok(Weight { n, k, values, quant_mult: item.quant_mult()? })
            }
            Dtype::Float32 => {
                let largest = finite(item)?;
                // A weight of nothing but zeros, or as good as that, stays zero under any multiplier.
                let quant_mult = Some(127.0 / largest).filter(|mult| mult.is_finite()).unwrap_or(1.0);
                let mut values = Vec::with_capacity(item.elements);
                for row in 0..n {
                    values.extend((0..k).map(|column| {
                        let scaled = f32_le(item.data, at(row, column)) * quant_mult;
                        scaled.round_ties_even().clamp(-127.0, 127.0) as i8
                    }));
                }
                Ok(Weight { n, k, values: Cow::Owned(values), quant_mult })
            }
            other => Err(unsupported(File::Model, item.name, format!("a weight of type {}", other.name()))),
        }
    }

    /// The activation multiplier of the weight `name`, from `<name>_QuantMultA`; none in a file without alphas.
    ///
    /// # Errors
    /// `Malformed` when it is there and is not one finite float above 0.
    pub fn alpha(&self, name: &str) -> Result<Option<f32>> {
        let Some(item) = self.get(&format!("{name}_QuantMultA")) else { return Ok(None) };
        item.expect_shape(&[1, 1])?;
        let value = match item.dtype {
            Dtype::Float32 => f32_le(item.data, 0),
            // A writer that chooses the 8-bit tensors by name takes the alpha of `decoder_Wemb` for one of them.
            Dtype::Intgemm8 => f32::from(item.data[0] as i8) / item.quant_mult()?,
            other => {
                return Err(malformed(File::Model, item.name, format!("is {}, needs float32", other.name())));
            }
        };
        positive(item.name, "value", value).map(Some)
    }
}

/// Reads one name, and from its header what can be checked without the rest. Shape and data come later in the file.
fn read_name<'a>(reader: &mut Reader<'a>, index: usize, header: &[u8]) -> Result<Item<'a>> {
    let place = format!("name of item {index}");
    let (len, code, rank) = (u64_le(header, 0), u64_le(header, 1), u64_le(header, 2));
    if !(2..=MAX_NAME).contains(&len) {
        return Err(malformed(File::Model, place, format!("has {len} bytes, may have 2 to {MAX_NAME}")));
    }
    let bytes = reader.take(len, &place)?;
    let Some((0, bytes)) = bytes.split_last() else {
        return Err(malformed(File::Model, place, "does not end in NUL"));
    };
    let Ok(name) = std::str::from_utf8(bytes) else {
        return Err(malformed(File::Model, place, "is not UTF-8"));
    };
    if name.chars().any(char::is_control) {
        return Err(malformed(File::Model, place, format!("has control characters: {}", shown(name))));
    }
    let dtype = Dtype::from_code(code, name)?;
    if !(1..=MAX_RANK as u64).contains(&rank) {
        return Err(malformed(File::Model, name, format!("has rank {rank}, may have 1 to {MAX_RANK}")));
    }
    Ok(Item { name, dtype, rank: rank as usize, sizes: [0; MAX_RANK], elements: 0, data: &[] })
}

/// Reads one shape and the number of elements that it makes.
fn read_shape(reader: &mut Reader<'_>, item: &mut Item<'_>) -> Result<()> {
    let sizes = reader.take(item.rank as u64 * 4, item.name)?;
    let mut elements = Some(1_usize);
    for (axis, size) in item.sizes[..item.rank].iter_mut().enumerate() {
        let declared = u32_le(sizes, axis) as i32;
        if declared < 1 {
            return Err(malformed(File::Model, item.name, format!("has size {declared} on axis {axis}")));
        }
        *size = declared as usize;
        elements = elements.and_then(|product| product.checked_mul(*size));
    }
    item.elements = elements.ok_or_else(|| {
        malformed(File::Model, item.name, format!("has shape {:?}, too large", item.shape()))
    })?;
    Ok(())
}

/// Takes one tensor's bytes and checks that its elements fit in them.
fn read_data<'a>(reader: &mut Reader<'a>, item: &mut Item<'a>, data_len: u64) -> Result<()> {
    item.data = reader.take(data_len, item.name)?;
    let needed = (item.elements as u64)
        .checked_mul(item.dtype.element_bytes() as u64)
        .and_then(|bytes| bytes.checked_add(item.dtype.trailer_bytes()));
    if needed.is_some_and(|needed| needed <= data_len) {
        return Ok(());
    }
    let (shape, dtype) = (item.shape(), item.dtype.name());
    Err(malformed(File::Model, item.name, format!("has {data_len} bytes, too few for {shape:?} of {dtype}")))
}

/// The largest magnitude of a float32 tensor, every value of which is finite.
fn finite(item: &Item<'_>) -> Result<f32> {
    (0..item.elements).try_fold(0.0_f32, |largest, index| {
        let value = f32_le(item.data, index);
        if value.is_finite() {
            return Ok(largest.max(value.abs()));
        }
        Err(malformed(File::Model, item.name, format!("value {index} is {value}")))
    })
}

/// A shape without the sizes of 1 in front.
fn without_ones(shape: &[usize]) -> &[usize] {
    let ones = shape.iter().take_while(|&&size| size == 1).count();
    &shape[ones..]
}

fn positive(name: &str, what: &str, value: f32) -> Result<f32> {
    if value.is_finite() && value > 0.0 {
        return Ok(value);
    }
    Err(malformed(File::Model, name, format!("its {what} is {value}, needs to be finite and above 0")))
}
