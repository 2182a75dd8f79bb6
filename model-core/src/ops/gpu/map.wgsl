// A packed affine map, `MAP`: the activation multiplier, then for each output its scale, its bias and 127 times the sum of
// its weights, then the weights, sixteen inputs of one output beside the same sixteen of the next.

const MAP_LINE = (MAP_OUTPUTS + 3u) / 4u;
const MAP_BLOCKS = MAP_INPUTS / 16u;
const MAP_SCALE = 1u;
const MAP_BIAS = MAP_SCALE + MAP_LINE;
const MAP_SHIFT = MAP_BIAS + MAP_LINE;
const MAP_WEIGHTS = MAP_SHIFT + MAP_LINE;

fn MAP_alpha() -> f32 {
    return bitcast<f32>(MAP[0].x);
}

/// The results of the rows, from their exact products with the output's weights.
fn MAP_finish(output: u32, products: Ints) -> Floats {
    let line = output / 4u;
    let place = output % 4u;
    let sums = Floats(products + Ints(bitcast<i32>(MAP[MAP_SHIFT + line][place])));
    let scaled = sums * bitcast<f32>(MAP[MAP_SCALE + line][place]);
    let y = scaled + bitcast<f32>(MAP[MAP_BIAS + line][place]);
    if MAP_RELU {
        return max(y, Floats(0.0));
    }
    return y;
}
