//! Text of others in Markdown: it stays text, whatever it holds.
//!
//! References like `&#124;` cannot take part in the structure of a document (CommonMark 0.31, 2.5), and the cells of a table are cut before
//! they are read, so they hold in tables, in HTML and in paragraphs alike, where a backslash does not.

use std::fmt::Write;

/// A sentence with `names` between backticks: these become code, the rest text.
pub(in crate::cli) fn prose(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text.trim();
    while let Some((before, name, after)) = name(rest) {
        out.push_str(&words(before, out.is_empty()));
        out.push_str(&code(name));
        rest = after;
    }
    out.push_str(&words(rest, out.is_empty()));
    out
}

/// The first name, what stands before it, and what stands behind it.
fn name(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('`')?;
    let (name, after) = rest.split_once('`')?;
    Some((before, name, after))
}

/// A name as code: between backticks where nothing in it could end that, or the cell of a table.
pub(in crate::cli) fn code(text: &str) -> String {
    let literal = |c: char| seen(c) == c && !"`\\|".contains(c);
    if !text.is_empty() && text.trim() == text && text.chars().all(literal) {
        return format!("`{text}`");
    }
    format!("<code>{}</code>", entities(text))
}

/// Text within HTML.
pub(in crate::cli) fn entities(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars().map(seen) {
        // A colon or a point may make a link of what stands around it.
        if c.is_ascii_punctuation() && !"-/,".contains(c) {
            refer(&mut out, c);
        } else {
            out.push(c);
        }
    }
    out
}

/// Words of a sentence; `first` where nothing stands before them. Nobody is called by an `@`, and nothing is linked by a `#` or an address.
fn words(text: &str, first: bool) -> String {
    let mut out = String::new();
    let mut digits = first;
    for (at, c) in text.char_indices() {
        let c = seen(c);
        match c {
            '@' | '#' => {
                refer(&mut out, c);
                out.push_str("&#8203;");
            }
            // What begins a list begins a line.
            '-' | '+' if first && at == 0 => refer(&mut out, c),
            '.' | ')' if digits => refer(&mut out, c),
            ':' if text[at..].starts_with("://") => refer(&mut out, c),
            '.' if out.to_ascii_lowercase().ends_with("www") => refer(&mut out, c),
            c if c.is_ascii_punctuation() && !"-+.,:;?!'\"()/%".contains(c) => refer(&mut out, c),
            c => out.push(c),
        }
        digits = digits && c.is_ascii_digit();
    }
    out
}

fn refer(out: &mut String, c: char) {
    let _written = write!(out, "&#{};", u32::from(c));
}

/// A character as it is shown: those that break lines or deceive the eye are `?`.
fn seen(c: char) -> char {
    let deceives = matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    if c.is_control() || deceives { '?' } else { c }
}

/// Lines as a block of code in a language.
pub(in crate::cli) fn fenced(language: &str, lines: &[String]) -> String {
    let longest = lines.iter().flat_map(|line| line.split(|c| c != '`')).map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(3.max(longest + 1));
    let mut out = format!("{fence}{language}\n");
    for line in lines {
        out.extend(line.chars().map(seen));
        out.push('\n');
    }
    out + &fence + "\n"
}
