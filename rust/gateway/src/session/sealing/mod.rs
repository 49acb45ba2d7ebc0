//! Sealed streams: what is written to them is sealed before the broker sees it, and opened for those readers who
//! may see it (`docs/reference/envelope.md`).

mod check;
mod dead_letters;
mod dead_letters_read;
mod fetch;
mod findings;
mod held;
mod mask;
mod produce;
mod safety;
mod write;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use streamward_audit::State;
use streamward_policy::{Action, Decision, Resource, ResourceKind};
use streamward_records::{Fault, Home, Mark};
use streamward_wire::kafka::ApiKey;

pub(super) use self::fetch::refuse;
pub(super) use self::findings::{Finding, Findings, Stage, TOLD_MAX, Told, leave_before};
pub(super) use self::held::HeldAnswer;
pub(super) use self::produce::{Refused, code_of, take_out};

use super::{Close, Session};
use crate::caller::Caller;
use crate::data_keys::DataKeys;
use crate::fields::StreamFields;
use crate::masking::Masking;
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
    /// As they lie at the broker: their values are sealed.
    Ciphertext,
    /// As they lie at the broker: fields, keys or headers are sealed, the rest of them can be read.
    PartlySealed,
    /// With masks on their fields, opened where they are sealed.
    Masked,
    /// With masks, but the caller sees as they are a field that others see masked, or keys.
    PartlyMasked,
    /// Not at all.
    Withheld,
}

impl Form {
    /// What the log says of them: nothing less than what a reader may have learnt.
    pub const fn state(self) -> State {
        match self {
            Self::Plain
            | Self::Opened
            | Self::PartlySealed
            | Self::PartlyMasked
            | Self::Withheld => State::Readable,
            Self::Ciphertext => State::Ciphertext,
            Self::Masked => State::Masked,
        }
    }

    /// Are they made anew for the reader, or taken out?
    pub const fn is_made_anew(self) -> bool {
        matches!(
            self,
            Self::Opened | Self::Masked | Self::PartlyMasked | Self::Withheld
        )
    }

    /// Are masks put on them?
    pub const fn is_masked(self) -> bool {
        matches!(self, Self::Masked | Self::PartlyMasked)
    }

    /// Does anything of them stay sealed?
    pub const fn stays_sealed(self) -> bool {
        matches!(self, Self::Ciphertext | Self::PartlySealed)
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
        self.reading(topic).unwrap_or(Form::Withheld)
    }

    /// Is the caller among the readers of this ring?
    pub(super) fn may_open(&self, ring: &str) -> bool {
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
        let Some(stream) = self.snapshot.sealing.of(topic) else {
            return self.past_masks(masking, Form::Plain);
        };
        let sealed = if stream.value {
            Form::Ciphertext
        } else {
            Form::PartlySealed
        };
        if self.may_open(&stream.ring) {
            let whole = match stream.opened_by {
                OpenedBy::Gateway => Form::Opened,
                OpenedBy::Consumer => sealed,
            };
            return self.past_masks(masking, whole);
        }
        let masked = masking.filter(|it| self.is_among(&it.declared.masked));
        match stream.unreadable {
            Unreadable::Ciphertext if stream.value => return Ok(sealed),
            // SECURITY: what is not sealed lies there in clear, and masks hold for it.
            Unreadable::Ciphertext if masked.is_none() => return self.past_masks(masking, sealed),
            Unreadable::Ciphertext | Unreadable::Mask => {}
            Unreadable::Refuse => return Err(no_reader(stream, "")),
        }
        match masked {
            // SECURITY: all that is sealed is opened for masks, so what has none would be shown.
            Some(masking) if !masking.covers(stream, |it| self.is_among(it)) => {
                Err(no_reader(stream, ", and not all that is sealed has a mask"))
            }
            Some(masking) => Ok(self.form_of_masks(masking)),
            None => Err(no_reader(stream, "")),
        }
    }

    /// How records leave that leave like this for who sees no masks.
    fn past_masks(&self, masking: Option<&Masking>, whole: Form) -> Result<Form, Decision> {
        match masking {
            Some(masking) if !self.is_among(&masking.declared.unmasked) => {
                if self.is_among(&masking.declared.masked) {
                    return Ok(self.form_of_masks(masking));
                }
                let reason = "fields are masked, and among those who see neither them nor masks";
                Err(refusal("contract:masked", reason.to_owned()))
            }
            _ => Ok(whole),
        }
    }

    fn form_of_masks(&self, masking: &Masking) -> Form {
        if masking.shows_any(|it| self.is_among(it)) {
            Form::PartlyMasked
        } else {
            Form::Masked
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
                OnViolation::Refuse => Mark::Refuse,
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

    /// Enters that keys can't be had at present, so that whoever tries again and again is seen to.
    pub(super) fn enter_keyless(
        &mut self,
        api: (ApiKey, i16),
        action: Action,
        (topic, partition): (&str, i32),
        now: i64,
    ) -> Result<(), Close> {
        let (rule, whose) = match self.snapshot.sealing.of(topic) {
            Some(stream) => ("sealing:keys", format!(" of the ring `{}`", stream.ring)),
            None => ("signing:keys", String::new()),
        };
        let reason = format!("partition {partition}: keys{whose} can't be had at present");
        self.enter_refusal(api, action, topic, &refusal(rule, reason), now)
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
        match self.caller.clone() {
            Some(caller) => self.enter_refusal_of(&caller, api, action, topic, decision, now),
            None => Ok(()),
        }
    }

    /// Enters why records of a stream are not taken from somebody, or not given.
    fn enter_refusal_of(
        &mut self,
        caller: &Caller,
        api: (ApiKey, i16),
        action: Action,
        topic: &str,
        decision: &Decision,
        now: i64,
    ) -> Result<(), Close> {
        let classes = self.snapshot.policy.classes_of(topic);
        let kind = ResourceKind::Stream;
        let deed = Deed {
            caller,
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

pub(super) fn no_reader(stream: &SealedStream, more: &str) -> Decision {
    let ring = &stream.ring;
    let reason = format!("not among the readers of the key ring `{ring}`{more}");
    refusal("sealing:reader", reason)
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
