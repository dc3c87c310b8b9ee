//! Findings and differences as text.

use policy::diff::{ObjectDiff, Side};
use policy::finding::Finding;
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
