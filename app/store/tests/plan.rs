//! The plan of a download under arbitrary events: what it promises holds whatever servers and callers do.

#![allow(clippy::unwrap_used)]

#[allow(dead_code)]
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use klartext_store::{Download, FetchId, Head, Ledger, Settings, Verdict};
use model_core::format::manifest::Manifest;
use proptest::prelude::*;
use proptest::sample::Index;
use support::{Dice, ROLES, model};

/// Something that happens to one of the requests.
#[derive(Clone, Debug)]
enum Step {
    /// The head of the right answer.
    Right(Index),
    /// Some other head.
    Head(Index, u16, Option<(u64, u64)>),
    /// The next bytes of the right answer, or of a wrong one.
    Data(Index, usize, bool),
    End(Index),
    Wait(f64),
    Halt,
    /// The tab is closed and opened again.
    Restart,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let index = any::<Index>;
    let status = proptest::sample::select(vec![200_u16, 200, 206, 206, 204, 302, 403, 404, 416, 429, 500]);
    let range = proptest::option::of((0_u64..3_000_000, 0_u64..3_000_000));
    let step = prop_oneof![
        8 => index().prop_map(Step::Right),
        1 => (index(), status, range).prop_map(|(at, status, range)| Step::Head(at, status, range)),
        24 => (index(), 1_usize..400_000, proptest::bool::weighted(0.97))
            .prop_map(|(at, len, right)| Step::Data(at, len, right)),
        1 => index().prop_map(Step::End),
        2 => (0.0..20_000.0).prop_map(Step::Wait),
        1 => Just(Step::Halt),
        1 => Just(Step::Restart),
    ];
    proptest::collection::vec(step, 1..300)
}

/// A caller of the plan, with a storage and servers.
struct World {
    manifest: Manifest,
    contents: BTreeMap<String, Vec<u8>>,
    stored: BTreeMap<String, Vec<u8>>,
    sealed: BTreeSet<(String, u64)>,
    plan: Download,
    /// The file, the range asked for, and where the answer is.
    running: BTreeMap<FetchId, (String, Range<u64>, Option<u64>)>,
    used: BTreeSet<FetchId>,
    now: f64,
}

impl World {
    fn new() -> Self {
        let (manifest, files) = model(&mut Dice(5), [70_000, 900_000, 600_000], 64 << 10, &["/mirror"]);
        let by_sha = |(path, content): (String, Vec<u8>)| {
            let entry = manifest.entries().find(|(_, entry)| entry.path == path).expect("a file").1;
            (entry.sha256.clone(), content)
        };
        let contents: BTreeMap<_, _> = files.into_iter().map(by_sha).collect();
        let stored =
            contents.iter().map(|(sha256, content)| (sha256.clone(), vec![0; content.len()])).collect();
        let plan = Download::new(&manifest, &ROLES, &Ledger::default(), Settings::default(), 1, 0, 0.0);
        let (sealed, running, used) = (BTreeSet::new(), BTreeMap::new(), BTreeSet::new());
        Self { manifest, contents, stored, sealed, plan, running, used, now: 0.0 }
    }

    fn ask(&mut self) {
        for id in self.plan.expired(self.now) {
            self.running.remove(&id);
        }
        while let Some(fetch) = self.plan.next(self.now) {
            assert!(self.used.insert(fetch.id), "ids are never used twice");
            let sha256 = fetch.path.split("sha256=").nth(1).expect("a digest").to_owned();
            let (start, end) = (fetch.range.start, fetch.range.end);
            assert!(start < end && end <= self.contents[&sha256].len() as u64);
            for (file, range, _) in self.running.values() {
                assert!(*file != sha256 || range.end <= start || end <= range.start, "nobody asks twice");
            }
            let fresh = |(file, at): &(String, u64)| *file != sha256 || !(start..end).contains(at);
            assert!(self.sealed.iter().all(fresh), "what is stored is not asked for");
            self.running.insert(fetch.id, (sha256, fetch.range, None));
        }
        assert!(self.running.len() <= 4);
        let over = self.plan.is_done().unwrap_or(true);
        let waits = !self.running.is_empty() || self.plan.wait_until(self.now).is_some();
        assert!(over || waits, "there is always something to wait for");
    }

    fn pick(&self, at: &Index) -> Option<FetchId> {
        (!self.running.is_empty()).then(|| *self.running.keys().nth(at.index(self.running.len())).unwrap())
    }

    fn obey(&mut self, id: FetchId, verdict: Verdict) {
        if verdict == Verdict::Drop {
            self.running.remove(&id);
        }
    }

    fn data(&mut self, id: FetchId, len: usize, right: bool) {
        let Some((file, _, Some(cursor))) = self.running.get(&id).cloned() else {
            let (pieces, verdict) = self.plan.data(id, &[1, 2, 3], self.now);
            assert!(pieces.is_empty(), "a body has a head");
            return self.obey(id, verdict);
        };
        let content = self.contents[&file].clone();
        let end = content.len().min(cursor as usize + len);
        let mut bytes = content[(cursor as usize).min(end)..end].to_vec();
        if let (false, Some(byte)) = (right, bytes.last_mut()) {
            *byte ^= 1;
        }
        let (pieces, verdict) = self.plan.data(id, &bytes, self.now);
        for piece in pieces {
            assert_eq!(piece.sha256, file);
            assert_eq!(piece.offset, cursor + piece.bytes.start as u64, "bytes go where they belong");
            assert!(piece.chunk.contains(&piece.offset));
            assert!(
                !self.sealed.contains(&(file.clone(), piece.chunk.start)),
                "nothing stored is written over"
            );
            let to = piece.offset as usize;
            let stored = self.stored.get_mut(&file).expect("a file");
            stored[to..to + piece.bytes.len()].copy_from_slice(&bytes[piece.bytes]);
            if piece.sealed {
                let chunk = piece.chunk.start as usize..piece.chunk.end as usize;
                let checked = self.manifest.entries().any(|(_, e)| e.sha256 == file && e.chunks.is_some());
                assert!(
                    !checked || stored[chunk.clone()] == content[chunk.clone()],
                    "a sealed chunk is right"
                );
                self.sealed.insert((file.clone(), piece.chunk.start));
            }
        }
        if let Some((.., at)) = self.running.get_mut(&id) {
            *at = Some(end as u64);
        }
        self.obey(id, verdict);
        if self.running.contains_key(&id) && end == content.len() {
            self.end(id);
        }
    }

    /// The head of the right answer, unless it had one.
    fn right(&mut self, id: FetchId) {
        let (file, range, cursor) = self.running[&id].clone();
        let size = self.contents[&file].len();
        let content_range = Some(format!("bytes {}-{}/{size}", range.start, range.end - 1));
        if cursor.is_none() {
            self.running.insert(id, (file, range.clone(), Some(range.start)));
            let head = Head { status: 206, content_range, retry_after: None };
            let verdict = self.plan.head(id, &head, self.now);
            self.obey(id, verdict);
        }
    }

    fn end(&mut self, id: FetchId) {
        self.plan.ended(id, None, self.now);
        self.running.remove(&id);
    }

    fn restart(&mut self) {
        let mut ledger = Ledger::default();
        self.plan.note(&mut ledger);
        let json = serde_json::to_string(&ledger).unwrap();
        let ledger: Ledger = serde_json::from_str(&json).unwrap();
        self.plan = Download::new(&self.manifest, &ROLES, &ledger, Settings::default(), 2, 1, self.now);
        for (sha256, offset, len) in self.plan.begun() {
            let bytes = &self.stored[&sha256][offset as usize..offset as usize + len];
            self.plan.restore(&sha256, offset, bytes);
        }
        self.running.clear();
        self.used.clear();
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Right(at) => {
                let Some(id) = self.pick(at) else { return };
                self.right(id);
            }
            Step::Head(at, status, range) => {
                let Some(id) = self.pick(at) else { return };
                let (file, asked, cursor) = self.running[&id].clone();
                if cursor.is_some() {
                    return;
                }
                let content_range = range.map(|(start, size)| format!("bytes {start}-/{size}"));
                let head = Head { status: *status, content_range, retry_after: Some("2".into()) };
                let start = if *status == 200 { 0 } else { asked.start };
                self.running.insert(id, (file, asked, Some(start)));
                let verdict = self.plan.head(id, &head, self.now);
                self.obey(id, verdict);
            }
            Step::Data(at, len, right) => {
                let Some(id) = self.pick(at) else { return };
                self.data(id, *len, *right);
            }
            Step::End(at) => {
                let Some(id) = self.pick(at) else { return };
                self.end(id);
            }
            Step::Wait(ms) => self.now += ms,
            Step::Halt => {
                self.plan.halt();
                self.running.clear();
            }
            Step::Restart => self.restart(),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn holds_whatever_happens(steps in steps()) {
        let mut world = World::new();
        for step in &steps {
            world.ask();
            world.step(step);
            let progress = world.plan.progress(world.now);
            assert!(progress.done <= progress.total);
        }
        // Then all is well, and it comes to an end.
        for _ in 0..10_000 {
            world.ask();
            if world.plan.is_done().unwrap_or(true) {
                break;
            }
            let Some(id) = world.running.keys().next().copied() else {
                world.now = world.plan.wait_until(world.now).expect("something to wait for");
                continue;
            };
            if world.running[&id].2.is_none() {
                world.right(id);
            } else {
                world.data(id, 50_000, true);
            }
        }
        let done = world.plan.is_done();
        prop_assert!(done != Ok(false), "it comes to an end");
        if done == Ok(true) {
            for (sha256, content) in &world.contents {
                let checked = world.manifest.entries().any(|(_, e)| e.sha256 == *sha256 && e.chunks.is_some());
                prop_assert!(!checked || world.stored[sha256] == *content);
            }
        }
    }
}
