//! Data keys that were given to programs: an entry for each grant, with the names of the keys.

use serde_json::json;
use streamward_audit::AuditError;

use super::{Deed, Recorder};
use crate::entry::Class;

/// What a grant gives, for the log. Never a key.
#[derive(Clone, Copy, Debug)]
pub struct GrantedKeys<'a> {
    /// The ring that they are of.
    pub ring: &'a str,
    /// Their names; none where the program only learns how the stream is sealed.
    pub kids: &'a [String],
    /// Until when they may be used (ms since 1970).
    pub until: i64,
}

impl Recorder {
    /// Enters a grant. Returns the position that must be durable before it leaves.
    pub fn granted(
        &self,
        deed: &Deed<'_>,
        keys: &GrantedKeys<'_>,
        now: i64,
    ) -> Result<u64, AuditError> {
        let key = json!({
            "ring": keys.ring,
            "change": "granted",
            "granted": keys.kids,
            "until": keys.until.to_string(),
        });
        let entry = deed
            .entry("key_granted", Class::ApiActivity, (2, "Read"), now)
            .with("key", key);
        let caller = deed.caller;
        let entry = self.apart(entry, &caller.peer, &caller.principal, now)?;
        self.write_entry(entry)
    }
}
