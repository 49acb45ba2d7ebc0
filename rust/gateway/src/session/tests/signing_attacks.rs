//! What producers and mirrors may try with signatures, and how large requests become by them.

use serde_json::Value as Json;

use super::fetch::deliver;
use super::sealing::{delivered, fetch, produce, records, written};
use super::signing::{by_producer, signed, signing};
use super::{by, codes, document};

#[test]
fn what_readers_get_marked_is_refused_on_write_all_the_same() {
    let mut document = by_producer();
    document["signing"]["streams"][0]["on_violation"] = "mark".into();
    let mut script = by("alice", &document);
    script.request(&produce(9, -1, &[records(0, &[b"a"])]));
    script.refuses(&["ok.a/0:87"]);
    assert_eq!(script.log("denied")[0]["rules"][0], "signing:unsigned");
}

#[test]
fn a_producers_key_signs_for_nobody_else() {
    // Signed with the key of `alice`, on behalf of `root`.
    let mut script = by("root", &signing(document(), |_| {}));
    let mut forged = Vec::new();
    script.request(&produce(9, -1, &[records(0, &[b"a"])]));
    script.rewrites(|request| forged = written(request).remove(0));

    let mut script = by("alice", &by_producer());
    script.request(&fetch(11)).forwards();
    script.broker(|answer| deliver(answer, "ok.a", std::slice::from_ref(&forged)));
    script.answers(|answer| assert_eq!(codes(answer), ["ok.a/0:2"]));
    assert_eq!(
        script.log("denied")[0]["rules"][0],
        "signing:foreign_signer"
    );
}

/// The same batch with another producer's id, epoch and first sequence number.
fn of_producer(batch: &[u8], id: u8) -> Vec<u8> {
    let mut out = batch.to_vec();
    out[43..57].fill(id);
    let crc = crc32c::crc32c(&out[21..]);
    out[17..21].copy_from_slice(&crc.to_be_bytes());
    out
}

#[test]
fn numbers_of_producers_are_their_own_where_they_write_and_those_of_a_copier_in_a_mirror() {
    for (home, is_mirror) in [(None, false), (Some("elsewhere"), true)] {
        let at_home = |it: &mut Json| it["home_cluster"] = home.into();
        let by_gateway = signing(document(), |it| {
            it["each"] = "record".into();
            at_home(it);
        });
        let (_, by_alice) = signed(&by_gateway, &[of_producer(&records(0, &[b"a"]), 1)]);
        let copied = of_producer(&by_alice, 2);
        let mut document = by_producer();
        at_home(&mut document["signing"]["streams"][0]);

        let mut script = by("alice", &document);
        script.request(&produce(9, -1, std::slice::from_ref(&copied)));
        script.refuses(&["ok.a/0:87"]);
        assert_eq!(script.log("denied")[0]["rules"][0], "signing:replayed");
        script.request(&produce(9, -1, std::slice::from_ref(&by_alice)));
        script.rewrites(|request| assert_eq!(written(request), [by_alice]));

        let mut script = by("alice", &document);
        script.request(&fetch(11)).forwards();
        script.broker(|answer| deliver(answer, "ok.a", std::slice::from_ref(&copied)));
        script.answers(|answer| assert_eq!(delivered(answer)[0] == copied, is_mirror));
    }
}

#[test]
fn what_is_signed_of_one_request_stays_below_its_frames_limit() {
    // A frame may be a mebibyte; each record of a byte becomes one of more than two hundred.
    let document = signing(document(), |it| it["each"] = "record".into());
    let mut script = by("alice", &document);
    let part = records(0, &[&b"x"[..]; 800]);
    script.request(&produce(9, -1, &vec![part; 8]));
    script.rewrites(|request| {
        let written = written(request);
        let bytes: usize = written.iter().map(Vec::len).sum();
        assert!(bytes <= 1_048_576, "{bytes}");
        assert!(
            !written.is_empty() && written.len() < 8,
            "{}",
            written.len()
        );
    });
    let denied = script.log("denied");
    assert!(!denied.is_empty());
    assert!(
        denied
            .iter()
            .all(|it| it["rules"][0] == "signing:too_large")
    );
}
