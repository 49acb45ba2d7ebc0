//! The JSON forms that cross the boundary: the section with its principals, requests and decisions.

use std::net::{IpAddr, Ipv4Addr};

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::json;

use crate::ask::{Attribute, Beside, Circumstances, Flip, Slot, Value, flips};
use crate::attributes::{AGES, Ages, TEXTS, Texts};
use crate::compile::Effort;
use crate::error::PolicyError;
use crate::evaluate::Facts;
use crate::moment::Moment;
use crate::networks::Networks;
use crate::policy::Policy;
use crate::request::{Action, Decision, Mechanism, Resource, ResourceKind};
use crate::section::{PolicySection, PrincipalFacts, PrincipalKind};

/// Largest document that is read.
pub const DOCUMENT_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Largest decision request that is read.
pub const REQUEST_BYTES_MAX: usize = 64 * 1024;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    environment: String,
    policy: PolicySection,
    principals: Vec<PrincipalEntry>,
    #[serde(default)]
    questions: Option<Beside>,
}

/// An entry of `identity.principals` of a snapshot; its credentials are nothing to the policy.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PrincipalEntry {
    id: String,
    #[serde(rename = "type")]
    kind: PrincipalKind,
    #[serde(default)]
    tenant: Option<String>,
    #[serde(default)]
    roles: Vec<String>,
    #[serde(default)]
    mfa: bool,
    #[serde(default)]
    device_posture: Option<String>,
    #[serde(default, rename = "credentials")]
    _credentials: Option<IgnoredAny>,
}

impl From<PrincipalEntry> for PrincipalFacts {
    fn from(entry: PrincipalEntry) -> Self {
        Self {
            id: entry.id,
            kind: entry.kind,
            tenant: entry.tenant,
            roles: entry.roles,
            mfa: entry.mfa,
            device_posture: entry.device_posture,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RequestDocument {
    principal: String,
    action: String,
    resource: ResourceDocument,
    #[serde(default)]
    context: ContextDocument,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ResourceDocument {
    #[serde(rename = "type")]
    kind: String,
    name: String,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct ContextDocument {
    source: Option<IpAddr>,
    networks: Option<Vec<String>>,
    tls: Option<bool>,
    mechanism: Option<String>,
    mfa: Option<bool>,
    environment: Option<String>,
    tls_version: Option<String>,
    tls_cipher: Option<String>,
    client_software_name: Option<String>,
    client_software_version: Option<String>,
    /// `null`: it is not known, whatever is declared of the principal.
    #[serde(default)]
    device_posture: Told,
    device_status: Option<String>,
    credential_age: Option<i64>,
    authentication_age: Option<i64>,
    mfa_age: Option<i64>,
    #[serde(default)]
    roles: Vec<String>,
    now: Option<i64>,
    hour: Option<i64>,
    minute: Option<i64>,
    weekday: Option<i64>,
}

/// What a request says of something that is declared of the principal as well.
#[derive(Default, Deserialize)]
#[serde(from = "Option<String>")]
enum Told {
    #[default]
    Nothing,
    Known(String),
    Unknown,
}

impl From<Option<String>> for Told {
    fn from(given: Option<String>) -> Self {
        given.map_or(Self::Unknown, Self::Known)
    }
}

impl ContextDocument {
    fn texts<'a>(&'a self, declared_posture: Option<&'a str>) -> Texts<'a> {
        [
            self.tls_version.as_deref(),
            self.tls_cipher.as_deref(),
            self.client_software_name.as_deref(),
            self.client_software_version.as_deref(),
            match &self.device_posture {
                Told::Known(posture) => Some(posture),
                Told::Unknown => None,
                Told::Nothing => declared_posture,
            },
            self.device_status.as_deref(),
        ]
    }

    fn ages(&self) -> Result<Ages, String> {
        let ages = [self.credential_age, self.authentication_age, self.mfa_age];
        let negative = |age: &Option<i64>| age.is_some_and(|seconds| seconds < 0);
        match AGES.iter().zip(ages).find(|(_, age)| negative(age)) {
            Some((name, _)) => Err(format!("`{name}` is a number of seconds, 0 or more")),
            None => Ok(ages),
        }
    }

    /// The time that the request names, as a whole, or `now_milliseconds`.
    fn moment(&self, now_milliseconds: i64) -> Result<Moment, String> {
        let parts = self.hour.or(self.minute).or(self.weekday);
        if self.now.is_some() && parts.is_some() {
            return Err("`now` stands instead of `hour`, `minute` and `weekday`".to_owned());
        }
        let mut moment = Moment::of(self.now.unwrap_or(now_milliseconds));
        for (name, value, lowest, highest) in [
            ("hour", self.hour, 0, 23),
            ("minute", self.minute, 0, 1439),
            ("weekday", self.weekday, 1, 7),
        ] {
            if value.is_some_and(|value| value < lowest || value > highest) {
                return Err(format!("`{name}` goes from {lowest} to {highest}"));
            }
        }
        match (self.hour, self.minute) {
            (Some(hour), Some(minute)) if minute / 60 != hour => {
                return Err(format!(
                    "minute `{minute}` of the day is not in hour `{hour}`"
                ));
            }
            (_, Some(minute)) => (moment.hour, moment.minute) = (minute / 60, minute),
            (Some(hour), None) => (moment.hour, moment.minute) = (hour, hour * 60),
            (None, None) => {}
        }
        moment.weekday = self.weekday.unwrap_or(moment.weekday);
        Ok(moment)
    }
}

impl RequestDocument {
    /// What is to be done to what.
    fn asked(&self) -> Result<(Action, Resource<'_>), PolicyError> {
        let action: Action = self.action.parse().map_err(PolicyError::Request)?;
        let kind: ResourceKind = self.resource.kind.parse().map_err(PolicyError::Request)?;
        let name = &self.resource.name;
        Ok((action, Resource { kind, name }))
    }
}

fn parsed(request: &[u8]) -> Result<RequestDocument, PolicyError> {
    let bad = PolicyError::Request;
    if request.len() > REQUEST_BYTES_MAX {
        return Err(bad(format!("more than {REQUEST_BYTES_MAX} bytes")));
    }
    serde_json::from_slice(request).map_err(|error| bad(error.to_string()))
}

/// The context of a decision as it is, nothing left open.
fn circumstances(facts: &Facts<'_>, networks: &Networks) -> Circumstances {
    let mut known = Circumstances::default();
    let mut set = |attribute: Option<Attribute>, value: Option<Value>| {
        if let Some(attribute) = attribute {
            known.set(attribute, value.map_or(Slot::Absent, Slot::Known));
        }
    };
    let held = networks.names_of(facts.networks).map(Value::text).collect();
    for (attribute, value) in [
        (Attribute::SOURCE, Value::address(facts.source)),
        (Attribute::NETWORKS, Value::Set(held)),
        (Attribute::TLS, Value::Bool(facts.tls)),
        (Attribute::MECHANISM, Value::text(facts.mechanism.name())),
        (Attribute::MFA, Value::Bool(facts.mfa)),
        (Attribute::ENVIRONMENT, Value::text(facts.environment)),
        (Attribute::HOUR, Value::Long(facts.moment.hour)),
        (Attribute::MINUTE, Value::Long(facts.moment.minute)),
        (Attribute::WEEKDAY, Value::Long(facts.moment.weekday)),
    ] {
        set(Some(attribute), Some(value));
    }
    for (name, text) in TEXTS.iter().zip(facts.texts) {
        set(Attribute::named(name), text.map(Value::text));
    }
    for (name, age) in AGES.iter().zip(facts.ages) {
        set(Attribute::named(name), age.map(Value::Long));
    }
    known
}

impl Policy {
    /// Compile `{"environment", "policy", "principals"}`: the sections of a snapshot as they are; with
    /// `questions`, what only questions about all requests look at.
    ///
    /// # Errors
    /// As [`Policy::compile`], and where the document is not of this form.
    pub fn from_json(document: &[u8]) -> Result<Self, PolicyError> {
        Self::of_document(document, false)
    }

    /// As [`Policy::from_json`], of a document that it took before: its rules are not validated
    /// anew, which is most of the work. Only for questions, never for what decides.
    ///
    /// # Errors
    /// As [`Policy::from_json`], those of validation excepted.
    pub fn from_validated_json(document: &[u8]) -> Result<Self, PolicyError> {
        Self::of_document(document, true)
    }

    fn of_document(document: &[u8], validated: bool) -> Result<Self, PolicyError> {
        if document.len() > DOCUMENT_BYTES_MAX {
            return Err(PolicyError::Document(format!(
                "more than {DOCUMENT_BYTES_MAX} bytes"
            )));
        }
        let document: Document = serde_json::from_slice(document)
            .map_err(|error| PolicyError::Document(error.to_string()))?;
        let principals: Vec<_> = document.principals.into_iter().map(Into::into).collect();
        let effort = Effort {
            for_questions: document.questions.is_some(),
            validated,
            by_form: document.questions.is_some() && document.policy.schema == crate::SCHEMA,
        };
        let policy =
            Self::compile_with(&document.policy, &document.environment, &principals, effort)?;
        Ok(policy.with(document.questions.unwrap_or_default()))
    }

    /// Answer a decision request in JSON; `now_milliseconds` stands where it names no time.
    ///
    /// Never memoised: what it explains is evaluated anew.
    ///
    /// # Errors
    /// Where the request cannot be read. An unknown principal is a denial, not an error.
    pub fn decide_json(
        &self,
        request: &[u8],
        now_milliseconds: i64,
    ) -> Result<Vec<u8>, PolicyError> {
        let request = parsed(request)?;
        let (action, resource) = request.asked()?;
        let facts = self.facts(&request.principal, &request.context, now_milliseconds)?;
        let decision = self.decide_anew(&request.principal, action, resource, &facts, None);
        self.answer(&request, &facts, &decision)
    }

    /// The nearest changes of the context of a decision request that make its decision another, as
    /// JSON `[{"change", "until", "groups"}]`: one attribute each (or group that a token names), or as
    /// many as it takes.
    ///
    /// # Errors
    /// Where the request cannot be read.
    pub fn flips_json(
        &self,
        request: &[u8],
        now_milliseconds: i64,
    ) -> Result<Vec<u8>, PolicyError> {
        let request = parsed(request)?;
        let (action, resource) = request.asked()?;
        let facts = self.facts(&request.principal, &request.context, now_milliseconds)?;
        let found: Vec<Flip> = match self.principal(&request.principal) {
            Some(known) => {
                let asserted = self.beside().asserted(&request.principal, facts.roles);
                let holder = self.thing_of_known(&request.principal, known, &asserted.roles);
                let mut known = circumstances(&facts, self.networks());
                for (group, is_named) in &asserted.groups {
                    known.name(group, Some(*is_named));
                }
                flips(self, &holder, action, resource, &known, &asserted)
            }
            None => Vec::new(),
        };
        serde_json::to_vec(&found).map_err(|error| PolicyError::Request(error.to_string()))
    }

    fn facts<'a>(
        &'a self,
        principal: &str,
        context: &'a ContextDocument,
        now_milliseconds: i64,
    ) -> Result<Facts<'a>, PolicyError> {
        let bad = PolicyError::Request;
        let declared = self.principal(principal);
        let source = context
            .source
            .unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST))
            .to_canonical();
        let networks = match (&context.networks, self.networks().of(source)) {
            (None, computed) => computed,
            (Some(names), computed) => {
                let stated = self.networks().set_of(names).map_err(bad)?;
                if context.source.is_some() && stated != computed {
                    return Err(bad(format!(
                        "`networks` is not what holds source `{source}`"
                    )));
                }
                stated
            }
        };
        let mechanism = context.mechanism.as_deref().unwrap_or("certificate");
        let mechanism: Mechanism = mechanism.parse().map_err(bad)?;
        let declared_posture = declared.and_then(|it| it.device_posture.as_deref());
        Ok(Facts {
            source,
            networks,
            tls: context.tls.unwrap_or(true),
            mechanism,
            mfa: context
                .mfa
                .unwrap_or_else(|| declared.is_some_and(|it| it.mfa)),
            environment: context
                .environment
                .as_deref()
                .unwrap_or_else(|| self.environment()),
            moment: context.moment(now_milliseconds).map_err(bad)?,
            texts: context.texts(declared_posture),
            ages: context.ages().map_err(bad)?,
            roles: &context.roles,
            tenant: None,
        })
    }

    fn answer(
        &self,
        request: &RequestDocument,
        facts: &Facts<'_>,
        decision: &Decision,
    ) -> Result<Vec<u8>, PolicyError> {
        let mut context = json!({
            "source": facts.source.to_string(),
            "networks": self.networks().names_of(facts.networks).collect::<Vec<_>>(),
            "tls": facts.tls,
            "mechanism": facts.mechanism.name(),
            "mfa": facts.mfa,
            "environment": facts.environment,
            "hour": facts.moment.hour,
            "minute": facts.moment.minute,
            "weekday": facts.moment.weekday,
        });
        if let Some(fields) = context.as_object_mut() {
            for (name, text) in TEXTS.iter().zip(facts.texts) {
                fields.extend(text.map(|text| ((*name).to_owned(), json!(text))));
            }
            for (name, age) in AGES.iter().zip(facts.ages) {
                fields.extend(age.map(|age| ((*name).to_owned(), json!(age))));
            }
            if !facts.roles.is_empty() {
                fields.insert("roles".to_owned(), json!(facts.roles));
            }
        }
        let answer = json!({
            "effect": if decision.allowed { "allow" } else { "deny" },
            "rules": decision.rules,
            "errors": decision.errors,
            "reason": decision.reason,
            "policy_version": self.version(),
            "principal": request.principal,
            "action": request.action,
            "resource": {"type": request.resource.kind, "name": request.resource.name},
            "context": context,
        });
        serde_json::to_vec(&answer).map_err(|error| PolicyError::Request(error.to_string()))
    }
}
