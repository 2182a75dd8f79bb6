//! The model file.

use std::borrow::Cow;
use std::sync::LazyLock;

use model_core::error::{Error, File, Result};
use model_core::format::config::{Config, Output};
use model_core::format::marian::{self, Dtype, ModelFile, Weight};
use proptest::prelude::*;

use crate::counting::counted;
use crate::mutation::{EXTREMES, cases, mutations};
use crate::writer::{self, FLOAT32, INT8, INTGEMM8, Item, Kind, Spec};
use crate::{allowance, assert_names, item};

/// Where the number of items, and their headers, stand in the file.
const COUNT_AT: usize = 8;
const HEADERS_AT: usize = 16;

/// The file forms that are damaged: 8-bit with alphas, float32, and with two vocabularies.
static FILES: LazyLock<[Vec<u8>; 3]> = LazyLock::new(|| {
    [
        writer::model(&Spec::least()),
        writer::model(&Spec { int8: false, alphas: false, ..Spec::least() }),
        writer::model(&Spec { target_vocab: Some(24), dec_depth: 2, ..Spec::least() }),
    ]
});

/// Reads everything that an engine would, and says how much memory it took in all.
fn load(bytes: &[u8]) -> (Result<()>, usize) {
    let mut total = 0;
    let result = load_counted(bytes, &mut total);
    (result, total)
}

fn load_counted(bytes: &[u8], total: &mut usize) -> Result<()> {
    let model = counted(total, || ModelFile::parse(bytes))?;
    let config = counted(total, || Config::from_model(&model))?;
    let shared = config.embeddings.shared();
    // The list of names is the test's own; a hostile depth may not make it long either.
    let spec = Spec {
        dim: config.dim_emb,
        ffn: config.dim_ffn,
        heads: config.heads,
        enc_depth: config.enc_depth,
        dec_depth: config.dec_depth,
        vocab: config.source_vocab,
        target_vocab: (!shared).then_some(config.target_vocab),
        ..Spec::least()
    };
    for tensor in writer::tensors(&spec) {
        let (name, [rows, columns]) = (&tensor.name, tensor.shape);
        match tensor.kind {
            Kind::Bias | Kind::Scale => {
                counted(total, || model.float(name, &tensor.shape))?;
            }
            Kind::Embedding => check_weight(&counted(total, || model.embedding(name, rows, columns))?),
            Kind::Weight => check_weight(&counted(total, || model.weight(name, rows, columns))?),
        }
        if let Some(alpha) = counted(total, || model.alpha(name))? {
            assert!(alpha.is_finite() && alpha > 0.0);
        }
    }
    Ok(())
}

/// What every weight promises, from whatever file.
fn check_weight(weight: &Weight<'_>) {
    assert_eq!(weight.values.len(), weight.n * weight.k);
    assert!(!weight.values.contains(&i8::MIN));
    assert!(weight.quant_mult.is_finite() && weight.quant_mult > 0.0);
}

/// Loads damaged bytes: no panic, bounded memory, and an error that names its item.
fn survives(bytes: &[u8]) -> Result<()> {
    let (result, total) = load(bytes);
    assert!(total <= allowance(bytes.len()), "{total} bytes for a file of {}", bytes.len());
    if let Err(error) = &result {
        item(error, File::Model);
        assert!(error.to_string().len() < 1024, "{error}");
    }
    result
}

/// The least model with one item changed.
fn with(name: &str, change: impl FnOnce(&mut Item)) -> Vec<u8> {
    let mut items = writer::items(&Spec::least());
    change(items.iter_mut().find(|item| item.name == name).expect("an item of that name"));
    writer::write(&items)
}

#[test]
fn reads_every_form() {
    for file in FILES.iter() {
        let (result, total) = load(file);
        assert_eq!(result, Ok(()));
        assert!(total <= allowance(file.len()));
    }
}

#[test]
fn lists_the_items() {
    let items = writer::items(&Spec::least());
    let file = writer::write(&items);
    let model = ModelFile::parse(&file).unwrap();
    assert_eq!(model.items().len(), items.len());
    assert!(model.items().is_sorted_by_key(marian::Item::name));
    for written in &items {
        let read = model.get(&written.name).unwrap();
        assert_eq!(read.data(), written.data);
        assert!(read.shape().iter().map(|&size| size as i32).eq(written.shape.iter().copied()));
    }
    assert!(model.get("Wem").is_none());
    assert_eq!(model.get("Wemb").unwrap().dtype(), Dtype::Intgemm8);
}

#[test]
fn quantises_float32_as_the_8_bit_form_is_written() {
    let spec = Spec { dim: 16, ffn: 40, vocab: 33, ..Spec::least() };
    let (bytes, floats) = (writer::model(&spec), writer::model(&Spec { int8: false, ..spec.clone() }));
    let (bytes, floats) = (ModelFile::parse(&bytes).unwrap(), ModelFile::parse(&floats).unwrap());
    let both = |read: &dyn Fn(&ModelFile<'_>) -> Weight<'static>| (read(&bytes), read(&floats));
    let owned = |weight: Weight<'_>| Weight { values: Cow::Owned(weight.values.into_owned()), ..weight };
    let (stored, made) = both(&|file| owned(file.weight("encoder_l1_ffn_W1", 16, 40).unwrap()));
    assert_eq!(stored, made);
    assert_eq!((stored.n, stored.k), (40, 16));
    let (stored, made) = both(&|file| owned(file.embedding("Wemb", 33, 16).unwrap()));
    assert_eq!(stored, made);
    assert_eq!((stored.n, stored.k), (33, 16));
    let largest = made.values.iter().map(|value| value.unsigned_abs()).max();
    assert_eq!(largest, Some(127), "the largest weight takes the whole range");
}

#[test]
fn keeps_8_bit_weights_in_the_file() {
    let file = &FILES[0];
    let model = ModelFile::parse(file).unwrap();
    let mut total = 0;
    let weight = counted(&mut total, || model.weight("encoder_l1_ffn_W1", 8, 12)).unwrap();
    assert!(matches!(weight.values, Cow::Borrowed(_)));
    assert_eq!(total, 0, "nothing is allocated for it");
}

#[test]
fn clamps_minus_128() {
    let file = with("decoder_l1_rnn_W", |item| item.data[5] = 0x80);
    let weight = ModelFile::parse(&file).unwrap();
    assert_eq!(weight.weight("decoder_l1_rnn_W", 8, 8).unwrap().values[5], -127);
}

#[test]
fn a_weight_of_zeros_stays_zero() {
    let file = with("decoder_l1_rnn_W", |item| {
        item.code = FLOAT32;
        item.data =
            [0.0_f32, -0.0, 1e-42, -1e-42].repeat(16).iter().flat_map(|value| value.to_le_bytes()).collect();
    });
    let model = ModelFile::parse(&file).unwrap();
    let weight = model.weight("decoder_l1_rnn_W", 8, 8).unwrap();
    check_weight(&weight);
    assert!(weight.values.iter().all(|&value| value == 0));
}

#[test]
fn reads_alphas_in_both_types() {
    let spec = Spec { target_vocab: Some(24), ..Spec::least() };
    let file = writer::model(&spec);
    let model = ModelFile::parse(&file).unwrap();
    assert_eq!(model.get("decoder_Wemb_QuantMultA").unwrap().dtype(), Dtype::Intgemm8);
    let (eight, float) =
        (model.alpha("decoder_Wemb").unwrap().unwrap(), model.alpha("none").unwrap().unwrap());
    assert!((eight - float).abs() <= float * f32::EPSILON * 2.0, "{eight} and {float}");
    assert_eq!(model.alpha("encoder_Wemb"), Ok(None));
    let config = Config::from_model(&model).unwrap();
    assert_eq!((config.embeddings.source, config.embeddings.target), ("encoder_Wemb", "decoder_Wemb"));
    assert_eq!(config.embeddings.output, Output::Target);
    assert_eq!((config.source_vocab, config.target_vocab), (16, 24));
}

#[test]
fn refuses_numbers_that_cannot_be() {
    let patch = |name: &str, at: usize, value: f32| {
        with(name, |item| item.data[at..at + 4].copy_from_slice(&value.to_le_bytes()))
    };
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let file = patch("decoder_l1_rnn_bf", 12, value);
        assert_names(survives(&file), File::Model, "decoder_l1_rnn_bf");
        assert!(survives(&file).unwrap_err().to_string().contains("value 3 is"), "the index is named");
    }
    for value in [f32::NAN, f32::INFINITY, 0.0, -0.0, -3.0] {
        assert_names(survives(&patch("decoder_l1_rnn_W", 64, value)), File::Model, "decoder_l1_rnn_W");
        let alpha = "decoder_l1_rnn_W_QuantMultA";
        assert_names(survives(&patch(alpha, 0, value)), File::Model, alpha);
    }
}

#[test]
fn refuses_other_types_by_name() {
    for (code, says) in
        [(0x0802, "fbgemm"), (0x1801, "fbgemm"), (0x2801, "fbgemm"), (0x0999, "unknown"), (0, "unknown")]
    {
        let error = survives(&with("encoder_l1_self_Wk", |item| item.code = code)).unwrap_err();
        assert!(matches!(&error, Error::Unsupported { item, .. } if item == "encoder_l1_self_Wk"), "{error}");
        assert!(error.to_string().contains(says), "{error}");
    }
    // Known types, not in this place. 16 bits an element need more bytes than the tensor has.
    let wide = with("encoder_l1_self_Wk", |item| item.code = 0x4102);
    let error = survives(&wide).unwrap_err();
    assert!(
        error.to_string().contains("encoder_l1_self_Wk is not supported: a weight of type intgemm16"),
        "{error}"
    );
    assert_names(
        survives(&with("encoder_l1_self_Wk", |item| item.code = INT8)),
        File::Model,
        "encoder_l1_self_Wk",
    );
    assert_names(
        survives(&with("encoder_l1_self_bk", |item| item.code = INTGEMM8)),
        File::Model,
        "encoder_l1_self_bk",
    );
    for code in [INT8, 0x0102, 0x0104, 0x0204, 0x0402, 0x0408] {
        let file = with("none_QuantMultA", |item| item.code = code);
        assert!(ModelFile::parse(&file).is_ok(), "type {code:#x} is known");
    }
}

#[test]
fn names_the_tensor_that_is_missing_twice_or_misshapen() {
    let items = writer::items(&Spec::least());
    let needed = |item: &&Item| !item.name.contains("QuantMultA");
    for (index, item) in items.iter().enumerate().filter(|(_, item)| needed(item)) {
        let mut without = items.clone();
        without.remove(index);
        assert_names(survives(&writer::write(&without)), File::Model, &item.name);
        let mut twice = items.clone();
        twice.push(item.clone());
        assert_names(survives(&writer::write(&twice)), File::Model, &item.name);
        if item.name != "special:model.yml" {
            let misshapen = with(&item.name, |item| item.shape[0] += 1);
            assert_names(survives(&misshapen), File::Model, &item.name);
        }
    }
}

#[test]
fn names_the_tensor_whose_bytes_are_cut_off() {
    let file = &FILES[0];
    let items = writer::items(&Spec::least());
    let mut end = file.len();
    for item in items.iter().rev() {
        end -= item.data.len();
        for cut in [end, end + 1, end + item.data.len() - 1] {
            let error = ModelFile::parse(&file[..cut]).unwrap_err();
            assert!(matches!(&error, Error::Malformed { item: named, .. } if *named == item.name), "{error}");
        }
    }
}

#[test]
fn a_tensor_needs_room_for_its_elements_and_its_multiplier() {
    const NAME: &str = "encoder_l1_self_Wk";
    for len in [0, 63, 64, 67] {
        let file = with(NAME, |item| item.data.truncate(len));
        assert_names(ModelFile::parse(&file), File::Model, NAME);
    }
    let file = with(NAME, |item| item.data.truncate(68));
    assert_eq!(survives(&file), Ok(()), "the padding is not needed");
}

#[test]
fn every_cut_is_an_error() {
    for file in FILES.iter() {
        for cut in 0..file.len() {
            assert!(survives(&file[..cut]).is_err(), "cut at {cut}");
        }
    }
}

#[test]
fn every_number_of_the_header_may_lie() {
    let file = &FILES[0];
    let items = writer::items(&Spec::least()).len();
    for at in (0..HEADERS_AT + 32 * items).step_by(8) {
        for number in EXTREMES {
            let mut bytes = file.clone();
            bytes[at..at + 8].copy_from_slice(&number.to_le_bytes());
            let _ = survives(&bytes);
        }
    }
}

#[test]
fn every_bit_of_the_header_may_flip() {
    let file = &FILES[0];
    let data: usize = writer::items(&Spec::least()).iter().map(|item| item.data.len()).sum();
    for at in 0..file.len() - data {
        for bit in 0..8 {
            let mut bytes = file.clone();
            bytes[at] ^= 1 << bit;
            let _ = survives(&bytes);
        }
    }
}

#[test]
fn absurd_headers_are_refused_by_name() {
    let patched = |at: usize, number: u64| {
        let mut bytes = FILES[0].clone();
        bytes[at..at + 8].copy_from_slice(&number.to_le_bytes());
        bytes
    };
    for number in [u64::MAX, 1 << 60, 1 << 59, 1 << 40] {
        assert_names(survives(&patched(COUNT_AT, number)), File::Model, "number of items");
        assert_names(survives(&patched(HEADERS_AT, number)), File::Model, "name of item 0");
        assert_names(survives(&patched(HEADERS_AT + 8, number)), File::Model, "Wemb");
        assert_names(survives(&patched(HEADERS_AT + 16, number)), File::Model, "Wemb");
        assert_names(survives(&patched(HEADERS_AT + 24, number)), File::Model, "Wemb");
    }
    assert_names(survives(&patched(0, 2)), File::Model, "version");
    for shape in [
        vec![i32::MAX; 4],
        vec![i32::MAX, i32::MAX],
        vec![0, 8],
        vec![-16, -8],
        vec![16, i32::MIN],
        vec![1; 5],
    ] {
        let file = with("Wemb", |item| item.shape = shape);
        assert_names(ModelFile::parse(&file), File::Model, "Wemb");
    }
    assert_names(survives(&with("Wemb", |item| item.name = "a\nb".into())), File::Model, "name of item 0");
    assert_names(survives(&with("Wemb", |item| item.name = "W".repeat(300))), File::Model, "name of item 0");
}

proptest! {
    #![proptest_config(cases(2048))]

    #[test]
    fn damaged_files_do_no_harm(which in 0_usize..3, damages in mutations()) {
        let mut bytes = FILES[which].clone();
        for damage in damages {
            damage.apply(&mut bytes);
        }
        let _ = survives(&bytes);
    }

    #[test]
    fn damaged_headers_do_no_harm(which in 0_usize..3, damages in mutations()) {
        let (header, data) = FILES[which].split_at(3072);
        let mut bytes = header.to_vec();
        for damage in damages {
            damage.apply(&mut bytes);
        }
        bytes.extend(data);
        let _ = survives(&bytes);
    }

    #[test]
    fn random_bytes_do_no_harm(mut bytes in proptest::collection::vec(any::<u8>(), 0..2048), items in 0_u64..40) {
        prop_assert!(survives(&bytes).is_err());
        if bytes.len() >= HEADERS_AT {
            bytes[..8].copy_from_slice(&1_u64.to_le_bytes());
            bytes[8..16].copy_from_slice(&items.to_le_bytes());
            prop_assert!(survives(&bytes).is_err());
        }
    }

    #[test]
    fn any_shape_of_model_is_read_back(
        heads in 1_usize..4, width in 1_usize..5, ffn in 1_usize..40, depths in (1_usize..4, 1_usize..4),
        vocab in 2_usize..70, target_vocab in proptest::option::of(2_usize..70), int8: bool, alphas: bool, seed: u64,
    ) {
        let (enc_depth, dec_depth) = depths;
        let spec =
            Spec { dim: 4 * heads * width, ffn, heads, enc_depth, dec_depth, vocab, target_vocab, alphas, int8, seed };
        prop_assert_eq!(survives(&writer::model(&spec)), Ok(()));
    }
}
