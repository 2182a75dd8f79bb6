@group(0) @binding(0) var<storage, read_write> kv: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> source_spans: array<vec2<u32>>;
@group(0) @binding(3) var<storage, read_write> OUT: array<vec4<u32>>;
@group(0) @binding(4) var<storage, read_write> norm: array<f32>;
@group(0) @binding(5) var<storage, read_write> out: array<f32>;

// Queries, keys and values of a token lie side by side.
const TOKEN = 3u * DIM;

fn residual(row: u32, column: u32) -> f32 {
    return x[row * DIM + column];
}

fn keep_weights(worker: u32, query: u32, first: u32, rows: u32) {}

/// A tile of tokens.
@compute @workgroup_size(WORKERS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) worker: u32) {
    let rows = arrayLength(&x) / DIM;
    let first = TILE * group.x;
    if worker == 0u {
        for (var row = 0u; row < TILE; row++) {
            let span = source_spans[min(first + row, rows - 1u)];
            spans[row] = vec2(span.x, min(span.y, LONGEST));
        }
        group_queries();
    }
    for (var i = worker; i < TILE * DIM; i += WORKERS) {
        let row = min(first + i / DIM, rows - 1u);
        rows_in_work[i] = value(row * TOKEN + i % DIM);
    }
    attend_in_turns(worker, DIM, first, rows);
    project_and_add(worker, first, rows);
    write_normal(worker, first, rows);
}
