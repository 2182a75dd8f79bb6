@group(0) @binding(0) var<storage, read_write> part: array<u32>;
@group(0) @binding(1) var<storage, read_write> column: array<u32>;
@group(0) @binding(2) var<storage, read_write> whole: array<u32>;

/// A number of a row of `part`, written to the same row of `whole` from a column on.
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let rows = groups.y;
    let width = arrayLength(&part) / rows;
    if id.x < width {
        whole[id.y * (arrayLength(&whole) / rows) + column[0] + id.x] = part[id.y * width + id.x];
    }
}
