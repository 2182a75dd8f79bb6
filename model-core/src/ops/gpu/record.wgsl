@group(0) @binding(0) var<storage, read_write> position: array<i32>;
@group(0) @binding(1) var<storage, read_write> ids: array<i32>;
@group(0) @binding(2) var<storage, read_write> log_probs: array<f32>;
@group(0) @binding(3) var<storage, read_write> alignment: array<f32>;
@group(0) @binding(4) var<storage, read_write> history: array<i32>;
@group(0) @binding(5) var<storage, read_write> next_position: array<i32>;

/// A word of a step's results.
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let rows = arrayLength(&ids);
    let longest = arrayLength(&alignment) / rows;
    let width = 2u + longest;
    if id.x == 0u {
        next_position[0] = position[0] + 1;
    }
    if id.x >= rows * width {
        return;
    }
    let slots = arrayLength(&history) / (rows * width);
    let slot = u32(position[0]) % slots;
    let row = id.x / width;
    let column = id.x % width;
    var word = ids[row];
    if column == 1u {
        word = bitcast<i32>(log_probs[row]);
    } else if column > 1u {
        word = bitcast<i32>(alignment[row * longest + column - 2u]);
    }
    history[slot * rows * width + id.x] = word;
}
