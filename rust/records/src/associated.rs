//! What an envelope is bound to: the associated data of RFC 9052, section 5.3.

use std::sync::{Arc, LazyLock};

use aws_lc_rs::digest;

use crate::cbor::{ARRAY, NULL, write_bytes, write_head, write_int, write_text};
use crate::envelope::VERSION;
use crate::varint;

/// The first item of the associated data.
const CONTEXT: &str = "streamward";
/// What RFC 9052 calls the structure of a `COSE_Encrypt0`.
const STRUCTURE: &str = "Encrypt0";
/// Items of the associated data.
const ITEMS: u64 = 11;
const DIGEST_BYTES: usize = 32;

/// Where a stream is at home, and what it carries: an envelope opens nowhere else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    /// The tenant that the stream belongs to, if to one.
    pub tenant: Option<Arc<str>>,
    /// The cluster, by its name in the bundle.
    pub cluster: Arc<str>,
    /// The stream, by the name that the cluster knows.
    pub stream: Arc<str>,
    /// The data class that the ring is of.
    pub data_class: Arc<str>,
    /// The ring of keys.
    pub ring: Arc<str>,
}

/// Which part of a record an envelope stands in for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place<'a> {
    /// Its value.
    Value,
    /// Its key.
    Key,
    /// The value of the header of this name.
    Header(&'a [u8]),
    /// A field of its value, by [`field_path`].
    Field(&'a [u8]),
}

/// Associated data of which only the digest of the record's key changes from record to record.
#[derive(Debug, Default)]
pub struct Associated {
    bytes: Vec<u8>,
    digest_at: Option<usize>,
}

impl Associated {
    /// Sets all but the digest.
    pub fn set(
        &mut self,
        protected: &[u8],
        home: &Home,
        ring_version: u32,
        place: Place<'_>,
        partition: Option<i32>,
    ) {
        let external = external(home, ring_version, place, partition);
        self.bytes.clear();
        write_head(&mut self.bytes, ARRAY, 3);
        write_text(&mut self.bytes, STRUCTURE);
        write_bytes(&mut self.bytes, protected);
        write_bytes(&mut self.bytes, &external);
        self.digest_at = (place != Place::Key).then(|| self.bytes.len() - DIGEST_BYTES);
    }

    /// The bytes for a record whose key has this digest.
    pub fn with(&mut self, key: &KeyDigest) -> &[u8] {
        if let Some(place) = self.digest_at.and_then(|at| self.bytes.get_mut(at..)) {
            place.copy_from_slice(&key.0);
        }
        &self.bytes
    }
}

/// What an envelope is bound to beside its own protected header, with zeros for the digest of the record's key.
fn external(home: &Home, ring_version: u32, place: Place<'_>, partition: Option<i32>) -> Vec<u8> {
    let mut external = Vec::with_capacity(192);
    write_head(&mut external, ARRAY, ITEMS);
    write_text(&mut external, CONTEXT);
    write_int(&mut external, VERSION);
    match &home.tenant {
        Some(tenant) => write_text(&mut external, tenant),
        None => external.push(NULL),
    }
    write_text(&mut external, &home.cluster);
    write_text(&mut external, &home.stream);
    write_text(&mut external, &home.data_class);
    write_int(&mut external, ring_version.into());
    // The id of a schema that stands beside the value; one inside of it is sealed with it.
    external.push(NULL);
    match place {
        Place::Value => write_int(&mut external, 0),
        Place::Key => write_int(&mut external, 1),
        Place::Header(name) => write_bytes(&mut external, name),
        Place::Field(path) => external.extend_from_slice(path),
    }
    match partition {
        Some(partition) => write_int(&mut external, partition.into()),
        None => external.push(NULL),
    }
    if place == Place::Key {
        external.push(NULL);
    } else {
        write_bytes(&mut external, &[0; DIGEST_BYTES]);
    }
    external
}

/// What stands for a field in what its envelope is bound to: an array of names, outermost first.
pub fn field_path<S: AsRef<str>>(names: &[S]) -> Vec<u8> {
    let mut path = Vec::new();
    write_head(&mut path, ARRAY, names.len() as u64);
    for name in names {
        write_text(&mut path, name.as_ref());
    }
    path
}

/// The `external_aad` (RFC 9052, section 5.3) of one part of a record, for any library of COSE.
pub fn external_aad(
    home: &Home,
    ring_version: u32,
    place: Place<'_>,
    partition: Option<i32>,
    record_key: Option<&[u8]>,
) -> Vec<u8> {
    let mut external = external(home, ring_version, place, partition);
    if place != Place::Key {
        let digest = KeyDigest::of(record_key, &mut Vec::new());
        let at = external.len() - DIGEST_BYTES;
        if let Some(place) = external.get_mut(at..) {
            place.copy_from_slice(&digest.0);
        }
    }
    external
}

/// SHA-256 of a record's key as it lies on the wire: its length as Kafka writes it (-1: none), and its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyDigest([u8; DIGEST_BYTES]);

impl KeyDigest {
    /// `wire`: room for the key as it lies on the wire; what it holds goes.
    pub fn of(key: Option<&[u8]>, wire: &mut Vec<u8>) -> Self {
        // Most records of most streams have none.
        static OF_NONE: LazyLock<KeyDigest> =
            LazyLock::new(|| KeyDigest::of_wire(None, &mut Vec::new()));
        match key {
            None => *OF_NONE,
            key => Self::of_wire(key, wire),
        }
    }

    fn of_wire(key: Option<&[u8]>, wire: &mut Vec<u8>) -> Self {
        wire.clear();
        varint::write_length(wire, key.map(<[u8]>::len));
        wire.extend_from_slice(key.unwrap_or_default());
        let mut bytes = [0; DIGEST_BYTES];
        bytes.copy_from_slice(digest::digest(&digest::SHA256, wire).as_ref());
        Self(bytes)
    }
}
