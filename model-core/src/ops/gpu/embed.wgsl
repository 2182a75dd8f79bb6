@group(0) @binding(0) var<storage, read_write> ids: array<i32>;
@group(0) @binding(1) var<storage, read_write> positions: array<i32>;
@group(0) @binding(2) var<storage, read_write> MAP: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read_write> encoding: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> out: array<vec4<f32>>;

const FOURS = MAP_INPUTS / 4u;

/// Four numbers of an embedding.
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let token = id.y;
    let four = id.x;
    if four >= FOURS {
        return;
    }
    let position = u32(positions[min(token, arrayLength(&positions) - 1u)]);
    let encoded = encoding[min(position * FOURS + four, arrayLength(&encoding) - 1u)];
    let piece = ids[token];
    if piece < 0 {
        out[token * FOURS + four] = encoded;
        return;
    }
    let output = min(u32(piece), MAP_OUTPUTS - 1u);
    let word = MAP[MAP_WEIGHTS + (four / 4u) * MAP_OUTPUTS + output][four % 4u];
    let weights = vec4<i32>(vec4(word << 24u, word << 16u, word << 8u, word)) >> vec4(24u);
    let embedding = FACTOR * (vec4<f32>(weights) * UNIT);
    out[token * FOURS + four] = embedding + encoded;
}
