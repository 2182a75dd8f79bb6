//! Several decoding steps, made of the operations that make one.

use burn_flex::{Flex, FlexTensor};

use super::{dims, floats, int_tensor, int_tensor_of, ints, tensor};
use crate::ops::form::DecoderLayerForm;
use crate::ops::{
    CrossAttentionForm, FeedForwardForm, RECORD_HEAD, StepsForm, TranslationOps, state as words,
};

/// What belongs to one layer.
pub(super) struct Layer {
    form: DecoderLayerForm,
    /// In the order of [`DecoderLayerForm::maps`].
    maps: [FlexTensor; 5],
    /// `[2, dim]` each.
    norms: [FlexTensor; 3],
    /// Keys and values, `[tokens, 2·dim]`.
    memory: FlexTensor,
}

/// Takes apart what is of all layers.
pub(super) fn layers(
    maps: &FlexTensor,
    norms: &FlexTensor,
    memory: &FlexTensor,
    form: &StepsForm,
) -> Vec<Layer> {
    let dim = form.table.dim;
    let [tokens, width] = dims(memory);
    let (mut maps, mut norms) = (ints(maps), floats(norms).chunks_exact(2 * dim));
    let mut map = |words: usize| {
        let (map, others) = maps.split_at(words);
        maps = others;
        int_tensor(map.to_vec())
    };
    let mut norm = || tensor(norms.next().unwrap_or_default().to_vec(), [2, dim]);
    let mut layers = Vec::with_capacity(form.layers.len());
    for (number, &form_of_layer) in form.layers.iter().enumerate() {
        let rows = floats(memory).chunks_exact(width);
        let memory = rows.flat_map(|row| &row[number * 2 * dim..][..2 * dim]).copied().collect();
        layers.push(Layer {
            form: form_of_layer,
            maps: form.words.map(&mut map),
            norms: [norm(), norm(), norm()],
            memory: tensor(memory, [tokens, 2 * dim]),
        });
    }
    layers
}

/// One step; `state` and `history` are nobody else's.
pub(super) fn step(
    layers: &[Layer],
    projection: FlexTensor,
    table: FlexTensor,
    encoding: FlexTensor,
    state: &mut FlexTensor,
    history: &mut FlexTensor,
    form: &StepsForm,
) {
    let dim = form.table.dim;
    let ([rows, row_words], [slots, _, width]) = (dims(state), dims(history));
    let column = |state: &FlexTensor, word: usize| -> Vec<i32> {
        ints(state).chunks_exact(row_words).map(|row| row[word]).collect()
    };
    let (starts, lengths) = (column(state, words::START), column(state, words::LENGTH));
    let spans = starts.into_iter().zip(lengths).flat_map(|(start, len)| [start, len]).collect();
    let spans = int_tensor_of(spans, [rows, 2]);
    let (last, positions) = (column(state, words::LAST), column(state, words::POSITION));
    let mut x = Flex::embed(int_tensor(last), int_tensor(positions), table, encoding, form.table);
    let mut alignment = None;
    for (number, layer) in layers.iter().enumerate() {
        let [gates, q, out, inner, outer] = &layer.maps;
        let [recurrent_norm, attention_norm, feed_forward_norm] = layer.norms.clone();
        let at = words::CELLS + number * dim;
        let cells: Vec<i32> =
            ints(state).chunks_exact(row_words).flat_map(|row| &row[at..at + dim]).copied().collect();
        let cells = tensor(bytemuck::cast_vec(cells), [rows, dim]);
        let gates = Flex::affine(x.clone(), gates.clone(), layer.form.gates);
        let (recurred, cells) = Flex::ssru_norm(gates, x, cells, recurrent_norm);
        let rows_of_state = state.storage_mut::<i32>().chunks_exact_mut(row_words);
        for (row, cells) in rows_of_state.zip(floats(&cells).chunks_exact(dim)) {
            row[at..at + dim].copy_from_slice(bytemuck::cast_slice(cells));
        }
        let attention = CrossAttentionForm {
            heads: form.heads,
            q: layer.form.q,
            out: layer.form.out,
            longest: width - RECORD_HEAD,
        };
        let (memory, q, out) = (layer.memory.clone(), q.clone(), out.clone());
        let (attended, weights) =
            Flex::cross_attention(recurred, memory, spans.clone(), q, out, attention_norm, attention);
        alignment = Some(weights);
        let feed_forward = FeedForwardForm { inner: layer.form.inner, outer: layer.form.outer };
        x = Flex::feed_forward(attended, inner.clone(), outer.clone(), feed_forward_norm, feed_forward);
    }
    let Some(alignment) = alignment else { return };
    let (ids, log_probs) = Flex::project(x, projection, form.projection);
    let found =
        ints(&ids).iter().zip(floats(&log_probs)).zip(floats(&alignment).chunks_exact(width - RECORD_HEAD));
    let history = history.storage_mut::<i32>();
    let state = state.storage_mut::<i32>().chunks_exact_mut(row_words);
    for (number, (row, ((&id, log_prob), weights))) in state.zip(found).enumerate() {
        let slot = row[words::POSITION].cast_unsigned() as usize % slots;
        row[words::POSITION] += 1;
        if row[words::LAST] == row[words::EOS] {
            continue;
        }
        row[words::LAST] = id;
        let words = &mut history[(slot * rows + number) * width..][..width];
        words[..RECORD_HEAD].copy_from_slice(&[id, log_prob.to_bits().cast_signed()]);
        words[RECORD_HEAD..].copy_from_slice(bytemuck::cast_slice(weights));
    }
}
