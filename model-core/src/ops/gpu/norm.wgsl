/// Rows that are to be normalised.
var<workgroup> rows_in_work: array<f32, TILE * DIM>;
/// A number for each of the rows.
var<workgroup> moments: array<f32, TILE>;

/// A column of `rows_in_work`.
fn column_in_work(column: u32) -> Floats {
    return Floats(ROWS(: rows_in_work[$u * DIM + column] :));
}

fn put_in_work(column: u32, numbers: Floats) {
    for (var row = 0u; row < TILE; row++) {
        rows_in_work[row * DIM + column] = of_row(numbers, row);
    }
}

/// Four numbers of `rows_in_work`.
fn four_in_work(at: u32) -> vec4<f32> {
    return vec4(rows_in_work[at], rows_in_work[at + 1u], rows_in_work[at + 2u], rows_in_work[at + 3u]);
}

/// Sixteen numbers of the rows, the `at`-th sixteen of all, quantised.
fn quantised(at: u32, alpha: f32) -> vec4<u32> {
    let a = four_in_work(16u * at);
    let b = four_in_work(16u * at + 4u);
    let c = four_in_work(16u * at + 8u);
    let d = four_in_work(16u * at + 12u);
    return vec4(quantise(a, alpha), quantise(b, alpha), quantise(c, alpha), quantise(d, alpha));
}

/// `sum` and four more, one after the other.
fn add_four(sum: f32, four: vec4<f32>) -> f32 {
    return (((sum + four.x) + four.y) + four.z) + four.w;
}

/// The sum of a row of `rows_in_work`, or of its squares. While some numbers are added up the next ones are on their way.
fn sum_of_row(row: u32, squares: bool) -> f32 {
    let end = (row + 1u) * DIM;
    var a = four_in_work(row * DIM);
    var b = four_in_work(row * DIM + 4u);
    var sum = 0.0;
    for (var at = row * DIM; at < end; at += 8u) {
        let next = min(at + 8u, end - 8u);
        let c = four_in_work(next);
        let d = four_in_work(next + 4u);
        sum = add_four(add_four(sum, select(a, a * a, squares)), select(b, b * b, squares));
        a = c;
        b = d;
    }
    return sum;
}

/// Brings the rows to mean 0 and variance 1, but for a division by `moments`.
fn normalise(worker: u32) {
    workgroupBarrier();
    if worker < TILE {
        moments[worker] = sum_of_row(worker, false) / f32(DIM);
    }
    workgroupBarrier();
    for (var i = worker; i < TILE * DIM; i += WORKERS) {
        rows_in_work[i] -= moments[i / DIM];
    }
    workgroupBarrier();
    if worker < TILE {
        moments[worker] = sqrt(sum_of_row(worker, true) / f32(DIM) + EPS);
    }
    workgroupBarrier();
}
