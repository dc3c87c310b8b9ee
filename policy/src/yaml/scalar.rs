//! Scalars of YAML: when a string needs quotes, and how it is escaped.

use serde_json::{Number, Value};
use std::fmt::Write;
use std::net::Ipv4Addr;

/// The longest key, in bytes as written, that may stand before a colon on one line; readers refuse more than 1,024 characters
/// (YAML 1.2, 7.4.2).
pub(super) const KEY_MAX: usize = 512;

/// A value that is written on one line: a scalar, an empty list or an empty map. Full ones are written by the caller.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(bool) => bool.to_string(),
        Value::Number(number) => self::number(number),
        Value::String(string) => self::string(string),
        Value::Array(_) => "[]".to_owned(),
        Value::Object(_) => "{}".to_owned(),
    }
}

/// A number. YAML 1.1 reads a number with an exponent as one only with a point before and a sign in the exponent: `1.0e+30`.
fn number(number: &Number) -> String {
    let text = number.to_string();
    let Some((mantissa, exponent)) = text.split_once('e') else { return text };
    let point = if mantissa.contains('.') { "" } else { ".0" };
    let sign = if exponent.starts_with(['-', '+']) { "" } else { "+" };
    format!("{mantissa}{point}e{sign}{exponent}")
}

/// A string, in double quotes where it would be read as anything else without them.
pub(super) fn string(text: &str) -> String {
    if is_plain(text) { text.to_owned() } else { quoted(text) }
}

/// Characters that a plain scalar may not begin with: the indicators of YAML 1.2 (5.3) and of comparison in YAML 1.1.
const INDICATORS: &[char] =
    &['-', '?', ':', ',', '[', ']', '{', '}', '#', '&', '*', '!', '|', '>', '\'', '"', '%', '@', '`', '=', '<', ' '];

/// What YAML 1.1, YAML 1.2 or a lenient reader takes for a null, a truth value or a number, in lower case.
const WORDS: &[&str] = &["~", "null", "y", "yes", "n", "no", "true", "false", "on", "off", "nan", "inf", "infinity"];

/// Whether it is digits, points and a slash, as an IPv4 range: plain to every reader, and known in one look. A set has a thousand.
fn is_range(text: &str) -> bool {
    let byte = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'.' | b'/');
    text.as_bytes().first().is_some_and(u8::is_ascii_digit) && text.as_bytes().iter().all(byte) && text.contains('/')
}

fn is_plain(text: &str) -> bool {
    is_range(text)
        || !(text.is_empty()
        || text.starts_with(INDICATORS)
        // At the start of a line it ends the document.
        || text.starts_with("...")
        || text.ends_with([' ', ':'])
        || text.contains(": ")
        || text.contains(" #")
        || text.contains(is_escaped)
        || WORDS.iter().any(|word| word.eq_ignore_ascii_case(text))
        || may_be_number(text))
}

/// Whether the text could be a number or a time in any reader's eyes: 1, 0x1F, 0o17, 1_000, 1:20, 1e3, .5, +.inf, 2026-11-23. Wider than
/// any of them; but an IPv4 address has too many points to be a number.
fn may_be_number(text: &str) -> bool {
    let body = text.strip_prefix(['+', '-']).unwrap_or(text);
    body.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && body.chars().all(|c| c.is_ascii_hexdigit() || "xXoOiInNtTzZ_.,:+- ".contains(c))
        && text.parse::<Ipv4Addr>().is_err()
}

/// Whether a character is written as an escape: controls, line breaks of YAML 1.1, and those that show nothing or turn the direction
/// of writing, so that what is read is what is there.
const fn is_escaped(c: char) -> bool {
    matches!(c,
        '\0'..='\x1f' | '\x7f'..='\u{a0}' | '\u{ad}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{180b}'..='\u{180f}'
        | '\u{2000}'..='\u{200f}' | '\u{2028}'..='\u{202f}' | '\u{205f}'..='\u{206f}' | '\u{2800}' | '\u{3000}' | '\u{3164}'
        | '\u{e000}'..='\u{f8ff}' | '\u{fdd0}'..='\u{fdef}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{ffff}'
        | '\u{1fffe}'..='\u{1ffff}' | '\u{2fffe}'..='\u{2ffff}' | '\u{3fffe}'..='\u{10ffff}')
}

fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            c if is_escaped(c) => {
                let code = u32::from(c);
                // Writing to a String does not fail.
                let _ = match code {
                    0..=0xff => write!(quoted, "\\x{code:02X}"),
                    0x100..=0xffff => write!(quoted, "\\u{code:04X}"),
                    _ => write!(quoted, "\\U{code:08X}"),
                };
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
