@group(0) @binding(0) var<storage, read_write> ids: array<i32>;
@group(0) @binding(1) var<storage, read_write> MAP: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read_write> FEWER: array<vec4<u32>>;

/// Four outputs of the smaller map.
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= FEWER_LINE {
        return;
    }
    if id.x == 0u {
        FEWER[0] = MAP[0];
    }
    var scales = vec4<u32>();
    var biases = vec4<u32>();
    var shifts = vec4<u32>();
    for (var place = 0u; place < 4u; place++) {
        let output = 4u * id.x + place;
        if output < FEWER_OUTPUTS {
            let source = min(u32(ids[output]), MAP_OUTPUTS - 1u);
            scales[place] = MAP[MAP_SCALE + source / 4u][source % 4u];
            biases[place] = MAP[MAP_BIAS + source / 4u][source % 4u];
            shifts[place] = MAP[MAP_SHIFT + source / 4u][source % 4u];
            for (var block = 0u; block < MAP_BLOCKS; block++) {
                let these = MAP[MAP_WEIGHTS + block * MAP_OUTPUTS + source];
                FEWER[FEWER_WEIGHTS + block * FEWER_OUTPUTS + output] = these;
            }
        }
    }
    FEWER[FEWER_SCALE + id.x] = scales;
    FEWER[FEWER_BIAS + id.x] = biases;
    FEWER[FEWER_SHIFT + id.x] = shifts;
}
