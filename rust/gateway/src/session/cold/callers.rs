//! APIs whose meaning is the caller. Where brokers take every client for the gateway, an ACL, a password, a token
//! or a quota of theirs would be the gateway's own: what is described comes from the gateway's policy and
//! principals, and what would change is refused as Kafka refuses it where the feature is off.

use std::collections::BTreeMap;

use streamward_wire::kafka::access::OfCaller;
use streamward_wire::kafka::{ApiKey, Struct, Value, error};

use crate::session::authorize::action;
use crate::session::{Close, Head, Session, Shaping, Verdict};

/// Beside the refusal to change ACLs.
const GRANTS: &str = "the gateway's bundle says who may do what: change its grants";
/// Beside the refusal to change passwords and quotas.
const BUNDLE: &str = "brokers know every client as the gateway: change its bundle";

/// Kafka's numbers of the SCRAM mechanisms.
const SCRAM_MECHANISMS: [(&str, i64); 2] = [("SCRAM-SHA-256", 1), ("SCRAM-SHA-512", 2)];

impl Session {
    pub(super) fn of_caller(
        &mut self,
        head: &Head,
        of: &OfCaller,
        request: &Struct,
        now: i64,
    ) -> Result<Verdict, Close> {
        let answer = if let Some(operation) = of.asks
            && !self.may_on_cluster(head, action(operation), now)?
        {
            refused(head, request, error::CLUSTER_AUTHORIZATION_FAILED, None)?
        } else if self.snapshot.shows_client(&self.peer.cluster)
            || head.key == ApiKey::DESCRIBE_CLIENT_QUOTAS
        {
            self.expect(head, Shaping::Forward);
            return Ok(Verdict::Forward);
        } else {
            self.answer_of_caller(head, request)?
        };
        Ok(Verdict::Reply(head.reply(&answer)?))
    }

    fn answer_of_caller(&self, head: &Head, request: &Struct) -> Result<Struct, Close> {
        match head.key {
            ApiKey::DESCRIBE_ACLS => self.describe_acls(head, request),
            ApiKey::DESCRIBE_USER_SCRAM_CREDENTIALS => self.describe_scram(head, request),
            ApiKey::CREATE_ACLS | ApiKey::DELETE_ACLS => {
                refused(head, request, error::SECURITY_DISABLED, Some(GRANTS))
            }
            ApiKey::ALTER_CLIENT_QUOTAS | ApiKey::ALTER_USER_SCRAM_CREDENTIALS => {
                refused(head, request, error::POLICY_VIOLATION, Some(BUNDLE))
            }
            _ => self.no_tokens(head, request),
        }
    }

    /// A token would be minted for the gateway. Without TLS brokers don't even look whether they have tokens.
    fn no_tokens(&self, head: &Head, request: &Struct) -> Result<Struct, Close> {
        let code = if self.peer.tls {
            error::DELEGATION_TOKEN_AUTH_DISABLED
        } else {
            error::DELEGATION_TOKEN_REQUEST_NOT_ALLOWED
        };
        let mut answer = head.response()?;
        answer.set("ErrorCode", code);
        if head.key == ApiKey::CREATE_DELEGATION_TOKEN {
            let caller = self.caller.as_ref().map_or("", |it| &*it.principal);
            let owner = request
                .str("OwnerPrincipalName")
                .filter(|it| !it.is_empty());
            let kind = request
                .str("OwnerPrincipalType")
                .filter(|_| owner.is_some());
            answer
                .set("PrincipalType", kind.unwrap_or("User"))
                .set("PrincipalName", owner.unwrap_or(caller))
                .set("TokenRequesterPrincipalType", "User")
                .set("TokenRequesterPrincipalName", caller);
            for time in ["IssueTimestampMs", "ExpiryTimestampMs", "MaxTimestampMs"] {
                answer.set(time, -1);
            }
        }
        Ok(answer)
    }

    /// Who has a password, and how many rounds its check takes.
    fn describe_scram(&self, head: &Head, request: &Struct) -> Result<Struct, Close> {
        let directory = &self.snapshot.directory;
        // By name, how often it is asked for.
        let mut users: BTreeMap<&str, usize> = BTreeMap::new();
        for user in request.structs("Users") {
            *users
                .entry(user.str("Name").unwrap_or_default())
                .or_default() += 1;
        }
        if users.is_empty() {
            users.extend(directory.users_with_password().map(|user| (user, 1)));
        }
        let mut answer = head.response()?;
        let results = users.into_iter().map(|(user, times)| {
            let mut result = answer.element("Results");
            result.set("User", user);
            let infos: Vec<Value> = directory
                .passwords(user)
                .filter_map(|(mechanism, iterations)| credential(&result, mechanism, iterations))
                .collect();
            if times > 1 {
                let text = "Cannot describe SCRAM credentials for the same user twice in a single request: ";
                result
                    .set("ErrorCode", error::DUPLICATE_RESOURCE)
                    .set("ErrorMessage", format!("{text}{user}"));
            } else if infos.is_empty() {
                let text = "Attempt to describe a user credential that does not exist: ";
                result
                    .set("ErrorCode", error::RESOURCE_NOT_FOUND)
                    .set("ErrorMessage", format!("{text}{user}"));
            } else {
                result.set("CredentialInfos", infos);
            }
            Value::Struct(result)
        });
        let results: Vec<Value> = results.collect();
        answer.set("Results", results);
        Ok(answer)
    }
}

fn credential(result: &Struct, mechanism: &str, iterations: u32) -> Option<Value> {
    let known = SCRAM_MECHANISMS.iter().find(|(name, _)| *name == mechanism);
    known.map(|(_, number)| {
        let mut info = result.element("CredentialInfos");
        info.set("Mechanism", *number)
            .set("Iterations", i64::from(iterations));
        Value::Struct(info)
    })
}

/// An answer that refuses everything that the request asks for; `text` instead of what Kafka says of the code.
fn refused(head: &Head, request: &Struct, code: i16, text: Option<&str>) -> Result<Struct, Close> {
    // Kafka says nothing beside its refusals of these.
    let silent = [
        ApiKey::DESCRIBE_CLIENT_QUOTAS,
        ApiKey::DESCRIBE_USER_SCRAM_CREDENTIALS,
    ];
    let text = text.or_else(|| error::error_message(code).filter(|_| !silent.contains(&head.key)));
    let mut answer = head.response()?;
    let (list, count) = match head.key {
        ApiKey::CREATE_ACLS => ("Results", request.array("Creations").len()),
        ApiKey::DELETE_ACLS => ("FilterResults", request.array("Filters").len()),
        ApiKey::ALTER_CLIENT_QUOTAS => ("Entries", request.array("Entries").len()),
        ApiKey::DESCRIBE_USER_SCRAM_CREDENTIALS => ("Results", request.array("Users").len()),
        ApiKey::ALTER_USER_SCRAM_CREDENTIALS => {
            return Ok(refused_users(answer, request, code, text));
        }
        _ => {
            answer
                .set("ErrorCode", code)
                .set("ErrorMessage", text)
                .set("Entries", Value::Null);
            return Ok(answer);
        }
    };
    let places = (0..count).map(|place| {
        let mut entry = answer.element(list);
        entry.set("ErrorCode", code).set("ErrorMessage", text);
        if entry.has("Entity") {
            let asked = request.array(list).get(place).and_then(Value::as_struct);
            let entity = asked.map_or_else(Vec::new, |asked| entity(&entry, asked));
            entry.set("Entity", entity);
        }
        Value::Struct(entry)
    });
    let places: Vec<Value> = places.collect();
    answer
        .set(list, places)
        .set("ErrorCode", code)
        .set("ErrorMessage", text);
    Ok(answer)
}

/// Whose quota it is, as the request says it.
fn entity(entry: &Struct, asked: &Struct) -> Vec<Value> {
    let parts = asked.structs("Entity").map(|part| {
        let mut copy = entry.element("Entity");
        copy.set("EntityType", part.str("EntityType").unwrap_or_default())
            .set("EntityName", part.str("EntityName"));
        Value::Struct(copy)
    });
    parts.collect()
}

/// One refusal for each user, however often the request names it.
fn refused_users(mut answer: Struct, request: &Struct, code: i16, text: Option<&str>) -> Struct {
    let changes = request
        .structs("Deletions")
        .chain(request.structs("Upsertions"));
    let mut users: Vec<&str> = changes.filter_map(|it| it.str("Name")).collect();
    users.sort_unstable();
    users.dedup();
    let results = users.into_iter().map(|user| {
        let mut result = answer.element("Results");
        result
            .set("User", user)
            .set("ErrorCode", code)
            .set("ErrorMessage", text);
        Value::Struct(result)
    });
    let results: Vec<Value> = results.collect();
    answer.set("Results", results);
    answer
}
