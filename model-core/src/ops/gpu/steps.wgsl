// Several decoding steps of a tile of rows. What the rows carry from step to step is in `state`; what all workgroups read are
// the weights. The arithmetic and the order of its sums are those of the kernels that make one step.

@group(0) @binding(0) var<storage, read_write> PROJECTION: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read_write> maps: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read_write> norms: array<f32>;
@group(0) @binding(3) var<storage, read_write> encoding: array<f32>;
@group(0) @binding(4) var<storage, read_write> kv: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read_write> state: array<u32>;
@group(0) @binding(6) var<storage, read_write> history: array<u32>;

// The words of a row of `state`; its cells are behind them.
const START = 0u;
const LENGTH = 1u;
const WIDEST = 2u;
const EOS = 3u;
const LAST = 4u;
const POSITION = 5u;
const CELLS = 6u;
const ROW = CELLS + LAYERS * DIM;

/// Words of a row of the history in front of its alignment.
const RECORD_HEAD = 2u;

/// Columns that an invocation has: its own number, and every `WORKERS`-th from there.
const PLACES = (DIM + WORKERS - 1u) / WORKERS;

const DIM_BLOCKS = DIM / 16u;

/// What a sublayer adds its results to: the invocation's columns of the rows.
var<private> x: array<Floats, PLACES>;
/// Where the layer begins in `maps`.
var<private> layer_start: u32;

/// The rows, quantised for a map.
var<workgroup> input: array<vec4<u32>, TILE * DIM_BLOCKS>;

var<workgroup> last: array<i32, TILE>;
var<workgroup> positions: array<u32, TILE>;
var<workgroup> step_count: u32;
/// Whether a row goes on.
var<workgroup> going: u32;

/// Sixteen numbers of a row, quantised.
fn read_input(at: u32) -> vec4<u32> {
    return input[at];
}

/// Quantises `rows_in_work` for a map; nobody may be writing to either before, or after.
fn load_input(worker: u32, alpha: f32) {
    workgroupBarrier();
    for (var i = worker; i < TILE * DIM_BLOCKS; i += WORKERS) {
        input[i] = quantised(i, alpha);
    }
    workgroupBarrier();
}

/// A number of a piece's embedding at a position.
fn embedded(piece: i32, position: u32, column: u32) -> f32 {
    let encoded = encoding[min(position * DIM + column, arrayLength(&encoding) - 1u)];
    if piece < 0 {
        return encoded;
    }
    let output = min(u32(piece), TABLE_OUTPUTS - 1u);
    let word = TABLE[TABLE_WEIGHTS + (column / 16u) * TABLE_OUTPUTS + output][(column / 4u) % 4u];
    let weight = bitcast<i32>(word << (24u - 8u * (column % 4u))) >> 24u;
    let embedding = FACTOR * (f32(weight) * UNIT);
    return embedding + encoded;
}

fn embed(worker: u32) {
    for (var place = 0u; place < PLACES; place++) {
        let column = worker + WORKERS * place;
        if column < DIM {
            x[place] = Floats(ROWS(: embedded(last[$], positions[$], column) :));
            put_in_work(column, x[place]);
        }
    }
}

/// Where the results of this step begin in the history, for one of the rows.
fn record_of(line: u32, first: u32, rows: u32, width: u32) -> u32 {
    return ((positions[line] % step_count) * rows + first + line) * width;
}

// The best outputs that an invocation has seen, their numbers, and the sums of the exponentials relative to them.
var<private> top: Floats;
var<private> top_number: Numbers;
var<private> sum: Floats;

/// Takes an output of the projection into account.
fn see(output: u32, products: Ints) {
    if output >= PROJECTION_OUTPUTS {
        return;
    }
    let y = PROJECTION_finish(output, products);
    let wins = y > top;
    let smaller = exp(min(top, y) - max(top, y));
    sum = select(sum + smaller, sum * smaller + 1.0, wins);
    top_number = select(top_number, Numbers(output), wins);
    top = select(top, y, wins);
}

/// Puts the invocation's results on a seat.
fn give(seat: u32) {
    for (var row = 0u; row < TILE; row++) {
        work[3u * row * SEATS + seat] = bitcast<u32>(of_row(top, row));
        work[(3u * row + 1u) * SEATS + seat] = number_of_row(top_number, row);
        work[(3u * row + 2u) * SEATS + seat] = bitcast<u32>(of_row(sum, row));
    }
}

/// Takes those on a seat into account.
fn take(seat: u32) {
    let other = Floats(ROWS(: bitcast<f32>(work[3u * $u * SEATS + seat]) :));
    let other_number = Numbers(ROWS(: work[(3u * $u + 1u) * SEATS + seat] :));
    let other_sum = Floats(ROWS(: bitcast<f32>(work[(3u * $u + 2u) * SEATS + seat]) :));
    let before = top;
    // Of equal outputs the first wins.
    let wins = (other > top) | ((other == top) & (other_number < top_number));
    top = max(top, other);
    top_number = select(top_number, other_number, wins);
    sum = sum * exp(before - top) + other_sum * exp(other - top);
}

/// The best piece of each row, in the first invocation's `top` and `top_number`.
fn project(worker: u32) {
    load_input(worker, PROJECTION_alpha());
    top = Floats(-3.0e38);
    top_number = Numbers(0u);
    sum = Floats(0.0);
    const END = PROJECTION_OUTPUTS - 1u;
    for (var output = worker; output < PROJECTION_OUTPUTS; output += 2u * WORKERS) {
        // Two outputs at a time, so that the rows are read once for both.
        let second = min(output + WORKERS, END);
        var sums = Ints();
        var second_sums = Ints();
        var at = PROJECTION_WEIGHTS;
        for (var block = 0u; block < DIM_BLOCKS; block += PAIR_TURN) {
            EACH(: let a# = PROJECTION[at + #u * PROJECTION_OUTPUTS + output];
            let b# = PROJECTION[at + #u * PROJECTION_OUTPUTS + second];
            :)
            EACH(: LINES(: let in#_$ = input[$u * DIM_BLOCKS + block + #u];
            :)
            sums += Ints(ROWS(: dot16(in#_$, a#) :));
            second_sums += Ints(ROWS(: dot16(in#_$, b#) :));
            :)
            at += PAIR_TURN * PROJECTION_OUTPUTS;
        }
        see(output, sums);
        see(output + WORKERS, second_sums);
    }
    // In each round the upper half hands its results over, by turns of those that have seats in `work`.
    for (var half = WORKERS / 2u; half > 0u; half /= 2u) {
        for (var start = 0u; start < half; start += SEATS) {
            let end = min(start + SEATS, half);
            if worker >= half + start && worker < half + end {
                give(worker - half - start);
            }
            workgroupBarrier();
            if worker >= start && worker < end {
                take(worker - start);
            }
            workgroupBarrier();
        }
    }
}

/// What the rows have at the beginning, by the first invocation.
fn begin(first: u32, rows: u32) {
    step_count = arrayLength(&history) / (rows * (RECORD_HEAD + state[WIDEST]));
    going = 0u;
    for (var line = 0u; line < TILE; line++) {
        let at = min(first + line, rows - 1u) * ROW;
        last[line] = bitcast<i32>(state[at + LAST]);
        positions[line] = state[at + POSITION];
        spans[line] = vec2(state[at + START], min(state[at + LENGTH], LONGEST));
        if first + line >= rows || state[at + LAST] == state[at + EOS] {
            spans[line].y = 0u;
        } else {
            going = 1u;
        }
    }
    group_queries();
}

/// Writes down what this step found and goes on to the next one, by the first invocation.
fn record(first: u32, rows: u32, width: u32) {
    going = 0u;
    for (var line = 0u; line < TILE; line++) {
        if spans[line].y > 0u {
            let at = record_of(line, first, rows, width);
            history[at] = number_of_row(top_number, line);
            history[at + 1u] = bitcast<u32>(-log(of_row(sum, line)));
            last[line] = bitcast<i32>(number_of_row(top_number, line));
            if number_of_row(top_number, line) == state[EOS] {
                spans[line].y = 0u;
            } else {
                going = 1u;
            }
        }
        positions[line]++;
    }
    group_queries();
}

/// A tile of rows.
@compute @workgroup_size(WORKERS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) worker: u32) {
    let rows = arrayLength(&state) / ROW;
    let first = TILE * group.x;
    let width = RECORD_HEAD + state[WIDEST];
    if worker == 0u {
        begin(first, rows);
    }
    let steps = workgroupUniformLoad(&step_count);
    for (var step = 0u; step < steps; step++) {
        if workgroupUniformLoad(&going) == 0u {
            break;
        }
        embed(worker);
        for (var layer = 0u; layer < LAYERS; layer++) {
            layer_start = layer * LAYER;
            recur(worker, layer, first, rows);
            attend_source(worker, layer, first, rows);
            feed_forward(worker, layer);
        }
        project(worker);
        if worker == 0u {
            record(first, rows, width);
        }
    }
    workgroupBarrier();
    if worker < TILE && first + worker < rows {
        state[(first + worker) * ROW + LAST] = bitcast<u32>(last[worker]);
        state[(first + worker) * ROW + POSITION] = positions[worker];
    }
}
