//! Whoever can write to the log's directory, with or without its key, leaves a trace: each
//! manipulation is found with what the attacker does not hold, and its place is named.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use streamward_audit::log::verify::{Trust, verify};
use streamward_audit::log::{
    Algorithm, Checkpoint, Keys, Note, Sequencer, SigningKey, VerifierKey,
};
use streamward_audit::{Journal, Options, declare_origin};

const ORIGIN: &str = "example.com/tampered";
/// Two full tiles, one partial one, and a level above.
const ENTRIES: u64 = 700;
const OLDER: u64 = 300;
const SEEN_AT: u64 = 1_700_000_000;

/// A log, and what its owner keeps elsewhere.
struct World {
    directory: tempfile::TempDir,
    /// Its private key, for the attacker who got hold of it.
    key: Vec<u8>,
    public: VerifierKey,
    /// Kept elsewhere: a checkpoint of 300 entries, and the newest.
    older: Vec<u8>,
    newest: Vec<u8>,
    witness: Arc<SigningKey>,
}

fn leaf(index: u64) -> Vec<u8> {
    format!(r#"{{"entry":"{index}","streaming":{{"kind":"denied"}},"time":{index}}}"#).into_bytes()
}

fn leaves(count: u64) -> Vec<Vec<u8>> {
    (0..count).map(leaf).collect()
}

/// Adds entries and publishes; as the gateway would.
fn grow(directory: &Path, key: &[u8], entries: &[Vec<u8>]) {
    declare_origin(directory, ORIGIN).unwrap();
    let (journal, _) = Journal::open(directory, Options::default()).unwrap();
    let mut batch = streamward_audit::Batch::new();
    for entry in entries {
        batch.entry(entry).unwrap();
    }
    journal.write(&mut batch).unwrap();
    let last = journal.record(b"{}").unwrap();
    assert!(last >= entries.len() as u64);
    let keys = Keys::only(SigningKey::from_pkcs8(ORIGIN, key).unwrap());
    let sequencer = Sequencer::open(&journal, directory, keys).unwrap();
    sequencer.close().unwrap();
    assert_eq!(sequencer.progress().size, journal.entries());
    journal.close().unwrap();
}

fn cosign(note: &[u8], witness: &SigningKey, seconds: u64) -> String {
    let parsed = Note::parse(note).unwrap();
    let signature = witness.sign(parsed.text(), seconds);
    format!("{parsed}{signature}")
}

fn world() -> World {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let owner = tempfile::tempdir().unwrap();
    let made = SigningKey::of_directory(owner.path(), ORIGIN).unwrap();
    let key = fs::read(owner.path().join("log.key")).unwrap();
    grow(path, &key, &leaves(OLDER - 1));
    let older = fs::read(path.join("checkpoint")).unwrap();
    let rest: Vec<_> = (OLDER..ENTRIES - 1).map(leaf).collect();
    grow(path, &key, &rest);
    let newest = fs::read(path.join("checkpoint")).unwrap();
    let witness = SigningKey::generate("witness.example/w1", Algorithm::Cosignature).unwrap();
    fs::create_dir(path.join("witnessed")).unwrap();
    fs::write(
        path.join("witnessed/w1"),
        cosign(&newest, &witness, SEEN_AT),
    )
    .unwrap();
    assert_eq!(
        Checkpoint::of(&Note::parse(&newest).unwrap()).unwrap().size,
        ENTRIES
    );
    World {
        directory,
        public: made.public().clone(),
        key,
        older,
        newest,
        witness: Arc::new(witness),
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for item in fs::read_dir(from).unwrap() {
        let item = item.unwrap();
        let target = to.join(item.file_name());
        if item.path().is_dir() {
            copy(&item.path(), &target);
        } else {
            fs::copy(item.path(), target).unwrap();
        }
    }
}

impl World {
    /// The same log once more, for the next attacker.
    fn copy(&self) -> Self {
        let directory = tempfile::tempdir().unwrap();
        copy(self.directory.path(), directory.path());
        Self {
            directory,
            key: self.key.clone(),
            public: self.public.clone(),
            older: self.older.clone(),
            newest: self.newest.clone(),
            witness: Arc::clone(&self.witness),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.path(name), bytes).unwrap();
    }

    fn replace(&self, name: &str, old: &str, new: &str) {
        let text = String::from_utf8(self.read(name)).unwrap();
        assert!(text.contains(old), "{name} lacks {old}");
        self.write(name, text.replace(old, new).as_bytes());
    }

    /// Flips a bit.
    fn flip(&self, name: &str, at: usize) {
        let mut bytes = self.read(name);
        bytes[at] ^= 1;
        self.write(name, &bytes);
    }

    fn entries(&self, name: &str) -> Vec<Vec<u8>> {
        let (bytes, mut entries, mut at) = (self.read(name), Vec::new(), 0);
        while at < bytes.len() {
            let length = usize::from(u16::from_be_bytes([bytes[at], bytes[at + 1]]));
            entries.push(bytes[at + 2..at + 2 + length].to_vec());
            at += 2 + length;
        }
        entries
    }

    fn put_entries(&self, name: &str, entries: &[Vec<u8>]) {
        let mut bytes = Vec::new();
        for entry in entries {
            bytes.extend_from_slice(&u16::try_from(entry.len()).unwrap().to_be_bytes());
            bytes.extend_from_slice(entry);
        }
        self.write(name, &bytes);
    }

    /// Writes the whole log anew, consistent in itself and signed with this key.
    fn forge(&self, key: &[u8], entries: &[Vec<u8>]) {
        for name in ["tile", "journal", "checkpoint", "durable", "vkey"] {
            let path = self.path(name);
            if path.is_dir() {
                fs::remove_dir_all(path).unwrap();
            } else {
                fs::remove_file(path).unwrap();
            }
        }
        grow(self.directory.path(), key, entries);
    }

    fn forge_stolen(&self, change: impl FnOnce(&mut Vec<Vec<u8>>)) {
        let mut entries = leaves(ENTRIES - 1);
        entries[usize::try_from(OLDER - 1).unwrap()] = b"{}".to_vec();
        change(&mut entries);
        self.forge(&self.key, &entries);
    }

    fn stranger() -> (Vec<u8>, VerifierKey) {
        let folder = tempfile::tempdir().unwrap();
        let made = SigningKey::of_directory(folder.path(), ORIGIN).unwrap();
        let key = fs::read(folder.path().join("log.key")).unwrap();
        (key, made.public().clone())
    }
}

fn entry_and_hash(world: &World) {
    world.replace(E0, r#""entry":"17""#, r#""entry":"71""#);
    let leaf = streamward_audit::log::tree::leaf_hash(&world.entries(E0)[17]);
    let mut tile = world.read("tile/0/000");
    tile[17 * 32..18 * 32].copy_from_slice(&leaf);
    world.write("tile/0/000", &tile);
}

/// What is held against the directory.
#[derive(Clone, Copy)]
enum Held {
    /// Only the public key.
    Key,
    /// And a checkpoint that was kept elsewhere.
    Checkpoint,
    /// And the public key of a witness.
    Witness,
}

fn trust(world: &World, held: Held) -> Trust {
    let mut trust = Trust {
        keys: vec![world.public.clone()],
        ..Trust::default()
    };
    match held {
        Held::Key => {}
        Held::Checkpoint => trust.checkpoints = vec![world.older.clone(), world.newest.clone()],
        Held::Witness => trust.witnesses = vec![world.witness.public().clone()],
    }
    trust
}

type Case = (&'static str, Held, fn(&World), &'static str, &'static str);

const E0: &str = "tile/entries/000";
const E1: &str = "tile/entries/001";
const E2: &str = "tile/entries/002.p/188";

/// What is done, what is held against it, the place that must be named, and a word of what is wrong.
const TABLE: &[Case] = &[
    (
        "an entry is edited",
        Held::Key,
        |w| w.replace(E0, r#""entry":"17""#, r#""entry":"71""#),
        E0,
        "entry 17 ",
    ),
    (
        "an entry in the last bundle is edited",
        Held::Key,
        |w| w.replace(E2, r#""entry":"600""#, r#""entry":"006""#),
        E2,
        "entry 600 ",
    ),
    (
        "an entry's time is put back",
        Held::Key,
        |w| w.replace(E1, r#""time":400}"#, r#""time":100}"#),
        E1,
        "entry 400 ",
    ),
    (
        "an entry is deleted",
        Held::Key,
        |w| {
            let mut entries = w.entries(E0);
            entries.remove(9);
            w.put_entries(E0, &entries);
        },
        E0,
        "256 entries",
    ),
    (
        "an entry is deleted and the next ones moved up",
        Held::Key,
        |w| {
            let (mut first, mut second) = (w.entries(E0), w.entries(E1));
            first.remove(9);
            first.push(second.remove(0));
            second.push(w.entries(E2)[0].clone());
            w.put_entries(E0, &first);
            w.put_entries(E1, &second);
        },
        E0,
        "entry 9 ",
    ),
    (
        "an entry is inserted",
        Held::Key,
        |w| {
            let mut entries = w.entries(E1);
            entries.insert(3, b"{}".to_vec());
            w.put_entries(E1, &entries);
        },
        E1,
        "256 entries",
    ),
    (
        "an entry takes another's place",
        Held::Key,
        |w| {
            let mut entries = w.entries(E1);
            let next = entries[4].clone();
            entries[3] = next;
            w.put_entries(E1, &entries);
        },
        E1,
        "entry 259 ",
    ),
    (
        "two entries change places",
        Held::Key,
        |w| {
            let mut entries = w.entries(E0);
            entries.swap(30, 31);
            w.put_entries(E0, &entries);
        },
        E0,
        "entry 30 ",
    ),
    (
        "two bundles change places",
        Held::Key,
        |w| {
            let (first, second) = (w.read(E0), w.read(E1));
            w.write(E0, &second);
            w.write(E1, &first);
        },
        E0,
        "entry 0 ",
    ),
    (
        "a bundle is truncated",
        Held::Key,
        |w| {
            let bytes = w.read(E0);
            w.write(E0, &bytes[..bytes.len() / 2]);
        },
        E0,
        "256 entries",
    ),
    (
        "a bundle is removed",
        Held::Key,
        |w| fs::remove_file(w.path(E1)).unwrap(),
        E1,
        "missing",
    ),
    (
        "the oldest bundle is removed",
        Held::Key,
        |w| fs::remove_file(w.path(E0)).unwrap(),
        E0,
        "no entry says that they were pruned",
    ),
    (
        "the last bundle is removed",
        Held::Key,
        |w| fs::remove_file(w.path(E2)).unwrap(),
        E2,
        "missing",
    ),
    (
        "a hash is altered",
        Held::Key,
        |w| w.flip("tile/0/000", 32 * 5),
        "tile/0/000",
        "hash 5 ",
    ),
    (
        "an entry and its hash are altered",
        Held::Key,
        entry_and_hash,
        "journal",
        "entry 17 ",
    ),
    (
        "an entry and its hash are altered, and the journal is gone",
        Held::Key,
        |w| {
            entry_and_hash(w);
            fs::remove_dir_all(w.path("journal")).unwrap();
        },
        "tile/1/000.p/2",
        "hash 0 ",
    ),
    (
        "a hash above is altered",
        Held::Key,
        |w| w.flip("tile/1/000.p/2", 40),
        "tile/1/000.p/2",
        "entries 256 to 511",
    ),
    (
        "a tile of hashes is removed",
        Held::Key,
        |w| fs::remove_file(w.path("tile/0/001")).unwrap(),
        "tile/0/001",
        "missing",
    ),
    (
        "a tile of hashes is truncated",
        Held::Key,
        |w| {
            let tile = w.read("tile/0/001");
            w.write("tile/0/001", &tile[..4000]);
        },
        "tile/0/001",
        "256 hashes",
    ),
    (
        "a partial tile is replaced by an older one",
        Held::Key,
        |w| {
            let tile = w.read("tile/0/002.p/188");
            w.write("tile/0/002.p/188", &tile[..32 * 100]);
        },
        "tile/0/002.p/188",
        "188 hashes",
    ),
    (
        "an older partial tile is altered",
        Held::Key,
        |w| {
            w.write("tile/0/002.p/100", &[7; 32 * 100]);
        },
        "tile/0/002.p/100",
        "width",
    ),
    (
        "an older partial bundle is altered",
        Held::Key,
        |w| {
            w.put_entries("tile/entries/002.p/1", &[b"{}".to_vec()]);
        },
        "tile/entries/002.p/1",
        "width",
    ),
    (
        "the checkpoint says another size",
        Held::Key,
        |w| w.replace("checkpoint", "\n700\n", "\n699\n"),
        "checkpoint",
        "does not hold",
    ),
    (
        "the checkpoint says another root",
        Held::Key,
        |w| {
            let root = String::from_utf8(w.newest.clone()).unwrap();
            let root = root.lines().nth(2).unwrap().to_owned();
            let other = String::from_utf8(w.older.clone()).unwrap();
            w.replace("checkpoint", &root, other.lines().nth(2).unwrap());
        },
        "checkpoint",
        "does not hold",
    ),
    (
        "the checkpoint says another log",
        Held::Key,
        |w| {
            w.replace(
                "checkpoint",
                "example.com/tampered\n",
                "example.com/other\n",
            );
        },
        "checkpoint",
        "does not hold",
    ),
    (
        "the checkpoint is truncated",
        Held::Key,
        |w| {
            let bytes = w.read("checkpoint");
            w.write("checkpoint", &bytes[..60]);
        },
        "checkpoint",
        "not a signed note",
    ),
    (
        "the checkpoint is removed",
        Held::Key,
        |w| fs::remove_file(w.path("checkpoint")).unwrap(),
        "checkpoint",
        "missing",
    ),
    (
        "the signature is taken off",
        Held::Key,
        |w| {
            let (_, stranger) = World::stranger();
            let text = String::from_utf8(w.read("checkpoint")).unwrap();
            let (text, _) = text.split_once("\n\n").unwrap();
            let signature = "AAAAAAAA".repeat(11);
            w.write(
                "checkpoint",
                format!("{text}\n\n\u{2014} {} {signature}\n", stranger.name()).as_bytes(),
            );
        },
        "checkpoint",
        "none of the keys that you trust",
    ),
    (
        "all is written anew with another key",
        Held::Key,
        |w| {
            let (key, _) = World::stranger();
            w.forge(&key, &leaves(ENTRIES - 1));
        },
        "checkpoint",
        "none of the keys that you trust",
    ),
    (
        "another key, with a change of key that nobody signed",
        Held::Key,
        |w| {
            let (key, stranger) = World::stranger();
            let mut entries = leaves(ENTRIES - 1);
            entries[5] = format!(
            r#"{{"streaming":{{"kind":"log_key","log_key":"{stranger}","previous_log_key":"{}"}}}}"#,
            w.public
        ).into_bytes();
            w.forge(&key, &entries);
            fs::create_dir(w.path("rotations")).unwrap();
            fs::copy(
                w.path("checkpoint"),
                w.path("rotations/00000000000000000700"),
            )
            .unwrap();
        },
        "checkpoint",
        "none of the keys that you trust",
    ),
    (
        "the journal loses an entry that the log has",
        Held::Key,
        |w| {
            let name = "journal/00000000000000000000.swj";
            let bytes = w.read(name);
            w.write(name, &bytes[..bytes.len() - 5]);
            fs::remove_file(w.path("durable")).unwrap();
        },
        "journal",
        "ends before entry 699",
    ),
    (
        "the end of the log is cut off, with an old checkpoint",
        Held::Checkpoint,
        |w| {
            w.write("checkpoint", &w.older);
        },
        "checkpoint",
        "rolled back",
    ),
    (
        "the whole directory is put back",
        Held::Checkpoint,
        |w| {
            w.forge_stolen(|entries| entries.truncate(299));
        },
        "checkpoint",
        "rolled back",
    ),
    (
        "written anew with the stolen key, an entry edited",
        Held::Checkpoint,
        |w| w.forge_stolen(|entries| entries[17] = b"{}".to_vec()),
        "tile/entries",
        "the first 300 entries",
    ),
    (
        "written anew with the stolen key, an entry removed and one added",
        Held::Checkpoint,
        |w| {
            w.forge_stolen(|entries| {
                entries.remove(500);
                entries.push(b"{}".to_vec());
            });
        },
        "tile/entries",
        "the first 700 entries",
    ),
    (
        "written anew with the stolen key, the end cut off",
        Held::Witness,
        |w| {
            w.forge_stolen(|entries| entries.truncate(400));
        },
        "checkpoint",
        "rolled back",
    ),
    (
        "another view is shown, signed with the stolen key",
        Held::Witness,
        |w| w.forge_stolen(|entries| entries[650] = b"{}".to_vec()),
        "tile/entries",
        "the first 700 entries",
    ),
    (
        "the cosigned checkpoint is removed",
        Held::Witness,
        |w| fs::remove_file(w.path("witnessed/w1")).unwrap(),
        "witnessed",
        "cosigned",
    ),
    (
        "the cosignature's time is put forward",
        Held::Witness,
        |w| {
            let note = Note::parse(&w.newest).unwrap();
            let later = w.witness.sign(note.text(), SEEN_AT).to_string();
            let (head, bytes) = later.trim_end().rsplit_once(' ').unwrap();
            // The time is in the bytes behind the key's id.
            let forged = bytes.replacen(&bytes[8..12], "AAAA", 1);
            w.write(
                "witnessed/w1",
                format!("{note}{head} {forged}\n").as_bytes(),
            );
        },
        "witnessed",
        "does not hold",
    ),
    (
        "the cosignature is that of another checkpoint",
        Held::Witness,
        |w| {
            let other = w
                .witness
                .sign(Note::parse(&w.older).unwrap().text(), SEEN_AT);
            let note = Note::parse(&w.newest).unwrap();
            w.write("witnessed/w1", format!("{note}{other}").as_bytes());
        },
        "witnessed",
        "does not hold",
    ),
];

#[test]
fn an_untouched_log_holds_against_everything() {
    let world = world();
    for held in [Held::Key, Held::Checkpoint, Held::Witness] {
        let report = verify(world.directory.path(), &trust(&world, held), true).unwrap();
        assert_eq!((report.size, report.journal), (ENTRIES, Some(ENTRIES)));
        assert_eq!(report.signed_by, world.public.to_string());
    }
    let report = verify(
        world.directory.path(),
        &trust(&world, Held::Checkpoint),
        false,
    )
    .unwrap();
    assert_eq!(report.continues, [OLDER, ENTRIES]);
    let report = verify(world.directory.path(), &trust(&world, Held::Witness), false).unwrap();
    assert_eq!(report.witnesses[0].seconds, SEEN_AT);
}

#[test]
fn every_manipulation_is_found_and_its_place_named() {
    let untouched = world();
    for (name, held, tamper, place, word) in TABLE {
        let world = untouched.copy();
        tamper(&world);
        let trust = trust(&world, *held);
        let error = verify(world.directory.path(), &trust, true)
            .expect_err(name)
            .to_string();
        assert!(error.contains(&format!("`{place}`")), "{name}: {error}");
        assert!(error.contains(word), "{name}: {error}");
    }
    assert!(TABLE.len() >= 25);
}

/// What the documentation says can't be found: whoever has the key, against nobody who remembers.
#[test]
fn without_a_witness_or_an_older_checkpoint_a_stolen_key_is_not_found() {
    let world = world();
    world.forge_stolen(|entries| entries[17] = b"{}".to_vec());
    verify(world.directory.path(), &trust(&world, Held::Key), true).unwrap();
}
