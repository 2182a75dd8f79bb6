//! What a reader meets: bad servers, full disks, broken files, new versions, other tabs.

#![allow(clippy::unwrap_used)]

#[allow(dead_code)]
mod support;

use klartext_store::{
    Control, Error, Event, Keeps, Loaded, Memory, Origin, Result, Settings, Space, Storage, Store, Wanted,
    Wish,
};
use model_core::format::manifest::{Manifest, Role};
use support::disk::Disk;
use support::servers::{Habits, Servers};
use support::{ADDRESS, Dice, ROLES, model, now};

const CHUNK: u64 = 64 << 10;
const MIRROR: &str = "https://mirror.example/";

/// A model on servers, and an empty disk.
struct World {
    manifest: Manifest,
    files: Vec<(String, Vec<u8>)>,
    servers: Servers,
    disk: Disk,
    events: Vec<Event>,
}

impl World {
    fn new(mirrors: &[&str]) -> Self {
        Self::in_chunks(CHUNK as u32, mirrors)
    }

    fn in_chunks(chunk: u32, mirrors: &[&str]) -> Self {
        let (manifest, files) = model(&mut Dice(1), [100_000, 3_000_000, 700_000], chunk, mirrors);
        let json = serde_json::to_vec(&manifest).unwrap();
        let servers = Servers::new(json, files.clone(), 2);
        Self { manifest, files, servers, disk: Disk::new(3), events: Vec::new() }
    }

    fn habits(&mut self, server: &str) -> &mut Habits {
        self.servers.habits.entry(server.to_owned()).or_default()
    }

    fn try_load(&mut self, newest: bool) -> Result<Loaded> {
        let (servers, events, disk) = (&mut self.servers, &mut self.events, self.disk.clone());
        let control = servers.control.clone();
        let loaded = now(async {
            let mut store = Store::open(disk, Settings::default(), 4).await?;
            let wanted = Wanted { address: ADDRESS, roles: &ROLES, newest };
            store.load(wanted, &mut &mut *servers, &control, &mut |event| events.push(event)).await
        });
        self.servers.disconnect();
        assert!(!self.disk.0.borrow().locked, "the lock is given back");
        loaded
    }

    /// Loads the model, which has to be right, and tells how many bytes that took and where they came from.
    fn load(&mut self, newest: bool) -> (u64, Origin) {
        let before = self.servers.delivered;
        let loaded = self.try_load(newest).unwrap();
        for (role, content) in &loaded.files {
            loaded.manifest.verify(*role, content).unwrap();
        }
        assert_eq!(loaded.files.len(), 3);
        (self.servers.delivered - before, loaded.origin)
    }

    fn store(&self) -> Store<Disk> {
        now(Store::open(self.disk.clone(), Settings::default(), 4)).unwrap()
    }

    fn total(&self) -> u64 {
        self.manifest.total_bytes()
    }

    /// Puts another model in the place of the first, with the same vocabulary.
    fn new_version(&mut self) {
        let (mut next, files) = model(&mut Dice(9), [100_000, 2_000_000, 700_000], CHUNK as u32, &[]);
        next.version = "2".into();
        next.files.vocabulary = self.manifest.files.vocabulary.clone();
        for (path, content) in files.into_iter().filter(|(path, _)| path != "vocab.spm") {
            self.servers.files.insert(path, content);
        }
        self.servers.manifest = serde_json::to_vec(&next).unwrap();
        self.manifest = next;
    }
}

#[test]
fn fetches_once_several_at_a_time_and_then_never_again() {
    let mut world = World::new(&[]);
    assert_eq!(world.load(false), (world.total(), Origin::Downloaded));
    assert_eq!(world.servers.most_open[""], 4);
    assert_eq!(world.events[0], Event::Opened(Keeps::Opfs));
    assert!(world.events.contains(&Event::Needs(world.total(), None)));
    let Some(Event::Progress(last)) = world.events.last() else { panic!("{:?}", world.events) };
    assert_eq!((last.done, last.total), (world.total(), world.total()));
    assert!(world.events.iter().any(
        |event| matches!(event, Event::Progress(p) if p.bytes_per_s > 0.0 && p.seconds_left.is_some_and(|s| s > 0.0))
    ));
    world.habits("").status = Some(500);
    let asked = world.servers.manifest_requests;
    assert_eq!(world.load(false), (0, Origin::Stored));
    assert_eq!(world.servers.manifest_requests, asked, "not even the manifest");
    let models = world.store().models();
    assert_eq!((models.len(), models[0].complete, models[0].bytes), (1, true, world.total()));
}

#[test]
fn a_server_that_ignores_ranges_is_read_as_a_stream() {
    let mut world = World::new(&[]);
    world.habits("").whole = true;
    assert_eq!(world.load(false).0, world.total());
    assert_eq!(world.servers.most_open[""], 1);
    assert_eq!(world.servers.requests.len(), 3, "one for each file");
}

#[test]
fn mirrors_stand_in() {
    for bad in [
        Habits { status: Some(500), ..Habits::default() },
        Habits { status: Some(404), ..Habits::default() },
        Habits { status: Some(416), ..Habits::default() },
        Habits { liar: true, ..Habits::default() },
        Habits { whole: true, ..Habits::default() },
        Habits { missing: ["model.bin".to_owned()].into(), ..Habits::default() },
    ] {
        let mut world = World::new(&[MIRROR]);
        // The manifest has to come from somewhere.
        world.servers.habits.insert(MIRROR.into(), Habits::default());
        let status = bad.status;
        *world.habits("") = Habits { status: None, ..bad.clone() };
        if status.is_some() {
            world.habits("").missing = world.files.iter().map(|(path, _)| path.clone()).collect();
        }
        let (bytes, _) = world.load(false);
        let surplus = bytes - world.total();
        // A liar costs a file without digests, two chunks, and what arrived with their ends.
        let most = if bad.liar { 100_000 + 2 * (CHUNK + (48 << 10)) } else { 0 };
        assert!(surplus <= most, "{surplus} bytes for nothing: {bad:?}");
    }
}

#[test]
fn says_what_is_missing_wrong_or_down() {
    let mut world = World::new(&[MIRROR]);
    for server in ["", MIRROR] {
        world.habits(server).missing.insert("model.bin".into());
    }
    assert_eq!(world.try_load(false), Err(Error::Missing("model.bin".into())));

    let mut world = World::new(&[MIRROR]);
    for server in ["", MIRROR] {
        world.habits(server).liar = true;
    }
    assert!(matches!(world.try_load(false), Err(Error::Broken { item, .. }) if item == "model.bin"));
    let wrong = world.servers.delivered;
    assert!(wrong < world.total(), "{wrong} bytes to find out");
    for server in ["", MIRROR] {
        world.habits(server).liar = false;
    }
    world.load(false);

    // So many chunks that none is asked for often before it is enough.
    let mut world = World::in_chunks(128 << 10, &[]);
    world.habits("").liar = true;
    let error = world.try_load(false).unwrap_err();
    assert!(matches!(error, Error::Broken { .. }), "{error}");

    let mut world = World::new(&[]);
    world.habits("").status = Some(503);
    assert!(matches!(world.try_load(false), Err(Error::Network { .. })));
    world.habits("").status = Some(404);
    assert!(matches!(world.try_load(false), Err(Error::Missing(address)) if address == ADDRESS));
    world.habits("").status = None;
    world.servers.manifest = b"<html>".to_vec();
    assert!(matches!(world.try_load(false), Err(Error::Manifest(_))));

    let mut world = World::new(&[]);
    world.manifest.files.model.sha256 = "0".repeat(64);
    world.servers.manifest = serde_json::to_vec(&world.manifest).unwrap();
    let error = world.try_load(false).unwrap_err();
    assert!(error.to_string().contains("contradicts itself"), "{error}");
    assert_eq!(world.servers.delivered, world.total(), "asking again would not help");
}

#[test]
fn goes_on_where_it_was_stopped() {
    let mut world = World::new(&[]);
    world.servers.wishes = vec![(1400.0, Wish::Cancel)];
    assert_eq!(world.try_load(false), Err(Error::Cancelled));
    let first = world.servers.delivered;
    assert!(first > 0 && first < world.total(), "{first}");
    let models = world.store().models();
    assert_eq!((models[0].complete, models[0].bytes), (false, first), "every byte is kept");
    world.servers.wishes.clear();
    assert_eq!(world.load(false).0, world.total() - first);
}

#[test]
fn a_pause_is_silent() {
    let mut world = World::new(&[]);
    let (start, end) = (1400.0, 900_000.0);
    world.servers.wishes = vec![(start, Wish::Pause), (end, Wish::Run)];
    assert_eq!(world.load(false).0, world.total());
    assert!(world.events.contains(&Event::Paused));
    assert!(world.servers.now_ms > end);
}

#[test]
fn broken_storage_is_found_and_mended() {
    let mut world = World::new(&[]);
    world.load(false);
    let (model, vocabulary) =
        (world.manifest.files.model.sha256.clone(), world.manifest.files.vocabulary.sha256.clone());
    let edit = |world: &World, sha256: &str, edit: &dyn Fn(&mut Vec<u8>)| {
        edit(world.disk.0.borrow_mut().files.get_mut(sha256).unwrap());
    };
    edit(&world, &model, &|file| file[100_000] ^= 1);
    assert_eq!(world.load(false), (CHUNK, Origin::Downloaded), "one chunk");
    edit(&world, &model, &|file| file.truncate(file.len() - 1));
    assert_eq!(world.load(false).0, 3_000_000 % CHUNK, "the last chunk");
    edit(&world, &vocabulary, &|file| file[0] ^= 1);
    assert_eq!(world.load(false).0, 100_000, "a file without chunk digests");
    world.disk.0.borrow_mut().files.remove(&model);
    assert_eq!(world.load(false).0, 3_000_000);
    let gap = CHUNK as usize..2 * CHUNK as usize;
    world.disk.0.borrow_mut().gap = Some((model.clone(), gap));
    assert_eq!(world.load(false), (CHUNK, Origin::Downloaded), "what lies behind a gap is still there");
    for bytes in world.disk.0.borrow_mut().records.values_mut() {
        bytes.truncate(bytes.len() / 2);
    }
    assert_eq!(world.load(false).0, world.total(), "books that cannot be read are empty books");
    let json = |world: &World| serde_json::to_string(&world.store().models()[0].manifest).unwrap();
    assert_eq!(json(&world), serde_json::to_string(&world.manifest).unwrap());
}

#[test]
fn a_new_version_is_offered_and_takes_what_is_the_same() {
    let mut world = World::new(&[]);
    world.load(false);
    let old = world.manifest.files.model.sha256.clone();
    let newer = |world: &mut World| {
        let store = world.store();
        let newer = now(store.newer(ADDRESS, &mut &mut world.servers)).unwrap();
        newer.map(|manifest| manifest.version)
    };
    assert_eq!(newer(&mut world), None);
    world.new_version();
    assert_eq!(newer(&mut world).as_deref(), Some("2"));
    assert_eq!(world.load(false), (0, Origin::Stored), "it is not forced on anybody");
    world.servers.wishes = vec![(world.servers.now_ms + 400.0, Wish::Cancel)];
    assert_eq!(world.try_load(true), Err(Error::Cancelled));
    assert_eq!(world.load(false), (0, Origin::Stored), "the old one stays until the new one is complete");
    world.habits("").status = Some(500);
    assert_eq!(world.load(true), (0, Origin::Stored), "and while its server is down");
    world.habits("").status = None;
    let before = world.servers.delivered;
    assert_eq!(world.load(true).1, Origin::Downloaded);
    assert!(world.servers.delivered - before <= world.total() - 100_000);
    assert!(!world.servers.requests.iter().skip(5).any(|(_, path, _)| path == "vocab.spm"));
    assert!(!world.disk.0.borrow().files.contains_key(&old), "the old files are gone");
    assert_eq!(world.store().models()[0].manifest.version, "2");
}

#[test]
fn room_is_looked_at_before_and_missed_on_the_way() {
    let mut world = World::new(&[]);
    world.disk.0.borrow_mut().space = Some(Space { used: 10, quota: 1_000_010 });
    let needed = world.total();
    assert_eq!(world.try_load(false), Err(Error::OutOfSpace { needed, free: 1_000_000 }));
    assert!(world.servers.requests.is_empty());
    world.disk.0.borrow_mut().space = None;
    world.disk.0.borrow_mut().quota = 1_000_000;
    assert!(matches!(world.try_load(false), Err(Error::StorageFull(_))));
    world.disk.0.borrow_mut().quota = u64::MAX;
    world.load(false);
    let twice = world.servers.delivered - needed;
    assert!(twice <= 48 << 10, "{twice}: at most the packet that did not fit");
}

#[test]
fn what_is_here_is_given_out_alone_and_its_use_is_noted() {
    let mut world = World::new(&[]);
    let mut store = world.store();
    assert_eq!(now(store.stored(ADDRESS, &ROLES)), Ok(None), "nothing is here");
    world.load(false);
    store = world.store();
    let loaded = now(store.stored(ADDRESS, &ROLES)).unwrap().unwrap();
    assert_eq!((loaded.files.len(), loaded.origin), (3, Origin::Stored));
    let before = store.models()[0].used_ms;
    world.disk.0.borrow_mut().locked = true;
    now(store.note_use(ADDRESS, before + 5.0)).unwrap();
    assert_eq!(world.store().models()[0].used_ms, before, "another tab is not waited for");
    world.disk.0.borrow_mut().locked = false;
    now(store.note_use(ADDRESS, before + 5.0)).unwrap();
    assert_eq!(world.store().models()[0].used_ms, before + 5.0);
    assert!(!world.disk.0.borrow().locked);
    world.disk.0.borrow_mut().files.values_mut().for_each(|file| file[50] ^= 1);
    assert_eq!(now(store.stored(ADDRESS, &ROLES)), Ok(None), "what is broken is not here");
}

#[test]
fn tabs_wait_for_each_other() {
    let mut world = World::new(&[]);
    world.disk.0.borrow_mut().locked = true;
    world.servers.wishes = vec![(20_000.0, Wish::Cancel)];
    let (servers, disk) = (&mut world.servers, world.disk.clone());
    let control = servers.control.clone();
    let wanted = Wanted { address: ADDRESS, roles: &ROLES, newest: false };
    let mut store = now(Store::open(disk.clone(), Settings::default(), 4)).unwrap();
    let mut waited = 0;
    let mut count = |event| waited += usize::from(event == Event::Waiting);
    let result = now(store.load(wanted.clone(), &mut &mut *servers, &control, &mut count));
    assert_eq!((result, waited), (Err(Error::Cancelled), 1));
    assert!(servers.requests.is_empty());

    // The other tab finishes, and this one fetches nothing.
    let other = disk.clone();
    disk.0.borrow_mut().locked = false;
    world.servers.disconnect();
    let mut rival = World { disk: other, ..World::new(&[]) };
    let mut finish = |event| {
        if event == Event::Waiting {
            disk.0.borrow_mut().locked = false;
            rival.load(false);
        }
    };
    disk.0.borrow_mut().locked = true;
    let loaded = now(store.load(wanted, &mut &mut world.servers, &Control::new(), &mut finish)).unwrap();
    assert_eq!((loaded.origin, world.servers.requests.len()), (Origin::Stored, 0));
}

#[test]
fn imported_models_need_no_server() {
    let mut world = World::new(&[]);
    let mut store = world.store();
    let content = |path: &str| world.files.iter().find(|(name, _)| name == path).unwrap().1.clone();
    let files = vec![(Role::Model, content("model.bin")), (Role::Vocabulary, content("vocab.spm"))];
    let lacking = now(store.import("mine", ("de", "en"), files[1..].to_vec(), 0.0));
    assert!(matches!(lacking, Err(Error::Missing(_))));
    assert!(matches!(now(store.import("", ("de", "en"), files.clone(), 0.0)), Err(Error::Manifest(_))));
    let manifest = now(store.import("mine", ("de", "en"), files, 0.0)).unwrap();
    assert_eq!(manifest.files.model.sha256, world.manifest.files.model.sha256);
    let wanted = Wanted { address: "imported:mine", roles: &ROLES, newest: false };
    let control = Control::new();
    let load = |store: &mut Store<Disk>, world: &mut World| {
        now(store.load(wanted.clone(), &mut &mut world.servers, &control, &mut |_| ()))
    };
    let loaded = load(&mut store, &mut world).unwrap();
    assert_eq!((loaded.files.len(), loaded.origin), (2, Origin::Stored));
    // The same files as another model: only the shortlist is fetched, and removing one leaves the other whole.
    assert_eq!(world.load(false).0, 700_000);
    now(store.remove(ADDRESS)).unwrap();
    assert_eq!(world.disk.0.borrow().files.len(), 2);
    load(&mut store, &mut world).unwrap();
    now(store.remove("imported:mine")).unwrap();
    assert!(world.disk.0.borrow().files.is_empty() && store.models().is_empty());
    assert!(matches!(load(&mut store, &mut world), Err(Error::Missing(_))));
}

#[test]
fn memory_gives_its_files_away() {
    let mut world = World::new(&[]);
    let mut store = now(Store::open(Memory::new(), Settings::default(), 4)).unwrap();
    let wanted = Wanted { address: ADDRESS, roles: &ROLES, newest: false };
    let control = Control::new();
    let loaded = now(store.load(wanted, &mut &mut world.servers, &control, &mut |_| ())).unwrap();
    assert_eq!((loaded.files.len(), world.servers.delivered), (3, world.total()));
    assert!(now(store.storage_mut().files()).unwrap().is_empty(), "there is one copy of them");
    assert!(!store.models()[0].complete);
}
