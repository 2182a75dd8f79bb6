//! A shader's text in the making.
//!
//! WGSL has no way to say a line several times, and loops of few turns are not unrolled everywhere. So the files have
//! `ROWS(: x :)`, which is `x` for each row of a tile with commas between, and `LINES(: x :)` and `EACH(: x :)`, which are
//! `x` for each row and for each number of a turn without; `$` is the row and `#` the number.

use std::fmt::Write as _;
use std::sync::atomic::Ordering;

use super::shader::{Map, PACKED_DOT, Steps};
use super::tile::{LONGEST, Tile};
use crate::ops::NORM_EPS;

/// A shader in the making.
pub(super) struct Text {
    text: String,
    tile: Tile,
    /// Parts of sums that a workgroup has room for.
    parts: usize,
    /// The width of the model, where maps are shared out.
    dim: usize,
}

impl Text {
    pub(super) fn new(tile: Tile) -> Self {
        let packed = PACKED_DOT.load(Ordering::Relaxed);
        let dot = if packed { include_str!("dot_packed.wgsl") } else { include_str!("dot_plain.wgsl") };
        // `requires` has to be the first of all.
        let mut text = Self { text: dot.to_owned(), tile, parts: 0, dim: 0 };
        text.number("TILE", tile.rows)
            .number("WORKERS", tile.workers)
            .file(&match tile.rows {
                1 => include_str!("row.wgsl").to_owned(),
                rows => include_str!("rows.wgsl").replace("VECTOR", &format!("vec{rows}")),
            })
            .file(include_str!("common.wgsl"));
        text
    }

    /// The whole text.
    pub(super) fn finish(self) -> String {
        let Self { mut text, parts, .. } = self;
        if parts > 0 {
            let _ = writeln!(text, "var<workgroup> parts: array<Ints, {parts}>;");
        }
        text
    }

    pub(super) fn file(&mut self, file: &str) -> &mut Self {
        self.turns(file, 0)
    }

    /// A file with `turn` numbers in a turn.
    fn turns(&mut self, file: &str, turn: usize) -> &mut Self {
        let rows = self.tile.rows;
        let text = expand(file, "ROWS(:", '$', rows, ", ");
        let text = expand(&text, "LINES(:", '$', rows, "");
        let text = expand(&text, "EIGHT(:", '#', 8, "");
        self.text.push_str(&expand(&text, "EACH(:", '#', turn, ""));
        self
    }

    pub(super) fn constant(&mut self, name: &str, value: &str) -> &mut Self {
        // Writing to a string does not fail.
        let _ = writeln!(self.text, "const {name} = {value};");
        self
    }

    fn number(&mut self, name: &str, value: usize) -> &mut Self {
        self.constant(name, &format!("{value}u"))
    }

    /// Words of a workgroup's memory.
    pub(super) fn words(&mut self, name: &str, words: usize) -> &mut Self {
        let _ = writeln!(self.text, "var<workgroup> {name}: array<u32, {words}>;");
        self
    }

    /// Normalisation of rows that are `dim` wide.
    pub(super) fn norm(&mut self, dim: usize) -> &mut Self {
        self.dim = dim;
        self.number("DIM", dim).constant("EPS", &float(NORM_EPS)).file(include_str!("norm.wgsl"))
    }

    /// A packed map's constants and its last steps.
    pub(super) fn map(&mut self, name: &str, map: Map) -> &mut Self {
        self.map_constants(name, map).file(&include_str!("map.wgsl").replace("MAP", name))
    }

    fn map_constants(&mut self, name: &str, map: Map) -> &mut Self {
        self.number(&format!("{name}_INPUTS"), map.inputs)
            .number(&format!("{name}_OUTPUTS"), map.outputs)
            .constant(&format!("{name}_RELU"), &map.relu.to_string())
    }

    /// How rows of `x` are quantised for a map.
    pub(super) fn input(&mut self, name: &str) -> &mut Self {
        self.file(&include_str!("load.wgsl").replace("MAP", name))
    }

    /// A map's product with what `read` gives.
    pub(super) fn apply(&mut self, name: &str, map: Map, read: &str) -> &mut Self {
        let turn = turn(map.inputs / 16 / self.parts_of(map).unwrap_or(1), 8);
        self.number(&format!("{name}_TURN"), turn)
            .turns(&include_str!("apply.wgsl").replace("MAP", name).replace("READ", read), turn)
    }

    /// A map's product by all invocations of a workgroup.
    pub(super) fn share(&mut self, name: &str, map: Map) -> &mut Self {
        let parts = self.parts_of(map);
        self.parts = self.parts.max(parts.unwrap_or(0) * map.outputs);
        let Some(parts) = parts else {
            return self.file(&include_str!("share_not.wgsl").replace("MAP", name));
        };
        self.number(&format!("{name}_PARTS"), parts).file(&include_str!("share.wgsl").replace("MAP", name))
    }

    fn parts_of(&self, map: Map) -> Option<usize> {
        (self.dim > 0).then(|| self.tile.parts(map.inputs, map.outputs, self.dim))?
    }

    /// The inner map of a feed-forward sublayer.
    pub(super) fn inner(&mut self, name: &str, map: Map) -> &mut Self {
        let turn = turn(map.inputs / 16, 2);
        self.number("FOURS_TURN", turn).turns(&include_str!("inner.wgsl").replace("MAP", name), turn)
    }

    /// Attention, and normalisation behind it.
    pub(super) fn attention(&mut self, heads: usize, dim: usize) -> &mut Self {
        let width = dim / heads;
        let turn = turn(width / 4, 8);
        self.file(include_str!("exp.wgsl"))
            .norm(dim)
            .number("HEADS", heads)
            .number("LONGEST", LONGEST)
            .constant("ATTENTION_SCALE", &float(1.0 / (width as f32).sqrt()))
            .number("KEY_TURN", turn)
            .turns(include_str!("attend.wgsl"), turn)
    }

    /// What is behind attention in a sublayer's kernel.
    pub(super) fn out(&mut self, heads: usize, out: Map) -> &mut Self {
        self.words("work", Tile::attention_words(heads))
            .file(include_str!("write_normal.wgsl"))
            .map("OUT", out)
            .apply("OUT", out, "read_mixed")
            .share("OUT", out)
            .file(include_str!("out.wgsl"))
    }

    /// A packed map's constants and functions, and how they find it at `start` of a layer's maps.
    fn layer_map(&mut self, name: &str, map: Map, start: usize) -> &mut Self {
        self.map_constants(name, map)
            .number(&format!("{name}_START"), start)
            .file(&within(include_str!("map.wgsl"), name));
        if name == "INNER" {
            let turn = turn(map.inputs / 16, 2);
            return self.number("FOURS_TURN", turn).turns(&within(include_str!("inner.wgsl"), name), turn);
        }
        let read = if name == "OUTER" { "read_hidden" } else { "read_input" };
        let turn = turn(map.inputs / 16 / self.parts_of(map).unwrap_or(1), 8);
        self.number(&format!("{name}_TURN"), turn)
            .turns(&within(&include_str!("apply.wgsl").replace("READ", read), name), turn)
            .share(name, map)
    }

    /// Several decoding steps.
    pub(super) fn steps(&mut self, steps: &Steps) -> &mut Self {
        let Steps { layers, heads, maps, projection, unit, tied } = steps;
        let (dim, [.., (_, inner), _]) = (projection.inputs, maps);
        let (pair, tile) = (turn(dim / 16, 4), self.tile);
        self.attention(*heads, dim)
            .number("LAYERS", *layers)
            .constant("UNIT", &float(f32::from_bits(*unit)))
            .constant("FACTOR", &float((dim as f32).sqrt()))
            .number("SEATS", tile.seats())
            .words("work", tile.shared_words(inner.outputs, *heads))
            .number("PAIR_TURN", pair)
            .map("PROJECTION", *projection);
        let mut start = 0;
        for (name, map) in maps {
            self.layer_map(name, *map, start);
            start += map.bytes() / 16;
        }
        self.number("LAYER", start);
        let text = [include_str!("steps.wgsl"), include_str!("steps_layer.wgsl")].concat();
        if *tied {
            return self.turns(&text.replace("TABLE", "PROJECTION"), pair);
        }
        self.file("@group(0) @binding(7) var<storage, read_write> TABLE: array<vec4<u32>>;\n")
            .map("TABLE", Map::table(dim, projection.outputs))
            .turns(&text, pair)
    }
}

/// A file about a map, for a map that lies behind others in the buffer `maps`.
fn within(file: &str, name: &str) -> String {
    file.replace("MAP[", "maps[layer_start + MAP_START + ").replace("MAP", name)
}

/// The greatest turn up to `most` that `all` is made of.
fn turn(all: usize, most: usize) -> usize {
    (1..=most).rev().find(|&turn| all.is_multiple_of(turn)).unwrap_or(1)
}

/// `text` with what is between `open` and `:)` said `times` times, with a number for each `place`.
fn expand(text: &str, open: &str, place: char, times: usize, between: &str) -> String {
    let mut parts = text.split(open);
    let mut all = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (inside, behind) = part.split_once(":)").unwrap_or((part, ""));
        let said: Vec<String> = (0..times).map(|time| inside.replace(place, &time.to_string())).collect();
        all.push_str(&said.join(between));
        all.push_str(behind);
    }
    all
}

/// A number as WGSL reads it back.
pub(super) fn float(value: f32) -> String {
    format!("{value:?}f")
}
