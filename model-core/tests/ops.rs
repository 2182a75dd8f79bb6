//! The CPU's operations against their plain burn compositions.
//!
//! Tolerance: 2e-4 absolute where numbers are of the order of 1; see `support/ops.rs` for what else may differ.

#[path = "support/ops.rs"]
#[expect(dead_code, reason = "the GPU's tests use more of it")]
mod checks;

use checks::{Checks, check_all};
use model_core::Device;
use model_core::ops::NORM_EPS;
use pollster::block_on;

const TOLERANCE: f32 = 2e-4;

/// Shapes that a model has, and some that none has.
const AFFINE_SHAPES: [(usize, usize, usize); 8] = [
    (1, 256, 256),
    (7, 256, 768),
    (33, 768, 256),
    (5, 31, 17),
    (2, 1, 1),
    (64, 384, 1152),
    (3, 129, 5),
    (16, 512, 2048),
];

#[test]
fn operations_equal_their_references() {
    block_on(check_all(&Device::flex(), TOLERANCE));
}

#[test]
fn maps_of_any_shape_equal_their_references() {
    let device = Device::flex();
    let mut checks = Checks::new(&device, TOLERANCE, 2);
    for (rows, inputs, outputs) in AFFINE_SHAPES {
        for (alpha, relu) in [(Some(53.0), false), (Some(127.0), true), (None, false), (None, true)] {
            block_on(checks.affine(rows, inputs, outputs, alpha, relu));
        }
        block_on(checks.project(rows, inputs, outputs, Some(41.0)));
        block_on(checks.feed_forward(rows, inputs.max(2), outputs, Some(41.0)));
    }
}

#[test]
fn outputs_can_be_taken_from_a_packed_map() {
    let device = Device::flex();
    let mut checks = Checks::new(&device, TOLERANCE, 3);
    block_on(checks.take(5, 48, 100, vec![0, 3, 4, 50, 99]));
    block_on(checks.take(1, 33, 7, vec![6]));
}

#[test]
fn odd_shapes_equal_their_references() {
    let device = Device::flex();
    let mut checks = Checks::new(&device, TOLERANCE, 4);
    for (pieces, dim) in [(17, 6), (1, 34)] {
        block_on(checks.embed(20, pieces, dim));
    }
    for (rows, dim) in [(9, 384), (32, 512), (3, 7), (2, 2)] {
        block_on(checks.ssru_norm(rows, dim));
        block_on(checks.select(rows, dim));
    }
    for (heads, head_dim) in [(8, 48), (1, 5), (4, 1)] {
        block_on(checks.attention(heads * head_dim, heads, Some(30.0)));
    }
    block_on(checks.record(1, 1));
}

#[test]
fn the_normalisation_is_the_models() {
    assert_eq!(NORM_EPS, 1e-6, "the model was trained with it");
}
