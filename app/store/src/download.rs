//! The plan of a download: which bytes to ask of which server, and which of the answers to believe.
//!
//! It does no input or output. The caller sends what [`Download::next`] says, reports what comes of it, writes the
//! [`Piece`]s that [`Download::data`] accepts, and asks again. Every chunk belongs to at most one request at a time;
//! bytes of it that have arrived are never asked for again unless the finished chunk's digest is wrong.

use model_core::format::manifest::{Manifest, Role};
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::fetches::{Running, Server};
use crate::file::{Chunk, File, State};
use crate::ledger::{Ledger, key};
use crate::network::Head;
use crate::plan::{Fetch, FetchId, Piece, Settings, Verdict};
use crate::progress::{Progress, Speed};
use crate::rng::Rng;

/// A download under way.
#[derive(Clone, Debug)]
pub struct Download {
    files: Vec<File>,
    /// The manifest's own folder first.
    servers: Vec<Server>,
    /// The one to prefer; the others follow in order.
    first: usize,
    running: Vec<Running>,
    settings: Settings,
    rng: Rng,
    speed: Speed,
    /// Failures since the last byte of use.
    fruitless: u32,
    failed: Option<Error>,
    next_id: u64,
}

impl Download {
    /// Plans the download of what the ledger lacks of the manifest's files in these roles. `seed` varies the pauses; `first`
    /// is the server to prefer, for another try after a file without chunk digests was wrong.
    #[must_use]
    pub fn new(
        manifest: &Manifest,
        roles: &[Role],
        ledger: &Ledger,
        settings: Settings,
        seed: u64,
        first: usize,
        now_ms: f64,
    ) -> Self {
        let mut files: Vec<File> = Vec::new();
        for (_, entry) in manifest.entries().filter(|(role, _)| roles.contains(role)) {
            if files.iter().all(|file| key(&file.entry) != key(entry)) {
                files.push(File::new(entry, ledger));
            }
        }
        Self {
            files,
            servers: vec![Server::default(); 1 + manifest.mirrors.len()],
            first: first % (1 + manifest.mirrors.len()),
            running: Vec::new(),
            settings,
            rng: Rng::new(seed),
            speed: Speed::new(now_ms),
            fruitless: 0,
            failed: None,
            next_id: 0,
        }
    }

    /// Chunks that were begun before, as SHA-256, offset and length. What the storage still has of each goes to
    /// [`restore`](Self::restore).
    #[must_use]
    pub fn begun(&self) -> Vec<(String, u64, usize)> {
        let mut begun = Vec::new();
        for file in &self.files {
            for (index, chunk) in (0..).zip(&file.chunks) {
                if chunk.arrived > 0 && chunk.state == State::Wanted {
                    begun.push((key(&file.entry), file.shape.start(index), chunk.arrived as usize));
                }
            }
        }
        begun
    }

    /// Goes on with a chunk whose first bytes are stored; with none if they are fewer than the ledger said.
    pub fn restore(&mut self, sha256: &str, offset: u64, bytes: &[u8]) {
        let Some(file) = self.files.iter_mut().find(|file| key(&file.entry) == sha256) else { return };
        let index = usize::try_from(offset / u64::from(file.shape.chunk)).unwrap_or(usize::MAX);
        let checked = file.entry.chunks.is_some();
        let Some(chunk) = file.chunks.get_mut(index) else { return };
        if bytes.len() == chunk.arrived as usize {
            chunk.hasher = checked.then(|| Box::new(Sha256::new_with_prefix(bytes)));
        } else {
            chunk.arrived = 0;
        }
    }

    /// The next request to send, if one is due.
    pub fn next(&mut self, now_ms: f64) -> Option<Fetch> {
        if self.failed.is_some() || self.running.len() >= self.settings.parallel {
            return None;
        }
        let (file, first, server) = self.choose(now_ms)?;
        let id = FetchId(self.next_id);
        self.next_id += 1;
        let File { entry, shape, chunks } = &mut self.files[file];
        chunks[first as usize].forget_unless_restored(entry);
        let start = shape.start(first) + u64::from(chunks[first as usize].arrived);
        let mut end = shape.start(first);
        for (index, chunk) in (first..).zip(&mut chunks[first as usize..]) {
            // A chunk that has begun, or that some server had wrong, is asked for by itself.
            let plain = chunk.state == State::Wanted && chunk.arrived == 0 && chunk.wrong.is_empty();
            let after = shape.start(index) + shape.len(index);
            if index > first && (!plain || after - shape.start(first) > self.settings.span) {
                break;
            }
            chunk.state = State::Taken(id);
            end = after;
        }
        // The hash in the address keeps an old file in some cache from standing in for a new one.
        let path = format!("{}?sha256={}", entry.path, entry.sha256);
        self.running.push(Running {
            id,
            server,
            file,
            range: start..end,
            cursor: None,
            gained: 0,
            started_ms: now_ms,
            deadline_ms: now_ms + self.settings.stall_ms,
        });
        Some(Fetch { id, mirror: server.checked_sub(1), path, range: start..end })
    }

    /// The first chunk that is wanted and whose server can be asked now. The server is the best of those that may have
    /// it: one that has not had it wrong, that has not been wrong about others, that honours ranges, in the manifest's
    /// order. If that one is busy it is waited for; mirrors are for when it fails, and doubtful servers for when the
    /// others fail again and again.
    fn choose(&self, now: f64) -> Option<(usize, u32, usize)> {
        let running = |server: usize| self.running.iter().filter(|run| run.server == server).count();
        let running: Vec<_> = (0..self.servers.len()).map(running).collect();
        for (index, file) in self.files.iter().enumerate() {
            let better = |server: &Server| {
                !server.is_last_resort() && !server.missing.contains(&index) && !server.is_down()
            };
            let others = self.servers.iter().any(better);
            let usable = |&server: &usize| {
                let server = &self.servers[server];
                server.is_usable(index, now) && !(others && server.is_last_resort())
            };
            let mut usable: Vec<_> = (0..self.servers.len()).filter(usable).collect();
            usable.sort_by_key(|&server| {
                let turn = (server + self.servers.len() - self.first) % self.servers.len();
                (self.servers[server].is_doubtful(), self.servers[server].is_whole(), turn)
            });
            let checked = file.entry.chunks.is_some();
            let is_free = |server: usize| self.servers[server].is_free(running[server], checked);
            if !usable.iter().any(|&server| is_free(server)) {
                continue;
            }
            for (number, chunk) in (0..).zip(&file.chunks).filter(|(_, chunk)| chunk.state == State::Wanted) {
                let wrong = |server: usize| chunk.wrong.get(&server).copied().unwrap_or(0);
                let able = usable.iter().copied().filter(|&server| wrong(server) < self.settings.wrong);
                if let Some(server) =
                    able.min_by_key(|&server| wrong(server)).filter(|&server| is_free(server))
                {
                    return Some((index, number, server));
                }
                if chunk.wrong.is_empty() {
                    // So it is with all chunks that nobody was wrong about; the others come when they are free.
                    break;
                }
            }
        }
        None
    }

    /// When to call [`next`](Self::next) and [`expired`](Self::expired) even if nothing arrives.
    #[must_use]
    pub fn wait_until(&self, now_ms: f64) -> Option<f64> {
        let stalls = self.running.iter().map(|run| run.deadline_ms);
        let full = self.running.len() >= self.settings.parallel;
        let pauses = self.servers.iter().filter_map(|server| server.not_before(now_ms)).filter(|_| !full);
        stalls.chain(pauses).min_by(f64::total_cmp)
    }

    /// Requests that have stalled. They are over; the caller breaks them off.
    pub fn expired(&mut self, now_ms: f64) -> Vec<FetchId> {
        let stalled = |run: &&Running| run.deadline_ms <= now_ms;
        let stalled: Vec<_> = self.running.iter().filter(stalled).map(|run| run.id).collect();
        for &id in &stalled {
            self.fail(id, "the server stopped answering", None, now_ms);
        }
        stalled
    }

    /// The head of an answer.
    pub fn head(&mut self, id: FetchId, head: &Head, now_ms: f64) -> Verdict {
        let Some(at) = self.position(id) else { return Verdict::Drop };
        let (server, file, range) = {
            let run = &mut self.running[at];
            run.deadline_ms = now_ms + self.settings.stall_ms;
            (run.server, run.file, run.range.clone())
        };
        let size = self.files[file].shape.bytes;
        match head.status {
            206 => match head.range() {
                Some((start, total)) if start != range.start || total.is_some_and(|total| total != size) => {
                    self.fail(id, "the server answered with another range", None, now_ms);
                    return Verdict::Drop;
                }
                _ => {
                    self.servers[server].honoured();
                    self.running[at].cursor = Some(range.start);
                }
            },
            200 if range == (0..size) => self.running[at].cursor = Some(0),
            200 => {
                if self.servers[server].ignored() {
                    self.fail(id, "the server ignored the range", None, now_ms);
                    return Verdict::Drop;
                }
                return self.take_whole(at, now_ms);
            }
            400..=407 | 410 | 451 => {
                self.servers[server].missing.insert(file);
                self.release(id);
                self.give_up_if_hopeless(file);
                return Verdict::Drop;
            }
            status => {
                let problem = format!("the server answered {status}");
                self.fail(id, &problem, head.retry_after_ms(), now_ms);
                return Verdict::Drop;
            }
        }
        Verdict::Keep
    }

    /// A server sends the whole file: what is wanted of it is taken out of the stream. If something we have, or
    /// another request is bringing, would pass by before that, another server is asked instead, where there is one.
    fn take_whole(&mut self, at: usize, now: f64) -> Verdict {
        let Running { id, server, file, .. } = self.running[at];
        let other = |(index, other): (usize, &Server)| {
            index != server && !other.is_whole() && !other.missing.contains(&file)
        };
        let useful = |chunk: &Chunk| chunk.state == State::Wanted || chunk.state == State::Taken(id);
        let File { entry, chunks, .. } = &mut self.files[file];
        let last = chunks.iter().rposition(useful).unwrap_or(0);
        let wasteful = chunks[..=last].iter().any(|chunk| !useful(chunk) || chunk.arrived > 0);
        if wasteful && self.servers.iter().enumerate().any(other) {
            self.fail(id, "the server ignored the range", None, now);
            return Verdict::Drop;
        }
        for chunk in chunks.iter_mut().filter(|chunk| chunk.state == State::Wanted) {
            chunk.forget_unless_restored(entry);
            chunk.state = State::Taken(id);
        }
        self.running[at].cursor = Some(0);
        Verdict::Keep
    }

    /// Bytes of an answer's body: which of them to write and where, and whether to read on.
    pub fn data(&mut self, id: FetchId, bytes: &[u8], now_ms: f64) -> (Vec<Piece>, Verdict) {
        let mut pieces = Vec::new();
        let Some(at) = self.position(id) else { return (pieces, Verdict::Drop) };
        let run = &mut self.running[at];
        run.deadline_ms = now_ms + self.settings.stall_ms;
        let (server, Some(mut cursor)) = (run.server, run.cursor) else { return (pieces, Verdict::Drop) };
        let file = &mut self.files[run.file];
        let (mut from, mut wrong, mut gained) = (0, None, 0);
        while from < bytes.len() && cursor < file.shape.bytes {
            let taken = file.take(id, cursor, &bytes[from..]);
            if taken.used {
                gained += taken.len as u64;
                let (sha256, bytes) = (key(&file.entry), from..from + taken.len);
                let chunk = file.shape.start(taken.chunk);
                let chunk = chunk..chunk + file.shape.len(taken.chunk);
                pieces.push(Piece { sha256, chunk, offset: cursor, bytes, sealed: taken.sealed });
            }
            from += taken.len;
            cursor += taken.len as u64;
            if taken.wrong {
                wrong = Some(taken.chunk);
                break;
            }
        }
        run.cursor = Some(cursor);
        run.gained += gained;
        let mine = |chunk: &Chunk| chunk.state == State::Taken(id);
        let complete = wrong.is_none() && !file.chunks.iter().any(mine);
        let surplus = from < bytes.len() || cursor < run.range.end;
        let (number, checked) = (run.file, file.entry.chunks.is_some());
        self.speed.add(gained, now_ms);
        if gained > 0 && wrong.is_none() {
            self.fruitless = 0;
            self.servers[server].works(checked && pieces.iter().any(|piece| piece.sealed));
        }
        if let Some(chunk) = wrong {
            let chunk = &mut self.files[number].chunks[chunk as usize];
            *chunk.wrong.entry(server).or_default() += 1;
            self.servers[server].was_wrong();
            self.fail(id, "the server sent wrong bytes", None, now_ms);
            self.give_up_if_hopeless(number);
            return (pieces, Verdict::Drop);
        }
        if complete {
            let whole = self.running[at].range.end != cursor;
            self.running.swap_remove(at);
            // A body that ends here is left to end by itself, so that its connection can be used again.
            return (pieces, if surplus || whole { Verdict::Drop } else { Verdict::Keep });
        }
        (pieces, Verdict::Keep)
    }

    /// An answer is over: its body has ended, or its connection failed.
    pub fn ended(&mut self, id: FetchId, failure: Option<&str>, now_ms: f64) {
        // Whoever had all that was wanted is no longer among those that run.
        self.fail(id, failure.unwrap_or("the answer ended too early"), None, now_ms);
    }

    /// Lets go of all requests, for a pause or an end. The caller breaks them off.
    pub fn halt(&mut self) -> Vec<FetchId> {
        let ids: Vec<_> = self.running.iter().map(|run| run.id).collect();
        for &id in &ids {
            self.release(id);
        }
        ids
    }

    /// How far it is.
    pub fn progress(&mut self, now_ms: f64) -> Progress {
        self.speed.add(0, now_ms);
        let (mut done, mut total) = (0, 0);
        for file in &self.files {
            total += file.shape.bytes;
            done += (0..).zip(&file.chunks).map(|(index, chunk)| file.here(index, chunk)).sum::<u64>();
        }
        let bytes_per_s = self.speed.bytes_per_s();
        let seconds_left = (bytes_per_s >= 1.0).then(|| (total - done) as f64 / bytes_per_s);
        Progress { done, total, bytes_per_s, seconds_left }
    }

    /// Whether everything is stored.
    ///
    /// # Errors
    /// `Missing`, `Broken` or `Network` when that cannot be reached.
    pub fn is_done(&self) -> Result<bool> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let stored = |file: &File| file.chunks.iter().all(|chunk| chunk.state == State::Stored);
        Ok(self.files.iter().all(stored))
    }

    /// Writes down what is stored. The caller has to have written all pieces by then.
    pub fn note(&self, ledger: &mut Ledger) {
        for file in &self.files {
            let held = ledger.held_mut(&file.entry);
            for (index, chunk) in (0..).zip(&file.chunks) {
                held.set(index, chunk.state == State::Stored, chunk.arrived);
            }
        }
    }

    fn position(&self, id: FetchId) -> Option<usize> {
        self.running.iter().position(|run| run.id == id)
    }

    /// A request is over; what it had not brought is wanted again.
    fn release(&mut self, id: FetchId) -> Option<Running> {
        let run = self.running.swap_remove(self.position(id)?);
        for chunk in &mut self.files[run.file].chunks {
            if chunk.state == State::Taken(id) {
                chunk.state = State::Wanted;
            }
        }
        Some(run)
    }

    fn fail(&mut self, id: FetchId, problem: &str, retry_after: Option<f64>, now: f64) {
        let Some(run) = self.release(id) else { return };
        let server = &mut self.servers[run.server];
        if server.fail(&run, retry_after, &self.settings, &mut self.rng, now) {
            self.fruitless += 1;
        }
        if self.fruitless >= self.settings.failures * self.servers.len() as u32 {
            let (file, problem) = (&self.files[run.file], problem.to_owned());
            let (item, was_wrong) = (file.entry.path.clone(), |chunk: &Chunk| !chunk.wrong.is_empty());
            self.failed = Some(match file.chunks.iter().any(was_wrong) {
                true => Error::Broken { item, problem },
                false => Error::Network { address: item, problem },
            });
        }
    }

    /// Gives up when no server has a file, or every one that has it was wrong about a chunk too often.
    fn give_up_if_hopeless(&mut self, number: usize) {
        let file = &self.files[number];
        let missing = |server: usize| self.servers[server].missing.contains(&number);
        let servers = || 0..self.servers.len();
        if servers().all(missing) {
            self.failed = Some(Error::Missing(file.entry.path.clone()));
            return;
        }
        for (index, chunk) in file.chunks.iter().enumerate().filter(|(_, chunk)| !chunk.wrong.is_empty()) {
            let wrong = |server: usize| chunk.wrong.get(&server).is_some_and(|&n| n >= self.settings.wrong);
            if servers().all(|server| missing(server) || wrong(server)) {
                let problem = format!("chunk {index} has another SHA-256 wherever it was asked for");
                self.failed = Some(Error::Broken { item: file.entry.path.clone(), problem });
            }
        }
    }
}
