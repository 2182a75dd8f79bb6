@group(0) @binding(0) var<storage, read_write> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> MAP: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read_write> parts: array<vec4<u32>>;

// For each invocation and row: the best output, its number, and the sum of the exponentials relative to it.
var<workgroup> best: array<Floats, WORKERS>;
var<workgroup> number: array<Numbers, WORKERS>;
var<workgroup> sums: array<Floats, WORKERS>;

/// The best of `COLUMNS` outputs of a tile of rows.
@compute @workgroup_size(WORKERS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) worker: u32) {
    let rows = arrayLength(&x) / (MAP_INPUTS / 4u);
    let first = TILE * group.y;
    load_input(worker, first, rows);
    workgroupBarrier();

    var top = Floats(-3.0e38);
    var top_number = Numbers(0u);
    var sum = Floats(0.0);
    let end = min(COLUMNS * (group.x + 1u), MAP_OUTPUTS);
    for (var output = COLUMNS * group.x + worker; output < end; output += WORKERS) {
        let y = MAP_apply(output);
        let before = top;
        top_number = select(top_number, Numbers(output), y > top);
        top = max(top, y);
        sum = sum * exp(before - top) + exp(y - top);
    }
    best[worker] = top;
    number[worker] = top_number;
    sums[worker] = sum;
    for (var half = WORKERS / 2u; half > 0u; half /= 2u) {
        workgroupBarrier();
        if worker < half {
            let other = best[worker + half];
            let other_number = number[worker + half];
            // Of equal outputs the first wins.
            let wins = (other > top) | ((other == top) & (other_number < top_number));
            let before = top;
            top = max(top, other);
            top_number = select(top_number, other_number, wins);
            sum = sum * exp(before - top) + sums[worker + half] * exp(other - top);
            best[worker] = top;
            number[worker] = top_number;
            sums[worker] = sum;
        }
    }
    if worker == 0u {
        for (var row = 0u; row < min(TILE, rows - first); row++) {
            parts[group.x * rows + first + row] = vec4(
                bitcast<u32>(of_row(top, row)),
                number_of_row(top_number, row),
                bitcast<u32>(of_row(sum, row)),
                0u,
            );
        }
    }
}
