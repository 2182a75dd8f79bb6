/// The products of four pairs of 8-bit numbers, added up.
fn dot4(a: u32, b: u32) -> i32 {
    let x = vec4<i32>(vec4(a << 24u, a << 16u, a << 8u, a)) >> vec4(24u);
    let y = vec4<i32>(vec4(b << 24u, b << 16u, b << 8u, b)) >> vec4(24u);
    let products = x * y;
    return (products.x + products.y) + (products.z + products.w);
}
