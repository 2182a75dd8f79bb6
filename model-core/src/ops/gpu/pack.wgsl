@group(0) @binding(0) var<storage, read_write> head: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read_write> weights: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read_write> scale: array<f32>;
@group(0) @binding(3) var<storage, read_write> bias: array<f32>;
@group(0) @binding(4) var<storage, read_write> MAP: array<vec4<u32>>;

/// Four outputs of a map.
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= MAP_LINE {
        return;
    }
    if id.x == 0u {
        MAP[0] = head[0];
    }
    var scales = vec4<u32>();
    var biases = vec4<u32>();
    var shifts = vec4<u32>();
    for (var place = 0u; place < 4u; place++) {
        let output = 4u * id.x + place;
        if output < MAP_OUTPUTS {
            scales[place] = bitcast<u32>(scale[output]);
            biases[place] = bitcast<u32>(bias[output]);
            var sum = 0;
            for (var block = 0u; block < MAP_BLOCKS; block++) {
                let these = weights[output * MAP_BLOCKS + block];
                sum += dot16(these, vec4(0x01010101u));
                MAP[MAP_WEIGHTS + block * MAP_OUTPUTS + output] = these;
            }
            shifts[place] = bitcast<u32>(127 * sum);
        }
    }
    MAP[MAP_SCALE + id.x] = scales;
    MAP[MAP_BIAS + id.x] = biases;
    MAP[MAP_SHIFT + id.x] = shifts;
}
