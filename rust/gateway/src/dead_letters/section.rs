//! Where what is refused of a stream is copied to: the `dead_letters` section of a snapshot.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde::Deserialize;

/// Streams whose refused batches are copied. A topic's are, as the stream of its name says, or else that of its longest
/// prefix.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeadLettersSection {
    /// Each name and each prefix once.
    #[serde(default)]
    pub streams: Vec<DeadLettersOf>,
}

/// A stream, or all that start with a prefix, and what takes their dead letters.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeadLettersOf {
    /// Exactly one of this and `prefix`.
    pub name: Option<String>,
    /// Every topic that starts with it, unless another entry says more.
    pub prefix: Option<String>,
    /// The stream that takes the copies.
    pub target: String,
}

/// The streams that take dead letters, by the streams whose they are.
#[derive(Debug, Default)]
pub struct Targets {
    by_name: HashMap<String, Arc<str>>,
    /// Longest first.
    by_prefix: Vec<(String, Arc<str>)>,
    all: HashSet<Arc<str>>,
}

impl Targets {
    /// Reads a section; says what contradicts itself in it, for whoever wrote the snapshot.
    ///
    /// # Errors
    /// In words.
    pub fn build(section: &DeadLettersSection) -> Result<Self, String> {
        let mut targets = Self::default();
        for stream in &section.streams {
            let target: Arc<str> = stream.target.as_str().into();
            let twice = match (&stream.name, &stream.prefix) {
                (Some(name), None) if *name == stream.target => {
                    return Err(format!("`{name}` takes its own dead letters"));
                }
                (Some(name), None) => {
                    let before = targets.by_name.insert(name.clone(), target.clone());
                    before.is_some()
                }
                (None, Some(prefix)) => {
                    let known = targets.by_prefix.iter().any(|(it, _)| it == prefix);
                    targets.by_prefix.push((prefix.clone(), target.clone()));
                    known
                }
                _ => {
                    return Err("dead letters are of a stream by one of `name` and `prefix`".into());
                }
            };
            if twice {
                let text = stream.name.as_ref().or(stream.prefix.as_ref());
                let text = text.map(String::as_str).unwrap_or_default();
                return Err(format!("what takes dead letters of `{text}` stands twice"));
            }
            targets.all.insert(target);
        }
        targets
            .by_prefix
            .sort_by_key(|(prefix, _)| std::cmp::Reverse(prefix.len()));
        Ok(targets)
    }

    /// The stream that takes what is refused of a topic; `None`: nothing is copied. A prefix that the target has itself
    /// does not make it its own.
    pub fn of(&self, topic: &str) -> Option<&Arc<str>> {
        let mut prefixed = self.by_prefix.iter();
        let found = self.by_name.get(topic).or_else(|| {
            let longest = prefixed.find(|(prefix, _)| topic.starts_with(prefix.as_str()));
            longest.map(|(_, target)| target)
        });
        found.filter(|target| ***target != *topic)
    }

    /// Does this topic take dead letters of another one?
    pub fn takes(&self, topic: &str) -> bool {
        self.all.contains(topic)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn golden() -> DeadLettersSection {
        let text = include_str!("../../../../tests/golden/snapshot.json");
        let mut document: serde_json::Value = serde_json::from_str(text).unwrap();
        serde_json::from_value(document["dead_letters"].take()).unwrap()
    }

    fn entry(name: Option<&str>, prefix: Option<&str>, target: &str) -> DeadLettersOf {
        DeadLettersOf {
            name: name.map(Into::into),
            prefix: prefix.map(Into::into),
            target: target.into(),
        }
    }

    #[test]
    fn letters_go_where_the_name_or_the_longest_prefix_says() {
        let streams = vec![
            entry(None, Some("a."), "a.dead"),
            entry(None, Some("a.inner."), "other"),
            entry(Some("a.inner.one"), None, "one.dead"),
        ];
        let targets = Targets::build(&DeadLettersSection { streams }).unwrap();
        let of = |topic| targets.of(topic).map(ToString::to_string);
        assert_eq!(of("a.x").as_deref(), Some("a.dead"));
        assert_eq!(of("a.inner.two").as_deref(), Some("other"));
        assert_eq!(of("a.inner.one").as_deref(), Some("one.dead"));
        // It has the prefix, and is not its own.
        assert_eq!(of("a.dead"), None);
        assert_eq!(of("b"), None);
        assert!(targets.takes("a.dead") && targets.takes("other") && !targets.takes("a.x"));
    }

    #[test]
    fn a_section_that_contradicts_itself_is_refused() {
        assert!(Targets::build(&golden()).is_ok());
        for streams in [
            vec![entry(Some("a"), Some("a"), "b")],
            vec![entry(None, None, "b")],
            vec![entry(Some("a"), None, "a")],
            vec![entry(Some("a"), None, "b"), entry(Some("a"), None, "c")],
            vec![entry(None, Some("a"), "b"), entry(None, Some("a"), "b")],
        ] {
            assert!(Targets::build(&DeadLettersSection { streams }).is_err());
        }
    }
}
