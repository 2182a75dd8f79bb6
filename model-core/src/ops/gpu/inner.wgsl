/// Four outputs of the inner map for four rows, quantised for the outer one.
fn inner(four: u32, alpha: f32) -> vec4<u32> {
    var sums = array<vec4<i32>, 4>();
    for (var block = 0u; block < MAP_BLOCKS; block++) {
        let a = input[block];
        let b = input[MAP_BLOCKS + block];
        let c = input[2u * MAP_BLOCKS + block];
        let d = input[3u * MAP_BLOCKS + block];
        let at = MAP_WEIGHTS + block * MAP_OUTPUTS + 4u * four;
        let w0 = MAP[at];
        let w1 = MAP[at + 1u];
        let w2 = MAP[at + 2u];
        let w3 = MAP[at + 3u];
        sums[0] += vec4(dot16(a, w0), dot16(b, w0), dot16(c, w0), dot16(d, w0));
        sums[1] += vec4(dot16(a, w1), dot16(b, w1), dot16(c, w1), dot16(d, w1));
        sums[2] += vec4(dot16(a, w2), dot16(b, w2), dot16(c, w2), dot16(d, w2));
        sums[3] += vec4(dot16(a, w3), dot16(b, w3), dot16(c, w3), dot16(d, w3));
    }
    let y0 = MAP_finish(4u * four, sums[0]);
    let y1 = MAP_finish(4u * four + 1u, sums[1]);
    let y2 = MAP_finish(4u * four + 2u, sums[2]);
    let y3 = MAP_finish(4u * four + 3u, sums[3]);
    return vec4(
        quantise(vec4(y0.x, y1.x, y2.x, y3.x), alpha),
        quantise(vec4(y0.y, y1.y, y2.y, y3.y), alpha),
        quantise(vec4(y0.z, y1.z, y2.z, y3.z), alpha),
        quantise(vec4(y0.w, y1.w, y2.w, y3.w), alpha),
    );
}
