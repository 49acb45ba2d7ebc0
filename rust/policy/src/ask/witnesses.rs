//! One text for every way in which texts can fit patterns, begin with prefixes, or be known by name.
//!
//! A text may fit several patterns at once, and which ones can occur together is not to be seen from
//! their own texts. So all patterns are run side by side over every text that they can tell apart:
//! a walk over sets of reached places, of which there are finitely many.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};

use crate::ask::expression::Piece;

/// Sets of reached places that are looked at; where there are more, there is no answer.
const STATES_MAX: usize = 400_000;

/// Texts that nothing here tells apart, and one of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kind<'a> {
    pub text: String,
    /// The longest prefix that it begins with.
    pub prefix: &'a str,
    /// Places of the patterns that it fits.
    pub fits: Vec<usize>,
}

/// A piece of a pattern, by the character; all patterns stand behind one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    Character(char),
    Wildcard,
    /// The text fits the pattern of this place if it ends here.
    End(usize),
}

/// Places in all patterns that a text has reached, in order.
type Reached = Vec<usize>;

struct Automaton {
    tokens: Vec<Token>,
    firsts: Vec<usize>,
}

impl Automaton {
    fn new(patterns: &[&[Piece]]) -> Self {
        let (mut tokens, mut firsts) = (Vec::new(), Vec::new());
        for (place, pieces) in patterns.iter().enumerate() {
            firsts.push(tokens.len());
            for piece in *pieces {
                match piece {
                    Piece::Literal(text) => tokens.extend(text.chars().map(Token::Character)),
                    Piece::Wildcard if tokens.last() == Some(&Token::Wildcard) => {}
                    Piece::Wildcard => tokens.push(Token::Wildcard),
                }
            }
            tokens.push(Token::End(place));
        }
        Self { tokens, firsts }
    }

    fn characters(&self) -> BTreeSet<char> {
        let characters = self.tokens.iter().filter_map(|token| match token {
            Token::Character(character) => Some(*character),
            _ => None,
        });
        characters.collect()
    }

    fn start(&self) -> Reached {
        self.closed(self.firsts.iter().copied())
    }

    fn step(&self, reached: &[usize], character: char) -> Reached {
        let next = reached
            .iter()
            .filter_map(|place| match self.tokens[*place] {
                Token::Character(wanted) => (wanted == character).then_some(place + 1),
                Token::Wildcard => Some(*place),
                Token::End(_) => None,
            });
        self.closed(next)
    }

    /// With what a wildcard lets through, and without what a later wildcard of the same pattern makes
    /// up for: it takes everything that could still come before it.
    fn closed(&self, places: impl Iterator<Item = usize>) -> Reached {
        let mut all: Vec<usize> = Vec::new();
        for place in places {
            all.push(place);
            if self.tokens[place] == Token::Wildcard {
                all.push(place + 1);
            }
        }
        all.sort_unstable();
        all.dedup();
        let mut kept: Vec<usize> = Vec::with_capacity(all.len());
        for place in all {
            if self.tokens[place] == Token::Wildcard {
                let first = self.firsts.partition_point(|first| *first <= place);
                let first = self.firsts[first.saturating_sub(1)];
                let before = kept.partition_point(|it| *it < first);
                kept.truncate(before);
            }
            kept.push(place);
        }
        kept
    }

    fn fits(&self, reached: &[usize]) -> Vec<usize> {
        let ends = reached
            .iter()
            .filter_map(|place| match self.tokens[*place] {
                Token::End(pattern) => Some(pattern),
                _ => None,
            });
        ends.collect()
    }
}

/// Prefixes and whole names, character by character.
#[derive(Default)]
struct Trie {
    children: HashMap<(usize, char), usize>,
    nodes: usize,
    prefixes: HashMap<usize, usize>,
    whole: HashSet<usize>,
    characters: BTreeSet<char>,
}

impl Trie {
    fn add(&mut self, text: &str) -> usize {
        let mut node = 0;
        for character in text.chars() {
            let next = self.nodes + 1;
            let child = *self.children.entry((node, character)).or_insert(next);
            self.nodes = self.nodes.max(child);
            self.characters.insert(character);
            node = child;
        }
        node
    }
}

/// Where a walk is: the beginning of some texts.
struct Step {
    /// Place of the longest prefix.
    prefix: usize,
    /// `None`: no name and no longer prefix begins like this.
    node: Option<usize>,
    reached: Reached,
    before: Option<(usize, char)>,
}

/// One text for each way to fit patterns, by the longest prefix that it begins with. A text is none of
/// `whole`, unless nothing else fits.
///
/// With `prefixes` of which one is empty, every text there is has the prefix and fits the patterns of
/// one of those that are returned, or is one of `whole`. `None`: there are too many.
pub(crate) fn kinds<'a>(
    prefixes: &[&'a str],
    whole: impl IntoIterator<Item = &'a str>,
    patterns: &[&[Piece]],
    other: char,
) -> Option<Vec<Kind<'a>>> {
    within(STATES_MAX, prefixes, whole, patterns, other)
}

fn within<'a>(
    states_max: usize,
    prefixes: &[&'a str],
    whole: impl IntoIterator<Item = &'a str>,
    patterns: &[&[Piece]],
    other: char,
) -> Option<Vec<Kind<'a>>> {
    let automaton = Automaton::new(patterns);
    let mut trie = Trie::default();
    let mut queue: VecDeque<usize> = VecDeque::new();
    let mut steps: Vec<Step> = Vec::new();
    let mut seen: HashSet<(usize, Option<usize>, Reached)> = HashSet::new();
    for (prefix, text) in prefixes.iter().enumerate() {
        let node = trie.add(text);
        trie.prefixes.insert(node, prefix);
        let start = automaton.start();
        let mut reached = start;
        for character in text.chars() {
            reached = automaton.step(&reached, character);
        }
        steps.push(Step {
            prefix,
            node: Some(node),
            reached,
            before: None,
        });
        queue.push_back(prefix);
    }
    for name in whole {
        let node = trie.add(name);
        trie.whole.insert(node);
    }
    let mut characters = automaton.characters();
    let taken = |it: &char| characters.contains(it) || trie.characters.contains(it);
    let mut others = std::iter::once(other).chain('\u{e000}'..'\u{f8ff}');
    let other = others.find(|it| !taken(it))?;
    // What no pattern asks for leads out of all names at once: nothing is lost by it.
    characters.remove(&other);
    let alphabet: Vec<char> = std::iter::once(other).chain(characters).collect();
    let mut found: HashMap<(usize, Vec<usize>), usize> = HashMap::new();
    let mut last: Vec<usize> = Vec::new();
    while let Some(place) = queue.pop_front() {
        let step = &steps[place];
        let key = (step.prefix, automaton.fits(&step.reached));
        if step.before.is_none() {
            last.push(place);
        } else if step.node.is_none_or(|node| !trie.whole.contains(&node)) {
            found.entry(key).or_insert(place);
        }
        for character in &alphabet {
            let step = &steps[place];
            let child = step
                .node
                .and_then(|node| trie.children.get(&(node, *character)).copied());
            if child.is_some_and(|child| trie.prefixes.contains_key(&child)) {
                continue;
            }
            let reached = automaton.step(&step.reached, *character);
            let key = (step.prefix, child, reached);
            if seen.contains(&key) {
                continue;
            }
            if steps.len() >= states_max {
                return None;
            }
            steps.push(Step {
                prefix: key.0,
                node: child,
                reached: key.2.clone(),
                before: Some((place, *character)),
            });
            seen.insert(key);
            queue.push_back(steps.len() - 1);
        }
    }
    // The prefix itself stands for others only where no longer name does.
    for place in last {
        let step = &steps[place];
        let is_whole = step.node.is_some_and(|node| trie.whole.contains(&node));
        if !is_whole {
            let key = (step.prefix, automaton.fits(&step.reached));
            found.entry(key).or_insert(place);
        }
    }
    let mut kinds: Vec<(usize, Kind<'a>)> = found
        .into_iter()
        .map(|((prefix, fits), place)| {
            let text = text(&steps, place, prefixes[prefix]);
            let prefix = prefixes[prefix];
            (place, Kind { text, prefix, fits })
        })
        .collect();
    kinds.sort_by(|one, other| (one.1.prefix, one.0).cmp(&(other.1.prefix, other.0)));
    Some(kinds.into_iter().map(|(_, kind)| kind).collect())
}

fn text(steps: &[Step], place: usize, prefix: &str) -> String {
    let mut characters = Vec::new();
    let mut at = place;
    while let Some((before, character)) = steps[at].before {
        characters.push(character);
        at = before;
    }
    let rest = characters.into_iter().rev();
    prefix.chars().chain(rest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ask::expression::fits;

    fn pattern(text: &str) -> Vec<Piece> {
        let mut pieces = Vec::new();
        for (place, literal) in text.split('*').enumerate() {
            if place > 0 {
                pieces.push(Piece::Wildcard);
            }
            if !literal.is_empty() {
                pieces.push(Piece::Literal(literal.into()));
            }
        }
        pieces
    }

    /// Every text of up to six of these characters, by brute force.
    fn texts() -> Vec<String> {
        let mut all = vec![String::new()];
        let mut last = all.clone();
        for _ in 0..6 {
            let longer = last
                .iter()
                .flat_map(|text| ['a', 'b', '.', '-'].map(|it| format!("{text}{it}")));
            last = longer.collect();
            all.extend(last.iter().cloned());
        }
        all
    }

    #[test]
    fn every_text_is_like_one_that_is_found() {
        let all = texts();
        let cases: [(&[&str], &[&str], &[&str]); 8] = [
            (&[""], &[], &["a*", "*b"]),
            (&[""], &["ab"], &["a*b", "*a", "b*a*"]),
            (&["", "a."], &["a.b", "a.-"], &["*.b", "a*b", "a.*-*"]),
            (&["", "a", "ab"], &["ab", "aba"], &["*ab*", "*ba*", "*a"]),
            (&["", "a.b"], &[], &["*b", "a.b*b"]),
            (&[""], &["a", "b"], &["a", "*", "a*a"]),
            (&["", "b"], &["b-", "b."], &["b*b", "*-*", "*.*"]),
            (&[""], &[], &["*a*a*", "*b*b*", "aa*bb"]),
        ];
        for (prefixes, whole, patterns) in cases {
            let read: Vec<Vec<Piece>> = patterns.iter().map(|it| pattern(it)).collect();
            let read: Vec<&[Piece]> = read.iter().map(Vec::as_slice).collect();
            let looks = |text: &str| {
                let begins = prefixes.iter().filter(|it| text.starts_with(**it));
                let fitting = read.iter().enumerate();
                let fitting = fitting.filter(|(_, pieces)| fits(text, pieces));
                let fitting: Vec<usize> = fitting.map(|(place, _)| place).collect();
                (begins.max_by_key(|it| it.len()).copied(), fitting)
            };
            let found = kinds(prefixes, whole.iter().copied(), &read, '-').unwrap_or_default();
            for kind in &found {
                let looked = (Some(kind.prefix), kind.fits.clone());
                assert_eq!(looks(&kind.text), looked, "{kind:?} of {patterns:?}");
                assert!(!whole.contains(&kind.text.as_str()), "{kind:?}");
            }
            let known: HashSet<_> = found.iter().map(|it| looks(&it.text)).collect();
            assert_eq!(known.len(), found.len());
            for text in all.iter().filter(|it| !whole.contains(&it.as_str())) {
                assert!(known.contains(&looks(text)), "{text} of {patterns:?}");
            }
        }
    }

    #[test]
    fn too_many_ways_are_no_answer() {
        let read: Vec<Vec<Piece>> = ('a'..='z').map(|it| pattern(&format!("*{it}*"))).collect();
        let read: Vec<&[Piece]> = read.iter().map(Vec::as_slice).collect();
        assert_eq!(within(1_000, &[""], [], &read, '-'), None);
        assert!(within(1_000, &[""], [], &read[..3], '-').is_some());
    }
}
