@group(0) @binding(0) var<storage, read_write> gates: array<f32>;
@group(0) @binding(1) var<storage, read_write> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> cell: array<f32>;
@group(0) @binding(3) var<storage, read_write> norm: array<f32>;
@group(0) @binding(4) var<storage, read_write> new_cell: array<f32>;
@group(0) @binding(5) var<storage, read_write> out: array<f32>;

/// A tile of rows.
@compute @workgroup_size(WORKERS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) worker: u32) {
    let rows = arrayLength(&x) / DIM;
    let first = TILE * group.x;
    for (var i = worker; i < TILE * DIM; i += WORKERS) {
        let row = first + i / DIM;
        if row < rows {
            let column = i % DIM;
            let forget = 1.0 / (1.0 + exponential(0.0 - gates[row * 2u * DIM + DIM + column]));
            let kept = forget * cell[row * DIM + column];
            let fresh = (1.0 - forget) * gates[row * 2u * DIM + column];
            let c = kept + fresh;
            new_cell[row * DIM + column] = c;
            rows_in_work[i] = max(c, 0.0) + x[row * DIM + column];
        }
    }
    write_normal(worker, first, rows);
}
