//! A storage that outlives a crash, and loses by it what was not flushed.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::pending;
use std::ops::Range;
use std::rc::Rc;

use klartext_store::{Error, Keeps, Result, Space, Storage};

use super::Dice;

/// A handle on a disk; clones are the same disk.
#[derive(Clone)]
pub(crate) struct Disk(pub(crate) Rc<RefCell<Inner>>);

pub(crate) struct Inner {
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    pub(crate) records: BTreeMap<String, Vec<u8>>,
    /// Writes that a crash may undo: file, offset, what was there.
    unflushed: Vec<(String, usize, Vec<u8>)>,
    /// Writes until the machine goes down in the middle of one.
    pub(crate) crash_in: Option<u64>,
    /// The room, in bytes of files.
    pub(crate) quota: u64,
    /// What the disk says of its room; it may be wrong.
    pub(crate) space: Option<Space>,
    pub(crate) locked: bool,
    /// A part of a file that is not there, until something is written to it.
    pub(crate) gap: Option<(String, Range<usize>)>,
    pub(crate) dice: Dice,
}

impl Disk {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Rc::new(RefCell::new(Inner {
            files: BTreeMap::new(),
            records: BTreeMap::new(),
            unflushed: Vec::new(),
            crash_in: None,
            quota: u64::MAX,
            space: None,
            locked: false,
            gap: None,
            dice: Dice(seed),
        })))
    }

    /// The machine has gone down and is up again.
    pub(crate) fn restart(&self) {
        let inner = &mut *self.0.borrow_mut();
        for (file, offset, before) in std::mem::take(&mut inner.unflushed).into_iter().rev() {
            // Some of it had reached the disk.
            let lost = inner.dice.below(before.len() as u64 + 1) as usize;
            if let Some(file) = inner.files.get_mut(&file) {
                file[offset..offset + lost].copy_from_slice(&before[..lost]);
            }
        }
        (inner.crash_in, inner.locked) = (None, false);
    }
}

impl Inner {
    /// Whether the machine goes down now.
    fn goes_down(&mut self) -> bool {
        match &mut self.crash_in {
            Some(0) => true,
            Some(left) => {
                *left -= 1;
                false
            }
            None => false,
        }
    }
}

impl Storage for Disk {
    fn keeps(&self) -> Keeps {
        Keeps::Opfs
    }

    async fn write(&mut self, sha256: &str, _: u64, offset: u64, bytes: &[u8]) -> Result<()> {
        let down = {
            let inner = &mut *self.0.borrow_mut();
            let others: u64 = inner
                .files
                .iter()
                .filter(|(name, _)| *name != sha256)
                .map(|(_, file)| file.len() as u64)
                .sum();
            let file = inner.files.entry(sha256.to_owned()).or_default();
            let (start, end) = (offset as usize, offset as usize + bytes.len());
            inner.gap.take_if(|(name, gap)| name == sha256 && gap.contains(&start));
            if others + file.len().max(end) as u64 > inner.quota {
                return Err(Error::StorageFull("no room on the disk".into()));
            }
            if file.len() < end {
                file.resize(end, 0);
            }
            inner.unflushed.push((sha256.to_owned(), start, file[start..end].to_vec()));
            file[start..end].copy_from_slice(bytes);
            inner.goes_down()
        };
        if down { pending().await } else { Ok(()) }
    }

    async fn flush(&mut self, sha256: &str) -> Result<()> {
        self.0.borrow_mut().unflushed.retain(|(file, ..)| file != sha256);
        Ok(())
    }

    async fn read(&mut self, sha256: &str, offset: u64, to: &mut [u8]) -> Result<usize> {
        let inner = self.0.borrow();
        let file = inner.files.get(sha256).map_or(&[][..], Vec::as_slice);
        let start = offset as usize;
        let end = match &inner.gap {
            Some((name, gap)) if name == sha256 && start < gap.end => gap.start.max(start),
            _ => file.len(),
        };
        let rest = file.get(start..end).unwrap_or_default();
        let len = rest.len().min(to.len());
        to[..len].copy_from_slice(&rest[..len]);
        Ok(len)
    }

    async fn remove(&mut self, sha256: &str) -> Result<()> {
        self.0.borrow_mut().files.remove(sha256);
        Ok(())
    }

    async fn files(&mut self) -> Result<Vec<String>> {
        Ok(self.0.borrow().files.keys().cloned().collect())
    }

    async fn put(&mut self, record: &str, bytes: &[u8]) -> Result<()> {
        let down = {
            let inner = &mut *self.0.borrow_mut();
            let down = inner.goes_down();
            let kept = if down { inner.dice.below(bytes.len() as u64 + 1) as usize } else { bytes.len() };
            inner.records.insert(record.to_owned(), bytes[..kept].to_vec());
            down
        };
        if down { pending().await } else { Ok(()) }
    }

    async fn get<const N: usize>(&mut self, records: [&str; N]) -> Result<[Option<Vec<u8>>; N]> {
        Ok(records.map(|record| self.0.borrow().records.get(record).cloned()))
    }

    async fn try_lock(&mut self) -> Result<bool> {
        Ok(!std::mem::replace(&mut self.0.borrow_mut().locked, true))
    }

    fn release(&mut self) {
        self.0.borrow_mut().locked = false;
    }

    async fn space(&mut self) -> Option<Space> {
        self.0.borrow().space
    }

    async fn persist(&mut self) -> bool {
        true
    }
}
