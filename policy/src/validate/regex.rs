//! The syntax of Go's regular expressions, as far as gross errors go: a whole parser would be more than the few fields are worth.

/// Finds what no regular expression of Go can hold: a repetition of nothing or of a repetition, bounds the wrong way round, an open
/// bracket or parenthesis, looking around, a `\` at the end.
pub(super) fn is_regex(text: &str) -> bool {
    /// What stands before a repetition.
    #[derive(PartialEq)]
    enum Before {
        Nothing,
        Atom,
        Repetition,
        Lazy,
    }
    let (mut depth, mut before) = (0_u32, Before::Nothing);
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        let rest = chars.as_str();
        before = match c {
            '\\' if chars.next().is_none() => return false,
            '[' => match class_end(rest) {
                Some(length) => {
                    chars = rest[length..].chars();
                    Before::Atom
                }
                None => return false,
            },
            '(' if ["?=", "?!", "?<=", "?<!"].iter().any(|look| rest.starts_with(look)) => return false,
            '(' => {
                depth += 1;
                // `(?:`, `(?i)`, `(?P<name>`: the question mark repeats nothing here.
                if rest.starts_with('?') { Before::Atom } else { Before::Nothing }
            }
            ')' if depth == 0 => return false,
            ')' => {
                depth -= 1;
                Before::Atom
            }
            '|' => Before::Nothing,
            '?' if before == Before::Repetition => Before::Lazy,
            '*' | '+' | '?' if before != Before::Atom => return false,
            '*' | '+' | '?' => Before::Repetition,
            '{' => match bounds(rest) {
                Some((length, valid)) if valid && before == Before::Atom => {
                    chars = rest[length..].chars();
                    Before::Repetition
                }
                Some(_) => return false,
                // Braces without bounds are letters.
                None => Before::Atom,
            },
            _ => Before::Atom,
        };
    }
    depth == 0
}

/// Bytes of a class behind its `[`, with its `]`.
fn class_end(rest: &str) -> Option<usize> {
    let start = usize::from(rest.starts_with('^'));
    let start = start + usize::from(rest[start..].starts_with(']'));
    let mut chars = rest[start..].char_indices();
    while let Some((index, c)) = chars.next() {
        match c {
            ']' => return Some(start + index + 1),
            // `[:alpha:]` inside a class.
            '[' if chars.as_str().starts_with(':') => {
                if let Some(length) = chars.as_str().find(":]") {
                    chars.nth(chars.as_str()[..length].chars().count() + 1);
                }
            }
            '\\' => {
                chars.next();
            }
            _ => {}
        }
    }
    None
}

/// Bytes of `N}`, `N,}` or `N,M}`, and whether Go takes the bounds: at most 1,000, N not above M.
fn bounds(rest: &str) -> Option<(usize, bool)> {
    let length = rest.find('}')?;
    let (min, max) = rest[..length].split_once(',').unwrap_or((&rest[..length], &rest[..length]));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if min.is_empty() || !digits(min) || !digits(max) {
        return None;
    }
    let number = |text: &str| text.parse::<u32>().ok().filter(|number| *number <= 1000);
    let valid = number(min).is_some_and(|min| max.is_empty() || number(max).is_some_and(|max| min <= max));
    Some((length + 1, valid))
}
