//! Topic ids that the gateway has not seen: asked for before anything is decided, never allowed undecided.

use streamward_wire::kafka::{ApiKey, Struct};

use super::messages::{Names, naming};
use super::{Ask, Script, Verdict, script};
use crate::cluster::UNKNOWN_AGE_MAX_MILLISECONDS;

/// A name that the tests give id 99 while nobody knows it.
const NEW: &str = "of.nobody";
const NEW_ID: u8 = 99;

/// Requests that name a topic by id.
const BY_ID: &[(ApiKey, i16, &str)] = &[
    (ApiKey::PRODUCE, 13, "#99/0"),
    (ApiKey::FETCH, 13, "#99/0"),
    (ApiKey::FETCH, 18, "#99/0"),
    (ApiKey::OFFSET_COMMIT, 10, "#99/0"),
];

fn by_id(key: ApiKey, version: i16) -> Ask {
    let names = Names {
        topics: &[NEW],
        groups: &["ok.g"],
        transactional_id: "ok.t",
    };
    let mut ask = naming(key, version, names);
    ask.body.set("TransactionalId", None::<&str>);
    ask
}

fn forwarded(script: &Script) -> Struct {
    let Verdict::Rewrite(framed) = script.verdict() else {
        panic!("{:?}", script.verdict());
    };
    super::open_request(&framed[4..])
}

#[test]
fn an_id_that_is_new_is_asked_for_and_then_decided() {
    for (key, version, at) in BY_ID {
        let request = by_id(*key, *version);
        let mut script = script();
        script.undecided(&request);
        script.resolves(&[("ok.new", NEW_ID)]);
        assert_eq!(forwarded(&script), request.body, "{} {version}", key.name());
        // It is known from then on, to all.
        script.request(&request).forwards();

        let mut script = super::script();
        script.undecided(&request);
        let refused = format!("{at}:29");
        script.resolves(&[("no.new", NEW_ID)]).refuses(&[&refused]);
        assert!(
            script
                .deeds("denied")
                .iter()
                .any(|it| it.ends_with("no.new"))
        );
    }
}

#[test]
fn an_id_that_no_broker_knows_is_nobodys_and_is_asked_for_again_later() {
    for (key, version, at) in BY_ID {
        let request = by_id(*key, *version);
        let refused = format!("{at}:100");
        let mut script = script();
        script.undecided(&request);
        script.resolves(&[]).refuses(&[&refused]);
        script.undecided(&request);
        script.refuses(&[&refused]);
        script.now += UNKNOWN_AGE_MAX_MILLISECONDS;
        script.undecided(&request);
        script.resolves(&[("ok.new", NEW_ID)]);
        assert_eq!(forwarded(&script), request.body, "{} {version}", key.name());
    }
}

#[test]
fn what_was_allowed_and_revoked_meanwhile_is_not_forwarded_when_the_id_is_known() {
    let mut script = script();
    script.undecided(&by_id(ApiKey::PRODUCE, 13));
    script.apply(&super::quarantine("ok.new")).unwrap();
    script
        .resolves(&[("ok.new", NEW_ID)])
        .refuses(&["#99/0:29"]);
}
