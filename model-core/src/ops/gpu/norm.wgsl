/// Four rows that are to be normalised.
var<workgroup> rows_in_work: array<f32, TILE * DIM>;
/// A number for each of the rows.
var<workgroup> moments: array<f32, TILE>;

/// Sixteen numbers of the four rows, the `at`-th sixteen of all, quantised.
fn quantised(at: u32, alpha: f32) -> vec4<u32> {
    var words = vec4<u32>();
    for (var word = 0u; word < 4u; word++) {
        let i = 16u * at + 4u * word;
        let four = vec4(rows_in_work[i], rows_in_work[i + 1u], rows_in_work[i + 2u], rows_in_work[i + 3u]);
        words[word] = quantise(four, alpha);
    }
    return words;
}

/// Brings the four rows to mean 0 and variance 1.
fn normalise(worker: u32) {
    workgroupBarrier();
    if worker < TILE {
        var sum = 0.0;
        for (var i = worker * DIM; i < (worker + 1u) * DIM; i += 8u) {
            sum += rows_in_work[i];
            sum += rows_in_work[i + 1u];
            sum += rows_in_work[i + 2u];
            sum += rows_in_work[i + 3u];
            sum += rows_in_work[i + 4u];
            sum += rows_in_work[i + 5u];
            sum += rows_in_work[i + 6u];
            sum += rows_in_work[i + 7u];
        }
        moments[worker] = sum / f32(DIM);
    }
    workgroupBarrier();
    for (var i = worker; i < TILE * DIM; i += WORKERS) {
        rows_in_work[i] -= moments[i / DIM];
    }
    workgroupBarrier();
    if worker < TILE {
        var sum = 0.0;
        for (var i = worker * DIM; i < (worker + 1u) * DIM; i += 8u) {
            let a = vec4(rows_in_work[i], rows_in_work[i + 1u], rows_in_work[i + 2u], rows_in_work[i + 3u]);
            let b = vec4(rows_in_work[i + 4u], rows_in_work[i + 5u], rows_in_work[i + 6u], rows_in_work[i + 7u]);
            let x = a * a;
            let y = b * b;
            sum += x.x;
            sum += x.y;
            sum += x.z;
            sum += x.w;
            sum += y.x;
            sum += y.y;
            sum += y.z;
            sum += y.w;
        }
        moments[worker] = sqrt(sum / f32(DIM) + EPS);
    }
    workgroupBarrier();
}
