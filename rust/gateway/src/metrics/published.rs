//! Figures that are counted outside of the data plane, handed over now and then, so that a scrape asks nobody.

use std::collections::BTreeMap;

use serde::Deserialize;

/// Values that one label may have here; they are ours, and more are a mistake.
const VALUES_MAX: usize = 64;

/// What followers of the log and the bundle's reader did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Published {
    /// How many entries each follower of the log has read, or skipped.
    #[serde(default)]
    pub followers: BTreeMap<String, u64>,
    /// Alerts by severity.
    #[serde(default)]
    pub alerts: BTreeMap<String, u64>,
    /// Attempts to read the bundle again, by outcome.
    #[serde(default)]
    pub reloads: BTreeMap<String, u64>,
}

impl Published {
    /// Reads them from JSON.
    ///
    /// # Errors
    /// One line that says what is wrong.
    pub fn read(document: &[u8]) -> Result<Self, String> {
        let read: Self = serde_json::from_slice(document).map_err(|error| error.to_string())?;
        let maps = [&read.followers, &read.alerts, &read.reloads];
        if maps.iter().any(|map| map.len() > VALUES_MAX) {
            return Err(format!("a label with more than {VALUES_MAX} values"));
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_declared_or_too_much_is_refused() {
        let read = Published::read(br#"{"followers": {"detection": 7}}"#).unwrap();
        assert_eq!(read.followers["detection"], 7);
        assert!(Published::read(br#"{"topics": {}}"#).is_err());
        let many: BTreeMap<_, _> = (0..=VALUES_MAX).map(|it| (it.to_string(), 1)).collect();
        let many = serde_json::json!({ "alerts": many }).to_string();
        assert!(Published::read(many.as_bytes()).is_err());
    }
}
