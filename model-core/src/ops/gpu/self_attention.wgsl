@group(0) @binding(0) var<storage, read_write> kv: array<f32>;
@group(0) @binding(1) var<storage, read_write> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> spans: array<vec2<u32>>;
@group(0) @binding(3) var<storage, read_write> OUT: array<vec4<u32>>;
@group(0) @binding(4) var<storage, read_write> norm: array<f32>;
@group(0) @binding(5) var<storage, read_write> out: array<f32>;

// Queries, keys and values of a token lie side by side in `kv`.
const KEY_STRIDE = 3u * DIM;
const KEY_OFFSET = DIM;
const VALUE_OFFSET = 2u * DIM;

fn residual(row: u32, column: u32) -> f32 {
    return x[row * DIM + column];
}

/// Four tokens.
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) worker: u32) {
    let rows = arrayLength(&x) / DIM;
    let first = TILE * group.x;
    for (var i = worker; i < TILE * DIM; i += WORKERS) {
        let row = min(first + i / DIM, rows - 1u);
        rows_in_work[i] = kv[row * KEY_STRIDE + i % DIM];
    }
    for (var query = 0u; query < TILE; query++) {
        workgroupBarrier();
        attend(worker, query, spans[min(first + query, rows - 1u)]);
    }
    project_and_add(worker, first, rows);
    write_normal(worker, first, rows);
}
