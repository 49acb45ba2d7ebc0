//! Rules that differ in nothing but names: parsed and validated once, and filled with the names of each.
//!
//! A bundle's grants come to thousands of rules of a few forms: `permit (principal == …, action in […],
//! resource == …)`. What Cedar's parser and validator say of one they say of all, as long as only such
//! texts differ whose content neither looks at:
//!
//! - names of principals and resources in a rule's head. The validator looks at their types alone. (Of two
//!   names in a condition it would find out whether they are equal.)
//! - the pattern behind the only `like` of a rule.
//!
//! Any other text is part of the form. A schema may list the names of a type; ours doesn't, and only by ours
//! rules are taken apart. The proof is a test: a rule that was filled in is the rule that the
//! parser makes of its text.

use std::collections::HashMap;

use cedar_policy::{Policy, PolicyId, Validator};
use serde_json::{Value, json};

use crate::compile::{Effort, validate};
use crate::section::Rule;

/// Stands where a name was taken out, before its number; from the private use area of Unicode.
const MARK: char = '\u{e000}';
/// The types whose names may stand in a head. Actions are not among them: the validator knows each.
const NAMED: [&str; 10] = [
    "User",
    "Service",
    "Role",
    "Tenant",
    "Cluster",
    "Namespace",
    "Stream",
    "Group",
    "Transaction",
    "DataClass",
];

/// The forms of the rules so far.
#[derive(Debug, Default)]
pub(crate) struct Forms {
    /// By its text: the rule in Cedar's JSON with marks for names; `None` where it isn't valid.
    known: HashMap<String, Option<Value>>,
}

impl Forms {
    /// A rule and its JSON, as its text would be parsed and validated.
    ///
    /// `None`: it has to be, because it has no form, or to learn what is wrong with it.
    pub fn fill(
        &mut self,
        rule: &Rule,
        validator: &Validator,
        effort: Effort,
    ) -> Option<(Policy, Value)> {
        let (form, names) = taken_apart(&rule.cedar)?;
        let known = self.known.entry(form);
        let tree = known.or_insert_with_key(|form| parsed(form, validator, effort));
        let mut tree = tree.clone()?;
        put_in(&mut tree, &names)?;
        let policy = Policy::from_json(Some(PolicyId::new(&rule.id)), tree.clone()).ok()?;
        Some((policy, tree))
    }
}

fn parsed(form: &str, validator: &Validator, effort: Effort) -> Option<Value> {
    let policy = Policy::parse(None, form).ok()?;
    if !effort.validated {
        validate(&policy, validator).ok()?;
    }
    policy.to_json().ok()
}

/// The form of a rule, and the names that were taken out of it, by their numbers.
fn taken_apart(text: &str) -> Option<(String, Vec<&str>)> {
    // With these a quotation mark need not be where a text begins or ends, or a text is none.
    if text.contains(['\\', '\r', MARK]) || text.contains("//") {
        return None;
    }
    let parts: Vec<&str> = text.split('"').collect();
    let outside = || parts.iter().step_by(2);
    let patterns: usize = outside().map(|it| it.matches("like").count()).sum();
    let (mut form, mut names) = (String::with_capacity(text.len()), Vec::new());
    let mut head = Head::Ahead;
    for texts in parts.chunks(2) {
        let before = texts[0];
        form.push_str(before);
        head = head.after(before);
        let Some(&quoted) = texts.get(1) else {
            return Some((form, names));
        };
        let is_pattern = patterns == 1 && before.trim_end().ends_with("like");
        form.push('"');
        if is_pattern || (head == Head::Here && ends_with_type(before)) {
            form.push(MARK);
            form.push_str(&names.len().to_string());
            names.push(quoted);
        } else {
            form.push_str(quoted);
        }
        form.push('"');
    }
    // A quotation mark too many.
    None
}

/// Where the head of a rule is: behind its effect, up to the parenthesis that ends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Head {
    Ahead,
    Here,
    Over,
}

impl Head {
    /// After some more of the rule; nothing of it is quoted.
    fn after(self, mut text: &str) -> Self {
        if self == Self::Over {
            return Self::Over;
        }
        if self == Self::Ahead {
            let starts = ["permit", "forbid"].into_iter();
            let Some(start) = starts.filter_map(|it| text.find(it)).min() else {
                return Self::Ahead;
            };
            text = &text[start..];
        }
        if text.contains(')') {
            Self::Over
        } else {
            Self::Here
        }
    }
}

fn ends_with_type(text: &str) -> bool {
    let path = text.strip_suffix("::").and_then(|it| it.rsplit_once("::"));
    path.is_some_and(|(namespace, kind)| namespace.ends_with("Streamward") && NAMED.contains(&kind))
}

/// Put names where their marks are. `None`: there is a mark without a name.
fn put_in(tree: &mut Value, names: &[&str]) -> Option<()> {
    let name_at = |number: &str| names.get(number.parse::<usize>().ok()?);
    match tree {
        Value::String(text) => {
            if let Some(number) = text.strip_prefix(MARK) {
                *tree = Value::from(*name_at(number)?);
            }
            Some(())
        }
        Value::Array(values) => values.iter_mut().try_for_each(|it| put_in(it, names)),
        Value::Object(fields) => fields.iter_mut().try_for_each(|(field, value)| {
            let is_pattern = field == "pattern";
            match value
                .as_array()
                .filter(|_| is_pattern)
                .and_then(|it| marked(it))
            {
                Some(number) => *value = pattern(name_at(&number)?),
                None => put_in(value, names)?,
            }
            Some(())
        }),
        _ => Some(()),
    }
}

/// The number behind a mark in a pattern, which is a list of characters.
fn marked(pattern: &[Value]) -> Option<String> {
    let text: Option<String> = pattern
        .iter()
        .map(|it| it.get("Literal")?.as_str())
        .collect();
    Some(text?.strip_prefix(MARK)?.to_owned())
}

/// A pattern as Cedar's JSON has it.
fn pattern(text: &str) -> Value {
    let part = |character| match character {
        '*' => json!("Wildcard"),
        other => json!({"Literal": other}),
    };
    text.chars().map(part).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use std::str::FromStr;

    use cedar_policy::Schema;
    use proptest::prelude::*;

    use super::*;

    fn rule(cedar: &str) -> Rule {
        Rule {
            id: "grant:a#1".to_owned(),
            source: "grants.yaml:1".to_owned(),
            cedar: cedar.to_owned(),
            slices: Vec::new(),
        }
    }

    fn validator() -> Validator {
        Validator::new(Schema::from_str(crate::SCHEMA).unwrap())
    }

    /// What Cedar's parser and validator make of a text.
    fn whole(rule: &Rule, validator: &Validator) -> Option<(Policy, Value)> {
        let policy = Policy::parse(Some(PolicyId::new(&rule.id)), &rule.cedar).ok()?;
        validate(&policy, validator).ok()?;
        let tree = policy.to_json().ok()?;
        Some((policy, tree))
    }

    const HEADS: [&str; 6] = [
        "principal, action, resource",
        r#"principal == Streamward::User::"@", action == Streamward::Action::"Read", resource"#,
        r#"principal in Streamward::Role::"@", action in [Streamward::Action::"Read",
            Streamward::Action::"@"], resource == Streamward::Stream::"@""#,
        r#"principal is Streamward::User in Streamward::Tenant::"@", action,
            resource in Streamward::DataClass::"@""#,
        r#"principal == Other::User::"@", action, resource is Streamward::Stream"#,
        r#"principal == Streamward :: Service::"@", action, resource == Streamward::Cluster::"@""#,
    ];
    const BODIES: [&str; 9] = [
        "",
        r#"when { resource.name like "@*" }"#,
        r#"when { resource.name like "@" && context.mechanism like "*@" }"#,
        r#"when { context.networks.containsAny(["@", "office"]) && context.tls }"#,
        r#"unless { principal in Streamward::Role::"@" }"#,
        r#"when { context.source.isInRange(ip("@")) }"#,
        r#"when { User::"@" == User::"@" && context.nothing }"#,
        r#"when { Streamward::User::"a" == Streamward::User::"@" && context.nothing }"#,
        r#"when { context has mfa_age && context["@"] < 60 }"#,
    ];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        /// Whatever was known before, and whatever stands where names stand.
        #[test]
        fn a_rule_that_is_filled_in_is_the_rule_of_its_text(
            rules in prop::collection::vec(
                (0..HEADS.len(), 0..BODIES.len(), any::<bool>(), "a|[a-c.*]{0,4}|\\PC{0,3}|[\\x00-\\x7f]{0,3}|10\\.0\\.0\\.0/8|Write|hour"),
                1..6,
            ),
        ) {
            let (validator, mut forms) = (validator(), Forms::default());
            for (head, body, permits, name) in rules {
                let effect = if permits { "permit" } else { "@requires(\"@\")\nforbid" };
                let text = format!("{effect} (\n  {}\n)\n{};", HEADS[head], BODIES[body]);
                let rule = rule(&text.replace('@', &name).replacen(&format!("{name}requires"), "@requires", 1));
                let expected = whole(&rule, &validator);
                match (forms.fill(&rule, &validator, Effort::default()), expected) {
                    (Some((policy, tree)), Some((parsed, of_parsed))) => {
                        prop_assert_eq!(&policy, &parsed);
                        prop_assert_eq!(policy.id(), parsed.id());
                        prop_assert_eq!(tree, of_parsed);
                    }
                    // Told by the parser and the validator.
                    (None, _) => {}
                    (Some(_), None) => prop_assert!(false, "{} is not valid", rule.cedar),
                }
            }
        }
    }

    #[test]
    fn thousands_of_grants_are_of_a_few_forms() {
        let (validator, mut forms) = (validator(), Forms::default());
        for number in 0..40 {
            let text = format!(
                r#"permit (principal == Streamward::User::"p{number}", action, resource is Streamward::Stream)
                when {{ resource.name like "team{number}.*" }};"#
            );
            let (policy, _) = forms
                .fill(&rule(&text), &validator, Effort::default())
                .unwrap();
            let text = policy.to_string();
            assert!(
                text.contains(&format!("p{number}")) && text.contains(&format!("team{number}.*"))
            );
        }
        assert_eq!(forms.known.len(), 1);
    }

    #[test]
    fn what_the_validator_looks_into_stays_in_the_form() {
        for text in [
            r#"permit (principal, action == Streamward::Action::"Read", resource);"#,
            r#"permit (principal, action, resource) when { User::"a" == User::"b" };"#,
            r#"permit (principal, action, resource) when { context.source.isInRange(ip("a")) };"#,
            r#"permit (principal, action, resource) when { "a" like "b" && "c" like "d" };"#,
            r#"@requires("Streamward::User::") permit (principal, action, resource);"#,
        ] {
            assert_eq!(taken_apart(text), Some((text.to_owned(), vec![])), "{text}");
        }
    }

    #[test]
    fn texts_that_can_t_be_told_from_the_rest_have_no_form() {
        for text in [
            "permit (principal, action, resource); // \"",
            r#"permit (principal == Streamward::User::"a\"", action, resource);"#,
            "permit (principal == Streamward::User::\"\u{e000}0\", action, resource);",
            "permit (principal == Streamward::User::\"a, action, resource);",
        ] {
            assert_eq!(taken_apart(text), None, "{text}");
        }
    }
}
