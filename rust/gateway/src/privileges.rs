//! Whose roles another snapshot changes: OCSF's User Access Management.

use std::collections::BTreeSet;

use streamward_audit::{AuditError, Batch};
use streamward_identity::{Directory, Principal};

use crate::caller::principal_type;
use crate::entry::{Class, Entry, user};

/// Principals whose changes get an entry each, of one snapshot; one entry counts the rest.
const PRINCIPALS_MAX: usize = 1_000;
/// Roles in one entry, so that it stays below the size of a leaf.
const ROLES_PER_ENTRY: usize = 200;

/// Stages what each principal gains and loses as `next` takes the place of `before`.
pub fn enter_changes(
    batch: &mut Batch,
    before: &Directory,
    next: &Directory,
    policy_version: &str,
    now: i64,
) -> Result<(), AuditError> {
    let names: BTreeSet<&str> = before
        .principals()
        .chain(next.principals())
        .map(|it| &*it.id)
        .collect();
    let (mut entered, mut more) = (0, 0_u64);
    for name in names {
        let (old, new) = (before.principal(name), next.principal(name));
        let (old, new) = (old.map(|it| &**it), new.map(|it| &**it));
        let (gained, lost) = (without(new, old), without(old, new));
        if gained.is_empty() && lost.is_empty() {
            continue;
        }
        if entered == PRINCIPALS_MAX {
            more += 1;
            continue;
        }
        entered += 1;
        for (activity, roles) in [
            ((1, "Assign Privileges"), gained),
            ((2, "Revoke Privileges"), lost),
        ] {
            for part in roles.chunks(ROLES_PER_ENTRY) {
                let kind = new.or(old).map_or("user", |it| principal_type(it.kind));
                let entry = changed(user(name, kind), activity, policy_version, now)
                    .privileges(part)
                    .with("principal", name);
                batch.entry(&entry.into_leaf()?)?;
            }
        }
    }
    if more > 0 {
        let reason = "roles of more principals than are entered one by one";
        let entry = changed(user("*", "user"), (99, "Other"), policy_version, now)
            .privileges(&[])
            .with("count", more)
            .with("reason", reason);
        batch.entry(&entry.into_leaf()?)?;
    }
    Ok(())
}

fn changed(
    user: serde_json::Value,
    activity: (u32, &str),
    policy_version: &str,
    now: i64,
) -> Entry {
    Entry::new("access_change", Class::UserAccess, activity, now)
        .user(user)
        .with("policy_version", policy_version)
}

/// The roles of the one that the other lacks.
fn without(one: Option<&Principal>, other: Option<&Principal>) -> Vec<String> {
    let Some(one) = one else { return Vec::new() };
    let mut roles: Vec<_> = one
        .roles
        .iter()
        .filter(|role| other.is_none_or(|it| !it.roles.contains(role)))
        .cloned()
        .collect();
    roles.sort_unstable();
    roles.dedup();
    roles
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use serde_json::{Value, json};
    use streamward_audit::{Journal, Options, Reader};

    use super::*;

    fn directory(roles: &[(&str, &[&str])]) -> Directory {
        let principals = roles.iter().map(|(id, roles)| {
            json!({"id": id, "type": "service", "tenant": null, "roles": roles, "mfa": false,
                "device_posture": null, "credentials": []})
        });
        let section = json!({"principals": principals.collect::<Vec<_>>()});
        Directory::build(&serde_json::from_value(section).unwrap(), &HashMap::new()).unwrap()
    }

    fn entered(before: &Directory, next: &Directory) -> Vec<Value> {
        let folder = tempfile::tempdir().unwrap();
        let (journal, _) = Journal::open(folder.path(), Options::default()).unwrap();
        let mut batch = Batch::new();
        enter_changes(&mut batch, before, next, "sha256:1", 5).unwrap();
        journal.write(&mut batch).unwrap();
        journal.record(b"{}").unwrap();
        let read = Reader::open(folder.path(), "").unwrap().read(usize::MAX);
        let leaves = read.unwrap().into_iter();
        let mut found: Vec<Value> = leaves
            .map(|(_, leaf)| serde_json::from_slice(&leaf).unwrap())
            .collect();
        found.pop();
        found
    }

    #[test]
    fn what_each_principal_gains_and_loses_is_entered_and_nothing_else() {
        let before = directory(&[("a", &["x", "y"]), ("b", &["x"]), ("gone", &["z"])]);
        let next = directory(&[
            ("a", &["y", "w"]),
            ("b", &["x"]),
            ("new", &["z"]),
            ("none", &[]),
        ]);

        let told: Vec<_> = entered(&before, &next)
            .iter()
            .map(|it| {
                let user = it["user"]["name"].as_str().unwrap().to_owned();
                (
                    user,
                    it["type_uid"].as_u64().unwrap(),
                    it["privileges"].clone(),
                )
            })
            .collect();

        let expected = [
            ("a", 300_501, "role:w"),
            ("a", 300_502, "role:x"),
            ("gone", 300_502, "role:z"),
            ("new", 300_501, "role:z"),
        ];
        assert_eq!(
            told,
            expected.map(|(who, uid, role)| (who.into(), uid, json!([role])))
        );
        assert!(entered(&next, &next).is_empty());
    }

    #[test]
    fn of_more_principals_than_get_an_entry_the_rest_is_counted() {
        let names: Vec<String> = (0..PRINCIPALS_MAX + 3).map(|it| format!("p{it}")).collect();
        let each: Vec<(&str, &[&str])> = names.iter().map(|it| (&**it, &["x"][..])).collect();

        let found = entered(&directory(&[]), &directory(&each));

        assert_eq!(found.len(), PRINCIPALS_MAX + 1);
        assert_eq!(found[PRINCIPALS_MAX]["streaming"]["count"], 3);
        assert_eq!(found[PRINCIPALS_MAX]["user"]["name"], "*");
    }
}
