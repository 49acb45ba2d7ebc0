//! Which data classes a stream carries, and how bad it is if they leak.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::prefixes::Prefixes;
use crate::request::shortened;
use crate::section::{Class, Level, Stream};

/// What is declared about a stream.
#[derive(Debug, Clone)]
pub(crate) struct StreamFacts {
    /// Data classes in order of their names.
    pub classes: Arc<[String]>,
    /// The highest level among them.
    pub level: Level,
}

/// All declared streams. A stream carries the classes of every declaration that it falls under, so
/// that no declaration takes away what another one states.
#[derive(Debug)]
pub(crate) struct Streams {
    by_name: HashMap<String, StreamFacts>,
    prefixes: Prefixes,
    by_prefix: Vec<StreamFacts>,
    undeclared: StreamFacts,
}

impl Streams {
    /// Read the declarations; the error lists everything that does not fit.
    pub fn new(streams: &[Stream], classes: &[Class]) -> Result<Self, Vec<String>> {
        let mut problems = Vec::new();
        let mut levels: HashMap<&str, Level> = HashMap::new();
        for class in classes {
            if levels.insert(&class.name, class.level).is_some() {
                problems.push(format!("class `{}` is declared twice", class.name));
            }
        }
        let (named, prefixed) = split(streams, &levels, &mut problems);
        let table = Prefixes::new(prefixed.keys().map(|&prefix| prefix.to_owned()))
            .map_err(|prefix| vec![format!("prefix `{prefix}` is declared twice")])?;
        if !problems.is_empty() {
            return Err(problems);
        }
        let facts = |own: &[String], longest: Option<usize>| {
            let inherited = table
                .chain(longest)
                .filter_map(|it| prefixed.get(table.get(it)));
            let all: BTreeSet<&String> = inherited.copied().flatten().chain(own).collect();
            let level = all
                .iter()
                .filter_map(|class| levels.get(class.as_str()))
                .max();
            let classes = all.into_iter().cloned().collect();
            // Somebody knows of it and says nothing of its data: as bad as unknown.
            StreamFacts {
                classes,
                level: level.copied().unwrap_or(Level::Restricted),
            }
        };
        let by_prefix = (0..table.len())
            .map(|index| facts(&[], Some(index)))
            .collect();
        let by_name = named
            .iter()
            .map(|(&name, &own)| (name.to_owned(), facts(own, table.longest(name))))
            .collect();
        let undeclared = StreamFacts {
            classes: Arc::from([]),
            level: Level::Restricted,
        };
        Ok(Self {
            by_name,
            prefixes: table,
            by_prefix,
            undeclared,
        })
    }

    /// What is declared about a stream of this name.
    pub fn get(&self, name: &str) -> &StreamFacts {
        let under_prefix = || {
            self.prefixes
                .longest(name)
                .map(|index| &self.by_prefix[index])
        };
        self.by_name
            .get(name)
            .or_else(under_prefix)
            .unwrap_or(&self.undeclared)
    }
}

type Declared<'a> = HashMap<&'a str, &'a [String]>;

/// The declarations of whole names and those of table.
fn split<'a>(
    streams: &'a [Stream],
    levels: &HashMap<&str, Level>,
    problems: &mut Vec<String>,
) -> (Declared<'a>, Declared<'a>) {
    let (mut named, mut prefixed) = (Declared::new(), Declared::new());
    for stream in streams {
        let (key, twice) = match (&stream.name, &stream.prefix) {
            (Some(name), None) => (name, named.insert(name, &stream.classes).is_some()),
            (None, Some(prefix)) => (prefix, prefixed.insert(prefix, &stream.classes).is_some()),
            (Some(key), Some(_)) => {
                problems.push(format!("stream `{key}` has both a name and a prefix"));
                continue;
            }
            (None, None) => {
                problems.push("a stream has neither a name nor a prefix".to_owned());
                continue;
            }
        };
        if twice {
            problems.push(format!("stream `{key}` is declared twice"));
        }
        for class in stream
            .classes
            .iter()
            .filter(|class| !levels.contains_key(class.as_str()))
        {
            let class = shortened(class);
            problems.push(format!(
                "stream `{key}` carries class `{class}`, which is not declared"
            ));
        }
    }
    (named, prefixed)
}
