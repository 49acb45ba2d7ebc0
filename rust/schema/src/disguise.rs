//! Texts as a program further on may read them: without what no eye sees, and decoded.
//!
//! What is common, in rounds that are counted: it is no proof that nothing else would be read from a text.

/// Times that a text is decoded: whatever is encoded more often than this is no accident, and is not read here.
const ROUNDS: usize = 3;
/// Longest name or number of a character reference, `&` and `;` excepted.
const REFERENCE_BYTES_MAX: usize = 12;

/// How else a text may be read; nothing for one that has only one reading.
pub fn readings(text: &str) -> Vec<String> {
    if !text
        .bytes()
        .any(|byte| !(0x20..0x7f).contains(&byte) || matches!(byte, b'%' | b'&' | b'/' | b'+'))
    {
        return Vec::new();
    }
    let mut decoded = text.to_owned();
    for _ in 0..ROUNDS {
        let next = references(&percent(&visible(&decoded)));
        if next == decoded {
            break;
        }
        decoded = next;
    }
    let joined: String = decoded.chars().filter(|it| !it.is_control()).collect();
    let apart = without_comments(&decoded, " ");
    let mut found = vec![
        without_comments(&joined, ""),
        // A form's blanks.
        apart.replace('+', " "),
        apart,
        joined,
        decoded,
    ];
    found.dedup();
    found.retain(|it| it != text);
    found
}

/// Without what no eye sees; wide forms as the ones of ASCII that they are folded to (Unicode NFKC).
fn visible(text: &str) -> String {
    let folded = text.chars().filter_map(|character| match character {
        '\0'
        | '\u{ad}'
        | '\u{34f}'
        | '\u{61c}'
        | '\u{180e}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}'
        | '\u{e0000}'..='\u{e0fff}' => None,
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(character) - 0xff01 + 0x21),
        '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{2028}' | '\u{2029}' | '\u{202f}' | '\u{3000}' => {
            Some(' ')
        }
        '\u{2018}' | '\u{2019}' | '\u{2bc}' => Some('\''),
        other => Some(other),
    });
    folded.collect()
}

/// Percent-encoding (RFC 3986) of ASCII undone; of others it says nothing that matters here.
fn percent(text: &str) -> String {
    let mut found = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        found.push_str(before);
        let byte = after
            .get(..2)
            .and_then(|digits| u8::from_str_radix(digits, 16).ok())
            .filter(u8::is_ascii);
        if let (Some(byte), Some(tail)) = (byte, after.get(2..)) {
            found.push(char::from(byte));
            rest = tail;
        } else {
            found.push('%');
            rest = after;
        }
    }
    found.push_str(rest);
    found
}

/// Character references of HTML undone: all numbers, and the names of what code is made of.
fn references(text: &str) -> String {
    let mut found = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        found.push_str(before);
        if let Some((character, tail)) = reference(after) {
            found.push(character);
            rest = tail;
        } else {
            found.push('&');
            rest = after;
        }
    }
    found.push_str(rest);
    found
}

fn reference(after: &str) -> Option<(char, &str)> {
    let ends = after
        .bytes()
        .take(REFERENCE_BYTES_MAX)
        .position(|byte| !(byte.is_ascii_alphanumeric() || byte == b'#'))
        .unwrap_or(after.len().min(REFERENCE_BYTES_MAX));
    let (name, tail) = after.split_at_checked(ends)?;
    let tail = tail.strip_prefix(';').unwrap_or(tail);
    let number = |digits: &str, radix| u32::from_str_radix(digits, radix).ok();
    let character = match name.strip_prefix('#') {
        Some(digits) => {
            let hex = digits.strip_prefix(['x', 'X']);
            let number = hex.map_or_else(|| number(digits, 10), |digits| number(digits, 16));
            char::from_u32(number?)?
        }
        None => named(name)?,
    };
    Some((character, tail))
}

fn named(name: &str) -> Option<char> {
    let known = [
        ("lt", '<'),
        ("LT", '<'),
        ("gt", '>'),
        ("GT", '>'),
        ("amp", '&'),
        ("quot", '"'),
        ("apos", '\''),
        ("colon", ':'),
        ("semi", ';'),
        ("lpar", '('),
        ("rpar", ')'),
        ("lbrace", '{'),
        ("lcub", '{'),
        ("rbrace", '}'),
        ("rcub", '}'),
        ("dollar", '$'),
        ("num", '#'),
        ("percnt", '%'),
        ("sol", '/'),
        ("equals", '='),
        ("grave", '`'),
        ("nbsp", ' '),
        ("Tab", '\t'),
        ("NewLine", '\n'),
    ];
    known.iter().find(|(it, _)| *it == name).map(|(_, to)| *to)
}

/// With something in place of each comment of SQL.
fn without_comments(text: &str, instead: &str) -> String {
    let mut found = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("/*") {
        let Some((_, tail)) = after.split_once("*/") else {
            break;
        };
        found.push_str(before);
        found.push_str(instead);
        rest = tail;
    }
    found.push_str(rest);
    found
}
