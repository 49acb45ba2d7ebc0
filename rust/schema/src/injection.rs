//! Texts that some program further on may take for code. A content rule that a contract may ask for:
//! it finds what is common, it is no proof that a text is harmless.

use regex::{RegexSet, RegexSetBuilder};

use crate::disguise;
use crate::error::Reason;
use crate::field::{Content, Leaf, Visit};

/// A family of patterns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Pattern {
    /// Expressions of template engines: `${…}`, `#{…}`, `{{…}}`, `<%…%>`.
    Template,
    /// Look-ups of JNDI, nested ones too: `${jndi:ldap://…}`.
    Jndi,
    /// Fragments of SQL that end a literal: `' OR 1=1 --`, `'; DROP TABLE`, `UNION SELECT`.
    Sql,
    /// Markup that runs: `<script`, `javascript:`, `onerror=`.
    Html,
}

impl Pattern {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Template, Self::Jndi, Self::Sql, Self::Html];

    /// The pattern of this name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|pattern| pattern.name() == name)
    }

    /// Its name in a contract.
    pub fn name(self) -> &'static str {
        match self {
            Self::Template => "template",
            Self::Jndi => "jndi",
            Self::Sql => "sql",
            Self::Html => "html",
        }
    }

    fn expressions(self) -> &'static [&'static str] {
        match self {
            Self::Template => &[
                r"[$#*@]\{[^}]{1,1000}\}",
                r"\{\{[^}]{1,1000}\}\}",
                r"\{%[^%]{1,1000}%\}",
                r"<%[^%]{1,1000}%>",
            ],
            Self::Jndi => &[
                r"\$\{\s*jndi\s*:",
                // Look-ups within the word: `${${lower:j}ndi:…}`, `${j${::-n}di:…}`.
                r"\$\{[^}]{0,200}\$\{[^}]{0,200}\}[^}]{0,200}:",
                r"\$\{\s*(lower|upper|env|sys|java|ctx|main|date|bundle|web|docker|k8s)\s*:",
                r"\b(ldaps?|rmi|dns|iiop|corba|nds|nis)://[^\s]{1,1000}\}",
            ],
            Self::Sql => &[
                r#"['"`]\s*(or|and|\|\||&&)\s+['"`]?[\w.]{1,64}['"`]?\s*(=|<|>|like\b|in\b|is\b)"#,
                r#"['"`)]\s*;\s*(drop|delete|insert|update|alter|create|truncate|exec|grant)\b"#,
                r";\s*(drop|alter|truncate|create)\s+(table|database|schema|user|role|view|index)\b",
                r";\s*(delete\s+from|insert\s+into|update\s+[a-z0-9_.]{1,64}\s+set|grant\s+[a-z]{3,10}\s+(on|to))\b",
                r"\bunion\s+(all\s+|distinct\s+)?\(?\s*select\b",
                r#"['"`]\s*(--|#|/\*)"#,
                r"\b(sleep|benchmark|pg_sleep|waitfor\s+delay|xp_cmdshell|load_file)\s*[('\x22]",
            ],
            Self::Html => &[
                r"<\s*/?\s*(script|iframe|object|embed|svg|base|meta|link|form|style)\b",
                r"\b(javascript|vbscript)\s*:",
                r"<[^>]{0,1000}\bon[a-z]{3,24}\s*=",
                r"data\s*:\s*text/html",
            ],
        }
    }
}

/// Patterns, compiled into one automaton that runs in linear time.
#[derive(Debug, Clone)]
pub struct Patterns {
    set: RegexSet,
    of: Vec<Pattern>,
}

const COMPILED_BYTES_MAX: usize = 16 << 20;

impl Patterns {
    /// Compiles them.
    ///
    /// # Errors
    /// `regex::Error` where the expressions are too large, which a test rules out.
    pub fn compile(patterns: &[Pattern]) -> Result<Self, regex::Error> {
        let expressions: Vec<(Pattern, &str)> = patterns
            .iter()
            .flat_map(|pattern| pattern.expressions().iter().map(|text| (*pattern, *text)))
            .collect();
        let set = RegexSetBuilder::new(expressions.iter().map(|(_, text)| *text))
            .case_insensitive(true)
            .size_limit(COMPILED_BYTES_MAX)
            .dfa_size_limit(COMPILED_BYTES_MAX)
            .build()?;
        Ok(Self {
            set,
            of: expressions
                .into_iter()
                .map(|(pattern, _)| pattern)
                .collect(),
        })
    }

    /// The first pattern that stands in the text: as it is, or as a program may read it that decodes it.
    pub fn find(&self, text: &str) -> Option<Pattern> {
        self.find_as_is(text).or_else(|| {
            let readings = disguise::readings(text);
            readings.iter().find_map(|text| self.find_as_is(text))
        })
    }

    fn find_as_is(&self, text: &str) -> Option<Pattern> {
        let first = self.set.matches(text).iter().next()?;
        self.of.get(first).copied()
    }
}

/// Refuses a value with any of the patterns in any of its texts.
pub(crate) struct Refuse<'p>(pub &'p Patterns);

impl Visit for Refuse<'_> {
    fn wants_text(&self) -> bool {
        true
    }

    fn text(&mut self, text: &str) -> Result<(), Reason> {
        match self.0.find(text) {
            Some(found) => Err(Reason::Injection(found.name())),
            None => Ok(()),
        }
    }

    fn leaf(&mut self, _: u32, _: &Leaf<'_>) -> Result<Option<Content<'static>>, Reason> {
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_attacks_are_found_by_their_family() {
        for (pattern, texts) in [
            (
                Pattern::Template,
                &[
                    "${7*7}",
                    "#{T(java.lang.Runtime)}",
                    "{{config}}",
                    "<%= 7*7 %>",
                    "{% if 1 %}",
                ][..],
            ),
            (
                Pattern::Jndi,
                &[
                    "${jndi:ldap://h/a}",
                    "${JNDI:rmi://h}",
                    "${${lower:j}ndi:ldap://h/a}",
                    "${j${::-n}di:dns://h}",
                    "${env:AWS_SECRET_ACCESS_KEY}",
                ],
            ),
            (
                Pattern::Sql,
                &[
                    "' OR 1=1 --",
                    "x' or 'a'='a",
                    "1'); DROP TABLE students;--",
                    "1 UNION SELECT password FROM users",
                    "admin'--",
                    "1; waitfor delay '0:0:5'",
                    "sleep(10)",
                ],
            ),
            (
                Pattern::Html,
                &[
                    "<script>alert(1)</script>",
                    "< SCRIPT src=//h>",
                    "<img src=x onerror=alert(1)>",
                    "javascript:alert(1)",
                    "<svg/onload=alert(1)>",
                    "data:text/html;base64,PHNjcmlwdD4=",
                ],
            ),
        ] {
            let compiled = Patterns::compile(&[pattern]).unwrap();
            for text in texts {
                assert_eq!(compiled.find(text), Some(pattern), "{text}");
            }
        }
    }

    #[test]
    fn disguised_attacks_are_found_too() {
        for (pattern, texts) in [
            (
                Pattern::Sql,
                &[
                    "1 UNION/**/SELECT password",
                    "1 UN/*x*/ION SELECT password",
                    "' oR/**/1=1",
                    "1;DROP TABLE x",
                    "%27%20OR%201%3D1",
                    "%2527%2520OR%25201%253D1",
                    "&#39; or 1=1",
                    "\u{ff07} OR 1=1",
                    "UNI\0ON SELECT 1",
                    "'+OR+1=1",
                ][..],
            ),
            (
                Pattern::Html,
                &[
                    "java\tscript:alert(1)",
                    "java&#x0A;script:alert(1)",
                    "&lt;script&gt;",
                    "%3Cscript%3E",
                    "\u{ff1c}script\u{ff1e}",
                    "<scr\u{200b}ipt>",
                    "&#x3c;script>",
                    "&#0000060;script>",
                    "javascript&colon;alert(1)",
                ],
            ),
            (
                Pattern::Jndi,
                &[
                    "%24%7Bjndi:ldap://h/a%7D",
                    "\u{ff04}\u{ff5b}jndi:ldap://h}",
                    "$\u{200d}{jndi:ldap://h/a}",
                    "$&#123;jndi:ldap://h/a}",
                ],
            ),
            (
                Pattern::Template,
                &["%7B%7Bconfig%7D%7D", "&#123;&#123;config}}"],
            ),
        ] {
            let compiled = Patterns::compile(&[pattern]).unwrap();
            for text in texts {
                assert_eq!(compiled.find(text), Some(pattern), "{text}");
            }
        }
    }

    #[test]
    fn ordinary_texts_pass() {
        let all = Patterns::compile(&Pattern::ALL).unwrap();
        for text in [
            "",
            "O'Brien",
            "rock 'n' roll",
            "costs $5 {net}",
            "select a union for your plumbing",
            "a < b and c > d",
            "https://example.org/?on=1",
            "drop me a line; update follows",
            "{\"a\": {\"b\": 1}}",
            "5' 11\"",
            "it's 1 or 2",
            "100% sure & glad; 5 % off, 50%25",
            "AT&T; Q&amp;A &#8364; 5",
            "/* a comment */ and a line\nand another\tone",
            "caf\u{e9} \u{4e2d}\u{6587} \u{1f600}",
            "tests; create an index card",
        ] {
            assert_eq!(all.find(text), None, "{text}");
        }
    }
}
