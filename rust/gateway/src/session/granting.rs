//! Who gets data keys to seal or open by itself: whoever may write or read the stream through the gateway, and nobody else.

use streamward_audit::AuditError;
use streamward_policy::{Action, Decision, Resource, ResourceKind};

use super::authorize::shortened;
use super::sealing::no_reader;
use super::{Close, Session};
use crate::grants::{Granted, GrantsSection, Operation, Ruling, Terms, Wish};
use crate::recorder::{Deed, GrantedKeys, Recorder};
use crate::sealing::{OpenedBy, SealedBy, SealedStream};

/// As the log names the request.
const API: &str = "KeyGrant";
const API_VERSION: i16 = 1;

const fn action(operation: Operation) -> Action {
    match operation {
        Operation::Seal => Action::Write,
        Operation::Open => Action::Read,
    }
}

impl Session {
    /// Decides as Produce and Fetch of the stream are decided at this moment; a refusal is entered.
    pub fn grant(
        &mut self,
        wish: &Wish,
        section: GrantsSection,
        now: i64,
    ) -> Result<Ruling, Close> {
        let action = action(wish.operation);
        let decided = self.decide(action, ResourceKind::Stream, &wish.stream, now)?;
        if !decided.allowed {
            self.enter_ungranted(action, &wish.stream, &decided.decision, now)?;
            return Ok(Ruling::Denied);
        }
        let caller_ends = self
            .caller
            .as_ref()
            .and_then(|it| it.session_ends_milliseconds);
        let until = section.until(now).min(decided.valid_until);
        let until = caller_ends.map_or(until, |ends| ends.min(until));
        let snapshot = self.snapshot.clone();
        let Some(stream) = snapshot.sealing.of(&wish.stream) else {
            return Ok(Ruling::Unsealed { until });
        };
        if wish.operation == Operation::Open && !self.may_open(&stream.ring) {
            let decision = no_reader(stream, "");
            self.enter_ungranted(action, &wish.stream, &decision, now)?;
            return Ok(Ruling::Denied);
        }
        // SECURITY: what the gateway seals or opens itself nobody else needs the keys of.
        if !is_of_programs(stream, wish.operation) {
            return Ok(Ruling::ByGateway);
        }
        let mut rings = snapshot.sealing.rings.iter();
        let Some(ring) = rings.find(|it| it.name == stream.ring) else {
            return Ok(Ruling::ByGateway);
        };
        let terms = Terms::of(stream, &ring.data_class, &self.peer.cluster);
        Ok(Ruling::Granted(Box::new(Granted {
            terms,
            until,
            decision: decided.decision,
        })))
    }

    /// Enters which keys the caller is about to get, by their names; nothing leaves before that is durable.
    pub fn enter_grant(
        &mut self,
        wish: &Wish,
        granted: &Granted,
        kids: &[String],
        now: i64,
    ) -> Result<(), Close> {
        let keys = GrantedKeys {
            ring: &granted.terms.ring,
            kids,
            until: granted.until,
        };
        let action = action(wish.operation);
        self.enter_key_deed(action, &wish.stream, &granted.decision, |recorder, deed| {
            recorder.granted(deed, &keys, now)
        })
    }

    fn enter_ungranted(
        &mut self,
        action: Action,
        stream: &str,
        decision: &Decision,
        now: i64,
    ) -> Result<(), Close> {
        self.enter_key_deed(action, stream, decision, |recorder, deed| {
            recorder.denied(deed, now)
        })
    }

    /// SECURITY: a key that nobody knows of is given to nobody: what can't be entered ends the connection.
    fn enter_key_deed(
        &mut self,
        action: Action,
        stream: &str,
        decision: &Decision,
        enter: impl FnOnce(&Recorder, &Deed<'_>) -> Result<u64, AuditError>,
    ) -> Result<(), Close> {
        let Some(caller) = self.caller.clone() else {
            return Err(Close::Unauthenticated { api: API });
        };
        let classes = self.snapshot.policy.classes_of(stream);
        let deed = Deed {
            caller: &caller,
            api: API,
            api_version: API_VERSION,
            action,
            resource: Resource {
                kind: ResourceKind::Stream,
                name: shortened(stream),
            },
            decision,
            policy_version: self.snapshot.policy.version(),
            classes: &classes,
        };
        let entered = enter(&self.recorder, &deed);
        let position = entered.map_err(|error| Close::Unrecorded {
            what: error.to_string(),
        })?;
        self.durable_before_answer = self.durable_before_answer.max(position);
        Ok(())
    }
}

fn is_of_programs(stream: &SealedStream, operation: Operation) -> bool {
    match operation {
        Operation::Seal => stream.sealed_by == SealedBy::Producer,
        Operation::Open => stream.opened_by == OpenedBy::Consumer,
    }
}
