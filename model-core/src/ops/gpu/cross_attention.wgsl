@group(0) @binding(0) var<storage, read_write> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> kv: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> source_spans: array<vec2<u32>>;
@group(0) @binding(3) var<storage, read_write> QUERY: array<vec4<u32>>;
@group(0) @binding(4) var<storage, read_write> OUT: array<vec4<u32>>;
@group(0) @binding(5) var<storage, read_write> norm: array<f32>;
@group(0) @binding(6) var<storage, read_write> alignment: array<f32>;
@group(0) @binding(7) var<storage, read_write> out: array<f32>;

// Keys and values of a token lie side by side.
const TOKEN = 2u * DIM;

fn residual(row: u32, column: u32) -> f32 {
    return x[(row * DIM + column) / 4u][column % 4u];
}

/// Writes down the weights of head 0, which are a query's first ones.
fn keep_weights(worker: u32, query: u32, first: u32, rows: u32) {
    let longest = arrayLength(&alignment) / rows;
    let len = spans[query].y;
    if first + query < rows {
        for (var i = worker; i < longest; i += WORKERS) {
            alignment[(first + query) * longest + i] = select(0.0, weight(places[query] + min(i, len - 1u)), i < len);
        }
    }
}

/// A tile of rows.
@compute @workgroup_size(WORKERS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) worker: u32) {
    let rows = arrayLength(&x) / (DIM / 4u);
    let first = TILE * group.x;
    if worker == 0u {
        for (var row = 0u; row < TILE; row++) {
            let span = source_spans[min(first + row, rows - 1u)];
            spans[row] = vec2(span.x, min(span.y, LONGEST));
        }
        group_queries();
    }
    load_input(worker, first, rows);
    workgroupBarrier();
    QUERY_share(worker);
    for (var output = worker; output < DIM; output += WORKERS) {
        put_in_work(output, QUERY_shared(output));
    }
    attend_in_turns(worker, 0u, first, rows);
    project_and_add(worker, first, rows);
    write_normal(worker, first, rows);
}
