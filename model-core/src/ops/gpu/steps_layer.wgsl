// The sublayers of a decoder's layer. Each leaves its result in `x` and in `rows_in_work`.

const HEAD_WIDTH = DIM / HEADS;

/// Words of a token in `memory`: the keys and the values of each layer.
const TOKEN = LAYERS * 2u * DIM;

/// A number for each head of each row.
var<workgroup> heads: array<f32, TILE * HEADS>;

/// Sixteen numbers of a row of hidden activations.
fn read_hidden(at: u32) -> vec4<u32> {
    return vec4(work[4u * at], work[4u * at + 1u], work[4u * at + 2u], work[4u * at + 3u]);
}

/// Normalises `rows_in_work`; `number`: which of a layer's normalisations.
fn keep_normal(worker: u32, layer: u32, number: u32) {
    normalise(worker);
    let at = (3u * layer + number) * 2u * DIM;
    for (var place = 0u; place < PLACES; place++) {
        let column = worker + WORKERS * place;
        if column < DIM {
            let moment = vec4(moments[0], moments[1], moments[2], moments[3]);
            x[place] = norms[at + column] * (column_in_work(column) / moment) + norms[at + DIM + column];
            put_in_work(column, x[place]);
        }
    }
}

/// The recurrent unit.
fn recur(worker: u32, layer: u32, first: u32, rows: u32) {
    load_input(worker, GATES_alpha());
    for (var place = 0u; place < PLACES; place++) {
        let column = worker + WORKERS * place;
        if column < DIM {
            let input_gate = GATES_apply(column);
            let forget_gate = GATES_apply(DIM + column);
            for (var line = 0u; line < TILE; line++) {
                let at = min(first + line, rows - 1u) * ROW + CELLS + layer * DIM + column;
                let forget = 1.0 / (1.0 + exponential(0.0 - forget_gate[line]));
                let kept = forget * bitcast<f32>(state[at]);
                let fresh = (1.0 - forget) * input_gate[line];
                let c = kept + fresh;
                if first + line < rows {
                    state[at] = bitcast<u32>(c);
                }
                rows_in_work[line * DIM + column] = max(c, 0.0) + x[place][line];
            }
        }
    }
    keep_normal(worker, layer, 0u);
}

/// The attention of the rows from `start` to `end`, whose queries are in `rows_in_work`; the results take their places.
fn attend_together(worker: u32, layer: u32, start: u32, end: u32) {
    let keys = layer * 2u * DIM;
    for (var query = start; query < end; query++) {
        let span = spans[query];
        for (var i = worker; i < HEADS * span.y; i += WORKERS) {
            let head = i / span.y;
            let at = ((span.x + i % span.y) * TOKEN + keys + head * HEAD_WIDTH) / 4u;
            var line = query * DIM + head * HEAD_WIDTH;
            var product = 0.0;
            for (var four = 0u; four < HEAD_WIDTH / 4u; four++) {
                let key = memory[at + four];
                product += rows_in_work[line] * key.x;
                product += rows_in_work[line + 1u] * key.y;
                product += rows_in_work[line + 2u] * key.z;
                product += rows_in_work[line + 3u] * key.w;
                line += 4u;
            }
            work[places[query] + i] = bitcast<u32>(product * ATTENTION_SCALE);
        }
    }
    workgroupBarrier();
    for (var i = HEADS * start + worker; i < HEADS * end; i += WORKERS) {
        let len = spans[i / HEADS].y;
        let line = places[i / HEADS] + (i % HEADS) * len;
        var greatest = -3.0e38;
        for (var token = 0u; token < len; token++) {
            greatest = max(greatest, bitcast<f32>(work[line + token]));
        }
        heads[i] = greatest;
    }
    workgroupBarrier();
    for (var query = start; query < end; query++) {
        let len = spans[query].y;
        for (var i = worker; i < HEADS * len; i += WORKERS) {
            let at = places[query] + i;
            work[at] = bitcast<u32>(exponential(bitcast<f32>(work[at]) - heads[query * HEADS + i / len]));
        }
    }
    workgroupBarrier();
    for (var i = HEADS * start + worker; i < HEADS * end; i += WORKERS) {
        let len = spans[i / HEADS].y;
        let line = places[i / HEADS] + (i % HEADS) * len;
        var all = 0.0;
        for (var token = 0u; token < len; token++) {
            all += bitcast<f32>(work[line + token]);
        }
        heads[i] = all;
    }
    workgroupBarrier();
    for (var query = start; query < end; query++) {
        let len = spans[query].y;
        for (var i = worker; i < HEADS * len; i += WORKERS) {
            let at = places[query] + i;
            work[at] = bitcast<u32>(bitcast<f32>(work[at]) / heads[query * HEADS + i / len]);
        }
    }
    workgroupBarrier();
    for (var query = start; query < end; query++) {
        let span = spans[query];
        for (var column = worker; column < DIM; column += WORKERS) {
            let line = places[query] + (column / HEAD_WIDTH) * span.y;
            let values = span.x * TOKEN + keys + DIM + column;
            var mixed = 0.0;
            var token = 0u;
            // Four at a time, so that they are on their way together.
            for (; token + 4u <= span.y; token += 4u) {
                let at = values + token * TOKEN;
                let a = value(at);
                let b = value(at + TOKEN);
                let c = value(at + 2u * TOKEN);
                let d = value(at + 3u * TOKEN);
                mixed += bitcast<f32>(work[line + token]) * a;
                mixed += bitcast<f32>(work[line + token + 1u]) * b;
                mixed += bitcast<f32>(work[line + token + 2u]) * c;
                mixed += bitcast<f32>(work[line + token + 3u]) * d;
            }
            for (; token < span.y; token++) {
                mixed += bitcast<f32>(work[line + token]) * value(values + token * TOKEN);
            }
            rows_in_work[query * DIM + column] = mixed;
        }
    }
}

/// A number of the memory.
fn value(at: u32) -> f32 {
    return memory[at / 4u][at % 4u];
}

/// Attention to the source. The weights of the last layer's head 0 are the rows' alignment.
fn attend(worker: u32, layer: u32, turn_count: u32, first: u32, rows: u32, width: u32) {
    load_input(worker, QUERY_alpha());
    for (var column = worker; column < DIM; column += WORKERS) {
        put_in_work(column, QUERY_apply(column));
    }
    for (var turn = 0u; turn < turn_count; turn++) {
        workgroupBarrier();
        let start = turns[turn].x;
        let end = turns[turn].y;
        attend_together(worker, layer, start, end);
        if layer == LAYERS - 1u {
            for (var query = start; query < end; query++) {
                let len = spans[query].y;
                if len > 0u {
                    let at = record_of(query, first, rows, width) + RECORD_HEAD;
                    for (var i = worker; i < width - RECORD_HEAD; i += WORKERS) {
                        // The weights of head 0 are the first ones.
                        let weight = work[places[query] + min(i, len - 1u)];
                        history[at + i] = select(0u, weight, i < len);
                    }
                }
            }
        }
    }
    load_input(worker, OUT_alpha());
    for (var place = 0u; place < PLACES; place++) {
        let column = worker + WORKERS * place;
        if column < DIM {
            put_in_work(column, OUT_apply(column) + x[place]);
        }
    }
    keep_normal(worker, layer, 1u);
}

/// The feed-forward sublayer.
fn feed_forward(worker: u32, layer: u32) {
    load_input(worker, INNER_alpha());
    let alpha = OUTER_alpha();
    for (var four = worker; four < INNER_OUTPUTS / 4u; four += WORKERS) {
        let words = inner(four, alpha);
        for (var line = 0u; line < TILE; line++) {
            work[line * OUTER_BLOCKS * 4u + four] = words[line];
        }
    }
    workgroupBarrier();
    for (var place = 0u; place < PLACES; place++) {
        let column = worker + WORKERS * place;
        if column < DIM {
            put_in_work(column, OUTER_apply(column) + x[place]);
        }
    }
    keep_normal(worker, layer, 2u);
}
