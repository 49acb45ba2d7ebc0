use super::*;

/// Texts that match, and texts that don't.
fn holds(expression: &str, matching: &[&str], others: &[&str]) {
    let compiled = compile(expression).unwrap();
    for text in matching {
        assert!(compiled.is_match(text), "{expression} {text:?}");
    }
    for text in others {
        assert!(!compiled.is_match(text), "{expression} {text:?}");
    }
}

#[test]
fn classes_are_those_of_ascii() {
    holds(r"^\d+$", &["123"], &["١٢٣", "123\n"]);
    holds(r"^[\w-]+$", &["a-b_1"], &["é"]);
    holds(r"\/", &["/"], &["\\"]);
    holds(r"^[\D]$", &["a", "١"], &["1"]);
    holds(r"^[^\W_]$", &["a", "1"], &["_", "-"]);
}

#[test]
fn operators_of_the_crate_are_characters() {
    holds(r"^[a&&b]$", &["&", "a", "b"], &["c"]);
    holds(r"^[[]$", &["["], &["a"]);
    holds(r"^[a-z~~b]$", &["b", "~"], &["B"]);
    // A range from `+` to `-`, and a `-`.
    holds(r"^[+--]$", &["+", ",", "-"], &["."]);
    holds(r"^[--/]$", &["-", ".", "/"], &["+"]);
    holds(r"^[a-z--]$", &["a", "m", "-"], &["."]);
    holds(r"^[\w--]$", &["a", "-"], &["+"]);
    holds(r"^[\w-.]$", &["a", "-", "."], &["+"]);
    holds(r"^[!-\d-z]$", &["!", "-", "5", "z"], &["#", "y"]);
    holds(r"^[a-c-e]$", &["a", "-", "e"], &["d"]);
    holds(r"^[-a]$", &["-", "a"], &["b"]);
    holds(r"^[a-]$", &["-", "a"], &["b"]);
    holds(r"^[a^]$", &["^", "a"], &["b"]);
    holds(r"^[[:alpha:]$", &["[", ":", "a"], &["b"]);
    holds(r"^a\<b\>$", &["a<b>"], &["ab"]);
}

#[test]
fn lines_and_blanks_are_those_of_ecma() {
    holds(
        "^.$",
        &["a", "\u{85}", "𝄞"],
        &["\n", "\r", "\u{2028}", "\u{2029}"],
    );
    holds(
        r"^\s$",
        &[" ", "\u{feff}", "\u{a0}", "\u{2028}", "\u{b}"],
        &["\u{85}", "\u{200b}"],
    );
    holds(r"^[\s]$", &["\u{feff}"], &["\u{85}"]);
    holds(r"^\S$", &["\u{85}", "a"], &["\u{feff}"]);
    holds(r"^[^\S]$", &["\u{feff}"], &["a"]);
}

#[test]
fn codes_properties_and_quantifiers_are_kept() {
    holds(r"^\x41\u0042\0$", &["AB\0"], &["ab"]);
    holds(r"^[\x41-\u0043]$", &["B"], &["D"]);
    holds(r"^\p{L}+$", &["é", "A"], &["1"]);
    holds(r"^[\p{Lu}0-9]+$", &["É1"], &["é"]);
    holds(r"^a{2,3}?$", &["aa", "aaa"], &["a"]);
    holds(r"^(?:a|(?<x>b))+$", &["ab"], &["c"]);
}

#[test]
fn what_has_no_bound_or_another_meaning_is_refused() {
    for expression in [
        r"(?=a)",
        r"(a)\1",
        r"(?<!x)y",
        r"(?<=x)y",
        r"(?i)a",
        r"(?P<n>a)",
        r"(?x: a)",
        "[]",
        "[^]",
        "[a",
        "[z-a]",
        r"[\b]",
        "(a{1000}){1000}",
        "a{,3}",
        "a{",
        "a}",
        "a]",
        "a**",
        "a+{2}",
        "a???",
        "\\",
        "(",
        r"\A",
        r"\z",
        r"\Q",
        r"\cA",
        r"\x4",
        r"\ud800",
        r"\u{41}",
        r"\pL",
        r"\07",
    ] {
        assert!(compile(expression).is_err(), "{expression}");
    }
}
