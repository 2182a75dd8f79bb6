/// A normalised number with the learnt scale and bias.
fn normal(row: u32, column: u32) -> f32 {
    return norm[column] * (rows_in_work[row * DIM + column] / moments[row]) + norm[DIM + column];
}

/// Normalises the rows and writes those of them that there are.
fn write_normal(worker: u32, first: u32, rows: u32) {
    normalise(worker);
    for (var i = worker; i < TILE * DIM; i += WORKERS) {
        let row = i / DIM;
        if first + row < rows {
            out[first * DIM + i] = normal(row, i % DIM);
        }
    }
}
