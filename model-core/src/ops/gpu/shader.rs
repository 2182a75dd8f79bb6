//! From a kernel's form to its WGSL.
//!
//! A shader is the text of some files of this folder behind the constants that the form gives. What differs between calls
//! (rows, tokens, alphas) is in the buffers, so a model needs about a dozen pipelines, whatever it translates.

use std::sync::atomic::{AtomicBool, Ordering};

use burn_cubecl::cubecl::prelude::{ExecutionMode, KernelId};

use burn_cubecl::template::{KernelSource, SourceTemplate};

use super::text::{Text, float};
use super::tile::Tile;
use crate::ops::{AffineForm, DecoderLayerForm, StepsForm};

/// Outputs of the projection that a workgroup looks through.
pub(super) const COLUMNS: usize = 1024;

/// Whether shaders may use the 8-bit dot product.
pub(super) static PACKED_DOT: AtomicBool = AtomicBool::new(false);

/// Says whether the device's shading language has `dot4I8Packed`. To be called before a model is loaded.
pub fn use_packed_dot(has: bool) {
    PACKED_DOT.store(has, Ordering::Relaxed);
}

/// The form of a packed map, apart from its alpha.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Map {
    pub(super) inputs: usize,
    pub(super) outputs: usize,
    pub(super) relu: bool,
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

/// What a kernel does.
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
    pub(super) layers: usize,
    pub(super) heads: usize,
    /// The maps of a layer, with their names.
    pub(super) maps: [(&'static str, Map); 5],
    pub(super) projection: Map,
    /// The bits of a float.
    pub(super) unit: u32,
    pub(super) tied: bool,
}

impl From<&StepsForm> for Steps {
    fn from(form: &StepsForm) -> Self {
        let names = ["GATES", "QUERY", "OUT", "INNER", "OUTER"];
        let mut maps = names.map(|name| (name, Map::from(form.projection.map)));
        for ((_, map), form) in maps.iter_mut().zip(form.layers.iter().flat_map(DecoderLayerForm::maps)) {
            *map = form.into();
        }
        Self {
            layers: form.layers.len(),
            heads: form.heads,
            maps,
            projection: form.projection.map.into(),
            unit: form.table.unit.to_bits(),
            tied: form.tied,
        }
    }
}

/// A kernel: what it does, and for how many rows with how many invocations a workgroup does it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Kernel {
    pub(super) shader: Shader,
    pub(super) tile: Tile,
}

impl Kernel {
    /// Invocations in a workgroup, as the files say.
    pub(super) fn workers(&self) -> u32 {
        match self.shader {
            Shader::Affine(_)
            | Shader::Ssru { .. }
            | Shader::SelfAttention { .. }
            | Shader::CrossAttention { .. }
            | Shader::FeedForward { .. }
            | Shader::Project(_)
            | Shader::Steps(_) => self.tile.workers as u32,
            _ => 64,
        }
    }
}

impl Shader {
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
    fn text(&self, tile: Tile) -> String {
        let mut text = Text::new(tile);
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
            Self::Affine(map) => text
                .map("MAP", map)
                .input("MAP")
                .apply("MAP", map, "read_input")
                .file(include_str!("affine.wgsl")),
            Self::Ssru { dim } => text
                .file(include_str!("exp.wgsl"))
                .norm(dim)
                .file(include_str!("write_normal.wgsl"))
                .file(include_str!("ssru.wgsl")),
            Self::SelfAttention { heads, out } => {
                text.attention(heads, out.outputs).out(heads, out).file(include_str!("self_attention.wgsl"))
            }
            Self::CrossAttention { heads, query, out } => text
                .attention(heads, out.outputs)
                .out(heads, out)
                .map("QUERY", query)
                .input("QUERY")
                .apply("QUERY", query, "read_input")
                .share("QUERY", query)
                .file(include_str!("cross_attention.wgsl")),
            Self::FeedForward { inner, outer } => text
                .norm(outer.outputs)
                .file(include_str!("write_normal.wgsl"))
                .words("work", tile.rows * inner.outputs / 4)
                .map("INNER", inner)
                .input("INNER")
                .inner("INNER", inner)
                .map("OUT", outer)
                .apply("OUT", outer, "read_hidden")
                .share("OUT", outer)
                .file(include_str!("feed_forward.wgsl")),
            Self::Project(map) => text
                .constant("COLUMNS", &format!("{COLUMNS}u"))
                .map("MAP", map)
                .input("MAP")
                .apply("MAP", map, "read_input")
                .file(include_str!("project.wgsl")),
            Self::Pick => text.file(include_str!("pick.wgsl")),
            Self::Record => text.file(include_str!("record.wgsl")),
            Self::SelectRows { dim } => {
                text.constant("DIM", &format!("{dim}u")).file(include_str!("select_rows.wgsl"))
            }
            Self::Place => text.file(include_str!("place.wgsl")),
            Self::Steps(ref steps) => text.steps(steps),
        };
        text.finish()
    }
}

impl KernelSource for Kernel {
    fn source(&self) -> SourceTemplate {
        SourceTemplate::new(self.shader.text(self.tile))
    }

    fn id(&self) -> KernelId {
        // Checked loops would each count their turns, and no compiler unrolls such a loop. All loops here end.
        KernelId::new::<Self>().info(self.clone()).mode(ExecutionMode::Unchecked)
    }

    fn lang(&self) -> &'static str {
        "wgsl"
    }
}
