@group(0) @binding(0) var<storage, read_write> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> kv: array<f32>;
@group(0) @binding(2) var<storage, read_write> spans: array<vec2<u32>>;
@group(0) @binding(3) var<storage, read_write> QUERY: array<vec4<u32>>;
@group(0) @binding(4) var<storage, read_write> OUT: array<vec4<u32>>;
@group(0) @binding(5) var<storage, read_write> norm: array<f32>;
@group(0) @binding(6) var<storage, read_write> alignment: array<f32>;
@group(0) @binding(7) var<storage, read_write> out: array<f32>;

// Keys and values of a token lie side by side in `kv`.
const KEY_STRIDE = 2u * DIM;
const KEY_OFFSET = 0u;
const VALUE_OFFSET = DIM;

fn residual(row: u32, column: u32) -> f32 {
    return x[(row * DIM + column) / 4u][column % 4u];
}

/// Four rows.
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) worker: u32) {
    let rows = arrayLength(&x) / (DIM / 4u);
    let longest = arrayLength(&alignment) / rows;
    let first = TILE * group.x;
    load_input(worker, first, rows);
    workgroupBarrier();
    for (var output = worker; output < DIM; output += WORKERS) {
        let y = QUERY_apply(output);
        for (var row = 0u; row < TILE; row++) {
            rows_in_work[row * DIM + output] = y[row];
        }
    }
    for (var query = 0u; query < TILE; query++) {
        workgroupBarrier();
        let row = min(first + query, rows - 1u);
        let span = spans[row];
        attend(worker, query, span);
        // The weights of head 0 are the first ones. A row behind the last is that again, and so is what it writes.
        for (var i = worker; i < longest; i += WORKERS) {
            alignment[row * longest + i] = select(0.0, weights[min(i, HEADS * LONGEST - 1u)], i < min(span.y, LONGEST));
        }
    }
    project_and_add(worker, first, rows);
    write_normal(worker, first, rows);
}
