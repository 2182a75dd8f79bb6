//! The CPU's form of an affine map: the scales' bits, the biases' bits, and the kernels' packed weights.

use burn::tensor::{Bytes, DType};
use burn_flex::{FlexTensor, Layout};
use klartext_kernels::{self as kernels, Affine, Alpha, Isa};

use super::super::AffineForm;

/// Packs `weights: [outputs, inputs]`, `scale: [outputs]` and `bias: [outputs]`.
pub(super) fn pack(weights: &[i8], scale: &[f32], bias: &[f32], form: AffineForm) -> FlexTensor {
    let AffineForm { inputs: k, outputs: n, .. } = form;
    let isa = Isa::best();
    let len = kernels::packed_len(isa, n, k);
    let mut words = vec![0i32; 2 * n + len.div_ceil(size_of::<i32>())];
    let (numbers, bytes) = words.split_at_mut(2 * n);
    let (scales, biases) = bytemuck::cast_slice_mut(numbers).split_at_mut(n);
    scales.copy_from_slice(scale);
    biases.copy_from_slice(bias);
    kernels::pack(isa, weights, n, k, &mut bytemuck::cast_slice_mut(bytes)[..len]);
    let shape = [words.len()].into();
    FlexTensor::new(Bytes::from_elems(words), Layout::contiguous(shape), DType::I32)
}

/// The map in a tensor that [`pack`] made.
pub(super) fn view(tensor: &FlexTensor, form: AffineForm) -> Affine<'_> {
    let AffineForm { inputs: k, outputs: n, alpha, relu } = form;
    let words: &[i32] = tensor.as_slice().expect("packed maps are contiguous i32, as `pack` makes them");
    let (numbers, bytes) = words.split_at(2 * n);
    let (scale, bias) = bytemuck::cast_slice(numbers).split_at(n);
    let packed = &bytemuck::cast_slice(bytes)[..kernels::packed_len(Isa::best(), n, k)];
    Affine { packed, n, k, alpha: alpha.map_or(Alpha::PerRow, Alpha::Static), scale, bias, relu }
}
