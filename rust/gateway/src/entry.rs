//! Builds the entries of the log: OCSF 1.8 events with the `streaming` extension, in canonical JSON.

use std::net::IpAddr;

use serde_json::{Map, Value, json};
use streamward_audit::{Commitment, leaf};
use streamward_policy::{Action, Decision, Resource};

use crate::caller::{Caller, GATEWAY, Peer};

/// The extension of OCSF whose object the entries carry (`docs/reference/ocsf.md`).
const EXTENSION_VERSION: &str = "1.0.0";

/// OCSF classes that the gateway writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// 6002, start and stop.
    ApplicationLifecycle,
    /// 3002, one attempt to prove an identity.
    Authentication,
    /// 3003, what a proof of identity gave a session beside what its principal has.
    AuthorizeSession,
    /// 3005, what a principal was given or lost.
    UserAccess,
    /// 6003, a request.
    ApiActivity,
    /// 6005, records read or written.
    DatastoreActivity,
    /// 5019, a policy came into force.
    ConfigStateChange,
}

impl Class {
    const fn uids(self) -> (u32, u32) {
        match self {
            Self::ApplicationLifecycle => (6002, 6),
            Self::Authentication => (3002, 3),
            Self::AuthorizeSession => (3003, 3),
            Self::UserAccess => (3005, 3),
            Self::ApiActivity => (6003, 6),
            Self::DatastoreActivity => (6005, 6),
            Self::ConfigStateChange => (5019, 5),
        }
    }
}

/// An entry that is being put together.
#[derive(Debug)]
pub struct Entry {
    class: Class,
    event: Map<String, Value>,
    streaming: Map<String, Value>,
}

impl Entry {
    /// Starts an entry of a kind (see `docs/reference/events.md`).
    pub fn new(kind: &str, class: Class, activity: (u32, &str), now_milliseconds: i64) -> Self {
        let (class_uid, category_uid) = class.uids();
        let mut event = Map::new();
        event.insert("activity_id".into(), activity.0.into());
        event.insert("activity_name".into(), activity.1.into());
        event.insert("category_uid".into(), category_uid.into());
        event.insert("class_uid".into(), class_uid.into());
        event.insert("type_uid".into(), (class_uid * 100 + activity.0).into());
        event.insert("time".into(), now_milliseconds.into());
        event.insert("severity_id".into(), 1.into());
        event.insert("status_id".into(), 1.into());
        event.insert("metadata".into(), metadata());
        // What OCSF requires of the class, and is the same in all of ours.
        match class {
            Class::ApplicationLifecycle => event.insert("app".into(), product()),
            Class::ConfigStateChange => event.insert(
                "device".into(),
                json!({"name": "gateway", "type": "Server", "type_id": 1}),
            ),
            _ => None,
        };
        let mut streaming = Map::new();
        streaming.insert("kind".into(), kind.into());
        Self {
            class,
            event,
            streaming,
        }
    }

    /// The outcome was a failure, and as grave as this (OCSF `severity_id`).
    pub fn failed(mut self, severity_id: u32) -> Self {
        self.event.insert("status_id".into(), 2.into());
        self.event.insert("severity_id".into(), severity_id.into());
        self
    }

    /// Sets a field of the `streaming` object.
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.streaming.insert(key.into(), value.into());
        self
    }

    /// When what it tells of began and ended (ms since 1970); `time` is when it was entered.
    pub fn interval(mut self, start: i64, end: i64) -> Self {
        self.event.insert("start_time".into(), start.into());
        self.event.insert("end_time".into(), end.into());
        self
    }

    /// Says where a connection came in.
    pub fn peer(mut self, peer: &Peer) -> Self {
        self.event.insert(
            "src_endpoint".into(),
            json!({"ip": peer.address.ip().to_string(), "port": peer.address.port()}),
        );
        let told = match peer.proxy {
            Some(proxy) => self.with("proxy", proxy.to_string()),
            None => self,
        };
        told.with("environment", &*peer.environment)
            .with("cluster", &*peer.cluster)
            .with("listener", &*peer.listener)
            .with("connection", &*peer.connection)
    }

    /// Says from which address, where that is all that is said of the peers.
    pub fn source(mut self, address: IpAddr) -> Self {
        self.event
            .insert("src_endpoint".into(), json!({"ip": address.to_string()}));
        self
    }

    /// Says what the address is committed to, instead of the address.
    pub fn withheld(mut self, address: &Commitment) -> Self {
        let endpoint = json!({"uid": address.as_str()});
        self.event.insert("src_endpoint".into(), endpoint);
        self
    }

    /// Says whom it is about.
    pub fn user(mut self, user: Value) -> Self {
        self.event.insert("user".into(), user);
        self
    }

    /// Says which roles, as OCSF's privileges and as `streaming` has them.
    pub fn privileges(mut self, roles: &[String]) -> Self {
        let privileges: Vec<_> = roles.iter().map(|role| format!("role:{role}")).collect();
        self.event.insert("privileges".into(), privileges.into());
        self.with("roles", roles.to_vec())
    }

    /// Says which session, and by which credential.
    pub fn session(mut self, caller: &Caller) -> Self {
        let mut session = json!({
            "uid": &*caller.peer.connection,
            "credential_uid": &*caller.credential,
            "is_mfa": caller.mfa,
        });
        if let Some(end) = caller.session_ends_milliseconds {
            session["expiration_time"] = end.into();
        }
        self.event.insert("session".into(), session);
        self
    }

    /// Says who tried to prove an identity, and at which listener; `*` is several or unknown ones.
    pub fn subject(mut self, user: Value, listener: &str) -> Self {
        self.event
            .insert("service".into(), json!({"name": listener}));
        self.user(user)
    }

    /// Says who acted.
    pub fn caller(self, caller: &Caller) -> Self {
        let mut entry = self.peer(&caller.peer);
        let user = user(&caller.principal, caller.principal_type);
        match entry.class {
            Class::Authentication => entry = entry.subject(user.clone(), &caller.peer.listener),
            Class::AuthorizeSession => entry = entry.user(user.clone()),
            _ => {}
        }
        entry.event.insert("actor".into(), json!({"user": user}));
        if let Some(tenant) = &caller.tenant {
            entry = entry.with("tenant", &**tenant);
        }
        entry = entry.with("principal", &*caller.principal);
        if &*caller.principal == GATEWAY {
            return entry;
        }
        entry
            .with("credential", &*caller.credential)
            .with("mechanism", caller.mechanism.name())
    }

    /// Says what was asked and what the policy said.
    pub fn decision(
        mut self,
        action: Action,
        resource: Resource<'_>,
        decision: &Decision,
        policy_version: &str,
    ) -> Self {
        self = self
            .with("action", action.name())
            .resource(resource.kind.name(), resource.name)
            .with("decision", if decision.allowed { "allow" } else { "deny" })
            .with("policy_version", policy_version)
            .with("rules", decision.rules.clone())
            .with("reason", decision.reason.as_str());
        if !decision.errors.is_empty() {
            self = self.with("errors", decision.errors.clone());
        }
        self
    }

    /// Says what was acted on, as `streaming` and as the class has it.
    pub fn resource(mut self, kind: &str, name: &str) -> Self {
        match self.class {
            Class::DatastoreActivity => self.event.insert(
                "databucket".into(),
                json!({"name": name, "type": "Kafka topic", "type_id": 99}),
            ),
            Class::ApiActivity => self
                .event
                .insert("resources".into(), json!([{"name": name, "type": kind}])),
            _ => None,
        };
        self.with("resource", json!({"type": kind, "name": name}))
    }

    /// Says by which request.
    pub fn request(mut self, api: &str, version: i16) -> Self {
        if self.class == Class::ApiActivity {
            let call = json!({"operation": api, "version": version.to_string()});
            self.event.insert("api".into(), call);
        }
        self.with("api", api).with("api_version", version)
    }

    /// Takes over from an earlier entry, decoded, who acted, from where and on what; what it does not say is
    /// named as unknown.
    pub fn actor_of(mut self, earlier: &Value) -> Self {
        let unknown = [
            (
                "actor",
                json!({"user": {"name": "unknown", "type": "Unknown", "type_id": 0}}),
            ),
            ("src_endpoint", json!({"name": "unknown"})),
            (
                "databucket",
                json!({"name": "unknown", "type": "Kafka topic", "type_id": 99}),
            ),
        ];
        for (name, otherwise) in unknown {
            let value = earlier.get(name).cloned().unwrap_or(otherwise);
            self.event.insert(name.into(), value);
        }
        self
    }

    /// The leaf, in canonical form.
    pub fn into_leaf(mut self) -> Result<Vec<u8>, streamward_audit::AuditError> {
        self.event
            .insert("streaming".into(), Value::Object(self.streaming));
        leaf::canonical(&Value::Object(self.event))
    }
}

fn product() -> Value {
    json!({"name": "Streamward", "vendor_name": "Streamward"})
}

fn metadata() -> Value {
    json!({
        "version": "1.8.0",
        "product": product(),
        "extensions": [{"name": "streaming", "version": EXTENSION_VERSION}],
    })
}

/// A principal as OCSF's user object; `kind` is `user` or `service`.
pub fn user(name: &str, kind: &str) -> Value {
    match kind {
        "user" => json!({"name": name, "type": "User", "type_id": 1}),
        "service" => json!({"name": name, "type": "Service", "type_id": 4}),
        _ => json!({"name": name, "type": "Unknown", "type_id": 0}),
    }
}

/// Somebody who proved nothing: the name that it claimed, or `*` for several.
pub fn unproved(name: &str) -> Value {
    user(name, "unknown")
}
