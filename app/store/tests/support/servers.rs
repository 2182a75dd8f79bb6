//! Servers that fail in every way that servers do, on a clock that jumps from one event to the next.

use std::collections::{BTreeMap, BTreeSet};
use std::future::pending;
use std::ops::Range;

use klartext_store::{Control, FetchId, Head, Incoming, Network, Target, Wish};

use super::Dice;

/// What goes wrong with an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// No connection.
    Refused,
    /// 500, 503 or 429, with or without the wish to be left alone for a while.
    Refusal,
    /// The connection breaks in the middle.
    Cut,
    /// The body ends in the middle as if that were all.
    Short,
    /// Nothing comes any more, from the start or from the middle on.
    Stall,
    /// The range is ignored.
    Whole,
    /// Another range than the one asked for.
    OtherRange,
    /// The right bytes of a file that is said to be longer.
    OtherSize,
    /// More bytes than asked for.
    Surplus,
    /// A wrong byte.
    Wrong,
}

/// All of them, the frequent ones several times.
const FAULTS: [Fault; 20] = {
    use Fault::{Cut, OtherRange, OtherSize, Refusal, Refused, Short, Stall, Surplus, Whole, Wrong};
    [
        Refused, Refused, Refused, Refusal, Refusal, Refusal, Cut, Cut, Cut, Cut, Cut, Short, Short, Stall,
        Stall, Whole, OtherRange, OtherSize, Surplus, Wrong,
    ]
};

/// How a server is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Habits {
    /// It never honours ranges.
    pub(crate) whole: bool,
    /// It does not let a page see `Content-Range`.
    pub(crate) reserved: bool,
    /// Paths that it does not have.
    pub(crate) missing: BTreeSet<String>,
    /// All its bytes are wrong.
    pub(crate) liar: bool,
    /// It always answers with this status.
    pub(crate) status: Option<u16>,
    /// How many of 100 answers have a fault.
    pub(crate) faults: u64,
}

/// All servers, and the lines to them.
pub(crate) struct Servers {
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    pub(crate) manifest: Vec<u8>,
    /// By mirror; the manifest's own folder has the empty name.
    pub(crate) habits: BTreeMap<String, Habits>,
    pub(crate) dice: Dice,
    pub(crate) now_ms: f64,
    /// What will arrive, in the order of its time.
    events: BTreeMap<(u64, u64), (FetchId, Incoming)>,
    sequence: u64,
    /// When the reader does what.
    pub(crate) wishes: Vec<(f64, Wish)>,
    pub(crate) control: Control,
    /// Events until the tab is closed.
    pub(crate) close_in: Option<u64>,
    /// Bytes of files that were delivered.
    pub(crate) delivered: u64,
    /// Requests for files.
    pub(crate) requests: Vec<(String, String, Range<u64>)>,
    pub(crate) manifest_requests: usize,
    pub(crate) faults: u32,
    since_fault: u32,
    /// The most requests to one server at a time.
    open: BTreeMap<FetchId, String>,
    pub(crate) most_open: BTreeMap<String, usize>,
}

impl Servers {
    pub(crate) fn new(manifest: Vec<u8>, files: Vec<(String, Vec<u8>)>, seed: u64) -> Self {
        Self {
            files: files.into_iter().collect(),
            manifest,
            habits: BTreeMap::new(),
            dice: Dice(seed),
            now_ms: 1000.0,
            events: BTreeMap::new(),
            sequence: 0,
            wishes: Vec::new(),
            control: Control::new(),
            close_in: None,
            delivered: 0,
            requests: Vec::new(),
            manifest_requests: 0,
            faults: 0,
            since_fault: 0,
            open: BTreeMap::new(),
            most_open: BTreeMap::new(),
        }
    }

    /// The tab was closed: nothing is on its way any more.
    pub(crate) fn disconnect(&mut self) {
        self.events.clear();
        self.open.clear();
        (self.close_in, self.control) = (None, Control::new());
    }

    fn schedule(&mut self, at_ms: f64, id: FetchId, incoming: Incoming) {
        self.sequence += 1;
        self.events.insert(((at_ms * 1000.0) as u64, self.sequence), (id, incoming));
    }

    fn fault(&mut self, habits: &Habits) -> Option<Fault> {
        if habits.faults == 0 {
            return None;
        }
        // However the dice fall, every run sees some.
        self.since_fault += 1;
        let due = if self.faults < 4 { 2 } else { 5 };
        if !self.dice.chance(habits.faults) && self.since_fault < due {
            return None;
        }
        (self.since_fault, self.faults) = (0, self.faults + 1);
        Some(FAULTS[self.dice.below(FAULTS.len() as u64) as usize])
    }

    fn status(&mut self, at: f64, id: FetchId, status: u16, retry_after: Option<String>) {
        self.schedule(at, id, Incoming::Head(Head { status, content_range: None, retry_after }));
        self.schedule(at + 1.0, id, Incoming::End);
    }

    /// Sends a body in packets of changing size, up to `len` bytes, and then what comes after it.
    fn send(&mut self, mut at: f64, id: FetchId, body: &[u8], after: Option<Incoming>) {
        let mut rest = body;
        while !rest.is_empty() {
            let len = (1 + self.dice.below(48 << 10) as usize).min(rest.len());
            at += 2.0 + self.dice.below(20) as f64;
            self.schedule(at, id, Incoming::Data(rest[..len].to_vec()));
            rest = &rest[len..];
        }
        if let Some(after) = after {
            self.schedule(at + 1.0, id, after);
        }
    }

    fn answer(&mut self, id: FetchId, habits: &Habits, path: &str, asked: Range<u64>) {
        let at = self.now_ms + 20.0 + self.dice.below(100) as f64;
        let size = match self.files.get(path) {
            Some(content) if !habits.missing.contains(path) => content.len() as u64,
            _ => return self.status(at, id, 404, None),
        };
        if let Some(status) = habits.status {
            return self.status(at, id, status, None);
        }
        let fault = self.fault(habits);
        let mut range = asked;
        let mut stated = size;
        match fault {
            Some(Fault::Refused) => return self.schedule(at, id, Incoming::Failed("refused".into())),
            Some(Fault::Refusal) => {
                let status = [500, 503, 429][self.dice.below(3) as usize];
                let retry_after = self.dice.chance(50).then(|| self.dice.below(5).to_string());
                return self.status(at, id, status, retry_after);
            }
            Some(Fault::Stall) if self.dice.chance(50) => return,
            Some(Fault::OtherRange) => range.start = self.dice.below(range.end),
            Some(Fault::OtherSize) => stated += 1 + self.dice.below(1000),
            Some(Fault::Surplus) => range.end = size,
            _ => {}
        }
        let whole = habits.whole || fault == Some(Fault::Whole);
        if whole {
            range = 0..size;
        }
        let (first, last) = (range.start, range.end - 1);
        let content_range = (!whole && !habits.reserved).then(|| format!("bytes {first}-{last}/{stated}"));
        let status = if whole { 200 } else { 206 };
        self.schedule(at, id, Incoming::Head(Head { status, content_range, retry_after: None }));
        let mut body = self.files[path][range.start as usize..range.end as usize].to_vec();
        if habits.liar {
            body.iter_mut().for_each(|byte| *byte ^= 0x55);
        }
        let middle = self.dice.below(body.len() as u64) as usize;
        match fault {
            Some(Fault::Cut) => self.send(at, id, &body[..middle], Some(Incoming::Failed("cut".into()))),
            Some(Fault::Short) => self.send(at, id, &body[..middle], Some(Incoming::End)),
            Some(Fault::Stall) => self.send(at, id, &body[..middle], None),
            _ => {
                if fault == Some(Fault::Wrong) {
                    body[middle] ^= 1 << self.dice.below(8);
                }
                self.send(at, id, &body, Some(Incoming::End));
            }
        }
    }
}

impl Network for &mut Servers {
    fn now(&self) -> f64 {
        self.now_ms
    }

    fn start(&mut self, id: FetchId, target: Target<'_>, range: Option<Range<u64>>) {
        let Some(path) = target.path else {
            self.manifest_requests += 1;
            let habits = self.habits.get("").cloned().unwrap_or_default();
            let at = self.now_ms + 30.0;
            let refused = habits.status.or_else(|| self.fault(&habits).map(|_| 503));
            if let Some(status) = refused {
                return self.status(at, id, status, None);
            }
            self.schedule(at, id, Incoming::Head(Head { status: 200, ..Head::default() }));
            let body = self.manifest.clone();
            return self.send(at, id, &body, Some(Incoming::End));
        };
        let server = target.mirror.unwrap_or_default().to_owned();
        let range = range.expect("files are asked for by ranges");
        let path = path.split('?').next().expect("a path").to_owned();
        self.requests.push((server.clone(), path.clone(), range.clone()));
        self.open.insert(id, server.clone());
        let open = self.open.values().filter(|other| **other == server).count();
        let most = self.most_open.entry(server.clone()).or_default();
        *most = open.max(*most);
        let habits = self.habits.get(&server).cloned().unwrap_or_default();
        self.answer(id, &habits, &path, range);
    }

    fn abort(&mut self, id: FetchId) {
        self.events.retain(|_, (whose, _)| *whose != id);
        self.open.remove(&id);
    }

    async fn next(&mut self, until: Option<f64>) -> Option<(FetchId, Incoming)> {
        match &mut self.close_in {
            Some(0) => pending().await,
            Some(left) => *left -= 1,
            None => {}
        }
        let event = self.events.keys().next().map(|key| key.0 as f64 / 1000.0);
        let wish = self.wishes.first().map(|wish| wish.0);
        let soonest = [until, wish].into_iter().flatten().min_by(f64::total_cmp);
        if let Some(at) = event.filter(|&at| soonest.is_none_or(|soonest| at <= soonest)) {
            self.now_ms = self.now_ms.max(at);
            let (_, (id, incoming)) = self.events.pop_first()?;
            match &incoming {
                Incoming::Data(bytes) if id.0 < u64::MAX / 2 => {
                    self.delivered += bytes.len() as u64;
                    let more = |(whose, next): &(FetchId, Incoming)| {
                        *whose == id && matches!(next, Incoming::Data(_))
                    };
                    if !self.events.values().any(more) {
                        self.open.remove(&id);
                    }
                }
                Incoming::End | Incoming::Failed(_) => drop(self.open.remove(&id)),
                _ => {}
            }
            return Some((id, incoming));
        }
        self.now_ms = self.now_ms.max(soonest.expect("there is something to wait for"));
        if wish.is_some_and(|wish| wish <= self.now_ms) {
            let (_, wish) = self.wishes.remove(0);
            self.control.set(wish);
        }
        None
    }
}
