#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::files::path_in;
use super::*;
use crate::storage::Disk;

const HOUR: i64 = FILE_AGE_MAX_MILLISECONDS;

fn resumed(log: &Path, entries: u64, ended: Ended) -> (Openings, Option<OpeningsLost>) {
    Openings::resume(Arc::new(Disk), log, entries, ended).unwrap()
}

fn openings(log: &Path) -> Openings {
    resumed(log, 0, Ended::Closed).0
}

fn place_of(commitment: &Commitment) -> u64 {
    let mut parts = commitment.as_str().split(':');
    parts.nth(1).unwrap().parse().unwrap()
}

fn put(openings: &Openings, address: &str, subject: &str, time: i64) -> u64 {
    place_of(&openings.commit("ip", address, subject, time).unwrap())
}

fn names(log: &Path) -> Vec<u64> {
    Files::of(Arc::new(Disk), log).list().unwrap()
}

fn at(log: &Path, place: u64) -> Option<Opening> {
    let first = names(log).into_iter().rfind(|first| *first <= place)?;
    let bytes = fs::read(path_in(log, first)).ok()?;
    let found = opening_payload(bytes.get(usize::try_from(place - first).unwrap()..)?)?;
    serde_json::from_slice(found).ok()
}

fn value(log: &Path, place: u64) -> Option<String> {
    at(log, place).map(|opening| opening.value)
}

#[test]
fn a_commitment_is_that_to_the_opening_at_its_place_and_says_nothing_by_itself() {
    let log = tempfile::tempdir().unwrap();
    let openings = openings(log.path());
    let first = openings.commit("ip", "10.0.0.9", "alice", 5).unwrap();
    let second = openings.commit("ip", "10.0.0.9", "alice", 6).unwrap();

    let found = at(log.path(), place_of(&second)).unwrap();
    assert_eq!((&*found.value, &*found.subject), ("10.0.0.9", "alice"));
    let salt = URL_SAFE_NO_PAD.decode(&found.salt).unwrap();
    let hash = commitment(&salt, "ip", "10.0.0.9");
    assert!(second.as_str().ends_with(&hash));
    assert!(!first.as_str().ends_with(&hash));
    assert!(
        openings
            .commit("ip", &"x".repeat(VALUE_BYTES_MAX + 1), "s", 0)
            .is_err()
    );
}

/// As `tests/unit/audit/test_openings.py` opens it in Python.
#[test]
fn the_commitment_is_hmac_sha_256_of_a_context_the_field_and_the_value() {
    let hash = commitment(&[7; SALT_BYTES], "ip", "10.0.0.9");
    assert_eq!(hash, "sVUGwiefGJoOvx5iTZKqBa1cWhn4c7sp90W6TCefYSU");
}

#[test]
fn behind_bytes_that_are_no_opening_no_place_is_given_out_twice_and_none_is_lost() {
    let log = tempfile::tempdir().unwrap();
    let first = openings(log.path());
    let places = ["10.0.0.1", "10.0.0.2", "10.0.0.3"].map(|it| put(&first, it, "a", 1));
    let path = path_in(log.path(), names(log.path())[0]);
    let good = fs::read(&path).unwrap();
    let third = usize::try_from(places[2] - places[0]).unwrap();
    let second = usize::try_from(places[1] - places[0]).unwrap();
    for broken in [0, 1, 5, second, second + 9, third, good.len() - 1] {
        let mut bytes = good.clone();
        bytes[broken] ^= 0xff;
        fs::write(&path, &bytes).unwrap();
        let (next, lost) = resumed(log.path(), 9, Ended::Killed);

        let given = put(&next, "10.0.0.9", "b", 2);

        assert!(given > places[2] && names(log.path())[..] != [places[0]]);
        assert_eq!(fs::read(&path).unwrap(), bytes, "what was there stays");
        let lost = lost.unwrap();
        assert!(lost.from <= places[0] + broken as u64 && given >= lost.below);
        assert_eq!(value(log.path(), given).unwrap(), "10.0.0.9");
        let known = |place: u64| value(log.path(), place);
        let readable = places.iter().filter(|it| known(**it).is_some());
        assert_eq!(readable.count(), 2, "all but the one that was hit");
        fs::remove_file(path_in(log.path(), given)).unwrap();
    }
}

#[test]
fn after_a_power_loss_places_behind_the_last_opening_may_have_been_given_out() {
    let log = tempfile::tempdir().unwrap();
    let first = openings(log.path());
    let kept = put(&first, "10.0.0.1", "a", 1);
    let named = put(&first, "10.0.0.2", "a", 1);
    let path = path_in(log.path(), kept);
    fs::write(
        &path,
        &fs::read(&path).unwrap()[..usize::try_from(named).unwrap()],
    )
    .unwrap();

    let (next, lost) = resumed(log.path(), 9, Ended::PowerLost);

    let lost = lost.unwrap();
    assert_eq!((lost.from, lost.bytes), (named, 0));
    assert!(put(&next, "10.0.0.3", "b", 2) >= lost.below && lost.below > named);
    assert_eq!(resumed(log.path(), 9, Ended::Closed).1, None);
}

#[test]
fn places_go_on_where_the_folder_was_removed_and_where_only_the_log_is_left() {
    let log = tempfile::tempdir().unwrap();
    let first = put(&openings(log.path()), "10.0.0.1", "a", 1);
    fs::remove_dir_all(log.path().join("openings")).unwrap();
    let second = put(&resumed(log.path(), 1, Ended::Closed).0, "10.0.0.2", "b", 1);
    fs::remove_dir_all(log.path().join("openings")).unwrap();
    fs::remove_file(log.path().join("openings.next")).unwrap();
    let third = put(&resumed(log.path(), 2, Ended::Closed).0, "10.0.0.3", "c", 1);

    assert!(first < second && second < third, "{first} {second} {third}");
}

#[test]
fn files_of_an_earlier_version_are_continued_behind_their_last_byte() {
    let log = tempfile::tempdir().unwrap();
    fs::create_dir(log.path().join("openings")).unwrap();
    fs::write(path_in(log.path(), 0), vec![b'x'; 4_300_000]).unwrap();
    fs::write(path_in(log.path(), 4_300_000), b"y").unwrap();

    let place = put(&resumed(log.path(), 1, Ended::Closed).0, "10.0.0.2", "b", 1);

    assert_eq!(place, 2 * FILE_PLACES);
}

#[test]
fn what_is_erased_is_overwritten_where_it_lay_and_its_neighbours_stay() {
    let log = tempfile::tempdir().unwrap();
    let openings = openings(log.path());
    let [a, b, c] = ["10.0.0.1", "10.0.0.2", "10.0.0.3"].map(|it| put(&openings, it, "s", 1));

    assert_eq!(openings.erase(&[b]).unwrap(), 1);
    assert_eq!(openings.erase(&[b]).unwrap(), 0);

    assert_eq!(value(log.path(), a).unwrap(), "10.0.0.1");
    assert_eq!(value(log.path(), b), None);
    assert_eq!(value(log.path(), c).unwrap(), "10.0.0.3");
    let bytes = fs::read(path_in(log.path(), a)).unwrap();
    assert!(!bytes.windows(8).any(|window| window == b"10.0.0.2"));
}

#[test]
fn a_place_without_an_opening_is_told_once_all_others_are_erased() {
    let log = tempfile::tempdir().unwrap();
    let openings = openings(log.path());
    let [a, b] = ["10.0.0.1", "10.0.0.2"].map(|it| put(&openings, it, "s", 1));

    let told = openings.erase(&[a + 1, b]).unwrap_err().to_string();

    assert!(told.contains("1 others are erased"), "{told}");
    assert_eq!(value(log.path(), b), None);
    assert_eq!(value(log.path(), a).unwrap(), "10.0.0.1");
}

#[test]
fn erasing_keeps_nobody_from_being_committed_to() {
    let log = tempfile::tempdir().unwrap();
    let openings = openings(log.path());
    let place = put(&openings, "10.0.0.1", "s", 1);

    let _as_whoever_commits_holds_it = lock(&openings.end);

    assert_eq!(openings.erase(&[place]).unwrap(), 1);
}

#[test]
fn nothing_is_erased_through_a_link() {
    let (log, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let place = put(&openings(other.path()), "10.0.0.1", "s", 1);
    fs::create_dir(log.path().join("openings")).unwrap();
    std::os::unix::fs::symlink(path_in(other.path(), place), path_in(log.path(), place)).unwrap();

    let erased = Openings::resume(Arc::new(Disk), log.path(), 0, Ended::Closed);

    assert!(erased.is_err());
    assert_eq!(value(other.path(), place).unwrap(), "10.0.0.1");
}

#[test]
fn a_file_ends_with_its_hour_and_goes_once_all_in_it_is_old() {
    let log = tempfile::tempdir().unwrap();
    let openings = openings(log.path());
    let a = put(&openings, "10.0.0.1", "s", 0);
    let b = put(&openings, "10.0.0.2", "s", HOUR - 1);
    let c = put(&openings, "10.0.0.3", "s", HOUR);
    assert_eq!(names(log.path()), [a, c], "{b}");

    assert_eq!(openings.prunable(HOUR - 1, 2 * HOUR).unwrap(), None);
    assert_eq!(openings.prunable(HOUR, 2 * HOUR).unwrap(), Some(c));
    openings.prune(c).unwrap();
    assert_eq!(names(log.path()), [c]);
}

#[test]
fn the_last_file_goes_too_and_what_comes_after_it_has_places_of_its_own() {
    let log = tempfile::tempdir().unwrap();
    let openings = openings(log.path());
    let old = put(&openings, "10.0.0.1", "s", 0);
    let below = openings.prunable(1, 10 * HOUR).unwrap().unwrap();

    let new = put(&openings, "10.0.0.2", "s", 10 * HOUR);
    openings.prune(below).unwrap();

    assert!(new >= below && below > old);
    assert_eq!(value(log.path(), new).unwrap(), "10.0.0.2");
    assert_eq!(names(log.path()), [new]);
    assert_eq!(openings.prunable(1, 10 * HOUR).unwrap(), None);
}

#[test]
fn files_of_earlier_runs_go_whatever_is_in_them() {
    let log = tempfile::tempdir().unwrap();
    let erased = openings(log.path());
    let place = put(&erased, "10.0.0.1", "s", 5);
    erased.erase(&[place]).unwrap();
    let torn = resumed(log.path(), 1, Ended::Closed).0;
    let second = put(&torn, "10.0.0.2", "s", 6);
    let path = path_in(log.path(), second);
    fs::write(&path, b"no opening").unwrap();
    let long_ago = SystemTime::UNIX_EPOCH + Duration::from_millis(7);
    fs::File::open(&path)
        .unwrap()
        .set_modified(long_ago)
        .unwrap();
    let late = resumed(log.path(), 2, Ended::Closed).0;
    let third = put(&late, "10.0.0.3", "s", 100 * HOUR);
    let now = resumed(log.path(), 3, Ended::Closed).0;
    let fourth = put(&now, "10.0.0.4", "s", 8);

    assert_eq!(now.prunable(8, 9).unwrap(), Some(third));
    assert_eq!(
        now.prunable(9, 9).unwrap(),
        Some(fourth + FILE_PLACES),
        "one of the future"
    );
}
