alias Floats = f32;
alias Ints = i32;
alias Numbers = u32;

/// The number of a row.
fn of_row(numbers: Floats, row: u32) -> f32 {
    return numbers;
}

fn number_of_row(numbers: Numbers, row: u32) -> u32 {
    return numbers;
}
