// Several decoding steps of four rows. What the rows carry from step to step is in `state`; what all workgroups read are
// the weights. The arithmetic and the order of its sums are those of the kernels that make one step.

@group(0) @binding(0) var<storage, read_write> PROJECTION: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read_write> maps: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read_write> norms: array<f32>;
@group(0) @binding(3) var<storage, read_write> encoding: array<f32>;
@group(0) @binding(4) var<storage, read_write> memory: array<vec4<f32>>;
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

/// Columns that an invocation has: its own number, and every 256th from there.
const PLACES = (DIM + WORKERS - 1u) / WORKERS;

const DIM_BLOCKS = DIM / 16u;

/// Invocations whose results of the projection are in `work` at a time, three numbers for each of the four rows.
const LOSERS = WORKERS / 2u;

/// What a sublayer adds its results to: the invocation's columns of the four rows.
var<private> x: array<vec4<f32>, PLACES>;
/// Where the layer begins in `maps`.
var<private> layer_start: u32;

/// The four rows, quantised for a map.
var<workgroup> input: array<vec4<u32>, TILE * DIM_BLOCKS>;
/// By turns the weights of attention, the hidden activations, and the results of the projection.
var<workgroup> work: array<u32, WORK>;

/// The source tokens of each row, as a start and a length. A row that has ended, or is behind the last, has none.
var<workgroup> spans: array<vec2<u32>, TILE>;
var<workgroup> last: array<i32, TILE>;
var<workgroup> positions: array<u32, TILE>;
/// The rows whose weights fit into `work` together, as a first and an end, and how many such groups there are.
var<workgroup> turns: array<vec2<u32>, TILE>;
var<workgroup> turn_count: u32;
/// Where the weights of each row begin in `work`.
var<workgroup> places: array<u32, TILE>;
var<workgroup> step_count: u32;
/// Whether a row goes on.
var<workgroup> going: u32;

/// Sixteen numbers of a row, quantised.
fn read_input(at: u32) -> vec4<u32> {
    return input[at];
}

/// A column of `rows_in_work`.
fn column_in_work(column: u32) -> vec4<f32> {
    return vec4(
        rows_in_work[column],
        rows_in_work[DIM + column],
        rows_in_work[2u * DIM + column],
        rows_in_work[3u * DIM + column],
    );
}

fn put_in_work(column: u32, numbers: vec4<f32>) {
    rows_in_work[column] = numbers.x;
    rows_in_work[DIM + column] = numbers.y;
    rows_in_work[2u * DIM + column] = numbers.z;
    rows_in_work[3u * DIM + column] = numbers.w;
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
            x[place] = vec4(
                embedded(last[0], positions[0], column),
                embedded(last[1], positions[1], column),
                embedded(last[2], positions[2], column),
                embedded(last[3], positions[3], column),
            );
            put_in_work(column, x[place]);
        }
    }
}

/// Where the results of this step begin in the history, for one of the four rows.
fn record_of(line: u32, first: u32, rows: u32, width: u32) -> u32 {
    return ((positions[line] % step_count) * rows + first + line) * width;
}

fn dots(a: vec4<u32>, b: vec4<u32>, c: vec4<u32>, d: vec4<u32>, weights: vec4<u32>) -> vec4<i32> {
    return vec4(dot16(a, weights), dot16(b, weights), dot16(c, weights), dot16(d, weights));
}

// The best outputs that an invocation has seen, their numbers, and the sums of the exponentials relative to them.
var<private> top: vec4<f32>;
var<private> top_number: vec4<u32>;
var<private> sum: vec4<f32>;

/// Takes an output of the projection into account.
fn see(output: u32, products: vec4<i32>) {
    if output >= PROJECTION_OUTPUTS {
        return;
    }
    let y = PROJECTION_finish(output, products);
    let wins = y > top;
    let smaller = exp(min(top, y) - max(top, y));
    sum = select(sum + smaller, sum * smaller + 1.0, wins);
    top_number = select(top_number, vec4(output), wins);
    top = select(top, y, wins);
}

/// The best piece of each row, in the first invocation's `top` and `top_number`.
fn project(worker: u32) {
    load_input(worker, PROJECTION_alpha());
    top = vec4(-3.0e38);
    top_number = vec4(0u);
    sum = vec4(0.0);
    const END = PROJECTION_OUTPUTS - 1u;
    for (var output = worker; output < PROJECTION_OUTPUTS; output += 4u * WORKERS) {
        // Four outputs at a time, so that many weights are on their way at once.
        let second = min(output + WORKERS, END);
        let third = min(output + 2u * WORKERS, END);
        let fourth = min(output + 3u * WORKERS, END);
        var sums = array<vec4<i32>, 4>();
        var at = PROJECTION_WEIGHTS;
        for (var block = 0u; block < DIM_BLOCKS; block++) {
            let w0 = PROJECTION[at + output];
            let w1 = PROJECTION[at + second];
            let w2 = PROJECTION[at + third];
            let w3 = PROJECTION[at + fourth];
            let a = input[block];
            let b = input[DIM_BLOCKS + block];
            let c = input[2u * DIM_BLOCKS + block];
            let d = input[3u * DIM_BLOCKS + block];
            sums[0] += dots(a, b, c, d, w0);
            sums[1] += dots(a, b, c, d, w1);
            sums[2] += dots(a, b, c, d, w2);
            sums[3] += dots(a, b, c, d, w3);
            at += PROJECTION_OUTPUTS;
        }
        see(output, sums[0]);
        see(output + WORKERS, sums[1]);
        see(output + 2u * WORKERS, sums[2]);
        see(output + 3u * WORKERS, sums[3]);
    }
    // In each round the upper half hands its results over. A place is written by the one who read it before.
    for (var half = LOSERS; half > 0u; half /= 2u) {
        let hands_over = worker >= half && worker < 2u * half;
        let place = worker % LOSERS;
        for (var row = 0u; row < TILE; row++) {
            if hands_over {
                work[3u * row * LOSERS + place] = bitcast<u32>(top[row]);
                work[(3u * row + 1u) * LOSERS + place] = top_number[row];
                work[(3u * row + 2u) * LOSERS + place] = bitcast<u32>(sum[row]);
            }
        }
        workgroupBarrier();
        if worker < half {
            for (var row = 0u; row < TILE; row++) {
                let other_place = (worker + half) % LOSERS;
                let other = bitcast<f32>(work[3u * row * LOSERS + other_place]);
                let other_number = work[(3u * row + 1u) * LOSERS + other_place];
                let other_sum = bitcast<f32>(work[(3u * row + 2u) * LOSERS + other_place]);
                let before = top[row];
                let best = max(before, other);
                // Of equal outputs the first wins.
                if other > before || (other == before && other_number < top_number[row]) {
                    top_number[row] = other_number;
                }
                sum[row] = sum[row] * exp(before - best) + other_sum * exp(other - best);
                top[row] = best;
            }
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
    turn_count = 0u;
    var next = 0u;
    for (var turn = 0u; turn < TILE; turn++) {
        let start = next;
        var room = HEADS * LONGEST;
        while next < TILE && HEADS * spans[next].y <= room {
            places[next] = HEADS * LONGEST - room;
            room -= HEADS * spans[next].y;
            next++;
        }
        turns[turn] = vec2(start, next);
        turn_count += u32(next > start);
    }
}

/// Writes down what this step found and goes on to the next one, by the first invocation.
fn record(first: u32, rows: u32, width: u32) {
    going = 0u;
    for (var line = 0u; line < TILE; line++) {
        if spans[line].y > 0u {
            let at = record_of(line, first, rows, width);
            history[at] = top_number[line];
            history[at + 1u] = bitcast<u32>(-log(sum[line]));
            last[line] = bitcast<i32>(top_number[line]);
            if top_number[line] == state[EOS] {
                spans[line].y = 0u;
            } else {
                going = 1u;
            }
        }
        positions[line]++;
    }
}

/// Four rows.
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) worker: u32) {
    let rows = arrayLength(&state) / ROW;
    let first = TILE * group.x;
    let width = RECORD_HEAD + state[WIDEST];
    if worker == 0u {
        begin(first, rows);
    }
    let steps = workgroupUniformLoad(&step_count);
    let attention_turns = workgroupUniformLoad(&turn_count);
    for (var step = 0u; step < steps; step++) {
        if workgroupUniformLoad(&going) == 0u {
            break;
        }
        embed(worker);
        for (var layer = 0u; layer < LAYERS; layer++) {
            layer_start = layer * LAYER;
            recur(worker, layer, first, rows);
            attend(worker, layer, attention_turns, first, rows, width);
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
