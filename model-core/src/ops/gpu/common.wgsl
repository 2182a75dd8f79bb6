// What the kernels share. A workgroup takes `TILE` rows and has `WORKERS` invocations. `Floats`, `Ints` and `Numbers` have
// a number for each row of the tile.
//
// Sums of floats are made from left to right by one invocation, as on the CPU: rounding to 8 bits makes the last bit
// matter. What is parallel are different sums.

/// Four numbers times `alpha`, rounded to 8 bits, the first in the lowest.
fn quantise(x: vec4<f32>, alpha: f32) -> u32 {
    let q = vec4<u32>(vec4<i32>(clamp(round(x * alpha), vec4(-127.0), vec4(127.0)))) & vec4(0xffu);
    return q.x | (q.y << 8u) | (q.z << 16u) | (q.w << 24u);
}

/// The products of sixteen pairs of 8-bit numbers, added up.
fn dot16(a: vec4<u32>, b: vec4<u32>) -> i32 {
    return (dot4(a.x, b.x) + dot4(a.y, b.y)) + (dot4(a.z, b.z) + dot4(a.w, b.w));
}
