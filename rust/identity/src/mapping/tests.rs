#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use proptest::prelude::*;

use super::*;

/// What Kafka 4.3.1's `SslPrincipalMapper` gave: rules, subject, and `=name` or `none`.
const OF_KAFKA: &str = include_str!("../../tests/fixtures/mapping.tsv");

#[test]
fn rules_give_the_names_that_kafka_gives() {
    let mut compared = 0;
    for line in OF_KAFKA.lines() {
        let [rules, subject, expected] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("{line}");
        };
        let name = MappingRules::parse(rules).unwrap().apply(subject);
        let told = name.map_or("none".to_owned(), |name| format!("={name}"));
        assert_eq!(told, expected, "{rules} on {subject}");
        compared += 1;
    }
    assert!(compared > 30);
}

#[test]
fn what_kafka_refuses_is_refused() {
    for rules in [
        "default",
        "DEFAULTS",
        "DEFAULT/L",
        "RULE:^CN=(.*)$/$1",
        "rule:^CN=(.*)$/$1/",
        "RULE:^CN=(.*)$/$1/L/U",
        "RULE:^CN=(.*)$/$1/LU",
        "RULE:^CN=(.*)$/$1/l",
        "RULE:^CN=(.*)$/L",
        "RULE:^CN=(.*)$/$1/DEFAULT",
        "RULE:^CN=(.*$/$1/",
        "RULE:^CN=(.*)$/$x/",
        "RULE:^CN=(.*)$/$/",
        "RULE:^CN=.*$/$1/",
        "",
        " , ",
    ] {
        assert!(MappingRules::parse(rules).is_err(), "{rules}");
    }
}

#[test]
fn what_means_something_else_in_java_is_refused_by_name() {
    for (pattern, named) in [
        ("CN=(?=a).*", "look-around"),
        ("CN=(?!a).*", "look-around"),
        ("(?<=CN=)a", "look-around"),
        ("(?<name>a)", "look-around"),
        ("(?i)cn=a", "flags"),
        (r"(a)\1", "back references"),
        (r"\k<name>", "back references"),
        ("a*+", "possessive"),
        ("a++", "possessive"),
        ("a{2}+", "possessive"),
        (r"\bCN", r"`\b`"),
        (r"\p{Lower}", r"`\p`"),
        (r"\QCN\E", r"`\Q`"),
        (r"\G", r"`\G`"),
        (r"\x41", r"`\x`"),
        (r"\u0041", r"`\u`"),
        ("[a&&b]", "`&&`"),
        ("[a--b]", "`--`"),
        ("[a[b]]", "class in a class"),
        ("[[:alpha:]]", "class in a class"),
        ("[]a]", "class is empty"),
        ("[a", "not closed"),
        (r"[\A]", r"`\A`"),
    ] {
        let told = MappingRules::parse(&format!("RULE:{pattern}/x/")).unwrap_err();
        assert!(told.contains(named), "{pattern}: {told}");
    }
}

#[test]
fn every_rule_has_its_bounds() {
    assert!(MappingRules::parse(&"DEFAULT,".repeat(RULES_MAX)).is_ok());
    assert!(MappingRules::parse(&"DEFAULT,".repeat(RULES_MAX + 1)).is_err());
    let long = format!("RULE:{}/x/", "a".repeat(RULES_BYTES_MAX));
    assert!(MappingRules::parse(&long).is_err());
    let large = "RULE:((a{1000}){1000}){1000}/x/";
    assert!(
        MappingRules::parse(large)
            .unwrap_err()
            .contains("too large")
    );
    let rules = MappingRules::parse("DEFAULT").unwrap();
    assert!(rules.apply(&"a".repeat(NAME_BYTES_MAX)).is_some());
    assert_eq!(rules.apply(&"a".repeat(NAME_BYTES_MAX + 1)), None);
}

#[test]
fn a_pattern_that_would_take_java_for_ever_takes_no_time() {
    let rules = MappingRules::parse("RULE:(a+)+b/$1/").unwrap();
    assert_eq!(rules.apply(&"a".repeat(NAME_BYTES_MAX)), None);
}

proptest! {
    #[test]
    fn no_text_is_too_much(rules in ".{0,80}", subject in ".{0,80}") {
        if let Ok(rules) = MappingRules::parse(&rules) {
            let _ = rules.apply(&subject);
        }
    }

    #[test]
    fn no_rule_is_too_much(
        pattern in r"[\^$.*+?(){}|a-c\\\[\]/]{0,20}", to in r"[$0-3\\a/]{0,6}", subject in "[a-c]{0,9}",
    ) {
        if let Ok(rules) = MappingRules::parse(&format!("RULE:{pattern}/{to}/L")) {
            let _ = rules.apply(&subject);
        }
    }
}
