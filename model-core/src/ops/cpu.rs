//! The operations on the CPU: burn-flex's tensors handed to `kernels` as slices.

mod map;
mod sketch;
mod steps;

use std::cell::RefCell;

use burn::tensor::{Bytes, DType, Shape};
use burn_flex::{Flex, FlexTensor, Layout};
use klartext_kernels::{
    self as kernels, Alignment, Attention, Isa, Norm, Rows, Scratch, Table, TableWeights,
};

use super::{
    AffineForm, CrossAttentionForm, EmbedForm, FeedForwardForm, NORM_EPS, ProjectionForm, RECORD_HEAD,
    SelfAttentionForm, StepsForm, TranslationOps,
};

/// Memory that every operation of a thread reuses, so that the decoding loop allocates only its results.
#[derive(Default)]
struct Buffers {
    scratch: Scratch,
    /// A sublayer's intermediate results, which take turns in these two.
    first: Vec<f32>,
    second: Vec<f32>,
}

/// Hidden activations that are made before they are used: 512 kB stay in the second-level cache, and in little memory.
const HIDDEN: usize = 128 << 10;

thread_local! {
    static BUFFERS: RefCell<Buffers> = RefCell::default();
}

/// The first `len` numbers of a buffer, whatever they are; it grows if it has to.
fn room(buffer: &mut Vec<f32>, len: usize) -> &mut [f32] {
    if buffer.len() < len {
        buffer.resize(len, 0.0);
    }
    &mut buffer[..len]
}

/// A float tensor's numbers in row-major order.
fn floats(tensor: &FlexTensor) -> &[f32] {
    tensor.as_slice().expect("operands are made contiguous first and are f32, the device's default")
}

/// A 32-bit integer tensor's numbers in row-major order.
fn ints(tensor: &FlexTensor) -> &[i32] {
    tensor.as_slice().expect("operands are made contiguous first and are i32, as the model makes them")
}

/// An 8-bit tensor's numbers in row-major order.
fn bytes(tensor: &FlexTensor) -> &[i8] {
    tensor.as_slice().expect("weights are made contiguous first and are i8, as the model makes them")
}

fn dims<const D: usize>(tensor: &FlexTensor) -> [usize; D] {
    let mut dims = [0; D];
    dims.copy_from_slice(tensor.layout().shape().as_slice());
    dims
}

fn tensor(values: Vec<f32>, shape: impl Into<Shape>) -> FlexTensor {
    FlexTensor::new(Bytes::from_elems(values), Layout::contiguous(shape.into()), DType::F32)
}

fn int_tensor(values: Vec<i32>) -> FlexTensor {
    let shape = [values.len()];
    int_tensor_of(values, shape)
}

fn int_tensor_of(values: Vec<i32>, shape: impl Into<Shape>) -> FlexTensor {
    FlexTensor::new(Bytes::from_elems(values), Layout::contiguous(shape.into()), DType::I32)
}

/// A normalisation over borrowed numbers `[2, dim]`.
fn norm(tensor: &FlexTensor) -> Norm<'_> {
    let numbers = floats(tensor);
    let (scale, bias) = numbers.split_at(numbers.len() / 2);
    Norm { scale, bias, eps: NORM_EPS }
}

/// The tensor with its numbers in row-major order and no others in its memory, which may so be written to. Unlike
/// `to_contiguous` it does not keep the operand alive, which would make writing a copy.
fn writable(tensor: FlexTensor) -> FlexTensor {
    let whole = tensor.bytes().len() == tensor.layout().num_elements() * tensor.dtype().size();
    if tensor.is_contiguous() && whole { tensor } else { tensor.to_contiguous() }
}

/// Pairs of start and length.
fn spans(tensor: &FlexTensor) -> Vec<(u32, u32)> {
    ints(tensor).chunks_exact(2).map(|pair| (pair[0].cast_unsigned(), pair[1].cast_unsigned())).collect()
}

/// The `part`-th block of `dim` columns: queries, keys and values lie side by side.
fn part(tensor: &FlexTensor, part: usize, dim: usize) -> Rows<'_> {
    let [_, stride] = dims(tensor);
    // An empty tensor has no parts to begin in.
    Rows { data: floats(tensor).get(part * dim..).unwrap_or_default(), stride }
}

impl TranslationOps for Flex {
    fn pack(weights: FlexTensor, scale: FlexTensor, bias: FlexTensor, form: AffineForm) -> FlexTensor {
        let (weights, scale, bias) = (weights.to_contiguous(), scale.to_contiguous(), bias.to_contiguous());
        map::pack(bytes(&weights), floats(&scale), floats(&bias), form)
    }

    fn pack_sketched(
        weights: FlexTensor,
        scale: FlexTensor,
        bias: FlexTensor,
        turn: FlexTensor,
        basis: FlexTensor,
        steps: FlexTensor,
        slack: FlexTensor,
        form: ProjectionForm,
    ) -> FlexTensor {
        let ProjectionForm { map, sketch: Some(sketch) } = form else {
            return Self::pack(weights, scale, bias, form.map);
        };
        let [weights, turn, basis] = [weights, turn, basis].map(|tensor| tensor.to_contiguous());
        let [scale, bias, steps, slack] = [scale, bias, steps, slack].map(|tensor| tensor.to_contiguous());
        let parts = sketch::Parts {
            weights: bytes(&weights),
            scale: floats(&scale),
            bias: floats(&bias),
            turn: bytes(&turn),
            basis: bytes(&basis),
            steps: floats(&steps),
            slack: floats(&slack),
        };
        sketch::pack(&parts, map, sketch)
    }

    fn take(map: FlexTensor, ids: FlexTensor, form: ProjectionForm) -> FlexTensor {
        let ids = ids.to_contiguous();
        let ids: &[u32] = bytemuck::cast_slice(ints(&ids));
        let AffineForm { inputs: k, outputs: n, .. } = form.map;
        let words = ints(&map);
        let (scale, bias): (&[f32], &[f32]) = bytemuck::cast_slice(&words[..2 * n]).split_at(n);
        let mut rows = vec![0i8; ids.len() * k];
        let taken = rows.chunks_exact_mut(k).zip(ids.iter().map(|&id| id as usize));
        if form.sketch.is_some() {
            let (weights, stride) = (sketch::weights(&map, k, n), kernels::sketch_stride(k));
            taken.for_each(|(row, id)| row.copy_from_slice(&weights[id * stride..][..k]));
        } else {
            let packed = map::view(&map, form.map).packed;
            taken.for_each(|(row, id)| kernels::unpack_row(Isa::best(), packed, n, k, id, row));
        }
        let some = |all: &[f32]| -> Vec<f32> { ids.iter().map(|&id| all[id as usize]).collect() };
        let fewer = AffineForm { outputs: ids.len(), ..form.map };
        map::pack(&rows, &some(scale), &some(bias), fewer)
    }

    fn embed(
        ids: FlexTensor,
        positions: FlexTensor,
        table: FlexTensor,
        encoding: FlexTensor,
        form: EmbedForm,
    ) -> FlexTensor {
        let EmbedForm { pieces, dim, unit, sketched } = form;
        let (ids, positions) = (ids.to_contiguous(), positions.to_contiguous());
        let ids: &[u32] = bytemuck::cast_slice(ints(&ids));
        let positions = match bytemuck::cast_slice(ints(&positions)) {
            [one] => vec![*one; ids.len()],
            all => all.to_vec(),
        };
        // Where the weights lie does not depend on the alpha of the projection that may share them.
        let map = AffineForm { inputs: dim, outputs: pieces, alpha: None, relu: false };
        let weights = match sketched {
            true => TableWeights::Rows(sketch::weights(&table, dim, pieces)),
            false => TableWeights::Packed(map::view(&table, map).packed),
        };
        let table = Table { weights, n: pieces, k: dim, inv_quant_mult: unit, factor: (dim as f32).sqrt() };
        let mut out = vec![0.0; ids.len() * dim];
        kernels::embed(Isa::best(), &table, ids, &positions, floats(&encoding), &mut out);
        tensor(out, [ids.len(), dim])
    }

    fn affine(x: FlexTensor, map: FlexTensor, form: AffineForm) -> FlexTensor {
        let x = x.to_contiguous();
        let [rows, _] = dims(&x);
        let mut out = vec![0.0; rows * form.outputs];
        let map = map::view(&map, form);
        BUFFERS.with_borrow_mut(|Buffers { scratch, .. }| {
            kernels::affine(Isa::best(), scratch, floats(&x), rows, &map, &mut out);
        });
        tensor(out, [rows, form.outputs])
    }

    fn project(x: FlexTensor, map: FlexTensor, form: ProjectionForm) -> (FlexTensor, FlexTensor) {
        let x = x.to_contiguous();
        let [rows, _] = dims(&x);
        let mut ids = vec![0u32; rows];
        let mut log_probs = vec![0.0; rows];
        BUFFERS.with_borrow_mut(|Buffers { scratch, .. }| {
            let (isa, x, ids, log_probs) = (Isa::best(), floats(&x), &mut ids, Some(&mut log_probs[..]));
            match form.sketch {
                Some(sketch) => {
                    let map = sketch::view(&map, form.map, sketch);
                    kernels::sketch_argmax(isa, scratch, x, rows, &map, ids, log_probs);
                }
                None => {
                    let map = map::view(&map, form.map);
                    kernels::affine_argmax(isa, scratch, x, rows, &map, ids, log_probs);
                }
            }
        });
        (int_tensor(bytemuck::cast_vec(ids)), tensor(log_probs, [rows]))
    }

    fn ssru_norm(
        gates: FlexTensor,
        x: FlexTensor,
        cell: FlexTensor,
        norm: FlexTensor,
    ) -> (FlexTensor, FlexTensor) {
        let (gates, x, mut cell) = (gates.to_contiguous(), x.to_contiguous(), writable(cell));
        let [rows, dim] = dims(&x);
        let mut out = vec![0.0; rows * dim];
        let norm = self::norm(&norm);
        kernels::ssru_norm(Isa::best(), floats(&gates), floats(&x), cell.storage_mut(), &norm, &mut out);
        (tensor(out, [rows, dim]), cell)
    }

    fn self_attention(
        qkv: FlexTensor,
        x: FlexTensor,
        token_spans: FlexTensor,
        out: FlexTensor,
        norm: FlexTensor,
        form: SelfAttentionForm,
    ) -> FlexTensor {
        let (qkv, x, token_spans) = (qkv.to_contiguous(), x.to_contiguous(), token_spans.to_contiguous());
        let [tokens, dim] = dims(&x);
        let [q, k, v] = [0, 1, 2].map(|n| part(&qkv, n, dim));
        let spans = spans(&token_spans);
        let inputs = Attention { q, k, v, spans: &spans, heads: form.heads, dim };
        let (map, norm) = (map::view(&out, form.out), self::norm(&norm));
        let mut out = vec![0.0; tokens * dim];
        BUFFERS.with_borrow_mut(|Buffers { scratch, first, second }| {
            let (mixed, mapped) = (room(first, tokens * dim), room(second, tokens * dim));
            kernels::attention(Isa::best(), scratch, &inputs, mixed, None);
            kernels::affine(Isa::best(), scratch, mixed, tokens, &map, mapped);
            kernels::add_norm(Isa::best(), mapped, floats(&x), &norm, &mut out);
        });
        tensor(out, [tokens, dim])
    }

    fn cross_attention(
        x: FlexTensor,
        kv: FlexTensor,
        row_spans: FlexTensor,
        q: FlexTensor,
        out: FlexTensor,
        norm: FlexTensor,
        form: CrossAttentionForm,
    ) -> (FlexTensor, FlexTensor) {
        let (x, kv, row_spans) = (x.to_contiguous(), kv.to_contiguous(), row_spans.to_contiguous());
        let CrossAttentionForm { heads, longest, .. } = form;
        let [rows, dim] = dims(&x);
        let [k, v] = [0, 1].map(|n| part(&kv, n, dim));
        let spans = spans(&row_spans);
        let (q, map, norm) = (map::view(&q, form.q), map::view(&out, form.out), self::norm(&norm));
        let mut out = vec![0.0; rows * dim];
        let mut weights = vec![0.0; rows * longest];
        BUFFERS.with_borrow_mut(|Buffers { scratch, first, second }| {
            let (queries, mixed) = (room(first, rows * dim), room(second, rows * dim));
            kernels::affine(Isa::best(), scratch, floats(&x), rows, &q, queries);
            let q = Rows { data: queries, stride: dim };
            let inputs = Attention { q, k, v, spans: &spans, heads, dim };
            let alignment = Alignment { out: &mut weights, stride: longest };
            kernels::attention(Isa::best(), scratch, &inputs, mixed, Some(alignment));
            // The queries have done their work.
            let mapped = queries;
            kernels::affine(Isa::best(), scratch, mixed, rows, &map, mapped);
            kernels::add_norm(Isa::best(), mapped, floats(&x), &norm, &mut out);
        });
        (tensor(out, [rows, dim]), tensor(weights, [rows, longest]))
    }

    fn feed_forward(
        x: FlexTensor,
        inner: FlexTensor,
        outer: FlexTensor,
        norm: FlexTensor,
        form: FeedForwardForm,
    ) -> FlexTensor {
        let x = x.to_contiguous();
        let [rows, dim] = dims(&x);
        let (inner, outer) = (map::view(&inner, form.inner), map::view(&outer, form.outer));
        let norm = self::norm(&norm);
        let mut out = vec![0.0; rows * dim];
        BUFFERS.with_borrow_mut(|Buffers { scratch, first, second }| {
            let part = (HIDDEN / inner.n.max(1)).max(16) * dim;
            for (x, out) in floats(&x).chunks(part).zip(out.chunks_mut(part)) {
                let rows = x.len() / dim;
                let (hidden, mapped) = (room(first, rows * inner.n), room(second, rows * dim));
                kernels::affine(Isa::best(), scratch, x, rows, &inner, hidden);
                kernels::affine(Isa::best(), scratch, hidden, rows, &outer, mapped);
                kernels::add_norm(Isa::best(), mapped, x, &norm, out);
            }
        });
        tensor(out, [rows, dim])
    }

    fn record(
        history: FlexTensor,
        position: FlexTensor,
        ids: FlexTensor,
        log_probs: FlexTensor,
        alignment: FlexTensor,
    ) -> (FlexTensor, FlexTensor) {
        let (mut history, ids) = (writable(history), ids.to_contiguous());
        let (log_probs, alignment) = (log_probs.to_contiguous(), alignment.to_contiguous());
        let position = ints(&position)[0];
        let [slots, rows, width] = dims(&history);
        let slot = position.cast_unsigned() as usize % slots;
        let words = &mut history.storage_mut::<i32>()[slot * rows * width..][..rows * width];
        let weights = floats(&alignment).chunks_exact(width - RECORD_HEAD);
        let numbers = ints(&ids).iter().zip(floats(&log_probs)).zip(weights);
        for (words, ((&id, log_prob), weights)) in words.chunks_exact_mut(width).zip(numbers) {
            words[..RECORD_HEAD].copy_from_slice(&[id, log_prob.to_bits().cast_signed()]);
            words[RECORD_HEAD..].copy_from_slice(bytemuck::cast_slice(weights));
        }
        (history, int_tensor(vec![position + 1]))
    }

    fn select_rows(x: FlexTensor, rows: FlexTensor) -> FlexTensor {
        let (x, rows) = (x.to_contiguous(), rows.to_contiguous());
        let [_, dim] = dims(&x);
        let rows = ints(&rows);
        let mut out = Vec::with_capacity(rows.len() * dim);
        for row in rows {
            out.extend_from_slice(&floats(&x)[row.cast_unsigned() as usize * dim..][..dim]);
        }
        tensor(out, [rows.len(), dim])
    }

    fn select_ids(ids: FlexTensor, rows: FlexTensor) -> FlexTensor {
        let (ids, rows) = (ids.to_contiguous(), rows.to_contiguous());
        let (numbers, rows) = (ints(&ids), ints(&rows));
        let mut shape = ids.layout().shape().clone();
        let dim = numbers.len() / shape[0].max(1);
        shape[0] = rows.len();
        let row = |&row: &i32| &numbers[row.cast_unsigned() as usize * dim..][..dim];
        int_tensor_of(rows.iter().flat_map(row).copied().collect(), shape)
    }

    fn place(whole: FlexTensor, part: FlexTensor, column: usize) -> FlexTensor {
        let (mut whole, part) = (writable(whole), part.to_contiguous());
        let ([rows, columns], [_, fewer]) = (dims(&whole), dims(&part));
        place(whole.storage_mut::<f32>(), floats(&part), rows, [columns, fewer], column);
        whole
    }

    fn place_ids(whole: FlexTensor, part: FlexTensor, column: usize) -> FlexTensor {
        let (mut whole, part) = (writable(whole), part.to_contiguous());
        let ([rows, columns], [_, fewer]) = (dims(&whole), dims(&part));
        place(whole.storage_mut::<i32>(), ints(&part), rows, [columns, fewer], column);
        whole
    }

    fn steps(
        maps: FlexTensor,
        norms: FlexTensor,
        projection: FlexTensor,
        table: FlexTensor,
        encoding: FlexTensor,
        memory: FlexTensor,
        state: FlexTensor,
        history: FlexTensor,
        form: StepsForm,
    ) -> (FlexTensor, FlexTensor) {
        let (mut state, mut history) = (writable(state), writable(history));
        let layers = steps::layers(&maps, &norms, &memory, &form);
        let [slots, _, _] = dims(&history);
        for _ in 0..slots {
            let (projection, table) = (projection.clone(), table.clone());
            steps::step(&layers, projection, table, encoding.clone(), &mut state, &mut history, &form);
        }
        (state, history)
    }
}

/// Writes `part: [rows, fewer]` into `whole: [rows, columns]`.
fn place<T: Copy>(whole: &mut [T], part: &[T], rows: usize, [columns, fewer]: [usize; 2], column: usize) {
    for row in 0..rows {
        whole[row * columns + column..][..fewer].copy_from_slice(&part[row * fewer..][..fewer]);
    }
}
