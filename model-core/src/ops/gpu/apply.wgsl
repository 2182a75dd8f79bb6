/// An output of `MAP` for the four rows whose quantised numbers `READ` has, sixteen at a time.
fn MAP_apply(output: u32) -> vec4<f32> {
    var sums = vec4<i32>();
    for (var block = 0u; block < MAP_BLOCKS; block++) {
        let weights = MAP[MAP_WEIGHTS + block * MAP_OUTPUTS + output];
        sums += vec4(
            dot16(READ(block), weights),
            dot16(READ(MAP_BLOCKS + block), weights),
            dot16(READ(2u * MAP_BLOCKS + block), weights),
            dot16(READ(3u * MAP_BLOCKS + block), weights),
        );
    }
    return MAP_finish(output, sums);
}
