@group(0) @binding(0) var<storage, read_write> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> MAP: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;

/// An output for each invocation, of a tile of rows.
@compute @workgroup_size(WORKERS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) worker: u32) {
    let rows = arrayLength(&x) / (MAP_INPUTS / 4u);
    let first = TILE * group.y;
    load_input(worker, first, rows);
    workgroupBarrier();
    let output = WORKERS * group.x + worker;
    if output < MAP_OUTPUTS {
        let y = MAP_apply(output);
        for (var row = 0u; row < min(TILE, rows - first); row++) {
            out[(first + row) * MAP_OUTPUTS + output] = of_row(y, row);
        }
    }
}
