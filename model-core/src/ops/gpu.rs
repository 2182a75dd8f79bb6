//! The operations on a GPU: burn's wgpu tensors, and a WGSL kernel for each operation, two for the projection.
//!
//! Weights stay 8-bit, activations are f32 between the operations and 8-bit in every product, as on the CPU; products are
//! exact, and sums are made in the same order. So the results are the CPU's up to the last bit of divisions, roots and
//! exponentials, and where a driver fuses a multiplication with an addition.
//!
//! Nothing here waits for the GPU or asks it anything; only reading a tensor does.

mod shader;
mod text;
mod tile;

use std::cell::{Cell, RefCell};

use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::tensor::{DType, Shape};
use burn_cubecl::CubeBackend;
use burn_cubecl::cubecl::CubeDim;
use burn_cubecl::cubecl::prelude::CubeCount;
use burn_cubecl::cubecl::profile::ProfileDuration;
use burn_cubecl::cubecl::server::KernelArguments;
use burn_cubecl::template::SourceKernel;
use burn_cubecl::tensor::CubeTensor;

pub use self::shader::use_packed_dot;
use self::shader::{COLUMNS, Kernel, Map, Shader, Steps};
use self::tile::tile;
pub(crate) use self::tile::use_tile;
pub use self::tile::{LONGEST, Tile};
use super::{
    AffineForm, CrossAttentionForm, EmbedForm, FeedForwardForm, ProjectionForm, SelfAttentionForm, StepsForm,
    TranslationOps,
};

thread_local! {
    static DISPATCHES: Cell<u64> = const { Cell::new(0) };
    /// Each kernel's name and its time, while [`trace`] listens.
    static TRACE: RefCell<Option<Vec<(&'static str, ProfileDuration)>>> = const { RefCell::new(None) };
}

/// How many dispatches this thread has asked for by these operations, for measurements.
pub fn dispatches() -> u64 {
    DISPATCHES.get()
}

/// Does some work, and measures each kernel of it with the GPU's own clock: its name and milliseconds, in the order of the
/// dispatches. It makes the work slower. Kernels that the GPU did not measure are left out.
pub async fn trace(work: impl FnOnce()) -> Vec<(&'static str, f64)> {
    TRACE.set(Some(Vec::new()));
    work();
    let mut times = Vec::new();
    for (name, window) in TRACE.take().into_iter().flatten() {
        if let Some(ticks) = window.resolve().await {
            times.push((name, ticks.duration().as_secs_f64() * 1e3));
        }
    }
    times
}

/// A tensor for results, of 32-bit numbers, like `model` in everything but the shape.
fn empty(model: &CubeTensor, shape: impl Into<Shape>, dtype: DType) -> CubeTensor {
    let shape = shape.into();
    let handle = model.client.empty(4 * shape.num_elements());
    CubeTensor::new_contiguous(model.client.clone(), model.device.clone(), shape, handle, dtype)
}

fn floats(model: &CubeTensor, shape: impl Into<Shape>) -> CubeTensor {
    empty(model, shape, DType::F32)
}

fn dims<const D: usize>(tensor: &CubeTensor) -> [usize; D] {
    tensor.meta.shape().dims()
}

/// Has the GPU run a shader with `groups` workgroups, the buffers in the order of their bindings.
fn launch(shader: Shader, groups: [usize; 2], buffers: &[&CubeTensor]) {
    launch_tiled(shader, Tile::WIDE, groups, buffers);
}

/// As [`launch`], by workgroups that take a tile each.
fn launch_tiled(shader: Shader, tile: Tile, groups: [usize; 2], buffers: &[&CubeTensor]) {
    if groups.contains(&0) {
        return;
    }
    let mut arguments = KernelArguments::new();
    for buffer in buffers {
        assert!(buffer.is_contiguous(), "operands come from these operations or from memory");
        // Shaders ask for a buffer's length, so it must not have what memory is rounded up by.
        let mut binding = buffer.handle.clone().binding();
        let bytes = (buffer.meta.shape().num_elements() * buffer.dtype.size()) as u64;
        binding.offset_end = Some(binding.size - binding.offset_start.unwrap_or(0) - bytes);
        arguments = arguments.with_buffer(binding);
    }
    let client = buffers[0].client.clone();
    let kernel = Kernel { shader, tile };
    let workers = CubeDim::new_1d(kernel.workers());
    DISPATCHES.set(DISPATCHES.get() + 1);
    let [x, y] = groups.map(|count| count as u32);
    let name = kernel.shader.name();
    let launch = || {
        client.launch(Box::new(SourceKernel::new(kernel, workers)), CubeCount::Static(x, y, 1), arguments);
    };
    TRACE.with_borrow_mut(|trace| match trace {
        None => launch(),
        Some(trace) => {
            let window = client.profile_start();
            launch();
            // A kernel that cannot be measured is still run.
            trace.extend(window.and_then(|window| client.profile_end(window)).map(|time| (name, time)));
        }
    });
}

/// As [`launch`], by workgroups that take some rows each.
fn launch_rows(shader: Shader, rows: usize, buffers: &[&CubeTensor]) {
    let tile = tile(rows);
    launch_tiled(shader, tile, [rows.div_ceil(tile.rows), 1], buffers);
}

/// Workgroups of 64 invocations for so many of them.
fn groups_of_64(invocations: usize) -> usize {
    invocations.div_ceil(64)
}

fn dim_of(norm: &CubeTensor) -> usize {
    let [_, dim] = dims(norm);
    dim
}

impl TranslationOps for CubeBackend {
    fn pack(
        weights: IntTensor<Self>,
        scale: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        form: AffineForm,
    ) -> IntTensor<Self> {
        let map = Map::from(form);
        // Without an alpha every activation becomes 0: the self-test refuses such a model, and it stays on the CPU.
        let head = [form.alpha.unwrap_or(0.0).to_bits(), 0, 0, 0];
        let handle = scale.client.create_from_slice(bytemuck::cast_slice(&head));
        let head = CubeTensor::new_contiguous(
            scale.client.clone(),
            scale.device.clone(),
            [4].into(),
            handle,
            DType::I32,
        );
        let out = empty(&scale, [map.bytes() / 4], DType::I32);
        let groups = groups_of_64(form.outputs.div_ceil(4));
        launch(Shader::Pack(map), [groups, 1], &[&head, &weights, &scale, &bias, &out]);
        out
    }

    fn pack_sketched(
        weights: IntTensor<Self>,
        scale: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        _turn: IntTensor<Self>,
        _basis: IntTensor<Self>,
        _steps: FloatTensor<Self>,
        _slack: FloatTensor<Self>,
        form: ProjectionForm,
    ) -> IntTensor<Self> {
        // A GPU has the arithmetic to spare, and invocations that go different ways wait for each other.
        Self::pack(weights, scale, bias, form.map)
    }

    fn take(map: IntTensor<Self>, ids: IntTensor<Self>, form: ProjectionForm) -> IntTensor<Self> {
        let [outputs] = dims(&ids);
        let form = form.map;
        let fewer = Map::from(AffineForm { outputs, ..form });
        let out = empty(&map, [fewer.bytes() / 4], DType::I32);
        let groups = groups_of_64(outputs.div_ceil(4));
        launch(Shader::Take { map: form.into(), outputs }, [groups, 1], &[&ids, &map, &out]);
        out
    }

    fn embed(
        ids: IntTensor<Self>,
        positions: IntTensor<Self>,
        table: IntTensor<Self>,
        encoding: FloatTensor<Self>,
        form: EmbedForm,
    ) -> FloatTensor<Self> {
        let [tokens] = dims(&ids);
        let out = floats(&encoding, [tokens, form.dim]);
        let shader = Shader::Embed {
            table: Map::table(form.dim, form.pieces),
            unit: form.unit.to_bits(),
            factor: (form.dim as f32).sqrt().to_bits(),
        };
        let groups = [groups_of_64(form.dim / 4), tokens];
        launch(shader, groups, &[&ids, &positions, &table, &encoding, &out]);
        out
    }

    fn affine(x: FloatTensor<Self>, map: IntTensor<Self>, form: AffineForm) -> FloatTensor<Self> {
        let [rows, _] = dims(&x);
        let out = floats(&x, [rows, form.outputs]);
        // With many rows each weight does for several of them; with few, all of the device should have something to do.
        let tile = Tile { workers: Tile::WIDE.workers, ..tile(rows) };
        let groups = [form.outputs.div_ceil(tile.workers), rows.div_ceil(tile.rows)];
        launch_tiled(Shader::Affine(form.into()), tile, groups, &[&x, &map, &out]);
        out
    }

    fn project(
        x: FloatTensor<Self>,
        map: IntTensor<Self>,
        form: ProjectionForm,
    ) -> (IntTensor<Self>, FloatTensor<Self>) {
        let ([rows, _], form) = (dims(&x), form.map);
        let parts = form.outputs.div_ceil(COLUMNS);
        let best = empty(&x, [parts, rows, 4], DType::I32);
        launch(Shader::Project(form.into()), [parts, rows.div_ceil(Tile::WIDE.rows)], &[&x, &map, &best]);
        let (ids, log_probs) = (empty(&x, [rows], DType::I32), floats(&x, [rows]));
        launch(Shader::Pick, [groups_of_64(rows), 1], &[&best, &ids, &log_probs]);
        (ids, log_probs)
    }

    fn ssru_norm(
        gates: FloatTensor<Self>,
        x: FloatTensor<Self>,
        cell: FloatTensor<Self>,
        norm: FloatTensor<Self>,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        let [rows, dim] = dims(&x);
        let (new, out) = (floats(&x, [rows, dim]), floats(&x, [rows, dim]));
        let buffers = [&gates, &x, &cell, &norm, &new, &out];
        launch_rows(Shader::Ssru { dim }, rows, &buffers);
        (out, new)
    }

    fn self_attention(
        qkv: FloatTensor<Self>,
        x: FloatTensor<Self>,
        spans: IntTensor<Self>,
        out: IntTensor<Self>,
        norm: FloatTensor<Self>,
        form: SelfAttentionForm,
    ) -> FloatTensor<Self> {
        let [tokens, _] = dims(&x);
        let y = floats(&x, [tokens, dim_of(&norm)]);
        let shader = Shader::SelfAttention { heads: form.heads, out: form.out.into() };
        launch_rows(shader, tokens, &[&qkv, &x, &spans, &out, &norm, &y]);
        y
    }

    fn cross_attention(
        x: FloatTensor<Self>,
        kv: FloatTensor<Self>,
        spans: IntTensor<Self>,
        q: IntTensor<Self>,
        out: IntTensor<Self>,
        norm: FloatTensor<Self>,
        form: CrossAttentionForm,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        let [rows, dim] = dims(&x);
        let (y, alignment) = (floats(&x, [rows, dim]), floats(&x, [rows, form.longest]));
        let shader = Shader::CrossAttention { heads: form.heads, query: form.q.into(), out: form.out.into() };
        let buffers = [&x, &kv, &spans, &q, &out, &norm, &alignment, &y];
        launch_rows(shader, rows, &buffers);
        (y, alignment)
    }

    fn feed_forward(
        x: FloatTensor<Self>,
        inner: IntTensor<Self>,
        outer: IntTensor<Self>,
        norm: FloatTensor<Self>,
        form: FeedForwardForm,
    ) -> FloatTensor<Self> {
        let [rows, dim] = dims(&x);
        let y = floats(&x, [rows, dim]);
        let shader = Shader::FeedForward { inner: form.inner.into(), outer: form.outer.into() };
        launch_rows(shader, rows, &[&x, &inner, &outer, &norm, &y]);
        y
    }

    fn record(
        history: IntTensor<Self>,
        position: IntTensor<Self>,
        ids: IntTensor<Self>,
        log_probs: FloatTensor<Self>,
        alignment: FloatTensor<Self>,
    ) -> (IntTensor<Self>, IntTensor<Self>) {
        let [_, rows, width] = dims(&history);
        let next = empty(&position, [1], DType::I32);
        let buffers = [&position, &ids, &log_probs, &alignment, &history, &next];
        launch(Shader::Record, [groups_of_64(rows * width), 1], &buffers);
        (history, next)
    }

    fn select_rows(x: FloatTensor<Self>, rows: IntTensor<Self>) -> FloatTensor<Self> {
        let ([_, dim], [fewer]) = (dims(&x), dims(&rows));
        let out = floats(&x, [fewer, dim]);
        launch(Shader::SelectRows { dim }, [groups_of_64(dim), fewer], &[&x, &rows, &out]);
        out
    }

    fn select_ids(ids: IntTensor<Self>, rows: IntTensor<Self>) -> IntTensor<Self> {
        let ([fewer], shape) = (dims(&rows), ids.meta.shape());
        let dim = shape.num_elements() / shape[0].max(1);
        let mut kept = shape.clone();
        kept[0] = fewer;
        let out = empty(&ids, kept, DType::I32);
        launch(Shader::SelectRows { dim }, [groups_of_64(dim), fewer], &[&ids, &rows, &out]);
        out
    }

    fn place(whole: FloatTensor<Self>, part: FloatTensor<Self>, column: usize) -> FloatTensor<Self> {
        place(&whole, &part, column);
        whole
    }

    fn place_ids(whole: IntTensor<Self>, part: IntTensor<Self>, column: usize) -> IntTensor<Self> {
        place(&whole, &part, column);
        whole
    }

    fn steps(
        maps: IntTensor<Self>,
        norms: FloatTensor<Self>,
        projection: IntTensor<Self>,
        table: IntTensor<Self>,
        encoding: FloatTensor<Self>,
        memory: FloatTensor<Self>,
        state: IntTensor<Self>,
        history: IntTensor<Self>,
        form: StepsForm,
    ) -> (IntTensor<Self>, IntTensor<Self>) {
        let [rows, _] = dims(&state);
        let mut buffers = vec![&projection, &maps, &norms, &encoding, &memory, &state, &history];
        if !form.tied {
            buffers.push(&table);
        }
        launch_rows(Shader::Steps(Steps::from(&form)), rows, &buffers);
        (state, history)
    }
}

/// Has the GPU write `part: [rows, fewer]` into `whole: [rows, columns]`.
fn place(whole: &CubeTensor, part: &CubeTensor, column: usize) {
    let [rows, width] = dims(part);
    let handle = whole.client.create_from_slice(&(column as u32).to_le_bytes());
    let (client, device) = (whole.client.clone(), whole.device.clone());
    let column = CubeTensor::new_contiguous(client, device, [1].into(), handle, DType::I32);
    launch(Shader::Place, [groups_of_64(width), rows], &[part, &column, whole]);
}
