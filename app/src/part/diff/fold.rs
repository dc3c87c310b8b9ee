//! Cutting a difference into shown and folded parts, and into rows of two sides.

use policy::diff::{DiffLine, Side};

/// Unchanged lines kept on each side of a change.
const CONTEXT: usize = 3;

/// Consecutive lines.
#[derive(Debug, PartialEq)]
pub(super) enum Part<'a> {
    /// Changes and the lines around them.
    Shown(&'a [DiffLine]),
    /// Unchanged lines away from any change.
    Folded(&'a [DiffLine]),
}

/// The lines in parts; joined they are all the lines. Where nothing is gained, nothing is folded.
pub(super) fn parts(lines: &[DiffLine]) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut shown_from = 0;
    let mut at = 0;
    while at < lines.len() {
        if lines[at].side != Side::Same {
            at += 1;
            continue;
        }
        let run = lines[at..].iter().take_while(|line| line.side == Side::Same).count();
        let from = if at == 0 { 0 } else { at + CONTEXT };
        let to = if at + run == lines.len() { lines.len() } else { (at + run).saturating_sub(CONTEXT) };
        if to > from + CONTEXT {
            if from > shown_from {
                parts.push(Part::Shown(&lines[shown_from..from]));
            }
            parts.push(Part::Folded(&lines[from..to]));
            shown_from = to;
        }
        at += run;
    }
    if shown_from < lines.len() {
        parts.push(Part::Shown(&lines[shown_from..]));
    }
    parts
}

/// One row of two sides.
#[derive(Debug, PartialEq)]
pub(super) struct Row<'a> {
    pub(super) before: Option<&'a DiffLine>,
    pub(super) after: Option<&'a DiffLine>,
}

/// Removed and added lines that follow each other, beside each other.
pub(super) fn pairs(lines: &[DiffLine]) -> Vec<Row<'_>> {
    let mut rows = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        if lines[at].side == Side::Same {
            rows.push(Row { before: Some(&lines[at]), after: Some(&lines[at]) });
            at += 1;
            continue;
        }
        let changed = lines[at..].iter().take_while(|line| line.side != Side::Same).count();
        let block = &lines[at..at + changed];
        let mut removed = block.iter().filter(|line| line.side == Side::Removed);
        let mut added = block.iter().filter(|line| line.side == Side::Added);
        loop {
            let row = Row { before: removed.next(), after: added.next() };
            if row.before.is_none() && row.after.is_none() {
                break;
            }
            rows.push(row);
        }
        at += changed;
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line for each sign: ` ` the same, `-` removed, `+` added.
    fn lines(signs: &str) -> Vec<DiffLine> {
        let side = |sign| match sign {
            '-' => Side::Removed,
            '+' => Side::Added,
            _ => Side::Same,
        };
        signs.chars().enumerate().map(|(at, sign)| DiffLine { side: side(sign), text: at.to_string() }).collect()
    }

    fn lengths(signs: &str) -> Vec<(char, usize)> {
        parts(&lines(signs))
            .iter()
            .map(|part| match part {
                Part::Shown(lines) => ('s', lines.len()),
                Part::Folded(lines) => ('f', lines.len()),
            })
            .collect()
    }

    #[test]
    fn unchanged_lines_away_from_changes_are_folded() {
        assert_eq!(lengths("          +          "), [('f', 7), ('s', 7), ('f', 7)]);
        assert_eq!(lengths("+        +"), [('s', 10)]);
        assert_eq!(lengths("+          +"), [('s', 4), ('f', 4), ('s', 4)]);
        assert_eq!(lengths("++++"), [('s', 4)]);
        assert_eq!(lengths("        "), [('f', 8)]);
        assert_eq!(lengths(""), []);
    }

    #[test]
    fn removed_and_added_lines_stand_beside_each_other() {
        let lines = lines(" --+ +");
        let rows: Vec<(Option<&str>, Option<&str>)> =
            pairs(&lines).iter().map(|row| (row.before.map(|l| &*l.text), row.after.map(|l| &*l.text))).collect();
        assert_eq!(rows, [(Some("0"), Some("0")), (Some("1"), Some("3")), (Some("2"), None), (Some("4"), Some("4")), (None, Some("5"))]);
    }
}
