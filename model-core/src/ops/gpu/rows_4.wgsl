alias Floats = vec4<f32>;
alias Ints = vec4<i32>;
alias Numbers = vec4<u32>;

/// The number of a row.
fn of_row(numbers: Floats, row: u32) -> f32 {
    return numbers[row];
}

fn number_of_row(numbers: Numbers, row: u32) -> u32 {
    return numbers[row];
}
