//! Whether the caller still stands: rights, credential and proof may end while a connection lives.

use std::sync::Arc;

use streamward_identity::Principal;

use super::answers::{Exchange, Pending, Shaping};
use super::{Close, Session};
use crate::snapshot::Snapshot;

impl Session {
    /// Who is calling, once that is proved.
    pub fn principal(&self) -> Option<Arc<str>> {
        self.caller.as_ref().map(|it| it.principal.clone())
    }

    /// Another snapshot is in force. `Err`: this connection has no rights left. Otherwise the answers
    /// that clients get at once, because what they wait for is no longer theirs.
    pub fn on_snapshot(
        &mut self,
        snapshot: Arc<Snapshot>,
        now: i64,
    ) -> Result<Vec<Vec<u8>>, Close> {
        let caller = self.caller.as_ref();
        let device = |of: &Snapshot| caller.and_then(|caller| of.devices.of(caller, now));
        let unchanged = device(&snapshot) == device(&self.snapshot)
            && Arc::ptr_eq(&snapshot.policy, &self.snapshot.policy)
            && Arc::ptr_eq(&snapshot.overlay, &self.snapshot.overlay)
            && Arc::ptr_eq(&snapshot.sealing, &self.snapshot.sealing)
            && Arc::ptr_eq(&snapshot.fields, &self.snapshot.fields)
            && Arc::ptr_eq(&snapshot.signatures, &self.snapshot.signatures)
            && Arc::ptr_eq(&snapshot.contracts, &self.snapshot.contracts)
            && Arc::ptr_eq(&snapshot.masking, &self.snapshot.masking)
            && Arc::ptr_eq(&snapshot.directory, &self.snapshot.directory);
        let before = std::mem::replace(&mut self.snapshot, snapshot);
        if unchanged {
            return Ok(Vec::new());
        }
        self.epoch += 1;
        self.decisions.clear();
        self.still_certified(&before)?;
        self.still_known(&before, now)?;
        self.renew_limits(now);
        self.recheck_streaming(now)?;
        self.refuse_waiting(now)
    }

    /// Answers the fetches that wait for what is no longer theirs, as far as their turn has come.
    pub(super) fn refuse_waiting(&mut self, now: i64) -> Result<Vec<Vec<u8>>, Close> {
        let mut answers = Vec::new();
        if self.streaming.is_some() || self.held_answer.is_some() {
            // Nothing overtakes the answer that is on its way; what waits is decided when it comes.
            return Ok(answers);
        }
        while let Some(Pending::Upstream(Exchange {
            shaping: Shaping::Fetch(_),
            ..
        })) = self.pending.front()
        {
            let Some(answer) = self.refuse_waiting_fetch(now)? else {
                break;
            };
            answers.push(answer);
            while let Some(local) = self.next_local() {
                answers.push(local);
            }
        }
        Ok(answers)
    }

    /// The caller is still declared, by the same credential; what is declared of it is that of now.
    pub(super) fn still_known(&mut self, before: &Snapshot, now: i64) -> Result<(), Close> {
        let Some(caller) = &self.caller else {
            return Ok(());
        };
        let revoked = |reason: String| Err(Close::Revoked { reason });
        if let Some(containment) =
            self.snapshot
                .overlay
                .revokes(&caller.principal, caller.credentials(), now)
        {
            return revoked(format!("containment `{containment}`"));
        }
        if !self
            .snapshot
            .may_be_shown(&self.peer.cluster, &caller.principal)
        {
            return revoked("no credential at the brokers is declared for it".into());
        }
        if caller.mechanism == streamward_policy::Mechanism::Plaintext {
            return Ok(());
        }
        let Some(principal) = self.snapshot.directory.principal(&caller.principal) else {
            return revoked("the principal is no longer declared".into());
        };
        let declared = |principal: &Principal| {
            let mut credentials = principal.credentials.iter();
            credentials
                .find(|it| it.id() == &*caller.credential)
                .cloned()
        };
        let known = before.directory.principal(&caller.principal);
        match (known.and_then(|it| declared(it)), declared(principal)) {
            (Some(before), Some(now)) if before == now => {}
            // A credential of the identity store stands in no snapshot: its end is an overlay's.
            (None, None) if self.snapshot.directory.asks_store() => {}
            (_, Some(_)) => return revoked("the credential has changed".into()),
            (_, None) => return revoked("the credential is no longer declared".into()),
        }
        // What the token said was judged by what was declared of its issuer then. Whoever still satisfies it comes
        // back with the same token at once.
        let (id, credential) = (&caller.principal, &caller.credential);
        let settings = before.directory.issuer_of(id, credential);
        if settings != self.snapshot.directory.issuer_of(id, credential) {
            return revoked("the settings of its token's issuer have changed".into());
        }
        let refreshed = caller.declared_as(principal);
        self.caller = Some(Arc::new(refreshed));
        Ok(())
    }
}
