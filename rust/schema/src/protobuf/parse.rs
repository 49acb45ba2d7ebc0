//! From the words of a `.proto` text to its declarations.

use super::token::{Token, Word, tokens};
use crate::error::SchemaError;
use crate::limits::{SCHEMA_BYTES_MAX, SCHEMA_NAME_BYTES_MAX, SCHEMA_REFERENCES_MAX};

/// How deep messages may be declared within messages.
const MESSAGE_DEPTH_MAX: usize = 32;
const NUMBER_MAX: u32 = (1 << 29) - 1;
/// Numbers that Protobuf keeps for itself.
const KEPT: std::ops::RangeInclusive<u32> = 19_000..=19_999;

#[derive(Debug, Default)]
pub(super) struct File {
    pub package: String,
    pub proto3: bool,
    pub imports: Vec<(String, u32)>,
    pub messages: Vec<MessageText>,
    pub enumerations: Vec<EnumerationText>,
}

#[derive(Debug, Default)]
pub(super) struct MessageText {
    pub name: String,
    pub line: u32,
    pub fields: Vec<FieldText>,
    pub messages: Vec<MessageText>,
    pub enumerations: Vec<EnumerationText>,
}

#[derive(Debug)]
pub(super) struct FieldText {
    pub name: String,
    pub number: u32,
    pub kind: String,
    /// Of a map, the type of its keys; `kind` is that of its values.
    pub key: Option<String>,
    pub label: Label,
    pub oneof: Option<u32>,
    pub line: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Label {
    None,
    Optional,
    Required,
    Repeated,
}

#[derive(Debug)]
pub(super) struct EnumerationText {
    pub name: String,
    pub line: u32,
    pub symbols: Vec<(i32, String)>,
}

pub(super) fn parse(text: &str) -> Result<File, SchemaError> {
    if text.len() > SCHEMA_BYTES_MAX {
        let what = format!("the schema has more than {SCHEMA_BYTES_MAX} bytes");
        return Err(SchemaError::new(what, 1));
    }
    let tokens = tokens(text)?;
    Parser {
        tokens: &tokens,
        at: 0,
    }
    .file()
}

struct Parser<'p, 't> {
    tokens: &'p [Token<'t>],
    at: usize,
}

impl<'t> Parser<'_, 't> {
    fn line(&self) -> u32 {
        let last = self.tokens.len().saturating_sub(1);
        self.tokens
            .get(self.at.min(last))
            .map_or(1, |token| token.line)
    }

    fn fail<T>(&self, what: impl Into<String>) -> Result<T, SchemaError> {
        Err(SchemaError::new(what, self.line()))
    }

    fn peek(&self) -> Option<Word<'t>> {
        self.tokens.get(self.at).map(|token| token.word)
    }

    fn is(&self, sign: char) -> bool {
        self.peek() == Some(Word::Sign(sign))
    }

    fn accept(&mut self, sign: char) -> bool {
        let found = self.is(sign);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, sign: char) -> Result<(), SchemaError> {
        if self.accept(sign) {
            return Ok(());
        }
        self.fail(format!("`{sign}` is missing"))
    }

    fn is_short(&self, name: &str) -> Result<(), SchemaError> {
        if name.len() > SCHEMA_NAME_BYTES_MAX {
            return self.fail(format!(
                "a name has more than {SCHEMA_NAME_BYTES_MAX} bytes"
            ));
        }
        Ok(())
    }

    fn name(&mut self) -> Result<&'t str, SchemaError> {
        let Some(Word::Name(name)) = self.peek() else {
            return self.fail("a name is missing");
        };
        self.is_short(name)?;
        self.at += 1;
        Ok(name)
    }

    /// A name without dots.
    fn plain_name(&mut self) -> Result<String, SchemaError> {
        let name = self.name()?;
        if name.contains('.') {
            self.at -= 1;
            return self.fail(format!("`{name}` can't be the name of a declaration"));
        }
        Ok(name.to_owned())
    }

    fn text(&mut self) -> Result<&'t str, SchemaError> {
        let Some(Word::Text(text)) = self.peek() else {
            return self.fail("a text in quotes is missing");
        };
        self.is_short(text)?;
        self.at += 1;
        Ok(text)
    }

    fn number(&mut self) -> Result<i64, SchemaError> {
        let negative = self.accept('-');
        let Some(Word::Number(text)) = self.peek() else {
            return self.fail("a number is missing");
        };
        let hexadecimal = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
        let number = match hexadecimal {
            Some(digits) => i64::from_str_radix(digits, 16),
            None if text.len() > 1 && text.starts_with('0') => i64::from_str_radix(text, 8),
            None => text.parse(),
        };
        match number {
            Ok(number) => {
                self.at += 1;
                Ok(if negative { -number } else { number })
            }
            Err(_) => self.fail(format!("`{text}` is no whole number")),
        }
    }

    /// Skips what says nothing of values: to behind its `;`, or the `}` of the block that it opens.
    fn statement(&mut self) -> Result<(), SchemaError> {
        let mut depth = 0usize;
        loop {
            match self.peek() {
                None => return self.fail("`;` is missing"),
                Some(Word::Sign('{' | '[' | '(')) => depth += 1,
                Some(Word::Sign('}' | ']' | ')')) if depth == 0 => {
                    return self.fail("`;` is missing");
                }
                Some(Word::Sign(sign @ ('}' | ']' | ')'))) => {
                    depth -= 1;
                    if depth == 0 && sign == '}' {
                        self.at += 1;
                        self.accept(';');
                        return Ok(());
                    }
                }
                Some(Word::Sign(';')) if depth == 0 => {
                    self.at += 1;
                    return Ok(());
                }
                Some(_) => {}
            }
            self.at += 1;
        }
    }

    fn file(&mut self) -> Result<File, SchemaError> {
        let mut file = File::default();
        while let Some(word) = self.peek() {
            match word {
                Word::Sign(';') => self.at += 1,
                Word::Name("syntax") => {
                    self.at += 1;
                    self.expect('=')?;
                    file.proto3 = match self.text()? {
                        "proto2" => false,
                        "proto3" => true,
                        other => return self.fail(format!("the syntax `{other}` is not known")),
                    };
                    self.expect(';')?;
                }
                Word::Name("edition") => {
                    return self.fail("editions are not supported: write proto2 or proto3");
                }
                Word::Name("package") => {
                    self.at += 1;
                    self.name()?.clone_into(&mut file.package);
                    self.expect(';')?;
                }
                Word::Name("import") => {
                    self.at += 1;
                    if matches!(self.peek(), Some(Word::Name("public" | "weak" | "option"))) {
                        self.at += 1;
                    }
                    if file.imports.len() >= SCHEMA_REFERENCES_MAX {
                        let what = format!("more than {SCHEMA_REFERENCES_MAX} files are imported");
                        return self.fail(what);
                    }
                    let line = self.line();
                    file.imports.push((self.text()?.to_owned(), line));
                    self.expect(';')?;
                }
                Word::Name("message") => file.messages.push(self.message(0)?),
                Word::Name("enum") => file.enumerations.push(self.enumeration()?),
                Word::Name("option" | "service") => self.statement()?,
                Word::Name("extend") => self.extension()?,
                _ => return self.fail("neither a message nor an enum nor anything else known"),
            }
        }
        Ok(file)
    }

    /// Options of options are not part of values; extensions of messages are.
    fn extension(&mut self) -> Result<(), SchemaError> {
        self.at += 1;
        let of = self.name()?;
        if !of.trim_start_matches('.').starts_with("google.protobuf.") {
            self.at -= 1;
            return self.fail(format!("extensions of `{of}` are not supported"));
        }
        self.statement()
    }

    fn message(&mut self, depth: usize) -> Result<MessageText, SchemaError> {
        if depth >= MESSAGE_DEPTH_MAX {
            return self.fail("messages are declared too deep within each other");
        }
        let line = self.line();
        self.at += 1;
        let mut message = MessageText {
            name: self.plain_name()?,
            line,
            ..MessageText::default()
        };
        self.expect('{')?;
        let mut oneofs = 0;
        while !self.accept('}') {
            match self.peek() {
                Some(Word::Sign(';')) => self.at += 1,
                Some(Word::Name("message")) if self.declares() => {
                    message.messages.push(self.message(depth + 1)?);
                }
                Some(Word::Name("enum")) if self.declares() => {
                    message.enumerations.push(self.enumeration()?);
                }
                Some(Word::Name("oneof")) if self.declares() => {
                    self.oneof(&mut message.fields, oneofs)?;
                    oneofs += 1;
                }
                Some(Word::Name("option" | "reserved" | "extensions")) => self.statement()?,
                Some(Word::Name("extend")) => self.extension()?,
                Some(_) => {
                    let field = self.field(None)?;
                    message.fields.push(field);
                }
                None => return self.fail("`}` is missing"),
            }
        }
        Ok(message)
    }

    /// Whether a keyword begins a declaration: a name and `{` follow.
    fn declares(&self) -> bool {
        let word = |ahead: usize| self.tokens.get(self.at + ahead).map(|token| token.word);
        matches!(word(1), Some(Word::Name(_))) && word(2) == Some(Word::Sign('{'))
    }

    fn oneof(&mut self, fields: &mut Vec<FieldText>, number: u32) -> Result<(), SchemaError> {
        self.at += 1;
        self.plain_name()?;
        self.expect('{')?;
        while !self.accept('}') {
            match self.peek() {
                Some(Word::Sign(';')) => self.at += 1,
                Some(Word::Name("option")) => self.statement()?,
                Some(_) => fields.push(self.field(Some(number))?),
                None => return self.fail("`}` is missing"),
            }
        }
        Ok(())
    }

    fn label(&mut self) -> Label {
        let label = match self.peek() {
            Some(Word::Name("optional")) => Label::Optional,
            Some(Word::Name("required")) => Label::Required,
            Some(Word::Name("repeated")) => Label::Repeated,
            _ => return Label::None,
        };
        self.at += 1;
        label
    }

    fn field(&mut self, oneof: Option<u32>) -> Result<FieldText, SchemaError> {
        let line = self.line();
        let label = self.label();
        if oneof.is_some() && label != Label::None {
            return self.fail("a field of a oneof has no label");
        }
        let first = self.name()?;
        if first == "group" {
            return self.fail("groups are not supported: declare a message");
        }
        let (key, kind) = if first == "map" && self.accept('<') {
            if label != Label::None || oneof.is_some() {
                return self.fail("a map has no label and stands in no oneof");
            }
            let key = self.name()?.to_owned();
            self.expect(',')?;
            let kind = self.name()?.to_owned();
            self.expect('>')?;
            (Some(key), kind)
        } else {
            (None, first.to_owned())
        };
        let name = self.plain_name()?;
        self.expect('=')?;
        let number = self.number()?;
        let number = match u32::try_from(number) {
            Ok(number) if (1..=NUMBER_MAX).contains(&number) && !KEPT.contains(&number) => number,
            _ => return self.fail(format!("`{number}` can't be the number of a field")),
        };
        self.bracketed()?;
        self.expect(';')?;
        Ok(FieldText {
            name,
            number,
            kind,
            key,
            label,
            oneof,
            line,
        })
    }

    /// Options in brackets, which don't change the wire format.
    fn bracketed(&mut self) -> Result<(), SchemaError> {
        if !self.is('[') {
            return Ok(());
        }
        let mut depth = 0usize;
        loop {
            match self.peek() {
                None => return self.fail("`]` is missing"),
                Some(Word::Sign('[' | '{')) => depth += 1,
                Some(Word::Sign(']' | '}')) => depth = depth.saturating_sub(1),
                Some(_) => {}
            }
            self.at += 1;
            if depth == 0 {
                return Ok(());
            }
        }
    }

    fn enumeration(&mut self) -> Result<EnumerationText, SchemaError> {
        let line = self.line();
        self.at += 1;
        let name = self.plain_name()?;
        self.expect('{')?;
        let mut symbols = Vec::new();
        while !self.accept('}') {
            match self.peek() {
                Some(Word::Sign(';')) => self.at += 1,
                Some(Word::Name("option" | "reserved")) => self.statement()?,
                Some(Word::Name(_)) => {
                    let symbol = self.plain_name()?;
                    self.expect('=')?;
                    let number = self.number()?;
                    let Ok(number) = i32::try_from(number) else {
                        return self.fail(format!("`{number}` can't be the number of a symbol"));
                    };
                    self.bracketed()?;
                    self.expect(';')?;
                    symbols.push((number, symbol));
                }
                _ => return self.fail("`}` is missing"),
            }
        }
        Ok(EnumerationText {
            name,
            line,
            symbols,
        })
    }
}
