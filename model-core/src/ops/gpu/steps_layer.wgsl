// The sublayers of a decoder's layer. Each leaves its result in `x` and in `rows_in_work`.

/// Numbers of a token in `kv`: the keys and the values of each layer.
const TOKEN = LAYERS * 2u * DIM;

/// Normalises `rows_in_work`; `number`: which of a layer's normalisations.
fn keep_normal(worker: u32, layer: u32, number: u32) {
    normalise(worker);
    let at = (3u * layer + number) * 2u * DIM;
    for (var place = 0u; place < PLACES; place++) {
        let column = worker + WORKERS * place;
        if column < DIM {
            let moment = Floats(ROWS(: moments[$] :));
            x[place] = norms[at + column] * (column_in_work(column) / moment) + norms[at + DIM + column];
            put_in_work(column, x[place]);
        }
    }
}

/// The recurrent unit.
fn recur(worker: u32, layer: u32, first: u32, rows: u32) {
    load_input(worker, GATES_alpha());
    GATES_share(worker);
    for (var place = 0u; place < PLACES; place++) {
        let column = worker + WORKERS * place;
        if column < DIM {
            let input_gate = GATES_shared(column);
            let forget_gate = GATES_shared(DIM + column);
            for (var line = 0u; line < TILE; line++) {
                let at = min(first + line, rows - 1u) * ROW + CELLS + layer * DIM + column;
                let forget = 1.0 / (1.0 + exponential(0.0 - of_row(forget_gate, line)));
                let kept = forget * bitcast<f32>(state[at]);
                let fresh = (1.0 - forget) * of_row(input_gate, line);
                let c = kept + fresh;
                if first + line < rows {
                    state[at] = bitcast<u32>(c);
                }
                rows_in_work[line * DIM + column] = max(c, 0.0) + of_row(x[place], line);
            }
        }
    }
    keep_normal(worker, layer, 0u);
}

/// The weights of the last layer's head 0 are a row's alignment.
fn keep_weights(worker: u32, query: u32, first: u32, rows: u32) {
    let len = spans[query].y;
    if len == 0u || layer_start != (LAYERS - 1u) * LAYER {
        return;
    }
    let longest = state[WIDEST];
    let at = record_of(query, first, rows, RECORD_HEAD + longest) + RECORD_HEAD;
    for (var i = worker; i < longest; i += WORKERS) {
        // The weights of head 0 are the first ones.
        history[at + i] = select(0u, work[places[query] + min(i, len - 1u)], i < len);
    }
}

/// Attention to the source.
fn attend_source(worker: u32, layer: u32, first: u32, rows: u32) {
    load_input(worker, QUERY_alpha());
    QUERY_share(worker);
    for (var column = worker; column < DIM; column += WORKERS) {
        put_in_work(column, QUERY_shared(column));
    }
    attend_in_turns(worker, layer * 2u * DIM, first, rows);
    load_input(worker, OUT_alpha());
    OUT_share(worker);
    for (var place = 0u; place < PLACES; place++) {
        let column = worker + WORKERS * place;
        if column < DIM {
            put_in_work(column, OUT_shared(column) + x[place]);
        }
    }
    keep_normal(worker, layer, 1u);
}

/// The feed-forward sublayer.
fn feed_forward(worker: u32, layer: u32) {
    load_input(worker, INNER_alpha());
    let alpha = OUTER_alpha();
    for (var four = worker; four < INNER_OUTPUTS / 4u; four += WORKERS) {
        inner(four, alpha);
    }
    workgroupBarrier();
    OUTER_share(worker);
    for (var place = 0u; place < PLACES; place++) {
        let column = worker + WORKERS * place;
        if column < DIM {
            put_in_work(column, OUTER_shared(column) + x[place]);
        }
    }
    keep_normal(worker, layer, 2u);
}
