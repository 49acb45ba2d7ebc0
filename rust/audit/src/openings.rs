//! What personal data the leaves commit to, kept apart from them so that it can be erased.
//!
//! A leaf says `committed:PLACE:HASH` where the value would stand; the opening at that place of
//! `openings/` holds the value and the salt. `docs/reference/erasing.md` is the contract.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use aws_lc_rs::{hmac, rand};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::error::AuditError;
use crate::storage::{Segment, Storage};
use crate::sync::lock;

/// A file of openings is closed once it has passed this size: what goes, goes by whole files.
const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// The longest value: a name or an address, not a text.
pub const VALUE_BYTES_MAX: usize = 2_048;
const OPENING_BYTES_MAX: usize = 16 * 1024;
const HEAD_BYTES: usize = 8;
const SALT_BYTES: usize = 32;
/// Keeps a commitment from meaning anything else than one.
const CONTEXT: &[u8] = b"streamward/commitment/v1\0";

/// What is committed to, as it lies in the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Opening {
    /// The member of the leaf that holds the value where it is not committed.
    field: String,
    salt: String,
    /// Whom it is about.
    subject: String,
    /// When it was written (ms since 1970).
    time: i64,
    value: String,
}

/// Stands in a leaf for a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commitment(String);

impl Commitment {
    /// As the leaf has it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The writer of the openings of one log.
#[derive(Debug)]
pub(crate) struct Openings {
    storage: Arc<dyn Storage>,
    directory: PathBuf,
    end: Mutex<End>,
    /// Something was written since the last fsync.
    dirty: AtomicBool,
}

/// The file being written; none until there is something to write.
#[derive(Debug)]
struct End {
    file: Option<Arc<dyn Segment>>,
    first: u64,
    length: u64,
    tail_dirty: bool,
}

pub(crate) fn path_of(directory: &Path, first: u64) -> PathBuf {
    directory.join(format!("{first:020}.swo"))
}

/// The names of all files of openings, ascending.
fn files(directory: &Path) -> Result<Vec<u64>, AuditError> {
    let failed = |source| AuditError::io("list", directory, source);
    let listing = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        listing => listing.map_err(failed)?,
    };
    let mut found = Vec::new();
    for item in listing {
        let name = item.map_err(failed)?.file_name();
        let digits = name.to_str().and_then(|name| name.strip_suffix(".swo"));
        found.extend(
            digits
                .filter(|digits| digits.len() == 20)
                .and_then(|d| d.parse::<u64>().ok()),
        );
    }
    found.sort_unstable();
    Ok(found)
}

fn framed(payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEAD_BYTES + payload.len());
    // A payload is below 16 KiB.
    bytes.extend_from_slice(&u32::try_from(payload.len()).unwrap_or(0).to_le_bytes());
    bytes.extend_from_slice(&crc32c::crc32c(payload).to_le_bytes());
    bytes.extend_from_slice(payload);
    bytes
}

/// The payload of the frame at the beginning of `bytes`.
fn payload(bytes: &[u8]) -> Option<&[u8]> {
    let length = u32::from_le_bytes(bytes.get(..4)?.try_into().ok()?) as usize;
    let crc = u32::from_le_bytes(bytes.get(4..HEAD_BYTES)?.try_into().ok()?);
    if length == 0 || length > OPENING_BYTES_MAX {
        return None;
    }
    let payload = bytes.get(HEAD_BYTES..HEAD_BYTES + length)?;
    (crc32c::crc32c(payload) == crc).then_some(payload)
}

/// Where the whole frames of a file end.
fn whole(bytes: &[u8]) -> usize {
    let mut end = 0;
    while let Some(payload) = payload(&bytes[end..]) {
        end += HEAD_BYTES + payload.len();
    }
    end
}

fn commitment(salt: &[u8], field: &str, value: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, salt);
    let mut context = hmac::Context::with_key(&key);
    for part in [CONTEXT, field.as_bytes(), b"\0", value.as_bytes()] {
        context.update(part);
    }
    URL_SAFE_NO_PAD.encode(context.sign())
}

impl Openings {
    /// Continues the last file; a torn tail is cut, for no durable entry names what is in it.
    pub(crate) fn resume(storage: Arc<dyn Storage>, directory: &Path) -> Result<Self, AuditError> {
        let directory = directory.join("openings");
        let mut end = End {
            file: None,
            first: 0,
            length: 0,
            tail_dirty: false,
        };
        if let Some(first) = files(&directory)?.last().copied() {
            let path = path_of(&directory, first);
            let failed = |what| {
                let path = path.clone();
                move |source| AuditError::io(what, &path, source)
            };
            let bytes = fs::read(&path).map_err(failed("read"))?;
            let length = whole(&bytes) as u64;
            let file = storage.open(&path).map_err(failed("open"))?;
            file.truncate(length).map_err(failed("truncate"))?;
            file.sync().map_err(failed("fsync"))?;
            (end.file, end.first, end.length) = (Some(file), first, length);
        }
        Ok(Self {
            storage,
            directory,
            end: Mutex::new(end),
            dirty: AtomicBool::new(false),
        })
    }

    /// Writes an opening; what stands for the value in a leaf that is written after this.
    ///
    /// Errors: `Invalid` for a value that is too long, `Io`.
    pub(crate) fn commit(
        &self,
        field: &str,
        value: &str,
        subject: &str,
        now_milliseconds: i64,
    ) -> Result<Commitment, AuditError> {
        let mut salt = [0; SALT_BYTES];
        rand::fill(&mut salt).map_err(|_| AuditError::Invalid {
            what: "the system gives no random numbers".into(),
        })?;
        let opening = Opening {
            field: field.into(),
            salt: URL_SAFE_NO_PAD.encode(salt),
            subject: subject.into(),
            time: now_milliseconds,
            value: value.into(),
        };
        let payload = serde_json::to_vec(&opening).map_err(|error| AuditError::Invalid {
            what: error.to_string(),
        })?;
        if value.len() > VALUE_BYTES_MAX || payload.len() > OPENING_BYTES_MAX {
            return Err(AuditError::TooLarge {
                bytes: value.len(),
                bytes_max: VALUE_BYTES_MAX,
            });
        }
        let place = self.append(&framed(&payload))?;
        let hash = commitment(&salt, field, value);
        Ok(Commitment(format!("committed:{place}:{hash}")))
    }

    fn append(&self, bytes: &[u8]) -> Result<u64, AuditError> {
        let mut end = lock(&self.end);
        if end.file.is_none() || end.length >= FILE_BYTES_MAX {
            self.begin(&mut end)?;
        }
        let path = path_of(&self.directory, end.first);
        let failed = |source| AuditError::io("write", &path, source);
        let Some(file) = end.file.clone() else {
            return Err(AuditError::Closed);
        };
        if end.tail_dirty {
            file.truncate(end.length).map_err(failed)?;
            end.tail_dirty = false;
        }
        if let Err(source) = file.write_all_at(bytes, end.length) {
            end.tail_dirty = true;
            return Err(failed(source));
        }
        self.dirty.store(true, Ordering::Release);
        let place = end.first + end.length;
        end.length += bytes.len() as u64;
        Ok(place)
    }

    /// Begins the next file; the one before is durable, as the name of this one is.
    fn begin(&self, end: &mut End) -> Result<(), AuditError> {
        let first = end.first + end.length;
        let path = path_of(&self.directory, first);
        let create = || -> io::Result<Arc<dyn Segment>> {
            DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(&self.directory)?;
            if let Some(before) = &end.file {
                before.sync()?;
            }
            let file = self.storage.open(&path)?;
            file.truncate(0)?;
            self.storage.sync_directory(&self.directory)?;
            if let Some(parent) = self.directory.parent() {
                self.storage.sync_directory(parent)?;
            }
            Ok(file)
        };
        let file = create().map_err(|source| AuditError::io("create", &path, source))?;
        (end.file, end.first, end.length, end.tail_dirty) = (Some(file), first, 0, false);
        Ok(())
    }

    /// Makes durable what was written; nothing to do where nothing was.
    pub(crate) fn sync(&self) -> io::Result<()> {
        if !self.dirty.swap(false, Ordering::AcqRel) {
            return Ok(());
        }
        let file = lock(&self.end).file.clone();
        let synced = file.map_or(Ok(()), |file| file.sync());
        synced.inspect_err(|_| self.dirty.store(true, Ordering::Release))
    }

    /// Overwrites the openings at these places, and returns when that is durable. How many there were; what is
    /// erased or gone already is passed over.
    pub(crate) fn erase(&self, places: &[u64]) -> Result<usize, AuditError> {
        let end = lock(&self.end);
        let files = files(&self.directory)?;
        let mut erased = 0;
        let mut touched = Vec::new();
        for place in places {
            let at = files.partition_point(|first| first <= place);
            let Some(first) = at.checked_sub(1).and_then(|at| files.get(at)).copied() else {
                continue;
            };
            let path = path_of(&self.directory, first);
            let failed = |source| AuditError::io("erase in", &path, source);
            let file = File::options()
                .read(true)
                .write(true)
                .open(&path)
                .map_err(failed)?;
            let mut bytes = vec![0; HEAD_BYTES + OPENING_BYTES_MAX];
            let read = read_at(&file, &mut bytes, place - first).map_err(failed)?;
            let Some(found) = payload(&bytes[..read]) else {
                return Err(AuditError::Invalid {
                    what: format!("there is no opening at {place} of `{}`", path.display()),
                });
            };
            if found.iter().all(|byte| *byte == b' ') {
                continue;
            }
            let blank = framed(&vec![b' '; found.len()]);
            Segment::write_all_at(&file, &blank, place - first).map_err(failed)?;
            touched.push((path, file));
            erased += 1;
        }
        for (path, file) in touched {
            file.sync_data()
                .map_err(|source| AuditError::io("fsync", &path, source))?;
        }
        drop(end);
        Ok(erased)
    }

    /// The first place that is left if the files go in which every opening is older than `since` (ms since
    /// 1970); none where there is no such file.
    pub(crate) fn prunable(&self, since: i64) -> Result<Option<u64>, AuditError> {
        let last = lock(&self.end).first;
        let mut below = None;
        for first in files(&self.directory)?.into_iter().skip(1) {
            // The file before this one was closed before the first of this was written.
            let began = first_time(&path_of(&self.directory, first))?;
            if first > last || began.is_none_or(|began| began >= since) {
                break;
            }
            below = Some(first);
        }
        Ok(below)
    }

    /// Removes the files below this place.
    pub(crate) fn prune(&self, below: u64) -> Result<(), AuditError> {
        let _end = lock(&self.end);
        for first in files(&self.directory)? {
            if first < below {
                let path = path_of(&self.directory, first);
                fs::remove_file(&path).map_err(|source| AuditError::io("remove", &path, source))?;
            }
        }
        let synced = self.storage.sync_directory(&self.directory);
        synced.map_err(|source| AuditError::io("fsync", &self.directory, source))
    }
}

fn read_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut read = 0;
    loop {
        match file.read_at(&mut bytes[read..], offset + read as u64) {
            Ok(0) => return Ok(read),
            Ok(more) => read += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// When the first opening of a file that is not erased was written.
fn first_time(path: &Path) -> Result<Option<i64>, AuditError> {
    let bytes = fs::read(path).map_err(|source| AuditError::io("read", path, source))?;
    let mut at = 0;
    while let Some(found) = payload(&bytes[at..]) {
        if let Ok(opening) = serde_json::from_slice::<Opening>(found) {
            return Ok(Some(opening.time));
        }
        at += HEAD_BYTES + found.len();
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::storage::Disk;

    fn openings(directory: &Path) -> Openings {
        Openings::resume(Arc::new(Disk), directory).unwrap()
    }

    fn place_of(commitment: &Commitment) -> u64 {
        let mut parts = commitment.as_str().split(':');
        parts.nth(1).unwrap().parse().unwrap()
    }

    fn at(directory: &Path, place: u64) -> Option<Opening> {
        let bytes = fs::read(path_of(&directory.join("openings"), 0)).unwrap();
        let found = payload(&bytes[usize::try_from(place).unwrap()..])?;
        serde_json::from_slice(found).ok()
    }

    #[test]
    fn a_commitment_is_that_to_the_opening_at_its_place_and_says_nothing_by_itself() {
        let directory = tempfile::tempdir().unwrap();
        let openings = openings(directory.path());
        let first = openings.commit("ip", "10.0.0.9", "alice", 5).unwrap();
        let second = openings.commit("ip", "10.0.0.9", "alice", 6).unwrap();

        let found = at(directory.path(), place_of(&second)).unwrap();
        assert_eq!((&*found.value, &*found.subject), ("10.0.0.9", "alice"));
        let salt = URL_SAFE_NO_PAD.decode(&found.salt).unwrap();
        let hash = commitment(&salt, "ip", "10.0.0.9");
        assert!(second.as_str().ends_with(&hash));
        assert!(!first.as_str().ends_with(&hash));
    }

    /// As `tests/unit/audit/test_openings.py` opens it in Python.
    #[test]
    fn the_commitment_is_hmac_sha_256_of_a_context_the_field_and_the_value() {
        let hash = commitment(&[7; SALT_BYTES], "ip", "10.0.0.9");
        assert_eq!(hash, "sVUGwiefGJoOvx5iTZKqBa1cWhn4c7sp90W6TCefYSU");
    }

    #[test]
    fn a_torn_tail_is_cut_and_what_comes_after_it_can_be_opened() {
        let directory = tempfile::tempdir().unwrap();
        let whole = openings(directory.path())
            .commit("ip", "10.0.0.1", "a", 1)
            .unwrap();
        let path = path_of(&directory.path().join("openings"), 0);
        let good = fs::read(&path).unwrap();
        for torn in 1..good.len() {
            fs::write(&path, [&good[..], &good[..torn]].concat()).unwrap();
            let next = openings(directory.path())
                .commit("ip", "10.0.0.2", "b", 2)
                .unwrap();
            assert_eq!(place_of(&next), good.len() as u64);
            assert_eq!(
                at(directory.path(), place_of(&next)).unwrap().value,
                "10.0.0.2"
            );
            assert_eq!(
                at(directory.path(), place_of(&whole)).unwrap().value,
                "10.0.0.1"
            );
        }
    }

    #[test]
    fn what_is_erased_is_overwritten_where_it_lay_and_its_neighbours_stay() {
        let directory = tempfile::tempdir().unwrap();
        let openings = openings(directory.path());
        let [a, b, c] = ["10.0.0.1", "10.0.0.2", "10.0.0.3"]
            .map(|address| place_of(&openings.commit("ip", address, "s", 1).unwrap()));

        assert_eq!(openings.erase(&[b]).unwrap(), 1);
        assert_eq!(openings.erase(&[b]).unwrap(), 0);

        assert_eq!(at(directory.path(), a).unwrap().value, "10.0.0.1");
        assert_eq!(at(directory.path(), b), None);
        assert_eq!(at(directory.path(), c).unwrap().value, "10.0.0.3");
        let bytes = fs::read(path_of(&directory.path().join("openings"), 0)).unwrap();
        assert!(!bytes.windows(8).any(|window| window == b"10.0.0.2"));
        assert!(openings.erase(&[a + 1]).is_err());
    }

    #[test]
    fn whole_files_go_once_all_in_them_is_old() {
        let directory = tempfile::tempdir().unwrap();
        let openings = openings(directory.path());
        let long = "x".repeat(VALUE_BYTES_MAX);
        let mut time = 0;
        let folder = directory.path().join("openings");
        while files(&folder).unwrap().len() < 3 {
            openings.commit("ip", &long, "s", time).unwrap();
            time += 1;
        }
        let firsts = files(&folder).unwrap();
        let second_began = first_time(&path_of(&folder, firsts[1])).unwrap().unwrap();

        assert_eq!(openings.prunable(second_began).unwrap(), None);
        assert_eq!(
            openings.prunable(second_began + 1).unwrap(),
            Some(firsts[1])
        );
        assert_eq!(openings.prunable(i64::MAX).unwrap(), Some(firsts[2]));
        openings.prune(firsts[1]).unwrap();
        assert_eq!(files(&folder).unwrap(), firsts[1..]);
        assert!(
            openings
                .commit("ip", &"x".repeat(VALUE_BYTES_MAX + 1), "s", 0)
                .is_err()
        );
    }
}
