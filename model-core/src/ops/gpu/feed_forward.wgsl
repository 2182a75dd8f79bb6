@group(0) @binding(0) var<storage, read_write> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> INNER: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read_write> OUT: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read_write> norm: array<f32>;
@group(0) @binding(4) var<storage, read_write> out: array<f32>;

/// A tile of rows.
@compute @workgroup_size(WORKERS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) worker: u32) {
    let rows = arrayLength(&x) / (DIM / 4u);
    let first = TILE * group.x;
    load_input(worker, first, rows);
    workgroupBarrier();
    let alpha = OUT_alpha();
    for (var four = worker; four < INNER_OUTPUTS / 4u; four += WORKERS) {
        inner(four, alpha);
    }
    workgroupBarrier();
    OUT_share(worker);
    for (var output = worker; output < DIM; output += WORKERS) {
        let y = OUT_shared(output);
        for (var row = 0u; row < TILE; row++) {
            let source = min(first + row, rows - 1u);
            rows_in_work[row * DIM + output] = of_row(y, row) + x[(source * DIM + output) / 4u][output % 4u];
        }
    }
    write_normal(worker, first, rows);
}
