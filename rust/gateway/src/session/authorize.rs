//! The stage that decides: policy and overlay, remembered for the connection, and recorded.

use std::sync::Arc;

use streamward_policy::{Action, Context, Decision, Request, Resource, ResourceKind};
use streamward_wire::kafka::{ApiKey, access::Operation};

use super::decisions::Decided;
use super::{Close, Session};
use crate::caller::Caller;
use crate::overlay::contained;
use crate::recorder::{ACCESS_AGE_MAX_MILLISECONDS, Access, Deed};
use crate::snapshot::Unrecorded;

/// Longer names are denied unasked: what is remembered and entered of a request has a bounded size. Kafka's
/// topics have at most 249 characters.
pub const NAME_BYTES_MAX: usize = 1_000;
/// As much of such a name stands in the log.
const NAME_BYTES_SHOWN: usize = 100;

/// The policy's action for one of Kafka's operations.
pub const fn action(operation: Operation) -> Action {
    match operation {
        Operation::Read => Action::Read,
        Operation::Write => Action::Write,
        Operation::Create => Action::Create,
        Operation::Delete => Action::Delete,
        Operation::Alter => Action::Alter,
        Operation::Describe => Action::Describe,
        Operation::DescribeConfigs => Action::DescribeConfigs,
        Operation::AlterConfigs => Action::AlterConfigs,
        Operation::IdempotentWrite => Action::IdempotentWrite,
        Operation::ClusterAction => Action::ClusterAction,
        Operation::TwoPhaseCommit => Action::TwoPhaseCommit,
    }
}

/// What the policy said of a request's resource.
#[derive(Debug)]
pub enum Permission {
    /// It may happen, and is entered; the access counts what it moves. `None` only where the listener
    /// serves on although nothing can be recorded.
    Allowed(Option<Arc<Access>>),
    /// It may not, and the refusal is entered.
    Denied,
}

impl Session {
    /// The attributes on which the policy may look, at this moment.
    fn context(&self, caller: &Caller, now: i64) -> Context {
        let mut context = caller.context(&self.software, now);
        if let Some(device) = self.snapshot.devices.of(caller, now) {
            context.device_posture = device.posture;
            context.device_status = device.status;
        }
        context
    }

    /// Decides, without a word in the log.
    pub(super) fn decide(
        &mut self,
        action: Action,
        kind: ResourceKind,
        name: &str,
        now: i64,
    ) -> Result<Decided, Close> {
        self.name_one()?;
        if let Some(decided) = self.decisions.get(action, kind, name, now) {
            self.tally.remembered += 1;
            return Ok(decided.clone());
        }
        self.tally.asked += 1;
        let Some(caller) = &self.caller else {
            return Err(Close::Unauthenticated { api: "a request" });
        };
        if name.len() > NAME_BYTES_MAX {
            return Ok(too_long(now));
        }
        let quarantine = match kind {
            ResourceKind::Stream => self.snapshot.overlay.quarantines(name, now),
            _ => None,
        };
        let decision = match quarantine {
            Some(containment) => {
                let ends = self.snapshot.overlay.quarantine_ends(name, now);
                Arc::new(contained(&containment, "the stream is quarantined", ends))
            }
            None => self.snapshot.policy.decide(&Request {
                principal: &caller.principal,
                action,
                resource: Resource { kind, name },
                context: &self.context(caller, now),
            }),
        };
        let unreadable = (decision.allowed && action == Action::Read)
            .then(|| match kind {
                ResourceKind::Stream => self.unreadable(name),
                _ => None,
            })
            .flatten();
        let decision = unreadable.map_or(decision, Arc::new);
        self.tally.errors += u64::from(!decision.errors.is_empty());
        let oldest = now.saturating_add(ACCESS_AGE_MAX_MILLISECONDS);
        let devices = self.snapshot.devices.stale_from().filter(|it| now < *it);
        let oldest = devices.map_or(oldest, |stale| stale.min(oldest));
        let decided = Decided {
            allowed: decision.allowed,
            valid_until: decision
                .valid_until_milliseconds
                .map_or(oldest, |until| until.min(oldest)),
            decision,
            access: None,
        };
        self.decisions.put(action, kind, name, decided.clone());
        Ok(decided)
    }

    /// Decides for the sake of a listing: what may not be seen is left out, which is no refusal.
    pub(super) fn may_see(
        &mut self,
        api: (ApiKey, i16),
        kind: ResourceKind,
        name: &str,
        now: i64,
    ) -> Result<bool, Close> {
        // What is listed was not named by the client.
        let naming = self.pause_naming();
        let seen = self.decide(Action::Describe, kind, name, now)?.allowed;
        if seen {
            self.authorize(api, Action::Describe, kind, name, now)?;
        }
        self.resume_naming(naming);
        Ok(seen)
    }

    /// Decides and enters the decision: the access is opened, or the refusal counted, before any answer.
    pub(super) fn authorize(
        &mut self,
        api: (ApiKey, i16),
        action: Action,
        kind: ResourceKind,
        name: &str,
        now: i64,
    ) -> Result<Permission, Close> {
        let decided = self.decide(action, kind, name, now)?;
        if decided.allowed && decided.access.is_some() {
            return Ok(Permission::Allowed(decided.access));
        }
        let Some(caller) = self.caller.clone() else {
            return Err(Close::Unauthenticated { api: api.0.name() });
        };
        let classes = match kind {
            ResourceKind::Stream => self.snapshot.policy.classes_of(name),
            _ => Arc::default(),
        };
        let deed = Deed {
            caller: &caller,
            api: api.0.name(),
            api_version: api.1,
            action,
            resource: Resource {
                kind,
                name: shortened(name),
            },
            decision: &decided.decision,
            policy_version: self.snapshot.policy.version(),
            classes: &classes,
        };
        if decided.allowed {
            match self.recorder.access(&deed, now) {
                Ok(access) => {
                    self.durable_before_answer =
                        self.durable_before_answer.max(access.opened_position);
                    let access = Some(access);
                    self.decisions.put(
                        action,
                        kind,
                        name,
                        Decided {
                            access: access.clone(),
                            ..decided
                        },
                    );
                    Ok(Permission::Allowed(access))
                }
                Err(error) => {
                    self.unrecorded(&error)?;
                    let access = self
                        .recorder
                        .unentered_access(&deed, &error.to_string(), now);
                    Ok(Permission::Allowed(Some(access)))
                }
            }
        } else {
            self.tally.denied = true;
            match self.recorder.denied(&deed, now) {
                Ok(position) => {
                    self.durable_before_answer = self.durable_before_answer.max(position);
                    Ok(Permission::Denied)
                }
                Err(error) => {
                    self.unrecorded(&error)?;
                    self.recorder.unentered_denial(&error.to_string(), now);
                    Ok(Permission::Denied)
                }
            }
        }
    }

    /// What can't be recorded does not happen, unless the listener is declared to serve on.
    pub(super) fn unrecorded(&self, error: &streamward_audit::AuditError) -> Result<(), Close> {
        match self.listener.unrecorded {
            Unrecorded::Serve => Ok(()),
            Unrecorded::Refuse => Err(Close::Unrecorded {
                what: error.to_string(),
            }),
        }
    }

    /// Is this principal allowed to write to any stream at all? (`authorizeByResourceType` in Kafka.)
    pub(super) fn may_write_somewhere(&mut self, now: i64) -> Result<bool, Close> {
        let Some(caller) = &self.caller else {
            return Ok(false);
        };
        let policy = &self.snapshot.policy;
        let context = self.context(caller, now);
        for name in policy.stream_probes(&caller.principal, Action::Write, &context) {
            if self
                .decide(Action::Write, ResourceKind::Stream, &name, now)?
                .allowed
            {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn too_long(now: i64) -> Decided {
    let decision = Decision {
        allowed: false,
        rules: vec!["default".into()],
        errors: Vec::new(),
        reason: format!("a name of more than {NAME_BYTES_MAX} bytes is nobody's"),
        valid_until_milliseconds: None,
    };
    Decided {
        allowed: false,
        decision: Arc::new(decision),
        access: None,
        valid_until: now,
    }
}

/// The name, or the beginning of one that is too long.
pub(super) fn shortened(name: &str) -> &str {
    if name.len() <= NAME_BYTES_MAX {
        return name;
    }
    let ends = name.char_indices().map(|(at, _)| at);
    let end = ends.take_while(|at| *at <= NAME_BYTES_SHOWN).last();
    name.get(..end.unwrap_or(0)).unwrap_or_default()
}
