// Attention of a tile's queries, each to its own span of `kv`. A token's keys lie at `keys` of its `TOKEN` numbers, the
// values `DIM` behind them. The weights of as many queries as there is room for are in `work` at a time.

const WIDTH = DIM / HEADS;

/// The tokens of each query, as a start and a length. A row that has ended, or is behind the last, may have none.
var<workgroup> spans: array<vec2<u32>, TILE>;
/// The queries whose weights fit into `work` together, as a first and an end, and how many such groups there are.
var<workgroup> turns: array<vec2<u32>, TILE>;
var<workgroup> turn_count: u32;
/// Where the weights of each query begin in `work`.
var<workgroup> places: array<u32, TILE>;
/// A number for each head of each query.
var<workgroup> heads: array<f32, TILE * HEADS>;

/// Groups the queries, by one invocation, when `spans` are known.
fn group_queries() {
    turn_count = 0u;
    var next = 0u;
    for (var turn = 0u; turn < TILE; turn++) {
        let start = next;
        var end = 0u;
        while next < TILE && end + HEADS * spans[next].y <= HEADS * LONGEST {
            places[next] = end;
            end += HEADS * spans[next].y;
            next++;
        }
        turns[turn] = vec2(start, next);
        turn_count += u32(next > start);
    }
}

/// The query among those from `start` to `end` whose weights the `at`-th word of `work` belongs to.
fn query_of(at: u32, start: u32, end: u32) -> u32 {
    var query = start;
    for (var other = start + 1u; other < end; other++) {
        query = select(query, other, at >= places[other]);
    }
    return query;
}

fn value(at: u32) -> f32 {
    return kv[at / 4u][at % 4u];
}

fn weight(at: u32) -> f32 {
    return bitcast<f32>(work[at]);
}

/// The attention of the queries from `start` to `end`, in `rows_in_work`; the results take their places.
fn attend(worker: u32, keys: u32, start: u32, end: u32) {
    let all = places[end - 1u] + HEADS * spans[end - 1u].y;
    for (var i = worker; i < all; i += WORKERS) {
        let query = query_of(i, start, end);
        let span = spans[query];
        let head = (i - places[query]) / span.y;
        let token = span.x + (i - places[query]) % span.y;
        let at = (token * TOKEN + keys + head * WIDTH) / 4u;
        let line = query * DIM + head * WIDTH;
        var product = 0.0;
        for (var four = 0u; four < WIDTH / 4u; four += KEY_TURN) {
            EACH(: let key# = kv[at + four + #u];
            :)
            EACH(: product = add_four(product, four_in_work(line + 4u * (four + #u)) * key#);
            :)
        }
        work[i] = bitcast<u32>(product * ATTENTION_SCALE);
    }
    workgroupBarrier();
    for (var i = HEADS * start + worker; i < HEADS * end; i += WORKERS) {
        let len = spans[i / HEADS].y;
        let line = places[i / HEADS] + (i % HEADS) * len;
        var greatest = -3.0e38;
        for (var token = 0u; token < len; token += 4u) {
            let a = weight(line + token);
            let b = weight(line + min(token + 1u, len - 1u));
            let c = weight(line + min(token + 2u, len - 1u));
            let d = weight(line + min(token + 3u, len - 1u));
            greatest = max(greatest, max(max(a, b), max(c, d)));
        }
        heads[i] = greatest;
    }
    workgroupBarrier();
    for (var i = worker; i < all; i += WORKERS) {
        let query = query_of(i, start, end);
        let head = (i - places[query]) / spans[query].y;
        work[i] = bitcast<u32>(exponential(weight(i) - heads[query * HEADS + head]));
    }
    workgroupBarrier();
    for (var i = HEADS * start + worker; i < HEADS * end; i += WORKERS) {
        let len = spans[i / HEADS].y;
        let line = places[i / HEADS] + (i % HEADS) * len;
        var sum = 0.0;
        var token = 0u;
        for (; token + 4u <= len; token += 4u) {
            let at = line + token;
            sum = add_four(sum, vec4(weight(at), weight(at + 1u), weight(at + 2u), weight(at + 3u)));
        }
        for (; token < len; token++) {
            sum += weight(line + token);
        }
        heads[i] = sum;
    }
    workgroupBarrier();
    for (var i = worker; i < all; i += WORKERS) {
        let query = query_of(i, start, end);
        let head = (i - places[query]) / spans[query].y;
        work[i] = bitcast<u32>(weight(i) / heads[query * HEADS + head]);
    }
    workgroupBarrier();
    for (var i = DIM * start + worker; i < DIM * end; i += WORKERS) {
        let query = i / DIM;
        let column = i % DIM;
        let span = spans[query];
        let line = places[query] + (column / WIDTH) * span.y;
        let values = span.x * TOKEN + keys + DIM + column;
        var mixed = 0.0;
        for (var token = 0u; token < span.y; token += 8u) {
            // Loaded together; those behind the last are that again, and are not added.
            EIGHT(: let token# = min(token + #u, span.y - 1u);
            let value# = value(values + token# * TOKEN);
            let weight# = weight(line + token#);
            :)
            EIGHT(: mixed = select(mixed, mixed + weight# * value#, token + #u < span.y);
            :)
        }
        rows_in_work[i] = mixed;
    }
}

/// The attention of all queries.
fn attend_in_turns(worker: u32, keys: u32, first: u32, rows: u32) {
    workgroupBarrier();
    let count = workgroupUniformLoad(&turn_count);
    for (var turn = 0u; turn < count; turn++) {
        let start = turns[turn].x;
        let end = turns[turn].y;
        attend(worker, keys, start, end);
        for (var query = start; query < end; query++) {
            keep_weights(worker, query, first, rows);
        }
        workgroupBarrier();
    }
}
