/// The attention's results, quantised.
var<workgroup> mixed: array<vec4<u32>, TILE * OUT_BLOCKS>;

/// Sixteen numbers of a row of them.
fn read_mixed(at: u32) -> vec4<u32> {
    return mixed[at];
}

/// Maps the rows in `rows_in_work` by `OUT` and adds `x` to them.
fn project_and_add(worker: u32, first: u32, rows: u32) {
    let alpha = OUT_alpha();
    for (var i = worker; i < TILE * OUT_BLOCKS; i += WORKERS) {
        mixed[i] = quantised(i, alpha);
    }
    workgroupBarrier();
    OUT_share(worker);
    for (var output = worker; output < DIM; output += WORKERS) {
        let y = OUT_shared(output);
        for (var row = 0u; row < TILE; row++) {
            rows_in_work[row * DIM + output] = of_row(y, row) + residual(min(first + row, rows - 1u), output);
        }
    }
}
