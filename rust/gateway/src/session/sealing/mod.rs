//! Sealed streams: what is written to them is sealed before the broker sees it, and opened for those readers who
//! may see it (`docs/reference/envelope.md`).

mod check;
mod dead_letters;
mod fetch;
mod held;
mod mask;
mod produce;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use streamward_audit::State;
use streamward_policy::{Action, Decision, Resource, ResourceKind};
use streamward_records::{Fault, Home, Mark};
use streamward_wire::kafka::ApiKey;

pub(super) use self::fetch::{leave_acquired, refuse};
pub(super) use self::held::HeldAnswer;
pub(super) use self::produce::{Refused, code_of, take_out};

use super::{Close, Session};
use crate::data_keys::DataKeys;
use crate::fields::StreamFields;
use crate::recorder::Deed;
use crate::sealing::{KeySealing, OnViolation, OpenedBy, Readers, SealedStream, Unreadable};

/// How records of a stream leave for a reader.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// As they lie at the broker, of a stream that isn't sealed.
    #[default]
    Plain,
    /// Opened.
    Opened,
    /// As they lie at the broker: sealed.
    Ciphertext,
    /// With masks on their fields, opened where they are sealed.
    Masked,
}

impl Form {
    /// What the log says of them.
    pub const fn state(self) -> State {
        match self {
            Self::Plain | Self::Opened => State::Readable,
            Self::Ciphertext => State::Ciphertext,
            Self::Masked => State::Masked,
        }
    }

    /// Are they made anew for the reader?
    pub const fn is_made_anew(self) -> bool {
        matches!(self, Self::Opened | Self::Masked)
    }
}

/// A sealed topic, ready to seal and open.
struct Sealed {
    /// Its own, and then those of the streams whose envelopes may lie there too.
    homes: Vec<Home>,
    headers: Vec<Box<[u8]>>,
    value: bool,
    fields: Option<Arc<StreamFields>>,
    deterministic: bool,
    partition_bound: bool,
    mark: Mark,
}

impl Session {
    /// The keys that all connections of the gateway share.
    #[must_use]
    pub fn with_keys(mut self, keys: Arc<DataKeys>) -> Self {
        self.keys = keys;
        self
    }

    /// Has what is written to this topic to be sealed, signed, or held to a contract?
    pub(super) fn transforms(&self, topic: &str) -> bool {
        self.snapshot.sealing.of(topic).is_some()
            || self.snapshot.contracts.on_write(topic).is_some()
            || self.is_signed(topic)
    }

    /// How a topic's records leave for the caller.
    pub(super) fn form(&self, topic: &str) -> Form {
        // What may not be read is taken out of the answer before it leaves; until then it stays as it lies.
        self.reading(topic).unwrap_or(Form::Ciphertext)
    }

    /// Is the caller among the readers of this ring?
    fn may_open(&self, ring: &str) -> bool {
        let mut rings = self.snapshot.sealing.rings.iter();
        let Some(ring) = rings.find(|it| it.name == ring) else {
            return false;
        };
        self.is_among(&ring.readers)
    }

    /// Is the caller one of these?
    pub(super) fn is_among(&self, readers: &Readers) -> bool {
        let Some(caller) = &self.caller else {
            return false;
        };
        let declared = self.snapshot.directory.principal(&caller.principal);
        let declared = declared.iter().flat_map(|it| &it.roles);
        let mut roles = declared.chain(caller.roles.iter());
        readers
            .principals
            .iter()
            .any(|it| **it == *caller.principal)
            || roles.any(|role| readers.roles.contains(role))
    }

    /// Why the caller may not read a stream that the policy lets it read; `None`: nothing is against it.
    pub(super) fn unreadable(&self, topic: &str) -> Option<Decision> {
        self.reading(topic).err()
    }

    /// How a topic's records leave for the caller, or why they don't.
    fn reading(&self, topic: &str) -> Result<Form, Decision> {
        let masking = self.snapshot.masking.of(topic);
        let is_masked = masking.is_some_and(|it| self.is_among(&it.declared.masked));
        let whole = match self.snapshot.sealing.of(topic) {
            None => Form::Plain,
            Some(stream) if self.may_open(&stream.ring) => match stream.opened_by {
                OpenedBy::Gateway => Form::Opened,
                OpenedBy::Consumer => Form::Ciphertext,
            },
            Some(stream) => match stream.unreadable {
                Unreadable::Ciphertext => return Ok(Form::Ciphertext),
                Unreadable::Mask if is_masked => return Ok(Form::Masked),
                Unreadable::Mask | Unreadable::Refuse => {
                    let reason = format!("not among the readers of the key ring `{}`", stream.ring);
                    return Err(refusal("sealing:reader", reason));
                }
            },
        };
        match masking {
            Some(masking) if !self.is_among(&masking.declared.unmasked) => {
                if is_masked {
                    return Ok(Form::Masked);
                }
                let reason = "fields are masked, and among those who see neither them nor masks";
                Err(refusal("contract:masked", reason.to_owned()))
            }
            _ => Ok(whole),
        }
    }

    fn sealed(&self, topic: &str) -> Option<Sealed> {
        let section = &self.snapshot.sealing;
        let stream = section.of(topic)?;
        let mut homes = vec![self.home(topic, stream)?];
        for other in &stream.accepts_from {
            homes.extend(section.of(other).and_then(|it| self.home(other, it)));
        }
        Some(Sealed {
            homes,
            headers: stream
                .headers
                .iter()
                .map(|it| it.as_bytes().into())
                .collect(),
            value: stream.value,
            fields: stream.fields.as_ref().and(self.snapshot.fields.of(topic)),
            deterministic: stream.key == KeySealing::Deterministic,
            partition_bound: stream.partition_bound,
            mark: match stream.on_violation {
                OnViolation::Mark => Mark::Header,
                OnViolation::Refuse | OnViolation::DeadLetter => Mark::Refuse,
            },
        })
    }

    fn home(&self, topic: &str, stream: &SealedStream) -> Option<Home> {
        let mut rings = self.snapshot.sealing.rings.iter();
        let ring = rings.find(|it| it.name == stream.ring)?;
        let cluster = stream.home_cluster.as_deref();
        Some(Home {
            tenant: stream.tenant.as_deref().map(Into::into),
            cluster: cluster.unwrap_or(&self.peer.cluster).into(),
            stream: topic.into(),
            data_class: ring.data_class.as_str().into(),
            ring: ring.name.as_str().into(),
        })
    }

    /// Enters what was found wrong in a partition of a sealed stream.
    fn enter_violation(
        &mut self,
        api: (ApiKey, i16),
        action: Action,
        (topic, partition): (&str, i32),
        fault: &Fault,
        now: i64,
    ) -> Result<(), Close> {
        let counts = &self.keys.counts;
        let refused = match action {
            Action::Write => &counts.refused_write,
            _ => &counts.refused_read,
        };
        refused.fetch_add(1, Ordering::Relaxed);
        let rule = format!("sealing:{}", fault.refusal.code());
        let place = match action {
            Action::Write => format!("record {} of a batch", fault.index),
            _ => format!("offset {}", fault.offset),
        };
        let reason = format!("partition {partition}, {place}: {}", fault.refusal);
        self.enter_refusal(api, action, topic, &refusal(&rule, reason), now)
    }

    /// Enters why records of a stream are not taken, or not given.
    pub(super) fn enter_refusal(
        &mut self,
        api: (ApiKey, i16),
        action: Action,
        topic: &str,
        decision: &Decision,
        now: i64,
    ) -> Result<(), Close> {
        let Some(caller) = self.caller.clone() else {
            return Ok(());
        };
        let classes = self.snapshot.policy.classes_of(topic);
        let kind = ResourceKind::Stream;
        let deed = Deed {
            caller: &caller,
            api: api.0.name(),
            api_version: api.1,
            action,
            resource: Resource { kind, name: topic },
            decision,
            policy_version: self.snapshot.policy.version(),
            classes: &classes,
        };
        match self.recorder.denied(&deed, now) {
            Ok(position) => {
                self.durable_before_answer = self.durable_before_answer.max(position);
                Ok(())
            }
            Err(error) => {
                self.unrecorded(&error)?;
                self.recorder.unentered_denial(&error.to_string(), now);
                Ok(())
            }
        }
    }
}

pub(super) fn refusal(rule: &str, reason: String) -> Decision {
    Decision {
        allowed: false,
        rules: vec![rule.to_owned()],
        errors: Vec::new(),
        reason,
        valid_until_milliseconds: None,
    }
}
