//! The operations on the CPU: burn-flex's tensors handed to `kernels` as slices.

use std::cell::RefCell;

use burn::tensor::{Bytes, DType, Shape};
use burn_flex::{Flex, FlexTensor, Layout};
use klartext_kernels::{
    self as kernels, Affine, Alignment, Alpha, Attention, Isa, Norm, Rows, Scratch, Table,
};

use super::{AffineForm, EmbedForm, NORM_EPS, TranslationOps};

thread_local! {
    // Buffers that every operation of a thread reuses, so that the decoding loop allocates only its results.
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// A float tensor's numbers in row-major order.
fn floats(tensor: &FlexTensor) -> &[f32] {
    tensor.as_slice().expect("operands are made contiguous first and are f32, the device's default")
}

/// A 32-bit integer tensor's numbers in row-major order.
fn ints(tensor: &FlexTensor) -> &[i32] {
    tensor.as_slice().expect("operands are made contiguous first and are i32, as the model makes them")
}

/// A packed weight's bytes.
fn packed(tensor: &FlexTensor) -> &[i8] {
    tensor.as_slice().expect("packed weights are contiguous i8, as `pack` makes them")
}

fn dims<const D: usize>(tensor: &FlexTensor) -> [usize; D] {
    let mut dims = [0; D];
    dims.copy_from_slice(tensor.layout().shape().as_slice());
    dims
}

fn tensor(values: Vec<f32>, shape: impl Into<Shape>) -> FlexTensor {
    FlexTensor::new(Bytes::from_elems(values), Layout::contiguous(shape.into()), DType::F32)
}

/// `form`'s map over borrowed numbers.
fn map<'a>(
    weights: &'a FlexTensor,
    scale: &'a FlexTensor,
    bias: &'a FlexTensor,
    form: AffineForm,
) -> Affine<'a> {
    Affine {
        packed: packed(weights),
        n: form.outputs,
        k: form.inputs,
        alpha: form.alpha.map_or(Alpha::PerRow, Alpha::Static),
        scale: floats(scale),
        bias: floats(bias),
        relu: form.relu,
    }
}

/// A normalisation over borrowed numbers.
fn norm<'a>(scale: &'a FlexTensor, bias: &'a FlexTensor) -> Norm<'a> {
    Norm { scale: floats(scale), bias: floats(bias), eps: NORM_EPS }
}

/// Pairs of start and length.
fn spans(tensor: &FlexTensor) -> Vec<(u32, u32)> {
    ints(tensor).chunks_exact(2).map(|pair| (pair[0].cast_unsigned(), pair[1].cast_unsigned())).collect()
}

/// Weights `[n, k]` in the form of this machine's kernels.
fn pack(weights: &[i8], n: usize, k: usize) -> FlexTensor {
    let isa = Isa::best();
    let mut bytes = vec![0i8; kernels::packed_len(isa, n, k)];
    kernels::pack(isa, weights, n, k, &mut bytes);
    let len = bytes.len();
    FlexTensor::new(Bytes::from_elems(bytes), Layout::contiguous([len].into()), DType::I8)
}

impl TranslationOps for Flex {
    fn pack(weights: FlexTensor) -> FlexTensor {
        let [n, k] = dims(&weights);
        pack(packed(&weights.to_contiguous()), n, k)
    }

    fn take(weights: FlexTensor, ids: FlexTensor, form: AffineForm) -> FlexTensor {
        let ids = ids.to_contiguous();
        let k = form.inputs;
        let mut rows = vec![0i8; ints(&ids).len() * k];
        for (row, &id) in rows.chunks_exact_mut(k).zip(ints(&ids)) {
            kernels::unpack_row(Isa::best(), packed(&weights), form.outputs, k, id as usize, row);
        }
        pack(&rows, ints(&ids).len(), k)
    }

    fn embed(
        ids: FlexTensor,
        positions: FlexTensor,
        table: FlexTensor,
        encoding: FlexTensor,
        form: EmbedForm,
    ) -> FlexTensor {
        let (ids, positions) = (ids.to_contiguous(), positions.to_contiguous());
        let ids: &[u32] = bytemuck::cast_slice(ints(&ids));
        let positions: &[u32] = bytemuck::cast_slice(ints(&positions));
        let table = Table {
            packed: packed(&table),
            n: form.pieces,
            k: form.dim,
            inv_quant_mult: form.unit,
            factor: (form.dim as f32).sqrt(),
        };
        let mut out = vec![0.0; ids.len() * form.dim];
        kernels::embed(Isa::best(), &table, ids, positions, floats(&encoding), &mut out);
        tensor(out, [ids.len(), form.dim])
    }

    fn affine(
        x: FlexTensor,
        weights: FlexTensor,
        scale: FlexTensor,
        bias: FlexTensor,
        form: AffineForm,
    ) -> FlexTensor {
        let x = x.to_contiguous();
        let [rows, _] = dims(&x);
        let mut out = vec![0.0; rows * form.outputs];
        SCRATCH.with_borrow_mut(|scratch| {
            let map = map(&weights, &scale, &bias, form);
            kernels::affine(Isa::best(), scratch, floats(&x), rows, &map, &mut out);
        });
        tensor(out, [rows, form.outputs])
    }

    fn project(
        x: FlexTensor,
        weights: FlexTensor,
        scale: FlexTensor,
        bias: FlexTensor,
        form: AffineForm,
    ) -> (FlexTensor, FlexTensor) {
        let x = x.to_contiguous();
        let [rows, _] = dims(&x);
        let mut ids = vec![0u32; rows];
        let mut log_probs = vec![0.0; rows];
        SCRATCH.with_borrow_mut(|scratch| {
            let map = map(&weights, &scale, &bias, form);
            kernels::affine_argmax(
                Isa::best(),
                scratch,
                floats(&x),
                rows,
                &map,
                &mut ids,
                Some(&mut log_probs),
            );
        });
        let ids: Vec<i32> = bytemuck::cast_vec(ids);
        let ids = FlexTensor::new(Bytes::from_elems(ids), Layout::contiguous([rows].into()), DType::I32);
        (ids, tensor(log_probs, [rows]))
    }

    fn add_norm(x: FlexTensor, residual: FlexTensor, scale: FlexTensor, bias: FlexTensor) -> FlexTensor {
        let (x, residual) = (x.to_contiguous(), residual.to_contiguous());
        let [rows, dim] = dims(&x);
        let mut out = vec![0.0; rows * dim];
        kernels::add_norm(Isa::best(), floats(&x), floats(&residual), &norm(&scale, &bias), &mut out);
        tensor(out, [rows, dim])
    }

    fn ssru_norm(
        gates: FlexTensor,
        x: FlexTensor,
        cell: FlexTensor,
        scale: FlexTensor,
        bias: FlexTensor,
    ) -> (FlexTensor, FlexTensor) {
        let (gates, x, mut cell) = (gates.to_contiguous(), x.to_contiguous(), cell.to_contiguous());
        let [rows, dim] = dims(&x);
        let mut out = vec![0.0; rows * dim];
        let norm = norm(&scale, &bias);
        kernels::ssru_norm(Isa::best(), floats(&gates), floats(&x), cell.storage_mut(), &norm, &mut out);
        (tensor(out, [rows, dim]), cell)
    }

    fn self_attention(qkv: FlexTensor, token_spans: FlexTensor, heads: usize) -> FlexTensor {
        let (qkv, token_spans) = (qkv.to_contiguous(), token_spans.to_contiguous());
        let [tokens, width] = dims(&qkv);
        let dim = width / 3;
        let mut out = vec![0.0; tokens * dim];
        let part = |n: usize| Rows { data: floats(&qkv).get(n * dim..).unwrap_or_default(), stride: width };
        let spans = spans(&token_spans);
        let inputs = Attention { q: part(0), k: part(1), v: part(2), spans: &spans, heads, dim };
        SCRATCH.with_borrow_mut(|scratch| kernels::attention(Isa::best(), scratch, &inputs, &mut out, None));
        tensor(out, [tokens, dim])
    }

    fn cross_attention(
        q: FlexTensor,
        kv: FlexTensor,
        row_spans: FlexTensor,
        heads: usize,
        longest: usize,
    ) -> (FlexTensor, FlexTensor) {
        let (q, kv, row_spans) = (q.to_contiguous(), kv.to_contiguous(), row_spans.to_contiguous());
        let [rows, dim] = dims(&q);
        let mut out = vec![0.0; rows * dim];
        let mut weights = vec![0.0; rows * longest];
        let part = |n: usize| Rows { data: floats(&kv).get(n * dim..).unwrap_or_default(), stride: 2 * dim };
        let spans = spans(&row_spans);
        let q = Rows { data: floats(&q), stride: dim };
        let inputs = Attention { q, k: part(0), v: part(1), spans: &spans, heads, dim };
        let alignment = Alignment { out: &mut weights, stride: longest };
        SCRATCH.with_borrow_mut(|scratch| {
            kernels::attention(Isa::best(), scratch, &inputs, &mut out, Some(alignment));
        });
        (tensor(out, [rows, dim]), tensor(weights, [rows, longest]))
    }
}
