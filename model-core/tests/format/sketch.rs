//! The sketch in a model file: read, or refused by name, or passed over.

use model_core::error::{File, Result};
use model_core::format::marian::ModelFile;
use model_core::format::sketch::{SKETCH_ITEM, Sketch};

use crate::assert_names;
use crate::writer::{FLOAT32, Spec, items, sketched_items, write};

const KEPT: usize = 3;

/// A file whose sketch was changed.
fn changed(change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut items = sketched_items(&Spec::least(), KEPT);
    let sketch = items.last_mut().expect("the sketch is the last item");
    change(&mut sketch.data);
    sketch.shape = vec![sketch.data.len() as i32];
    write(&items)
}

fn sketch<'a>(file: &ModelFile<'a>) -> Result<Option<Sketch<'a>>> {
    let Spec { vocab, dim, .. } = Spec::least();
    Sketch::read(file, &file.embedding("Wemb", vocab, dim)?.values, dim)
}

fn read(bytes: &[u8]) -> Result<Option<usize>> {
    let file = ModelFile::parse(bytes).expect("the file itself is sound");
    sketch(&file).map(|sketch| sketch.map(|sketch| sketch.kept))
}

#[test]
fn it_is_read_if_it_is_there() {
    assert_eq!(read(&write(&items(&Spec::least()))), Ok(None));
    let spec = Spec::least();
    let bytes = changed(|_| ());
    let file = ModelFile::parse(&bytes).expect("the file is sound");
    let sketch = sketch(&file).expect("it is sound").expect("it is there");
    assert_eq!((sketch.kept, sketch.steps.len(), sketch.slack.len()), (KEPT, spec.dim + KEPT, spec.vocab));
    assert_eq!((sketch.turn.len(), sketch.basis.len()), (spec.dim * spec.dim, KEPT * spec.dim));
    assert_eq!((sketch.near, sketch.rounding, sketch.spread), (0.02, 4.0, 1.2));
}

#[test]
fn other_versions_are_passed_over() {
    for version in [1, 3] {
        assert_eq!(read(&changed(|data| data[0] = version)), Ok(None));
        assert_eq!(read(&changed(|data| (data[0], _) = (version, data.truncate(4)))), Ok(None));
    }
}

#[test]
fn what_is_wrong_is_named() {
    let put = |at: usize, value: u32| {
        changed(move |data| data[4 * at..][..4].copy_from_slice(&value.to_le_bytes()))
    };
    let number = |at, value: f32| put(at, value.to_bits());
    let wrong = [
        // The pieces, the width, and how much is kept.
        put(1, 17),
        put(2, 16),
        put(3, 0),
        put(3, 9),
        put(3, u32::MAX),
        // Near, rounding, spread, grain, a step.
        number(4, 0.0),
        number(5, -1.0),
        number(6, f32::NAN),
        number(7, f32::INFINITY),
        number(10, f32::NEG_INFINITY),
        // The checksum.
        put(8, 5),
        changed(|data| data.truncate(20)),
        changed(|data| data.truncate(data.len() - 1)),
        changed(|data| data.truncate(100)),
    ];
    for bytes in wrong {
        assert_names(read(&bytes), File::Model, SKETCH_ITEM);
    }
    let mut items = sketched_items(&Spec::least(), KEPT);
    let sketch = items.last_mut().expect("the sketch is the last item");
    (sketch.code, sketch.shape) = (FLOAT32, vec![4]);
    assert_names(read(&write(&items)), File::Model, SKETCH_ITEM);
}
