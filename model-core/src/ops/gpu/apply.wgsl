// Weights are loaded by turns of `MAP_TURN` sixteens of inputs, so that many are on their way at once.

/// The exact products of an output's weights, `count` sixteens of them from `start` on, with what `READ` has of the rows.
fn MAP_products(output: u32, start: u32, count: u32) -> Ints {
    var sums = Ints();
    var at = MAP_WEIGHTS + start * MAP_OUTPUTS + output;
    for (var block = start; block < start + count; block += MAP_TURN) {
        EACH(: let weights# = MAP[at + #u * MAP_OUTPUTS];
        :)
        EACH(: sums += Ints(ROWS(: dot16(READ($u * MAP_BLOCKS + block + #u), weights#) :));
        :)
        at += MAP_TURN * MAP_OUTPUTS;
    }
    return sums;
}

/// An output of `MAP` for the rows.
fn MAP_apply(output: u32) -> Floats {
    return MAP_finish(output, MAP_products(output, 0u, MAP_BLOCKS));
}
