//! Findings, differences and what becomes of open connections as text.

use super::meaning::Meaning;
use policy::diff::{ObjectDiff, Side};
use policy::finding::Finding;
use policy::reach::live::OpenConnections;
use policy::reach::sets::TooMuch;
use std::fmt::Write;

/// Lines around a change.
const AROUND: usize = 3;

/// Findings, a paragraph each. Control characters in names cannot reach the terminal: they are shown as `?`.
pub(super) fn findings(findings: &[Finding]) -> String {
    let mut text = String::new();
    for finding in findings {
        let _written = writeln!(
            text,
            "{}  {}  {}\n    why: {}\n    do:  {}",
            finding.severity,
            finding.id,
            plain(&finding.what),
            plain(&finding.why),
            plain(&finding.action)
        );
        for object in &finding.objects {
            let field = if finding.field.is_empty() { String::new() } else { format!("  {}", plain(&finding.field)) };
            let _written = writeln!(text, "    at:  {}{field}", plain(&object.to_string()));
        }
    }
    text
}

/// What of a change's meaning to clients is more than its objects say; nothing where nobody is shut out.
pub(super) fn meaning(meaning: &Result<Meaning, TooMuch>) -> String {
    match meaning {
        Ok(meaning) => open_connections(meaning.open_connections.as_ref()),
        Err(error) => format!("\nWho gains or loses access cannot be told: {error}\n"),
    }
}

/// What becomes of open connections, as a paragraph; nothing where nobody is shut out.
pub(super) fn open_connections(open: Option<&OpenConnections>) -> String {
    let mut text = String::new();
    let Some(open) = open else { return text };
    text.push('\n');
    for sentence in &open.sentences {
        let _written = writeln!(text, "{}", plain(sentence));
    }
    for cut in &open.cuts {
        let _written = writeln!(text, "on {}:", plain(&cut.nodes_in_words()));
        for command in &cut.commands {
            let _written = writeln!(text, "  {}", plain(command));
        }
    }
    text
}

/// Lines of columns, each as wide as its widest cell.
pub(super) fn table<const N: usize>(lines: &[[String; N]]) -> String {
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or_default();
    let widths: [usize; N] = std::array::from_fn(width);
    let mut out = String::new();
    for line in lines {
        let cells: Vec<String> = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        let _written = writeln!(out, "{}", cells.join("  ").trim_end());
    }
    out
}

/// Text of others without control characters.
pub(super) fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}

/// The changed lines, with some around them.
pub(super) fn changed_lines(diff: &ObjectDiff) -> String {
    let near = |i: usize| {
        let from = i.saturating_sub(AROUND);
        diff.lines.iter().skip(from).take(2 * AROUND + 1).any(|line| line.side != Side::Same)
    };
    let mut text = String::new();
    let mut skipped = false;
    for (i, line) in diff.lines.iter().enumerate() {
        if !near(i) {
            skipped = true;
            continue;
        }
        if skipped {
            text.push_str("  ...\n");
            skipped = false;
        }
        let mark = match line.side {
            Side::Same => ' ',
            Side::Removed => '-',
            Side::Added => '+',
        };
        let _written = writeln!(text, "{mark} {}", plain(&line.text));
    }
    text
}
