// The exponential function as the CPU's kernels have it: rounded from the truth but for a few arguments in a thousand.
//
// x = (8 n + j) ln 2 / 8 + r, so eˣ = 2ⁿ · 2^(j/8) · eʳ with |r| < 0.044. ln 2 / 8 is in three parts, the first two so short
// that their products with whole numbers are exact; 2^(j/8) is in two parts, the first of 12 bits, so that its product
// with the first 12 bits of r is exact too. What is rounded before the last addition is below a thousandth of the result.

const STEPS_IN_ONE = 11.541560173034668;
const STEP = vec3(0.086639404296875, 3.992579877376556e-06, 6.932407980997368e-10);

/// eˣ; 0 below -87, and no more than e⁸⁷.
fn exponential(x: f32) -> f32 {
    let clamped = clamp(x, -87.0, 87.0);
    let steps = round(clamped * STEPS_IN_ONE);
    let whole = i32(steps);
    let high = (clamped - steps * STEP.x) - steps * STEP.y;
    let low = -(steps * STEP.z);
    let upper = (whole & 4) != 0;
    let power = select(
        vec4(1.0, 1.09033203125, 1.18896484375, 1.29638671875),
        vec4(1.4140625, 1.5419921875, 1.681640625, 1.833984375),
        upper,
    )[whole & 3];
    let power_rest = select(
        vec4(0.0, 0.00017570141062606126, 0.00024227125686593354, 0.0004528358986135572),
        vec4(0.00015106236969586462, 0.00021863791334908456, 0.0001522055099485442, 2.371140908508096e-05),
        upper,
    )[whole & 3];
    let r = high + low;
    // eʳ - 1 - r
    let curve = (r * r) * (0.5 + r * (0.16666667 + r * (0.041666668 + r * 0.008333334)));
    let start = bitcast<f32>(bitcast<u32>(high) & 0xfffff000u);
    let exact = power * start;
    let sum = power + exact;
    let lost = exact - (sum - power);
    let rest = power * (((high - start) + low) + curve) + power_rest * (1.0 + r);
    let mantissa = sum + (lost + rest);
    let scaled = bitcast<f32>(bitcast<u32>(mantissa) + (bitcast<u32>(whole >> 3u) << 23u));
    return select(scaled, 0.0, x < -87.0);
}
