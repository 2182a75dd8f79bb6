requires packed_4x8_integer_dot_product;

/// The products of four pairs of 8-bit numbers, added up.
fn dot4(a: u32, b: u32) -> i32 {
    return dot4I8Packed(a, b);
}
