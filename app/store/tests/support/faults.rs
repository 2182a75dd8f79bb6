//! Seeded runs of a model's download through every fault, with closed tabs and crashes in between.

use klartext_store::{Error, Settings, Store, Wanted, Wish};

use crate::support::disk::Disk;
use crate::support::servers::{Habits, Servers};
use crate::support::{ADDRESS, Dice, ROLES, model, until_crash};

/// What came of a run.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Outcome {
    /// The model that was given out is the right one.
    pub(crate) right: bool,
    /// Bytes that were given out and are wrong.
    pub(crate) wrong_bytes: u64,
    /// Bytes of the model.
    pub(crate) needed: u64,
    /// Bytes of its files that arrived.
    pub(crate) delivered: u64,
    /// Faults of servers and lines.
    pub(crate) faults: u32,
    /// Closed tabs and crashes.
    pub(crate) crashes: u32,
    /// Ends with an error, after which the reader asked again.
    pub(crate) errors: u32,
}

/// One run. All of it follows from the seed.
pub(crate) fn run(seed: u64) -> Outcome {
    let mut dice = Dice(seed.wrapping_mul(0x2545_f491_4f6c_dd1d));
    let sizes = [200_000, 5_000_000, 600_000].map(|size| size + dice.below(size as u64) as usize);
    let chunk = [64 << 10, 128 << 10, 256 << 10][dice.below(3) as usize];
    let mirrors = &["https://mirror.example/", "/elsewhere"][..dice.below(3) as usize];
    let (manifest, files) = model(&mut dice, sizes, chunk, mirrors);
    let json = serde_json::to_vec(&manifest).expect("a manifest is JSON");
    let mut servers = Servers::new(json, files.clone(), dice.next());
    for (index, server) in std::iter::once("").chain(mirrors.iter().copied()).enumerate() {
        let mut habits = Habits { faults: 30, reserved: dice.chance(30), ..Habits::default() };
        // Some servers are bad by habit; the last one is only unreliable.
        if index < mirrors.len() {
            habits.whole = dice.chance(20);
            habits.liar = dice.chance(5);
            habits.status = dice.chance(5).then_some(500).filter(|_| index > 0);
            if dice.chance(20) {
                habits.missing.insert("model.bin".into());
            }
        }
        servers.habits.insert(server.to_owned(), habits);
    }
    let disk = Disk::new(dice.next());
    let mut outcome = Outcome { needed: manifest.total_bytes(), ..Outcome::default() };
    for _ in 0..60 {
        match dice.below(4) {
            0 => servers.close_in = Some(dice.below(400)),
            1 => disk.0.borrow_mut().crash_in = Some(dice.below(300)),
            2 => {
                let start = servers.now_ms + dice.below(5000) as f64;
                servers.wishes = vec![(start, Wish::Pause), (start + 60_000.0, Wish::Run)];
            }
            _ => {}
        }
        let control = servers.control.clone();
        let attempt = async {
            let mut store = Store::open(disk.clone(), Settings::default(), dice.next()).await?;
            let wanted = Wanted { address: ADDRESS, roles: &ROLES, newest: false };
            store.load(wanted, &mut &mut servers, &control, &mut |_| ()).await
        };
        match until_crash(attempt) {
            None => outcome.crashes += 1,
            Some(Err(Error::Network { .. } | Error::Missing(_) | Error::Broken { .. })) => {
                outcome.errors += 1;
            }
            Some(Err(error)) => panic!("run {seed}: {error}"),
            Some(Ok(loaded)) => {
                outcome.wrong_bytes = loaded
                    .files
                    .iter()
                    .map(|(role, found)| {
                        let path = &manifest.entry(*role).expect("a file of the model").path;
                        let content = files.iter().find(|(name, _)| name == path).map(|(_, content)| content);
                        let content = content.expect("a file of the model");
                        let wrong = found.iter().zip(content).filter(|(a, b)| a != b).count();
                        (wrong + found.len().abs_diff(content.len())) as u64
                    })
                    .sum();
                outcome.right = outcome.wrong_bytes == 0 && loaded.files.len() == ROLES.len();
                break;
            }
        }
        disk.restart();
        servers.disconnect();
        servers.wishes.clear();
    }
    (outcome.delivered, outcome.faults) = (servers.delivered, servers.faults);
    outcome
}
