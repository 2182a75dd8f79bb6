//! Archives of the reference implementations come out right, and hostile ones do no harm.

use std::borrow::Cow;

use klartext_archive::{Error, Form, Limit, unpack};
use proptest::prelude::*;

/// tests/data/archive/make.py
const ARCHIVES: [(&str, Form, &[u8]); 5] = [
    ("fast.zst", Form::Zstd, include_bytes!("../../../tests/data/archive/fast.zst")),
    ("small.zst", Form::Zstd, include_bytes!("../../../tests/data/archive/small.zst")),
    ("frames.zst", Form::Zstd, include_bytes!("../../../tests/data/archive/frames.zst")),
    ("one.gz", Form::Gzip, include_bytes!("../../../tests/data/archive/one.gz")),
    ("two.gz", Form::Gzip, include_bytes!("../../../tests/data/archive/two.gz")),
];

/// What is in all of them; `content` in make.py.
fn content() -> Vec<u8> {
    let mut state = 1_u32;
    let mut draw = |below: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) % below
    };
    let noise: Vec<u8> = (0..3000).map(|_| draw(256) as u8).collect();
    let mut words = || {
        let words: Vec<String> = (0..6000).map(|_| draw(40).pow(3).to_string()).collect();
        words.join(" ").into_bytes()
    };
    let (first, last) = (words(), words());
    [first, noise, vec![0; 300_000], last].concat()
}

#[test]
fn archives_of_the_reference_implementations_come_out_right() {
    let content = content();
    for (name, form, archive) in ARCHIVES {
        assert_eq!(Form::of(archive), form, "{name}");
        for limit in [Limit::exactly(content.len()), Limit::at_most(content.len())] {
            assert!(unpack(archive, limit).unwrap() == content, "{name}");
        }
    }
}

#[test]
fn plain_files_stay_where_they_are() {
    // A Marian model, a SentencePiece model, a shortlist, and less than a magic number.
    for plain in [&[1_u8, 0, 0, 0][..], b"\n\x0e\n\x05<unk>", &[0xf5, 0x17, 0x34, 0x01], &[0x1f], b""] {
        assert_eq!(Form::of(plain), Form::Plain);
        assert!(matches!(unpack(plain, Limit::at_most(10)), Ok(Cow::Borrowed(same)) if same == plain));
    }
    assert_eq!(unpack(b"abc", Limit::at_most(2)), Err(Error::TooLarge { limit: 2 }));
    assert_eq!(unpack(b"abc", Limit::exactly(4)), Err(Error::TooSmall { expected: 4, found: 3 }));
}

#[test]
fn limits_hold_to_the_byte() {
    let len = content().len();
    for (name, _, archive) in ARCHIVES {
        for limit in [Limit::exactly(len - 1), Limit::at_most(len - 1), Limit::at_most(0)] {
            assert!(matches!(unpack(archive, limit), Err(Error::TooLarge { .. })), "{name}");
        }
        let error = unpack(archive, Limit::exactly(len + 1)).unwrap_err();
        assert_eq!(error, Error::TooSmall { expected: len + 1, found: len }, "{name}");
    }
}

#[test]
fn a_cut_or_longer_archive_is_broken() {
    for (name, form, archive) in ARCHIVES {
        for end in (4..archive.len()).step_by(101).chain([archive.len() - 1]) {
            let result = unpack(&archive[..end], Limit::at_most(1 << 20));
            // Where the cut falls between two frames, what is before it is an archive, too.
            let whole = result.is_ok() && matches!(name, "two.gz" | "frames.zst");
            assert!(whole || matches!(result, Err(Error::Broken { .. })), "{name} cut at {end}: {result:?}");
        }
        let longer = [archive, b"and so on"].concat();
        let error = unpack(&longer, Limit::at_most(1 << 20)).unwrap_err();
        assert!(matches!(error, Error::Broken { form: of, .. } if of == form), "{name}: {error}");
        assert!(error.to_string().contains(form.name()), "{error}");
    }
}

/// A frame of one block that repeats a byte 128 KiB times costs 4 bytes; a gzip bomb is made by the library.
#[test]
fn bombs_do_not_go_off() {
    let mut bomb = vec![0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58];
    for _ in 0..100_000 {
        bomb.extend([0x02, 0x00, 0x10, 0x41]);
    }
    bomb.extend([0x03, 0x00, 0x10, 0x41]);
    assert_eq!(unpack(&bomb, Limit::at_most(1 << 20)), Err(Error::TooLarge { limit: 1 << 20 }));

    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::copy(&mut std::io::Read::take(std::io::repeat(0), 200 << 20), &mut packer).unwrap();
    let bomb = packer.finish().unwrap();
    let limit = Limit::of_packed(bomb.len());
    assert!(matches!(unpack(&bomb, limit), Err(Error::TooLarge { .. })));
}

#[test]
fn headers_that_promise_much_cost_nothing() {
    // One segment of 2^40 bytes; a window of 2^41; a dictionary; a frame to skip that is longer than the file.
    let headers: [&[u8]; 4] = [
        &[0x28, 0xb5, 0x2f, 0xfd, 0xe0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0],
        &[0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xf8, 1, 0, 0],
        &[0x28, 0xb5, 0x2f, 0xfd, 0x01, 0x58, 7, 1, 0, 0],
        &[0x50, 0x2a, 0x4d, 0x18, 0xff, 0xff, 0xff, 0xff, 0],
    ];
    for header in headers {
        let result = unpack(header, Limit::at_most(1 << 30));
        assert!(matches!(result, Err(Error::Broken { .. })), "{header:?}: {result:?}");
    }
}

/// Each has costs of its own; they must not grow with what is before or behind it.
#[test]
fn very_many_members_take_linear_time() {
    let member = {
        let packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        packer.finish().unwrap()
    };
    let frame = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58, 0x01, 0x00, 0x00];
    for empty in [&member[..], &frame] {
        let many = empty.repeat(1_000_000 / empty.len());
        assert_eq!(unpack(&many, Limit::of_packed(many.len())).unwrap().len(), 0);
    }
}

proptest! {
    /// Whatever comes out, nothing panics, and no more than the limit comes out.
    #[test]
    fn damaged_archives_do_no_harm(
        which in 0..ARCHIVES.len(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        most in 0_usize..700_000,
    ) {
        let mut archive = ARCHIVES[which].2.to_vec();
        for (at, byte) in damage {
            let at = at.index(archive.len());
            archive[at] = byte;
        }
        if let Ok(content) = unpack(&archive, Limit::at_most(most)) {
            prop_assert!(content.len() <= most);
        }
    }

    #[test]
    fn noise_behind_a_magic_number_does_no_harm(noise in prop::collection::vec(any::<u8>(), 0..300)) {
        for magic in [&[0x1f, 0x8b, 8][..], &[0x28, 0xb5, 0x2f, 0xfd]] {
            let archive = [magic, &noise].concat();
            let _ = unpack(&archive, Limit::of_packed(archive.len()));
        }
    }
}
