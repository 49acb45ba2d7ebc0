//! Is the gateway alive, and may clients come? Each part by itself, so that somebody can tell what is missing.

use std::sync::atomic::Ordering;
use std::time::Duration;

use serde::Serialize;

use crate::io::Shared;
use crate::io::clock::now_milliseconds;
use crate::snapshot::Unrecorded;

/// An event loop that did not turn for so long is stuck.
const BEAT_AGE_MAX_MILLISECONDS: i64 = 10_000;
/// A log whose checkpoint is further behind its journal does not keep up.
const LOG_BEHIND_MAX: Duration = Duration::from_secs(5);

/// One part of the whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// `listeners`, `snapshot`, `journal`, `log`, `cluster:` and its name, or `revocation_list:` and its reference.
    pub name: String,
    /// Is it as it should be?
    pub ok: bool,
    /// What is wrong, if it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Can clients be served without it?
    #[serde(skip)]
    dispensable: bool,
}

/// How the gateway is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Health {
    /// The event loop turns.
    pub live: bool,
    /// Clients may come.
    pub ready: bool,
    /// Each part. One cluster of several may be missing although the gateway is ready.
    pub checks: Vec<Check>,
}

impl Health {
    /// How it is now.
    pub fn of(shared: &Shared) -> Self {
        let age = now_milliseconds().saturating_sub(shared.beat.load(Ordering::Relaxed));
        let live = age <= BEAT_AGE_MAX_MILLISECONDS;
        let mut checks = vec![
            check(
                "event_loop",
                (!live).then(|| format!("has not turned for {age} ms")),
            ),
            check("listeners", draining_or_closed(shared)),
            check("snapshot", None),
            journal(shared),
            log(shared),
        ];
        checks.extend(clusters(shared));
        checks.extend(revocation_lists(shared));
        let ready = checks.iter().all(|it| it.ok || it.dispensable);
        Self {
            live,
            ready,
            checks,
        }
    }

    /// What is not as it should be, with its detail.
    pub fn missing(&self) -> Vec<String> {
        let missing = self.checks.iter().filter(|it| !it.ok);
        let told = missing.map(|it| match &it.detail {
            Some(detail) => format!("{}: {detail}", it.name),
            None => it.name.clone(),
        });
        told.collect()
    }
}

fn check(name: &str, wrong: Option<String>) -> Check {
    Check {
        name: name.to_owned(),
        ok: wrong.is_none(),
        detail: wrong,
        dispensable: false,
    }
}

/// No client may come while the gateway drains, nor where it has no certificate any more.
fn draining_or_closed(shared: &Shared) -> Option<String> {
    let current = shared.current.borrow();
    if current.draining {
        return Some("the gateway is draining".to_owned());
    }
    let (listener, reference) = current.tls.closed.iter().min()?;
    Some(format!(
        "`{listener}` lets nobody in: `{reference}` is withheld"
    ))
}

/// Without the log nothing is served, unless every listener is declared to serve on.
fn journal(shared: &Shared) -> Check {
    let wrong = shared.recorder.journal().health().err();
    let current = shared.current.borrow();
    let mut listeners = current.snapshot.listeners.iter();
    Check {
        dispensable: listeners.all(|it| it.unrecorded == Unrecorded::Serve),
        ..check("journal", wrong.map(|error| error.to_string()))
    }
}

/// Entries are safe in the journal: clients are served while their proofs come late.
fn log(shared: &Shared) -> Check {
    let progress = shared.log.progress();
    let late = (progress.behind > LOG_BEHIND_MAX).then(|| {
        let seconds = progress.behind.as_secs();
        let why = progress.error.unwrap_or_else(|| "the disk is slow".into());
        format!("its checkpoint is {seconds} s behind the journal: {why}")
    });
    Check {
        dispensable: true,
        ..check("log", late)
    }
}

/// A list of revoked certificates that has expired: nobody whom its authority vouches for gets in. Others do.
fn revocation_lists(shared: &Shared) -> Vec<Check> {
    let now = now_milliseconds();
    let current = shared.current.borrow();
    let trusts = current
        .tls
        .listeners
        .values()
        .filter_map(|it| it.trust.as_ref());
    let mut lists: Vec<_> = trusts.flat_map(|trust| trust.lists()).collect();
    lists.sort_by(|left, right| left.reference.cmp(&right.reference));
    lists.dedup();
    let checks = lists.into_iter().map(|list| {
        let expired = list.next_update_milliseconds <= now;
        let wrong = expired.then(|| {
            format!(
                "`{}` has expired: nobody of authority `{}` gets in",
                list.reference, list.authority
            )
        });
        Check {
            dispensable: true,
            ..check(&format!("revocation_list:{}", list.reference), wrong)
        }
    });
    checks.collect()
}

/// One cluster that answers is enough: clients of the others would fare no better elsewhere.
fn clusters(shared: &Shared) -> Vec<Check> {
    let mut clusters: Vec<_> = shared.clusters.values().collect();
    clusters.sort_by(|left, right| left.name.cmp(&right.name));
    let any = clusters.iter().any(|it| it.metrics.is_reachable());
    let checks = clusters.iter().map(|cluster| {
        let wrong = (!cluster.metrics.is_reachable()).then(|| "no broker answers".to_owned());
        Check {
            dispensable: any,
            ..check(&format!("cluster:{}", cluster.name), wrong)
        }
    });
    checks.collect()
}
