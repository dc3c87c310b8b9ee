//! The words of a selector, as Calico's tokenizer cuts them (`libcalico-go/lib/selector/tokenizer/tokenizer.go` at v3.28).

use super::SelectorError;

/// A word of a selector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'a> {
    Label(&'a str),
    Text(&'a str),
    Has(&'a str),
    All,
    Global,
    Equal,
    NotEqual,
    In,
    NotIn,
    Contains,
    StartsWith,
    EndsWith,
    Not,
    And,
    Or,
    OpenBrace,
    CloseBrace,
    Comma,
    OpenParen,
    CloseParen,
    End,
}

/// What may follow a label.
pub(super) const OPERATOR: &str = "`==`, `!=`, `in`, `not in`, `contains`, `starts with` or `ends with`";

/// Longest label, in bytes; `LabelKeyMatcher` of the tokenizer.
const MAX_LABEL: usize = 512;

/// Cuts a selector into words.
pub(super) struct Lexer<'a> {
    text: &'a str,
    /// Where the last word starts and ends, in bytes.
    start: usize,
    end: usize,
    /// Whether the last word was a label: the next one is an operator then, never another label.
    after_label: bool,
}

impl<'a> Lexer<'a> {
    pub(super) const fn new(text: &'a str) -> Self {
        Self { text, start: 0, end: 0, after_label: false }
    }

    /// The next word, [`Token::End`] for ever at the end. `expected` is what the grammar allows here, for the error.
    pub(super) fn next(&mut self, expected: &'static str) -> Result<Token<'a>, SelectorError> {
        let rest = self.text[self.end..].trim_start_matches([' ', '\t']);
        self.start = self.text.len() - rest.len();
        let (token, length) = self.word(rest, if self.after_label { OPERATOR } else { expected })?;
        self.end = self.start + length;
        self.after_label = matches!(token, Token::Label(_));
        Ok(token)
    }

    /// The error that the last word stands where only `expected` may.
    pub(super) fn unexpected(&self, expected: &'static str) -> SelectorError {
        let word = &self.text[self.start..self.end];
        let found = if word.is_empty() { self.found(1) } else { quote(word) };
        SelectorError::Unexpected { at: self.position(), found, expected }
    }

    fn word(&self, rest: &'a str, expected: &'static str) -> Result<(Token<'a>, usize), SelectorError> {
        let mut chars = rest.chars();
        let Some(first) = chars.next() else { return Ok((Token::End, 0)) };
        let second = chars.next();
        let twice = |token| if second == Some(first) { Ok((token, 2)) } else { Err(self.single(first)) };
        match first {
            '(' => Ok((Token::OpenParen, 1)),
            ')' => Ok((Token::CloseParen, 1)),
            '{' => Ok((Token::OpenBrace, 1)),
            '}' => Ok((Token::CloseBrace, 1)),
            ',' => Ok((Token::Comma, 1)),
            '!' if second == Some('=') => Ok((Token::NotEqual, 2)),
            '!' => Ok((Token::Not, 1)),
            '=' => twice(Token::Equal),
            '&' => twice(Token::And),
            '|' => twice(Token::Or),
            '"' | '\'' => match rest[1..].find(first) {
                Some(length) => Ok((Token::Text(&rest[1..=length]), length + 2)),
                None => Err(SelectorError::Unterminated { at: self.position(), quote: first }),
            },
            _ if self.after_label => operator(rest).ok_or_else(|| self.unknown(expected)),
            _ => operand(rest).ok_or_else(|| self.unknown(expected)),
        }
    }

    /// `=`, `&` or `|` alone.
    fn single(&self, character: char) -> SelectorError {
        let expected = match character {
            '=' => "`==`",
            '&' => "`&&`",
            _ => "`||`",
        };
        SelectorError::Unexpected { at: self.position(), found: self.found(2), expected }
    }

    fn unknown(&self, expected: &'static str) -> SelectorError {
        SelectorError::Unexpected { at: self.position(), found: self.found(20), expected }
    }

    /// Position of the last word in characters, from 1.
    fn position(&self) -> usize {
        self.text[..self.start].chars().count() + 1
    }

    /// What stands at the last word's start, at most `most` characters up to the next blank.
    fn found(&self, most: usize) -> String {
        let rest = &self.text[self.start..];
        match rest.chars().next() {
            None => "the end".to_owned(),
            Some('\n' | '\r') => "a line break (only spaces and tabs may separate words)".to_owned(),
            Some(_) => quote(&rest.chars().take(most).take_while(|c| !c.is_whitespace()).collect::<String>()),
        }
    }
}

/// `word` in backticks, shortened, without control characters.
fn quote(word: &str) -> String {
    let shown: String = word.chars().take(40).map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect();
    format!("`{shown}{}`", if word.chars().nth(40).is_some() { "…" } else { "" })
}

/// Whether a selector can name the label `key`.
pub(super) fn is_label(key: &str) -> bool {
    (1..=MAX_LABEL).contains(&key.len()) && key.bytes().all(is_label_byte)
}

fn is_label_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_./-".contains(&byte)
}

/// A label at the start of `text`; a longer run of label characters is cut, as Calico's regular expression does.
fn label_at(text: &str) -> Option<&str> {
    let length = text.bytes().take(MAX_LABEL).take_while(|byte| is_label_byte(*byte)).count();
    (length > 0).then(|| &text[..length])
}

/// Go's `\s`, which Calico's expressions use inside words: line breaks are allowed there.
fn skip_blanks(text: &str) -> &str {
    text.trim_start_matches(['\t', '\n', '\x0c', '\r', ' '])
}

/// The word of letters at the start of `rest` after a label.
fn operator(rest: &str) -> Option<(Token<'_>, usize)> {
    let ends_word = |tail: &str| !tail.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
    let (token, tail) = if let Some(tail) = rest.strip_prefix("contains") {
        (Token::Contains, tail)
    } else if let Some(tail) = two_words(rest, "starts", "with") {
        (Token::StartsWith, tail)
    } else if let Some(tail) = two_words(rest, "ends", "with") {
        (Token::EndsWith, tail)
    } else if let Some(tail) = two_words(rest, "not", "in").filter(|tail| ends_word(tail)) {
        (Token::NotIn, tail)
    } else if let Some(tail) = rest.strip_prefix("in").filter(|tail| ends_word(tail)) {
        (Token::In, tail)
    } else {
        return None;
    };
    Some((token, rest.len() - tail.len()))
}

fn two_words<'a>(rest: &'a str, first: &str, second: &str) -> Option<&'a str> {
    skip_blanks(rest.strip_prefix(first)?).strip_prefix(second)
}

/// `has(LABEL)`, `all()`, `global()` or a label at the start of `rest`.
fn operand(rest: &str) -> Option<(Token<'_>, usize)> {
    if let Some((key, tail)) = has(rest) {
        return Some((Token::Has(key), rest.len() - tail.len()));
    }
    for (name, token) in [("all(", Token::All), ("global(", Token::Global)] {
        if let Some(tail) = two_words(rest, name, ")") {
            return Some((token, rest.len() - tail.len()));
        }
    }
    label_at(rest).map(|key| (Token::Label(key), key.len()))
}

fn has(rest: &str) -> Option<(&str, &str)> {
    let inside = skip_blanks(rest.strip_prefix("has(")?);
    let key = label_at(inside)?;
    Some((key, skip_blanks(&inside[key.len()..]).strip_prefix(')')?))
}
