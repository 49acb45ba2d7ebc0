//! The resources that rules can tell apart: those that are named, and one for all other names of
//! each prefix and pattern.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value as Json;

use crate::ask::expression::Piece;
use crate::ask::index::Index;
use crate::ask::rule::NameTest;
use crate::ask::witnesses::kinds;
use crate::error::PolicyError;
use crate::policy::Policy;
use crate::request::ResourceKind;

/// Resources that are told; more are an error.
const RESOURCES_MAX: usize = 200_000;

/// No topic can have it in its name, so no rule speaks of a name with it unless it speaks of all
/// names that begin like it.
const UNNAMED: char = '\u{1}';

const NAMED: [ResourceKind; 3] = [
    ResourceKind::Stream,
    ResourceKind::Group,
    ResourceKind::Transaction,
];

#[derive(Serialize)]
struct Asked {
    #[serde(rename = "type")]
    kind: &'static str,
    /// With which to ask.
    name: String,
    /// As people read it: a name, or a pattern for all other names of a prefix.
    shown: String,
    /// Of what stands for others, the longest prefix that they have.
    prefix: Option<String>,
}

/// What rules and declarations say of names.
#[derive(Default)]
struct Names {
    whole: BTreeMap<&'static str, BTreeSet<String>>,
    /// Of every type.
    prefixes: BTreeSet<String>,
    prefixes_of: BTreeMap<&'static str, BTreeSet<String>>,
    /// With a wildcard elsewhere than at the end, by how they are written.
    patterns_of: BTreeMap<&'static str, BTreeMap<String, Vec<Piece>>>,
}

impl Names {
    fn add(&mut self, policy: &Policy) {
        for stream in policy.declared_streams() {
            if let Some(name) = &stream.name {
                self.whole.entry("Stream").or_default().insert(name.clone());
            }
            let prefixes = self.prefixes_of.entry("Stream").or_default();
            prefixes.extend(stream.prefix.clone());
        }
        self.prefixes
            .extend(policy.namespace_prefixes().map(str::to_owned));
        let index: &Index = policy.index();
        for rule in &index.rules {
            self.walk(rule.tree());
            let tests = rule.name_tests();
            for kind in NAMED.iter().map(|it| it.name()) {
                if !rule.speaks_of_type(kind) {
                    continue;
                }
                for test in &tests {
                    match test {
                        NameTest::Pattern(pieces) => self.add_pattern(kind, pieces),
                        NameTest::Text(text) => self.add_name(kind, text),
                    }
                }
            }
        }
    }

    fn add_name(&mut self, kind: &'static str, name: &str) {
        self.whole.entry(kind).or_default().insert(name.to_owned());
    }

    fn add_pattern(&mut self, kind: &'static str, pieces: &[Piece]) {
        match pieces {
            [Piece::Literal(prefix), Piece::Wildcard] => {
                let prefixes = self.prefixes_of.entry(kind).or_default();
                prefixes.insert(prefix.to_string());
            }
            [Piece::Wildcard] => {}
            [Piece::Literal(name)] => self.add_name(kind, name),
            pieces => {
                let patterns = self.patterns_of.entry(kind).or_default();
                patterns.insert(written(pieces), pieces.to_vec());
            }
        }
    }

    fn walk(&mut self, tree: &Json) {
        match tree {
            Json::Object(fields) => {
                if let (Some(Json::String(kind)), Some(Json::String(id))) =
                    (fields.get("type"), fields.get("id"))
                {
                    let named = NAMED.iter().map(|it| it.name());
                    let mut named =
                        named.filter(|name| kind.strip_prefix("Streamward::") == Some(*name));
                    if let Some(name) = named.next() {
                        self.whole.entry(name).or_default().insert(id.clone());
                    }
                }
                fields.values().for_each(|field| self.walk(field));
            }
            Json::Array(items) => items.iter().for_each(|item| self.walk(item)),
            _ => {}
        }
    }

    /// `None`: there are too many.
    fn resources(&self) -> Option<Vec<Asked>> {
        let mut all = Vec::new();
        for kind in NAMED.iter().map(|it| it.name()) {
            let whole = self.whole.get(kind).into_iter().flatten();
            all.extend(whole.clone().map(|name| Asked {
                kind,
                name: name.clone(),
                shown: name.clone(),
                prefix: None,
            }));
            let mut prefixes: BTreeSet<&str> = self.prefixes.iter().map(String::as_str).collect();
            let own = self.prefixes_of.get(kind).into_iter().flatten();
            prefixes.extend(own.map(String::as_str));
            prefixes.insert("");
            let prefixes: Vec<&str> = prefixes.into_iter().collect();
            let Some(patterns) = self.patterns_of.get(kind) else {
                all.extend(prefixes.into_iter().map(|prefix| Asked {
                    kind,
                    name: format!("{prefix}{UNNAMED}"),
                    shown: format!("{prefix}*"),
                    prefix: Some(prefix.to_owned()),
                }));
                continue;
            };
            let texts: Vec<&str> = patterns.keys().map(String::as_str).collect();
            let pieces: Vec<&[Piece]> = patterns.values().map(Vec::as_slice).collect();
            let found = kinds(&prefixes, whole.map(String::as_str), &pieces, UNNAMED)?;
            all.extend(found.into_iter().map(|it| Asked {
                kind,
                shown: shown(it.prefix, it.fits.iter().map(|place| texts[*place])),
                prefix: Some(it.prefix.to_owned()),
                name: it.text,
            }));
        }
        Some(all).filter(|all| all.len() <= RESOURCES_MAX)
    }
}

fn written(pieces: &[Piece]) -> String {
    let parts = pieces.iter().map(|piece| match piece {
        Piece::Literal(literal) => literal.as_ref(),
        Piece::Wildcard => "*",
    });
    parts.collect()
}

/// A prefix and all the patterns that names fit, as people read it.
fn shown<'a>(prefix: &str, patterns: impl Iterator<Item = &'a str>) -> String {
    let mut parts: Vec<String> = patterns
        .map(|pattern| match pattern.strip_prefix('*') {
            Some(_) => format!("{prefix}{pattern}"),
            None => pattern.to_owned(),
        })
        .collect();
    if !parts.iter().any(|part| part.starts_with(prefix)) {
        parts.insert(0, format!("{prefix}*"));
    }
    parts.join(" & ")
}

impl Policy {
    /// Every resource that this policy, or another one, can tell apart from others, as JSON
    /// `[{"type", "name", "shown", "prefix"}]`, where further prefixes are told apart as well. Clusters
    /// are not among them.
    ///
    /// # Errors
    /// Where there are too many.
    pub fn universe_json(
        &self,
        other: Option<&Self>,
        prefixes: Vec<String>,
    ) -> Result<Vec<u8>, PolicyError> {
        let mut names = Names::default();
        names.prefixes.extend(prefixes);
        names.add(self);
        if let Some(other) = other {
            names.add(other);
        }
        let all = names.resources().ok_or_else(|| {
            let most = format!(
                "rules tell more than {RESOURCES_MAX} resources apart: every pattern with a `*` \
                 inside or in front may double their number, so write fewer of them"
            );
            PolicyError::Request(most)
        })?;
        serde_json::to_vec(&all).map_err(|error| PolicyError::Request(error.to_string()))
    }
}
