//! A record among its neighbours is held to what it is held to alone, though verifying it costs less there.

use proptest::prelude::*;
use proptest::sample::Index;
use streamward_records::{Mark, Signature};
use streamward_wire::kafka::batch::Compression;

use super::common::{Message, batch, batch_of, finish, message, payload, read};
use super::stream::{Stream, counted};

#[derive(Clone, Debug)]
enum Forged {
    /// A bit of the signature: protected header, proof, counter or what the key made.
    Bit(Index, u8),
    /// The signature of another record.
    SignatureOf(Index),
    /// The path, size and index of another record, with the counter of its own.
    ProofOf(Index),
    /// The same of a record of another batch by the same signer.
    ForeignProof,
    /// The same record of another batch, whole.
    ForeignRecord,
    Value,
    Nothing,
}

fn forgeries() -> impl Strategy<Value = Forged> {
    prop_oneof![
        3 => (any::<Index>(), 0..8_u8).prop_map(|(at, bit)| Forged::Bit(at, bit)),
        1 => any::<Index>().prop_map(Forged::SignatureOf),
        1 => any::<Index>().prop_map(Forged::ProofOf),
        1 => Just(Forged::ForeignProof),
        1 => Just(Forged::ForeignRecord),
        1 => Just(Forged::Value),
        1 => Just(Forged::Nothing),
    ]
}

fn signature(message: &mut Message) -> &mut Vec<u8> {
    message.headers.last_mut().unwrap().1.as_mut().unwrap()
}

/// A signature with the proof of another one: what lies between its protected header and its counter.
fn with_proof_of(own: &[u8], other: &[u8]) -> Vec<u8> {
    let counter = [0x3a, 0, 1, 0, 4];
    let proof = |it: &[u8]| {
        let protected = Signature::parse(it).unwrap().protected.len();
        let end = it.windows(5).rposition(|it| it == counter).unwrap();
        4 + protected..end
    };
    let (mine, its) = (proof(own), proof(other));
    [&own[..mine.start], &other[its], &own[mine.end..]].concat()
}

fn signed(stream: &Stream, count: usize, of: u8) -> Vec<Message> {
    let messages: Vec<Message> = (0..count)
        .map(|at| message(&at.to_be_bytes(), &[of; 3]))
        .collect();
    let plain = counted(batch(Compression::None, &messages));
    read(&stream.sign(&plain).unwrap())
}

/// How many of these don't verify.
fn refused(stream: &Stream, messages: &[Message]) -> u64 {
    let mut records = batch_of(Compression::None, messages.len() as u32, &payload(messages));
    finish(&mut records);
    stream.verify(&counted(records)).unwrap().1.marked_count
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn what_is_refused_alone_is_refused_among_its_neighbours(
        count in prop_oneof![2..20_usize, 250..270_usize],
        victim in any::<Index>(),
        forged in forgeries(),
    ) {
        let stream = Stream { timestamp: false, mark: Mark::Header, ..Stream::default() };
        let mut messages = signed(&stream, count, 1);
        let foreign = signed(&stream, count, 2);
        let at = victim.index(count);
        let own = signature(&mut messages[at]).clone();
        let of = |other: &Index| messages[other.index(count)].headers[0].1.clone().unwrap();
        let forged_signature = match &forged {
            Forged::Bit(place, bit) => {
                let mut flipped = own.clone();
                let place = place.index(flipped.len());
                flipped[place] ^= 1 << bit;
                flipped
            }
            Forged::SignatureOf(other) => of(other),
            Forged::ProofOf(other) => with_proof_of(&own, &of(other)),
            Forged::ForeignProof => with_proof_of(&own, foreign[at].headers[0].1.as_ref().unwrap()),
            Forged::ForeignRecord => {
                messages[at] = foreign[at].clone();
                signature(&mut messages[at]).clone()
            }
            Forged::Value => {
                messages[at].value = Some(b"other".to_vec());
                own.clone()
            }
            Forged::Nothing => own.clone(),
        };
        *signature(&mut messages[at]) = forged_signature;

        let alone = refused(&stream, &messages[at..=at]);
        let others = [&messages[..at], &messages[at + 1..]].concat();

        prop_assert_eq!(refused(&stream, &others), 0);
        prop_assert_eq!(refused(&stream, &messages), alone, "{:?}", forged);
        let genuine = matches!(forged, Forged::Nothing | Forged::ForeignRecord);
        let changed = signature(&mut messages[at]) != &own;
        prop_assert!(!genuine || alone == 0);
        // A bit of the proof may say another size in which the way is the same.
        prop_assert!(genuine || matches!(forged, Forged::Bit(..)) || alone == u64::from(changed || matches!(forged, Forged::Value)));
    }
}
