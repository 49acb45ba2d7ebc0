//! Containment: who is revoked and which streams are quarantined, over whatever the policy says.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Deserialize;
use streamward_policy::Decision;

/// The overlay as it stands in a snapshot.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OverlaySection {
    /// Grows with every change.
    pub epoch: u64,
    /// Principals and credentials that may do nothing.
    pub revoked: Vec<Revoked>,
    /// Streams that nobody may use.
    pub quarantined: Vec<Quarantined>,
}

/// One revocation: of a principal, or of one credential.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revoked {
    /// Names the containment in the log.
    pub containment: String,
    /// The principal, if all of it is revoked.
    pub principal: Option<String>,
    /// Or the credential.
    pub credential: Option<String>,
    /// Milliseconds since 1970; `None`: until lifted.
    pub expires: Option<String>,
}

/// One stream under quarantine.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quarantined {
    /// Names the containment in the log.
    pub containment: String,
    /// The stream.
    pub stream: String,
    /// Milliseconds since 1970; `None`: until lifted.
    pub expires: Option<String>,
}

#[derive(Clone, Debug)]
struct Active {
    containment: Arc<str>,
    expires: Option<i64>,
}

impl Active {
    fn holds(&self, now: i64) -> bool {
        self.expires.is_none_or(|expires| now < expires)
    }
}

/// The overlay, ready to be asked.
#[derive(Clone, Debug, Default)]
pub struct Overlay {
    /// Grows with every change.
    pub epoch: u64,
    principals: HashMap<String, Vec<Active>>,
    credentials: HashMap<String, Vec<Active>>,
    streams: HashMap<String, Vec<Active>>,
}

impl Overlay {
    /// Reads a section.
    ///
    /// # Errors
    /// One line that says what is wrong: an expiry that is no number, a revocation of nobody.
    pub fn build(section: &OverlaySection) -> Result<Self, String> {
        let mut overlay = Self {
            epoch: section.epoch,
            ..Self::default()
        };
        for revoked in &section.revoked {
            let active = active(&revoked.containment, revoked.expires.as_deref())?;
            let (map, name) = match (&revoked.principal, &revoked.credential) {
                (Some(principal), None) => (&mut overlay.principals, principal),
                (None, Some(credential)) => (&mut overlay.credentials, credential),
                _ => {
                    return Err(format!(
                        "containment `{}` must name a principal or a credential",
                        revoked.containment
                    ));
                }
            };
            map.entry(name.clone()).or_default().push(active);
        }
        for quarantined in &section.quarantined {
            let active = active(&quarantined.containment, quarantined.expires.as_deref())?;
            overlay
                .streams
                .entry(quarantined.stream.clone())
                .or_default()
                .push(active);
        }
        Ok(overlay)
    }

    /// The containment that revokes this principal, or any of these credentials, now.
    pub fn revokes<'a>(
        &self,
        principal: &str,
        credentials: impl IntoIterator<Item = &'a str>,
        now: i64,
    ) -> Option<Arc<str>> {
        let mut credentials = credentials.into_iter();
        find(&self.principals, principal, now)
            .or_else(|| credentials.find_map(|credential| find(&self.credentials, credential, now)))
    }

    /// How many containments hold now.
    pub fn active(&self, now: i64) -> usize {
        let maps = [&self.principals, &self.credentials, &self.streams];
        let all = maps.into_iter().flat_map(HashMap::values).flatten();
        all.filter(|active| active.holds(now)).count()
    }

    /// The containment that quarantines this stream now.
    pub fn quarantines(&self, stream: &str, now: i64) -> Option<Arc<str>> {
        find(&self.streams, stream, now)
    }

    /// The end of a stream's quarantine, so that a refusal is not remembered beyond it.
    pub fn quarantine_ends(&self, stream: &str, now: i64) -> Option<i64> {
        self.streams
            .get(stream)?
            .iter()
            .filter(|active| active.holds(now))
            .filter_map(|active| active.expires)
            .min()
    }
}

/// The decision that a containment makes.
pub fn contained(containment: &str, what: &str, until: Option<i64>) -> Decision {
    Decision {
        allowed: false,
        rules: vec![format!("containment:{containment}")],
        errors: Vec::new(),
        reason: format!("{what} by containment `{containment}`"),
        valid_until_milliseconds: until,
    }
}

fn active(containment: &str, expires: Option<&str>) -> Result<Active, String> {
    let expires = match expires {
        None => None,
        Some(text) => Some(text.parse().map_err(|_| {
            format!("containment `{containment}` expires at `{text}`, which is not a number of milliseconds")
        })?),
    };
    Ok(Active {
        containment: containment.into(),
        expires,
    })
}

fn find(map: &HashMap<String, Vec<Active>>, name: &str, now: i64) -> Option<Arc<str>> {
    let active = map.get(name)?.iter().find(|active| active.holds(now))?;
    Some(active.containment.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn overlay() -> Overlay {
        let section: OverlaySection = serde_json::from_str(
            r#"{"epoch": 2,
                "revoked": [{"containment": "c-1", "principal": "mallory", "credential": null, "expires": "1000"},
                            {"containment": "c-2", "principal": null, "credential": "key-7", "expires": null}],
                "quarantined": [{"containment": "c-3", "stream": "orders", "expires": null}]}"#,
        )
        .unwrap();
        Overlay::build(&section).unwrap()
    }

    #[test]
    fn a_revocation_ends_with_its_expiry() {
        assert_eq!(
            overlay().revokes("mallory", ["any"], 999).as_deref(),
            Some("c-1")
        );
        assert_eq!(overlay().revokes("mallory", ["any"], 1000), None);
    }

    #[test]
    fn a_credential_is_revoked_whoever_holds_it() {
        assert_eq!(
            overlay().revokes("alice", ["key-7"], 0).as_deref(),
            Some("c-2")
        );
        assert_eq!(overlay().revokes("alice", ["key-8"], 0), None);
    }

    #[test]
    fn a_quarantine_that_has_ended_says_nothing_of_when_another_ends() {
        let until = |expires: Option<&str>| Quarantined {
            containment: "c".into(),
            stream: "orders".into(),
            expires: expires.map(Into::into),
        };
        let section = OverlaySection {
            epoch: 1,
            revoked: vec![],
            quarantined: vec![until(Some("10")), until(Some("30")), until(None)],
        };
        let overlay = Overlay::build(&section).unwrap();
        assert_eq!(overlay.quarantine_ends("orders", 5), Some(10));
        assert_eq!(overlay.quarantine_ends("orders", 10), Some(30));
        assert_eq!(overlay.quarantine_ends("orders", 30), None);
        assert!(overlay.quarantines("orders", 30).is_some());
    }

    #[test]
    fn a_quarantine_is_of_the_whole_name_only() {
        assert!(overlay().quarantines("orders", 0).is_some());
        assert!(overlay().quarantines("orders.eu", 0).is_none());
    }

    #[test]
    fn a_revocation_of_nobody_is_refused() {
        let section = OverlaySection {
            epoch: 1,
            revoked: vec![Revoked {
                containment: "c-9".into(),
                principal: None,
                credential: None,
                expires: None,
            }],
            quarantined: vec![],
        };
        assert!(Overlay::build(&section).unwrap_err().contains("c-9"));
    }
}
