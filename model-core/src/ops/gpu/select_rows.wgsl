@group(0) @binding(0) var<storage, read_write> x: array<u32>;
@group(0) @binding(1) var<storage, read_write> rows: array<i32>;
@group(0) @binding(2) var<storage, read_write> out: array<u32>;

/// A number of a row that is kept.
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x < DIM {
        out[id.y * DIM + id.x] = x[u32(rows[id.y]) * DIM + id.x];
    }
}
