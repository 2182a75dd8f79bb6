//! From a kernel's form to its WGSL.
//!
//! A shader is the text of some files of this folder behind the constants that the form gives. What differs between calls
//! (rows, tokens, alphas) is in the buffers, so a model needs about a dozen pipelines, whatever it translates.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};

use burn_cubecl::cubecl::prelude::KernelId;
use burn_cubecl::template::{KernelSource, SourceTemplate};

use crate::ops::{AffineForm, DecoderLayerForm, NORM_EPS, StepsForm};

/// Outputs of the projection that a workgroup looks through.
pub(super) const COLUMNS: usize = 1024;

/// The longest span that attention takes: its weights are in a workgroup's memory.
pub const LONGEST: usize = 168;

/// Whether shaders may use the 8-bit dot product.
static PACKED_DOT: AtomicBool = AtomicBool::new(false);

/// Says whether the device's shading language has `dot4I8Packed`. To be called before a model is loaded.
pub fn use_packed_dot(has: bool) {
    PACKED_DOT.store(has, Ordering::Relaxed);
}

/// The form of a packed map, apart from its alpha.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Map {
    inputs: usize,
    outputs: usize,
    relu: bool,
}

impl From<AffineForm> for Map {
    fn from(form: AffineForm) -> Self {
        Self { inputs: form.inputs, outputs: form.outputs, relu: form.relu }
    }
}

impl Map {
    /// The numbers of `outputs` embeddings of `inputs`.
    pub(super) fn table(inputs: usize, outputs: usize) -> Self {
        Self { inputs, outputs, relu: false }
    }

    /// Bytes of the packed map.
    pub(super) fn bytes(self) -> usize {
        16 * (1 + 3 * self.outputs.div_ceil(4) + self.inputs / 16 * self.outputs)
    }
}

/// A kernel.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Shader {
    Pack(Map),
    Take {
        map: Map,
        outputs: usize,
    },
    /// `unit` and `factor` are the bits of floats.
    Embed {
        table: Map,
        unit: u32,
        factor: u32,
    },
    Affine(Map),
    Ssru {
        dim: usize,
    },
    SelfAttention {
        heads: usize,
        out: Map,
    },
    CrossAttention {
        heads: usize,
        query: Map,
        out: Map,
    },
    FeedForward {
        inner: Map,
        outer: Map,
    },
    Project(Map),
    Pick,
    Record,
    SelectRows {
        dim: usize,
    },
    Place,
    Steps(Steps),
}

/// The form of several decoding steps, but for alphas.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Steps {
    layers: usize,
    heads: usize,
    /// The maps of a layer, with their names.
    maps: [(&'static str, Map); 5],
    projection: Map,
    /// The bits of a float.
    unit: u32,
    tied: bool,
}

impl From<&StepsForm> for Steps {
    fn from(form: &StepsForm) -> Self {
        let names = ["GATES", "QUERY", "OUT", "INNER", "OUTER"];
        let mut maps = names.map(|name| (name, Map::from(form.projection)));
        for ((_, map), form) in maps.iter_mut().zip(form.layers.iter().flat_map(DecoderLayerForm::maps)) {
            *map = form.into();
        }
        Self {
            layers: form.layers.len(),
            heads: form.heads,
            maps,
            projection: form.projection.into(),
            unit: form.table.unit.to_bits(),
            tied: form.tied,
        }
    }
}

impl Steps {
    /// Words of a workgroup's memory that attention, hidden activations and the projection's results share.
    pub(super) fn shared_words(heads: usize, ffn: usize) -> usize {
        // The results of half the invocations, three numbers for each of four rows.
        (heads * LONGEST).max(ffn).max(12 * 128)
    }
}

impl Shader {
    /// Invocations in a workgroup, as the files say.
    pub(super) fn workers(&self) -> u32 {
        match self {
            Self::Affine(_)
            | Self::Ssru { .. }
            | Self::SelfAttention { .. }
            | Self::CrossAttention { .. }
            | Self::FeedForward { .. }
            | Self::Project(_)
            | Self::Steps(_) => 256,
            _ => 64,
        }
    }

    /// What it is called in measurements.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Pack(_) => "pack",
            Self::Take { .. } => "take",
            Self::Embed { .. } => "embed",
            Self::Affine(_) => "affine",
            Self::Ssru { .. } => "ssru",
            Self::SelfAttention { .. } => "self-attention",
            Self::CrossAttention { .. } => "cross-attention",
            Self::FeedForward { .. } => "feed-forward",
            Self::Project(_) => "project",
            Self::Pick => "pick",
            Self::Record => "record",
            Self::SelectRows { .. } => "select rows",
            Self::Place => "place",
            Self::Steps(_) => "steps",
        }
    }

    /// The shader's text.
    fn text(&self) -> String {
        let mut text = Text::new();
        match *self {
            Self::Pack(map) => text.map("MAP", map).file(include_str!("pack.wgsl")),
            Self::Take { map, outputs } => {
                text.map("MAP", map).map("FEWER", Map { outputs, ..map }).file(include_str!("take.wgsl"))
            }
            Self::Embed { table, unit, factor } => text
                .constant("UNIT", &float(f32::from_bits(unit)))
                .constant("FACTOR", &float(f32::from_bits(factor)))
                .map("MAP", table)
                .file(include_str!("embed.wgsl")),
            Self::Affine(map) => {
                text.map("MAP", map).input("MAP").apply("MAP", "read_input").file(include_str!("affine.wgsl"))
            }
            Self::Ssru { dim } => text
                .dim(dim)
                .file(include_str!("exp.wgsl"))
                .file(include_str!("norm.wgsl"))
                .file(include_str!("write_normal.wgsl"))
                .file(include_str!("ssru.wgsl")),
            Self::SelfAttention { heads, out } => {
                text.attention(heads, out).file(include_str!("self_attention.wgsl"))
            }
            Self::CrossAttention { heads, query, out } => text
                .attention(heads, out)
                .map("QUERY", query)
                .input("QUERY")
                .apply("QUERY", "read_input")
                .file(include_str!("cross_attention.wgsl")),
            Self::FeedForward { inner, outer } => text
                .dim(outer.outputs)
                .file(include_str!("norm.wgsl"))
                .file(include_str!("write_normal.wgsl"))
                .map("INNER", inner)
                .input("INNER")
                .map("OUT", outer)
                .apply("OUT", "read_hidden")
                .file(&include_str!("inner.wgsl").replace("MAP", "INNER"))
                .file(include_str!("feed_forward.wgsl")),
            Self::Project(map) => text
                .constant("COLUMNS", &format!("{COLUMNS}u"))
                .map("MAP", map)
                .input("MAP")
                .apply("MAP", "read_input")
                .file(include_str!("project.wgsl")),
            Self::Pick => text.file(include_str!("pick.wgsl")),
            Self::Record => text.file(include_str!("record.wgsl")),
            Self::SelectRows { dim } => {
                text.constant("DIM", &format!("{dim}u")).file(include_str!("select_rows.wgsl"))
            }
            Self::Place => text.file(include_str!("place.wgsl")),
            Self::Steps(ref steps) => text.steps(steps),
        };
        text.0
    }
}

impl KernelSource for Shader {
    fn source(&self) -> SourceTemplate {
        SourceTemplate::new(self.text())
    }

    fn id(&self) -> KernelId {
        KernelId::new::<Self>().info(self.clone())
    }

    fn lang(&self) -> &'static str {
        "wgsl"
    }
}

/// A shader in the making.
struct Text(String);

impl Text {
    fn new() -> Self {
        let packed = PACKED_DOT.load(Ordering::Relaxed);
        let dot = if packed { include_str!("dot_packed.wgsl") } else { include_str!("dot_plain.wgsl") };
        // `requires` has to be the first of all.
        Self(format!("{dot}{}", include_str!("common.wgsl")))
    }

    fn file(&mut self, file: &str) -> &mut Self {
        self.0.push_str(file);
        self
    }

    fn constant(&mut self, name: &str, value: &str) -> &mut Self {
        // Writing to a string does not fail.
        let _ = writeln!(self.0, "const {name} = {value};");
        self
    }

    fn dim(&mut self, dim: usize) -> &mut Self {
        self.constant("DIM", &format!("{dim}u")).constant("EPS", &float(NORM_EPS))
    }

    /// A packed map's constants and its last steps.
    fn map(&mut self, name: &str, map: Map) -> &mut Self {
        self.map_constants(name, map).file(&include_str!("map.wgsl").replace("MAP", name))
    }

    fn map_constants(&mut self, name: &str, map: Map) -> &mut Self {
        self.constant(&format!("{name}_INPUTS"), &format!("{}u", map.inputs))
            .constant(&format!("{name}_OUTPUTS"), &format!("{}u", map.outputs))
            .constant(&format!("{name}_RELU"), &map.relu.to_string())
    }

    /// How rows of `x` are quantised for a map.
    fn input(&mut self, name: &str) -> &mut Self {
        self.file(&include_str!("load.wgsl").replace("MAP", name))
    }

    /// A map's product with what `read` gives.
    fn apply(&mut self, name: &str, read: &str) -> &mut Self {
        self.file(&include_str!("apply.wgsl").replace("MAP", name).replace("READ", read))
    }

    fn attention(&mut self, heads: usize, out: Map) -> &mut Self {
        let scale = 1.0 / ((out.inputs / heads) as f32).sqrt();
        self.dim(out.outputs)
            .constant("HEADS", &format!("{heads}u"))
            .constant("LONGEST", &format!("{LONGEST}u"))
            .constant("ATTENTION_SCALE", &float(scale))
            .file(include_str!("exp.wgsl"))
            .file(include_str!("norm.wgsl"))
            .file(include_str!("write_normal.wgsl"))
            .map("OUT", out)
            .apply("OUT", "read_mixed")
            .file(include_str!("attend.wgsl"))
    }

    /// A packed map's constants and functions, and how they find it at `start` of a layer's maps.
    fn layer_map(&mut self, name: &str, map: Map, start: usize) -> &mut Self {
        let read = if name == "OUTER" { "read_hidden" } else { "read_input" };
        self.map_constants(name, map)
            .constant(&format!("{name}_START"), &format!("{start}u"))
            .file(&within(include_str!("map.wgsl"), name))
            .file(&within(&include_str!("apply.wgsl").replace("READ", read), name))
    }

    fn steps(&mut self, steps: &Steps) -> &mut Self {
        let Steps { layers, heads, maps, projection, unit, tied } = steps;
        let (dim, [.., (_, inner), _]) = (projection.inputs, maps);
        self.dim(dim)
            .constant("LAYERS", &format!("{layers}u"))
            .constant("HEADS", &format!("{heads}u"))
            .constant("LONGEST", &format!("{LONGEST}u"))
            .constant("ATTENTION_SCALE", &float(1.0 / ((dim / heads) as f32).sqrt()))
            .constant("UNIT", &float(f32::from_bits(*unit)))
            .constant("FACTOR", &float((dim as f32).sqrt()))
            .constant("WORK", &format!("{}u", Steps::shared_words(*heads, inner.outputs)))
            .file(include_str!("exp.wgsl"))
            .file(include_str!("norm.wgsl"))
            .map("PROJECTION", *projection);
        let mut start = 0;
        for (name, map) in maps {
            self.layer_map(name, *map, start);
            start += map.bytes() / 16;
        }
        self.constant("LAYER", &format!("{start}u")).file(&within(include_str!("inner.wgsl"), "INNER"));
        let text = [include_str!("steps.wgsl"), include_str!("steps_layer.wgsl")].concat();
        if *tied {
            return self.file(&text.replace("TABLE", "PROJECTION"));
        }
        self.file("@group(0) @binding(7) var<storage, read_write> TABLE: array<vec4<u32>>;\n")
            .map("TABLE", Map::table(dim, projection.outputs))
            .file(&text)
    }
}

/// A file about a map, for a map that lies behind others in the buffer `maps`.
fn within(file: &str, name: &str) -> String {
    file.replace("MAP[", "maps[layer_start + MAP_START + ").replace("MAP", name)
}

/// A number as WGSL reads it back.
fn float(value: f32) -> String {
    format!("{value:?}f")
}
