//! Decoding for devices where reading back is slow: many steps between two looks at what they found.
//!
//! The steps write their results down on the device (see [`ops::record`](crate::ops::record)), and the host reads them all
//! at once. So it learns late which sentences have ended; until then their rows go on, and what they say is not heard. The
//! translations are those of a [`Batch`], since no row depends on another.

use burn::tensor::{Int, Tensor};

use super::decoding::Decoding;
use super::row::{Decoded, Row, Sentence};
use crate::nn::Model;
use crate::ops::RECORD_HEAD;

/// Above this a log-probability is more than rounding away from one that can be.
const GREATEST_LOG_PROB: f32 = 1e-2;

/// Why a device did not translate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeviceError {
    /// Its results could not be read; it may be gone.
    #[error("the device's results cannot be read: {0}")]
    Lost(String),
    /// Its results cannot be right.
    #[error("the device computes nonsense: {0}")]
    Nonsense(String),
}

/// How a device is asked for several steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Steps {
    /// One step after the other, each some operations of all rows.
    One,
    /// All of them as one operation; where the model or its sentences do not allow it, see
    /// [`Decoder::fuse`](crate::nn::Decoder::fuse), as [`Steps::One`].
    Slice,
}

/// Decodes sentences in slices of several steps.
#[derive(Clone, Copy, Debug)]
pub struct Lockstep<'m> {
    model: &'m Model,
    eos: u32,
    slots: usize,
    steps: Steps,
}

impl<'m> Lockstep<'m> {
    /// `eos`: the id of `</s>` in the target vocabulary; `slots`: how many steps to make between two looks, at least 1.
    pub fn new(model: &'m Model, eos: u32, slots: usize, steps: Steps) -> Self {
        Self { model, eos, slots: slots.max(1), steps }
    }

    /// Decodes all sentences. Each goes to `on`, by its index, as soon as its end is seen.
    ///
    /// Before each slice `cancelled` is asked whether to stop; the sentences that did not get to `on` are then not decoded.
    ///
    /// # Errors
    /// If the device's results cannot be read, or cannot be right. What `on` got until then is sound.
    ///
    /// # Panics
    /// For the reasons of [`Batch::start`].
    pub async fn run(
        &self,
        sentences: Vec<Sentence>,
        mut on: impl FnMut(usize, Decoded),
        cancelled: impl Fn() -> bool,
    ) -> Result<(), DeviceError> {
        if sentences.is_empty() {
            return Ok(());
        }
        let mut rows: Vec<Option<Row>> = sentences.iter().map(|sentence| Some(Row::new(sentence))).collect();
        let mut decoding = Decoding::start(self.model, self.eos, self.steps, sentences);
        // Which of the rows the device still has, in its order.
        let mut there: Vec<usize> = (0..rows.len()).collect();
        let mut ahead: Option<Slice> = None;
        loop {
            if cancelled() {
                return Ok(());
            }
            // The next slice is on its way before the last one is read, so that the device does not wait for the host. No
            // row goes further than it may: the positions reach no further either.
            let sent = ahead.as_ref().map_or(0, |slice| slice.steps);
            let left = rows.iter().flatten().map(Row::left).max().unwrap_or(0).saturating_sub(sent);
            let next = (left > 0).then(|| slice(&mut decoding, left.min(self.slots), &there));
            let Some(slice) = std::mem::replace(&mut ahead, next) else {
                if ahead.is_none() {
                    return Ok(());
                }
                continue;
            };
            let words = read(slice.history).await?;
            if words.len() != slice.steps * slice.rows.len() * slice.width {
                return Err(DeviceError::Lost(format!("{} words of {} steps", words.len(), slice.steps)));
            }
            for position in slice.first..slice.first + slice.steps {
                let slot = &words[position % slice.steps * slice.rows.len() * slice.width..];
                for (&row, words) in slice.rows.iter().zip(slot.chunks_exact(slice.width)) {
                    if let Some(finished) = self.hear(&mut rows[row], words)? {
                        on(finished.index, finished.decoded);
                    }
                }
            }
            if rows.iter().all(Option::is_none) {
                // What is still on its way has nothing that anybody waits for.
                return Ok(());
            }
            compact(&mut decoding, &rows, &mut there);
        }
    }

    /// Gives a row its next piece, `words: [2 + longest]`; the row if it ends with it. What a row says after its end is
    /// not heard.
    fn hear(&self, row: &mut Option<Row>, words: &[i32]) -> Result<Option<Row>, DeviceError> {
        let Some(alive) = row else { return Ok(None) };
        let (id, log_prob, alignment) = sensible(words, self.model.decoder.pieces())?;
        Ok(if alive.push(id, log_prob, alignment, self.eos) { row.take() } else { None })
    }
}

/// Makes some steps; what they found is still on the device.
fn slice(decoding: &mut Decoding<'_>, steps: usize, there: &[usize]) -> Slice {
    let (first, width) = (decoding.position(), RECORD_HEAD + decoding.longest());
    Slice { history: decoding.steps(steps), first, steps, width, rows: there.to_vec() }
}

/// Leaves out the rows that have ended, if they are at least half of all: moving the others costs something too.
fn compact(decoding: &mut Decoding<'_>, rows: &[Option<Row>], there: &mut Vec<usize>) {
    let kept: Vec<usize> = (0..there.len()).filter(|&place| rows[there[place]].is_some()).collect();
    if kept.is_empty() || kept.len() * 2 > there.len() {
        return;
    }
    decoding.keep(&kept);
    *there = kept.into_iter().map(|place| there[place]).collect();
}

/// Steps that were made together, and whose results are read together.
struct Slice {
    /// `[steps, rows, 2 + longest]`.
    history: Tensor<3, Int>,
    /// The position of the first step.
    first: usize,
    steps: usize,
    /// 2 + longest.
    width: usize,
    /// Which rows they are.
    rows: Vec<usize>,
}

/// The words of a history.
async fn read(history: Tensor<3, Int>) -> Result<Vec<i32>, DeviceError> {
    let data = history.into_data_async().await.map_err(|error| DeviceError::Lost(error.to_string()))?;
    data.try_into_vec::<i32>().map_err(|error| DeviceError::Lost(error.to_string()))
}

/// The piece, the log-probability and the alignment in `words: [2 + longest]`, if they can be right.
fn sensible(words: &[i32], pieces: usize) -> Result<(u32, f32, &[f32]), DeviceError> {
    let (head, alignment) = words.split_at(RECORD_HEAD);
    let (id, log_prob) = (head[0].cast_unsigned(), f32::from_bits(head[1].cast_unsigned()));
    let alignment: &[f32] = bytemuck::cast_slice(alignment);
    let nonsense = |what: String| Err(DeviceError::Nonsense(what));
    if id as usize >= pieces {
        return nonsense(format!("piece {id} of {pieces}"));
    }
    if !log_prob.is_finite() || log_prob > GREATEST_LOG_PROB {
        return nonsense(format!("a log-probability of {log_prob}"));
    }
    if let Some(weight) = alignment.iter().find(|weight| !weight.is_finite()) {
        return nonsense(format!("an alignment of {weight}"));
    }
    Ok((id, log_prob, alignment))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nonsense_is_an_error() {
        let words = |id: i32, log_prob: f32, weights: [f32; 2]| {
            let bits = [log_prob, weights[0], weights[1]].map(|number| number.to_bits().cast_signed());
            [id, bits[0], bits[1], bits[2]]
        };
        assert_eq!(sensible(&words(7, -0.5, [0.25, 0.75]), 8), Ok((7, -0.5, &[0.25, 0.75][..])));
        for wrong in [
            words(8, -0.5, [0.25, 0.75]),
            words(-1, -0.5, [0.25, 0.75]),
            words(7, 0.5, [0.25, 0.75]),
            words(7, f32::NAN, [0.25, 0.75]),
            words(7, f32::NEG_INFINITY, [0.25, 0.75]),
            words(7, -0.5, [0.25, f32::NAN]),
        ] {
            assert!(matches!(sensible(&wrong, 8), Err(DeviceError::Nonsense(_))), "{wrong:?}");
        }
    }
}
