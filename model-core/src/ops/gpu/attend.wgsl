/// The weights of a row, for each head one behind the other.
var<workgroup> weights: array<f32, HEADS * LONGEST>;
/// A number for each head.
var<workgroup> heads: array<f32, HEADS>;

const WIDTH = DIM / HEADS;

/// The attention of `query`, in `rows_in_work`, to its span of keys; the result takes the query's place.
fn attend(worker: u32, query: u32, span: vec2<u32>) {
    let start = span.x;
    let len = min(span.y, LONGEST);
    let all = HEADS * len;
    for (var i = worker; i < all; i += WORKERS) {
        let head = i / len;
        let at = (start + i % len) * KEY_STRIDE + KEY_OFFSET + head * WIDTH;
        var sum = 0.0;
        for (var column = 0u; column < WIDTH; column++) {
            sum += rows_in_work[query * DIM + head * WIDTH + column] * kv[at + column];
        }
        weights[i] = sum * ATTENTION_SCALE;
    }
    workgroupBarrier();
    if worker < HEADS {
        var top = weights[worker * len];
        for (var i = 1u; i < len; i++) {
            top = max(top, weights[worker * len + i]);
        }
        heads[worker] = top;
    }
    workgroupBarrier();
    for (var i = worker; i < all; i += WORKERS) {
        weights[i] = exponential(weights[i] - heads[i / len]);
    }
    workgroupBarrier();
    if worker < HEADS {
        var sum = 0.0;
        for (var i = 0u; i < len; i++) {
            sum += weights[worker * len + i];
        }
        heads[worker] = sum;
    }
    workgroupBarrier();
    for (var i = worker; i < all; i += WORKERS) {
        weights[i] = weights[i] / heads[i / len];
    }
    workgroupBarrier();
    for (var column = worker; column < DIM; column += WORKERS) {
        let line = (column / WIDTH) * len;
        var at = start * KEY_STRIDE + VALUE_OFFSET + column;
        var sum = 0.0;
        for (var i = 0u; i < len; i++) {
            sum += weights[line + i] * kv[at];
            at += KEY_STRIDE;
        }
        rows_in_work[query * DIM + column] = sum;
    }
}

/// The mixed rows, quantised.
var<workgroup> mixed: array<vec4<u32>, TILE * OUT_BLOCKS>;

/// Sixteen numbers of a mixed row.
fn read_mixed(at: u32) -> vec4<u32> {
    return mixed[at];
}

/// Maps the four rows in `rows_in_work` by `OUT` and adds `x` to them.
fn project_and_add(worker: u32, first: u32, rows: u32) {
    workgroupBarrier();
    let alpha = OUT_alpha();
    for (var i = worker; i < TILE * OUT_BLOCKS; i += WORKERS) {
        mixed[i] = quantised(i, alpha);
    }
    workgroupBarrier();
    for (var output = worker; output < DIM; output += WORKERS) {
        let y = OUT_apply(output);
        for (var row = 0u; row < TILE; row++) {
            let source = min(first + row, rows - 1u);
            rows_in_work[row * DIM + output] = y[row] + residual(source, output);
        }
    }
}
