@group(0) @binding(0) var<storage, read_write> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> INNER: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read_write> OUT: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read_write> norm: array<f32>;
@group(0) @binding(4) var<storage, read_write> out: array<f32>;

/// The results of the inner map, quantised for the outer one, four in a word.
var<workgroup> hidden: array<u32, TILE * OUT_BLOCKS * 4u>;

/// Sixteen numbers of a row of `hidden`.
fn read_hidden(at: u32) -> vec4<u32> {
    return vec4(hidden[4u * at], hidden[4u * at + 1u], hidden[4u * at + 2u], hidden[4u * at + 3u]);
}

/// Four outputs of the inner map for four rows, quantised for the outer one.
fn inner(four: u32, alpha: f32) -> vec4<u32> {
    var sums = array<vec4<i32>, 4>();
    for (var block = 0u; block < INNER_BLOCKS; block++) {
        let a = input[block];
        let b = input[INNER_BLOCKS + block];
        let c = input[2u * INNER_BLOCKS + block];
        let d = input[3u * INNER_BLOCKS + block];
        let at = INNER_WEIGHTS + block * INNER_OUTPUTS + 4u * four;
        let w0 = INNER[at];
        let w1 = INNER[at + 1u];
        let w2 = INNER[at + 2u];
        let w3 = INNER[at + 3u];
        sums[0] += vec4(dot16(a, w0), dot16(b, w0), dot16(c, w0), dot16(d, w0));
        sums[1] += vec4(dot16(a, w1), dot16(b, w1), dot16(c, w1), dot16(d, w1));
        sums[2] += vec4(dot16(a, w2), dot16(b, w2), dot16(c, w2), dot16(d, w2));
        sums[3] += vec4(dot16(a, w3), dot16(b, w3), dot16(c, w3), dot16(d, w3));
    }
    let y0 = INNER_finish(4u * four, sums[0]);
    let y1 = INNER_finish(4u * four + 1u, sums[1]);
    let y2 = INNER_finish(4u * four + 2u, sums[2]);
    let y3 = INNER_finish(4u * four + 3u, sums[3]);
    return vec4(
        quantise(vec4(y0.x, y1.x, y2.x, y3.x), alpha),
        quantise(vec4(y0.y, y1.y, y2.y, y3.y), alpha),
        quantise(vec4(y0.z, y1.z, y2.z, y3.z), alpha),
        quantise(vec4(y0.w, y1.w, y2.w, y3.w), alpha),
    );
}

/// Four rows.
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) worker: u32) {
    let rows = arrayLength(&x) / (DIM / 4u);
    let first = TILE * group.x;
    load_input(worker, first, rows);
    workgroupBarrier();
    let alpha = OUT_alpha();
    for (var four = worker; four < INNER_OUTPUTS / 4u; four += WORKERS) {
        let words = inner(four, alpha);
        for (var row = 0u; row < TILE; row++) {
            hidden[row * OUT_BLOCKS * 4u + four] = words[row];
        }
    }
    workgroupBarrier();
    for (var output = worker; output < DIM; output += WORKERS) {
        let y = OUT_apply(output);
        for (var row = 0u; row < TILE; row++) {
            let source = min(first + row, rows - 1u);
            rows_in_work[row * DIM + output] = y[row] + x[(source * DIM + output) / 4u][output % 4u];
        }
    }
    write_normal(worker, first, rows);
}
