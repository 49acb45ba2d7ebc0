//! What a member of a share group acquired of a partition (KIP-932): only what leaves is its to acknowledge. The locks on
//! the rest end by themselves, and the broker gives it again, to this member or another.

use std::ops::Range;

use bytes::Bytes;
use streamward_wire::kafka::batch::batches;
use streamward_wire::kafka::{Struct, Value};

const ACQUIRED: &str = "AcquiredRecords";

/// What may still leave of a partition in which a record is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leave {
    /// All batches that are right.
    Right,
    /// The batches before the wrong one.
    Before,
    /// Nothing.
    Nothing,
}

/// Is it a partition of an answer to a share group?
pub fn is_shared(partition: &Struct) -> bool {
    partition.has(ACQUIRED)
}

/// What is tried with a partition, one after the other, for as long as something is wrong with the rest.
///
/// A consumer begins its next fetch at what is wrong. A share group goes on behind it: were right records held back with
/// it, their deliveries would be counted until the broker archives them, which nobody has seen.
pub fn leaves(partition: &Struct) -> &'static [Leave] {
    if is_shared(partition) {
        &[Leave::Right, Leave::Before, Leave::Nothing]
    } else {
        &[Leave::Before, Leave::Nothing]
    }
}

/// Takes out the batches that are wrong, and their offsets out of what the member acquired. Each batch is looked at
/// once. `false`: nothing is left that it acquired.
pub fn leave_right(partition: &mut Struct, mut is_wrong: impl FnMut(&[u8]) -> bool) -> bool {
    let Value::Bytes(records) = partition.get("Records") else {
        return false;
    };
    let records = records.clone();
    let mut right = Vec::with_capacity(records.len());
    let mut wrong = Vec::new();
    for (place, first, last) in places(&records) {
        let batch = records.get(place).unwrap_or_default();
        if is_wrong(batch) {
            wrong.push((first, last));
        } else {
            right.extend_from_slice(batch);
        }
    }
    if let Some(acquired) = partition.array_mut(ACQUIRED) {
        *acquired = without(acquired, &wrong);
    }
    partition.set("Records", Value::Bytes(Bytes::from(right)));
    !partition.array(ACQUIRED).is_empty()
}

/// Of a share fetch: takes out of what a member acquired all that lies behind these records.
pub fn leave_acquired(partition: &mut Struct, records: &[u8]) {
    let last = batches(records).map_while(Result::ok).last();
    let last = last.map_or(-1, |it| it.last_offset);
    if let Some(acquired) = partition.array_mut(ACQUIRED) {
        *acquired = without(acquired, &[(last.saturating_add(1), i64::MAX)]);
    }
}

/// Where each batch lies, with its first and its last offset; what can't be read as one is the last.
fn places(records: &[u8]) -> Vec<(Range<usize>, i64, i64)> {
    let mut places: Vec<(Range<usize>, i64, i64)> = Vec::new();
    let (mut at, mut next) = (0, i64::MIN);
    for batch in batches(records).map_while(Result::ok) {
        let end = at + batch.bytes.min(records.len() - at);
        // SECURITY: how far a wrong batch reaches is what its header says; it takes nothing from the next one.
        if let Some((.., last)) = places.last_mut() {
            *last = (*last).min(batch.base_offset.saturating_sub(1));
        }
        places.push((at..end, batch.base_offset, batch.last_offset));
        (at, next) = (end, batch.last_offset.saturating_add(1));
    }
    if at < records.len() {
        places.push((at..records.len(), next, i64::MAX));
    }
    places
}

/// These ranges without some offsets, which stand in ascending order.
fn without(acquired: &[Value], out: &[(i64, i64)]) -> Vec<Value> {
    let mut left = Vec::with_capacity(acquired.len() + out.len());
    for range in acquired.iter().filter_map(Value::as_struct) {
        let mut keep = |first: i64, last: i64| {
            if first <= last {
                let mut part = range.clone();
                part.set("FirstOffset", first).set("LastOffset", last);
                left.push(Value::Struct(part));
            }
        };
        let (first, last) = (range.int("FirstOffset"), range.int("LastOffset"));
        let mut rest = Some(first);
        let from = out.partition_point(|(_, end)| *end < first);
        for (begin, end) in out.get(from..).unwrap_or_default() {
            let Some(first) = rest.filter(|_| *begin <= last) else {
                break;
            };
            keep(first, last.min(begin.saturating_sub(1)));
            rest = end.checked_add(1).map(|behind| behind.max(first));
        }
        if let Some(first) = rest {
            keep(first, last);
        }
    }
    left
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use streamward_wire::kafka::ApiKey;

    use super::*;
    use crate::session::new_response;
    use crate::session::tests::batch;

    fn partition(records: Vec<u8>, acquired: &[(i64, i64, i64)]) -> Struct {
        let answer = new_response(ApiKey::SHARE_FETCH, 2).unwrap();
        let mut partition = answer.element("Responses").element("Partitions");
        let ranges = acquired.iter().map(|(first, last, count)| {
            let mut range = partition.element(ACQUIRED);
            range
                .set("FirstOffset", *first)
                .set("LastOffset", *last)
                .set("DeliveryCount", *count);
            Value::Struct(range)
        });
        let ranges: Vec<Value> = ranges.collect();
        partition
            .set("Records", Bytes::from(records))
            .set(ACQUIRED, ranges);
        partition
    }

    fn acquired(partition: &Struct) -> Vec<(i64, i64, i64)> {
        let ranges = partition.structs(ACQUIRED);
        let told = |it: &Struct, name| it.int(name);
        ranges
            .map(|it| {
                let (first, last) = (told(it, "FirstOffset"), told(it, "LastOffset"));
                (first, last, told(it, "DeliveryCount"))
            })
            .collect()
    }

    /// Each offset with how often it was delivered.
    fn offsets(ranges: &[(i64, i64, i64)]) -> BTreeMap<i64, i64> {
        let each = |(first, last, count): &(i64, i64, i64)| {
            let count = *count;
            (*first..=*last).map(move |it| (it, count))
        };
        ranges.iter().flat_map(each).collect()
    }

    fn first_of(batch: &[u8]) -> i64 {
        batches(batch).next().unwrap().unwrap().base_offset
    }

    #[test]
    fn behind_what_is_wrong_the_rest_is_still_acquired() {
        let all = [batch(0, 100, 0), batch(100, 1, 0), batch(101, 399, 0)];
        let mut partition = partition(all.concat(), &[(0, 499, 2)]);
        assert!(leave_right(&mut partition, |it| first_of(it) == 100));
        let right = [&all[0][..], &all[2]].concat();
        assert_eq!(partition.bytes("Records").unwrap(), &right[..]);
        assert_eq!(acquired(&partition), [(0, 99, 2), (101, 499, 2)]);
    }

    #[test]
    fn without_anything_right_nothing_is_left() {
        let all = [batch(3, 2, 0), batch(5, 1, 0)].concat();
        let mut both = partition(all.clone(), &[(3, 5, 1)]);
        assert!(!leave_right(&mut both, |_| true));
        assert!(acquired(&both).is_empty());
        // What is right there is another member's.
        let mut one = partition(all, &[(5, 5, 1)]);
        assert!(!leave_right(&mut one, |it| first_of(it) == 5));
    }

    #[test]
    fn a_batch_that_says_it_reaches_further_takes_nothing_from_the_next() {
        let mut wide = batch(0, 1, 0).to_vec();
        wide[23..27].copy_from_slice(&1_000_i32.to_be_bytes());
        let all = [&wide[..], &batch(1, 4, 0)].concat();
        let mut partition = partition(all, &[(0, 4, 1)]);
        assert!(leave_right(&mut partition, |it| first_of(it) == 0));
        assert_eq!(acquired(&partition), [(1, 4, 1)]);
    }

    #[test]
    fn what_can_not_be_read_goes_with_all_behind_it() {
        let mut broken = batch(2, 1, 0).to_vec();
        broken[16] = 1;
        let all = [&batch(0, 2, 0)[..], &broken, &batch(3, 1, 0)].concat();
        let mut partition = partition(all, &[(0, 3, 1), (9, i64::MAX, 1)]);
        let bytes = batch(0, 2, 0).len();
        assert!(leave_right(&mut partition, |it| it.len() != bytes));
        assert_eq!(acquired(&partition), [(0, 1, 1)]);
    }

    #[test]
    fn what_lies_behind_the_records_that_leave_is_not_acquired() {
        for (records, expected) in [
            (batch(0, 3, 0).to_vec(), vec![(0, 1, 1), (2, 2, 5)]),
            (Vec::new(), vec![]),
        ] {
            let mut partition = partition(Vec::new(), &[(0, 1, 1), (2, 7, 5), (8, 9, 1)]);
            leave_acquired(&mut partition, &records);
            assert_eq!(acquired(&partition), expected);
        }
    }

    proptest! {
        #[test]
        fn exactly_what_is_wrong_is_no_longer_acquired(
            lengths in prop::collection::vec((1_u32..5, any::<bool>(), 0_i64..3), 1..20),
            gaps in prop::collection::vec((0_i64..4, 0_i64..9, 1_i64..4), 0..12),
        ) {
            let (mut all, mut right, mut wrong) = (Vec::new(), Vec::new(), Vec::new());
            let mut next = 0;
            for (records, is_wrong, hole) in lengths {
                let made = batch(next, records, 0);
                all.extend_from_slice(&made);
                if is_wrong {
                    wrong.push(next);
                } else {
                    right.extend_from_slice(&made);
                }
                next += i64::from(records) + hole;
            }
            let (mut ranges, mut at) = (Vec::new(), 0);
            for (gap, more, count) in gaps {
                ranges.push((at + gap, at + gap + more, count));
                at += gap + more + 1;
            }
            let mut expected = offsets(&ranges);
            let mut seen = Vec::new();
            for (place, first, last) in places(&all) {
                if wrong.contains(&first_of(&all[place])) {
                    expected.retain(|it, _| !(first..=last).contains(it));
                }
            }
            let mut partition = partition(all, &ranges);
            let left = leave_right(&mut partition, |it| {
                seen.push(first_of(it));
                wrong.contains(&first_of(it))
            });
            let found = acquired(&partition);
            prop_assert!(found.windows(2).all(|it| it[0].1 < it[1].0));
            prop_assert_eq!(offsets(&found), expected);
            prop_assert_eq!(partition.bytes("Records").unwrap(), &right[..]);
            prop_assert_eq!(left, !found.is_empty());
            prop_assert!(seen.windows(2).all(|it| it[0] < it[1]));
        }
    }
}
