//! Translating with helpers: what a job hands out, gets back, and never loses; and the loop of slow devices.

use std::cell::Cell;
use std::collections::BTreeMap;

use model_core::nn;
use model_core::text::Vocabulary;
use model_core::translate::{Batch, Decoded, Lockstep, Order, Sentence, Steps};
use model_core::{Job, Options, Translation, Translator};
use pollster::block_on;
use proptest::prelude::*;

use crate::support::marian::{Spec, model_with_like_gates};
use crate::support::{Model, technews};

/// A tiny model with random weights and the vocabulary of the repository's.
fn tiny() -> Translator {
    let vocabulary = Model::read().vocabulary;
    let vocab = Vocabulary::from_bytes(&vocabulary).expect("the vocabulary is sound").len();
    let spec = Spec { vocab, dec_depth: 2, ..Spec::least() };
    Model { model: model_with_like_gates(&spec), vocabulary, shortlist: None }.translator()
}

/// What a helper makes of sentences.
fn decode(translator: &Translator, sentences: Vec<Sentence>) -> Vec<(usize, Decoded)> {
    let mut batch = Batch::start(translator.model(), translator.target_vocabulary().eos(), sentences);
    let mut decoded = Vec::new();
    while !batch.is_empty() {
        decoded.extend(batch.step(translator.model()));
    }
    decoded.sort_by_key(|(index, _)| *index);
    decoded
}

fn indices(sentences: &[Sentence]) -> Vec<usize> {
    sentences.iter().map(|sentence| sentence.index).collect()
}

const LINES: [&str; 9] = [
    "Hallo!",
    "",
    "Das Gerät ist klein.",
    "Eins zwei drei vier fünf.",
    "Ja.",
    "Nein, das ist nicht so.",
    "Gut.",
    "Wer weiß?",
    "Das Gerät ist klein, es ist leicht, und es ist schnell.",
];

#[test]
fn sentences_are_handed_out_in_order_and_return_to_their_places() {
    let translator = tiny();
    let mut job = translator.job(LINES, &Options::default());
    job.focus(4);
    let len = |index: usize| translator.source_vocabulary().encode(LINES[index]).len() + 1;
    assert!(!LINES[4].is_empty() && len(8) > len(5));
    assert_eq!(indices(&job.take(0, usize::MAX)), [4], "one at least");
    assert_eq!(indices(&job.take(usize::MAX, len(5))), [5, 6, 7, 0, 2, 3], "no empty one, and none too long");
    assert!(job.take(usize::MAX, len(5)).is_empty());
    job.give_back([3, 6, 4, 1, 8, 99]);
    job.give_back([6]);
    assert_eq!(indices(&job.take(usize::MAX, usize::MAX)), [4, 6, 8, 3]);
    job.give_back(0..LINES.len());
    job.focus(7);
    assert_eq!(indices(&job.take(usize::MAX, usize::MAX)), [7, 8, 0, 2, 3, 4, 5, 6]);

    let mut job = translator.job(LINES, &Options { order: Order::Length, ..Options::default() });
    let lengths: Vec<usize> = job.take(usize::MAX, usize::MAX).iter().map(|taken| taken.ids.len()).collect();
    assert!(lengths.is_sorted_by(|one, next| one >= next), "{lengths:?}");
    job.give_back([3, 8]);
    assert_eq!(indices(&job.take(usize::MAX, usize::MAX)), [8, 3]);
}

#[test]
fn what_is_away_is_not_done() {
    let translator = tiny();
    let mut job = translator.job(["Hallo!", "Ja."], &Options::default());
    let taken = job.take(usize::MAX, usize::MAX);
    assert!(!job.is_done() && !job.has_work());
    assert!(job.step(&translator).is_empty());
    assert_eq!(job.remaining(), 2);
    let decoded = decode(&translator, taken);
    let [(first, of_first), (second, of_second)] = <[_; 2]>::try_from(decoded).expect("two");

    assert!(job.finish(7, of_first.clone(), &translator).is_none(), "there is no such sentence");
    assert!(job.finish(first, of_first.clone(), &translator).is_some());
    assert!(job.finish(first, of_first, &translator).is_none(), "it is done already");

    job.give_back([second]);
    assert!(job.finish(second, of_second.clone(), &translator).is_none(), "it was given back");
    assert!(job.has_work());
    job.take(usize::MAX, usize::MAX);
    let wrong = Decoded { log_probs: Vec::new(), ..of_second.clone() };
    assert!(job.finish(second, wrong, &translator).is_none(), "a log-probability for each piece");
    assert!(job.has_work(), "somebody else has to do it");
    job.take(usize::MAX, usize::MAX);
    let wrong = Decoded { ids: vec![u32::MAX; of_second.ids.len()], ..of_second.clone() };
    assert!(job.finish(second, wrong, &translator).is_none(), "there is no such piece");
    job.take(usize::MAX, usize::MAX);
    assert!(job.finish(second, of_second, &translator).is_some());
    assert!(job.is_done());
}

/// What happens to a job.
#[derive(Clone, Debug)]
enum Happening {
    Step,
    Focus(usize),
    Cap(usize),
    Take {
        room: usize,
        max_len: usize,
    },
    /// The n-th of the sentences that were ever handed out comes back decoded, be it too late or a second time.
    Finish(usize),
    /// The same, with nothing done.
    GiveBack(usize),
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        4 => Just(Happening::Step),
        1 => (0..LINES.len() + 2).prop_map(Happening::Focus),
        1 => (0..60usize).prop_map(Happening::Cap),
        3 => (0..40usize, 1..30usize).prop_map(|(room, max_len)| Happening::Take { room, max_len }),
        4 => (0..64usize).prop_map(Happening::Finish),
        2 => (0..64usize).prop_map(Happening::GiveBack),
    ]
}

/// Lets things happen to a job, and then finishes it; what came out, in that order.
fn play(
    translator: &Translator,
    job: &mut Job,
    decoded: &BTreeMap<usize, Decoded>,
    happenings: Vec<Happening>,
) -> Vec<(usize, Translation)> {
    let (mut out, mut handed_out) = (Vec::new(), Vec::new());
    let of = |list: &[usize], n: usize| (!list.is_empty()).then(|| list[n % list.len()]);
    let last = std::iter::repeat_n(Happening::Step, 1000);
    for happening in happenings.into_iter().chain(last) {
        match happening {
            Happening::Step => out.extend(job.step(translator)),
            Happening::Focus(first) => job.focus(first),
            Happening::Cap(pieces) => job.cap(pieces),
            Happening::Take { room, max_len } => {
                let taken = job.take(room, max_len);
                let pieces: usize = taken.iter().map(|sentence| sentence.ids.len()).sum();
                assert!(taken.len() <= 1 || pieces <= room);
                assert!(taken.iter().all(|sentence| sentence.ids.len() <= max_len));
                handed_out.extend(indices(&taken));
            }
            Happening::Finish(n) => {
                if let Some(index) = of(&handed_out, n) {
                    let translation = job.finish(index, decoded[&index].clone(), translator);
                    out.extend(translation.map(|translation| (index, translation)));
                }
            }
            Happening::GiveBack(n) => job.give_back(of(&handed_out, n)),
        }
        assert_eq!(job.remaining(), LINES.len() - out.len());
    }
    assert!(!job.has_work());
    for index in handed_out {
        let translation = job.finish(index, decoded[&index].clone(), translator);
        out.extend(translation.map(|translation| (index, translation)));
    }
    out
}

#[test]
fn nothing_is_lost_and_nothing_comes_twice() {
    let translator = tiny();
    let alone = translator.translate(&LINES, &Options::default());
    let all = translator.job(LINES, &Options::default()).take(usize::MAX, usize::MAX);
    let decoded: BTreeMap<usize, Decoded> = decode(&translator, all).into_iter().collect();
    let happenings = proptest::collection::vec(happening(), 0..60);
    let config = ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(happenings in happenings, by_length: bool)| {
        let order = if by_length { Order::Length } else { Order::Reading };
        let mut job = translator.job(LINES, &Options { order, ..Options::default() });
        let mut out = play(&translator, &mut job, &decoded, happenings);
        prop_assert!(job.is_done());
        out.sort_by_key(|(index, _)| *index);
        prop_assert_eq!(out.iter().map(|(index, _)| *index).collect::<Vec<_>>(), (0..LINES.len()).collect::<Vec<_>>());
        for (index, translation) in out {
            prop_assert_eq!(&translation, &alone[index]);
        }
    });
}

#[test]
fn sentences_that_join_others_are_as_they_are_alone() {
    let translator = tiny();
    let all = translator.job(LINES, &Options::default()).take(usize::MAX, usize::MAX);
    let alone = decode(&translator, all.clone());
    // After how many steps the next sentences join, and how many.
    let joins = proptest::collection::vec((0..40usize, 1..4usize), 1..6);
    let config = ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(joins in joins)| {
        let eos = translator.target_vocabulary().eos();
        let mut left = all.clone().into_iter();
        let mut batch = Batch::start(translator.model(), eos, left.by_ref().take(2).collect());
        let mut decoded = Vec::new();
        for (steps, number) in joins.into_iter().chain([(0, LINES.len())]) {
            for _ in 0..steps {
                decoded.extend(batch.step(translator.model()));
            }
            let next: Vec<Sentence> = left.by_ref().take(number).collect();
            if !next.is_empty() {
                batch.join(translator.model(), next);
            }
        }
        while !batch.is_empty() {
            decoded.extend(batch.step(translator.model()));
        }
        decoded.sort_by_key(|(index, _)| *index);
        prop_assert_eq!(&decoded, &alone);
    });
}

/// What the loop of slow devices makes of sentences.
fn lockstep(
    translator: &Translator,
    model: &nn::Model,
    sentences: Vec<Sentence>,
    slots: usize,
    steps: Steps,
) -> Vec<(usize, Decoded)> {
    let lockstep = Lockstep::new(model, translator.target_vocabulary().eos(), slots, steps);
    let mut decoded = Vec::new();
    let run = lockstep.run(sentences, |index, one| decoded.push((index, one)), || false);
    block_on(run).expect("the CPU computes what makes sense");
    decoded.sort_by_key(|(index, _)| *index);
    decoded
}

#[test]
fn looking_rarely_changes_nothing() {
    let lines = technews();
    let lines: Vec<&str> = lines.iter().take(24).map(String::as_str).collect();
    for (translator, shortlist) in
        [(tiny(), false), (Model::read().translator(), false), (Model::read().translator(), true)]
    {
        let options = Options { shortlist, ..Options::default() };
        let sentences = translator.job(lines.iter().copied(), &options).take(usize::MAX, usize::MAX);
        assert_eq!(sentences.len(), lines.len());
        let alone = decode(&translator, sentences.clone());
        let mut model = translator.model().clone();
        model.decoder.fuse();
        assert!(model.decoder.slices().is_some());
        for steps in [Steps::One, Steps::Slice] {
            for slots in [0, 1, 5, 16, 1000] {
                let found = lockstep(&translator, &model, sentences.clone(), slots, steps);
                assert_eq!(found, alone, "{slots} slots, {steps:?}");
            }
            assert!(lockstep(&translator, &model, Vec::new(), 8, steps).is_empty());
        }
    }
}

#[test]
fn a_cancelled_loop_stops() {
    let translator = tiny();
    let sentences = translator.job(LINES, &Options::default()).take(usize::MAX, usize::MAX);
    let lockstep = Lockstep::new(translator.model(), translator.target_vocabulary().eos(), 4, Steps::One);
    for patience in 0..4 {
        let (asked, heard) = (Cell::new(0), Cell::new(0));
        let cancelled = || asked.replace(asked.get() + 1) >= patience;
        block_on(lockstep.run(sentences.clone(), |_, _| heard.set(heard.get() + 1), cancelled))
            .expect("no error");
        assert_eq!(asked.get(), patience + 1, "nothing happens after a cancellation");
        assert!(heard.get() < sentences.len());
    }
}
