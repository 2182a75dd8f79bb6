/// The rows, quantised.
var<workgroup> input: array<vec4<u32>, TILE * MAP_BLOCKS>;

/// Sixteen numbers of a row.
fn read_input(at: u32) -> vec4<u32> {
    return input[at];
}

/// Quantises the rows of `x` for `MAP`; behind the last one it is that again.
fn load_input(worker: u32, first: u32, rows: u32) {
    let alpha = MAP_alpha();
    for (var i = worker; i < TILE * MAP_BLOCKS; i += WORKERS) {
        let row = min(first + i / MAP_BLOCKS, rows - 1u);
        let at = row * 4u * MAP_BLOCKS + 4u * (i % MAP_BLOCKS);
        let a = x[at];
        let b = x[at + 1u];
        let c = x[at + 2u];
        let d = x[at + 3u];
        input[i] = vec4(quantise(a, alpha), quantise(b, alpha), quantise(c, alpha), quantise(d, alpha));
    }
}
