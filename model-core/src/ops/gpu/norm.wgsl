/// Four rows that are to be normalised.
var<workgroup> rows_in_work: array<f32, TILE * DIM>;
/// A number for each of the rows.
var<workgroup> moments: array<f32, TILE>;

/// Brings the four rows to mean 0 and variance 1.
fn normalise(worker: u32) {
    workgroupBarrier();
    if worker < TILE {
        var sum = 0.0;
        for (var i = 0u; i < DIM; i++) {
            sum += rows_in_work[worker * DIM + i];
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
        for (var i = 0u; i < DIM; i++) {
            let x = rows_in_work[worker * DIM + i];
            sum += x * x;
        }
        moments[worker] = sqrt(sum / f32(DIM) + EPS);
    }
    workgroupBarrier();
}
