@group(0) @binding(0) var<storage, read_write> parts: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read_write> ids: array<i32>;
@group(0) @binding(2) var<storage, read_write> log_probs: array<f32>;

/// The best output of a row, from the best ones of all groups of columns.
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let rows = arrayLength(&ids);
    if id.x >= rows {
        return;
    }
    var best = bitcast<f32>(parts[id.x].x);
    var number = parts[id.x].y;
    var sum = bitcast<f32>(parts[id.x].z);
    for (var at = rows + id.x; at < arrayLength(&parts); at += rows) {
        let part = parts[at];
        let before = best;
        let other = bitcast<f32>(part.x);
        if other > best {
            best = other;
            number = part.y;
        }
        sum = sum * exp(before - best) + bitcast<f32>(part.z) * exp(other - best);
    }
    ids[id.x] = bitcast<i32>(number);
    log_probs[id.x] = -log(sum);
}
