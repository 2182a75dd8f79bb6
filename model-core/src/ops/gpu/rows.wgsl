alias Floats = VECTOR<f32>;
alias Ints = VECTOR<i32>;
alias Numbers = VECTOR<u32>;

/// The number of a row.
fn of_row(numbers: Floats, row: u32) -> f32 {
    return numbers[row];
}

fn number_of_row(numbers: Numbers, row: u32) -> u32 {
    return numbers[row];
}
