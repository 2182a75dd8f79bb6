/// Four outputs of the inner map for the rows, quantised for the outer one, to `work`.
fn inner(four: u32, alpha: f32) {
    var sums0 = Ints();
    var sums1 = Ints();
    var sums2 = Ints();
    var sums3 = Ints();
    var at = MAP_WEIGHTS + 4u * four;
    for (var block = 0u; block < MAP_BLOCKS; block += FOURS_TURN) {
        EACH(: let a# = MAP[at + #u * MAP_OUTPUTS];
        let b# = MAP[at + #u * MAP_OUTPUTS + 1u];
        let c# = MAP[at + #u * MAP_OUTPUTS + 2u];
        let d# = MAP[at + #u * MAP_OUTPUTS + 3u];
        :)
        EACH(: LINES(: let in#_$ = input[$u * MAP_BLOCKS + block + #u];
        :)
        sums0 += Ints(ROWS(: dot16(in#_$, a#) :));
        sums1 += Ints(ROWS(: dot16(in#_$, b#) :));
        sums2 += Ints(ROWS(: dot16(in#_$, c#) :));
        sums3 += Ints(ROWS(: dot16(in#_$, d#) :));
        :)
        at += FOURS_TURN * MAP_OUTPUTS;
    }
    let y0 = MAP_finish(4u * four, sums0);
    let y1 = MAP_finish(4u * four + 1u, sums1);
    let y2 = MAP_finish(4u * four + 2u, sums2);
    let y3 = MAP_finish(4u * four + 3u, sums3);
    for (var row = 0u; row < TILE; row++) {
        let outputs = vec4(of_row(y0, row), of_row(y1, row), of_row(y2, row), of_row(y3, row));
        work[row * (MAP_OUTPUTS / 4u) + four] = quantise(outputs, alpha);
    }
}

/// Sixteen numbers of a row of hidden activations.
fn read_hidden(at: u32) -> vec4<u32> {
    return vec4(work[4u * at], work[4u * at + 1u], work[4u * at + 2u], work[4u * at + 3u]);
}
