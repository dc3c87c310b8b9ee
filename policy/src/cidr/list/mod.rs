//! Reading a pasted list of addresses.
//!
//! One entry a line, or several separated by commas, semicolons or spaces. An entry is an address, a CIDR, or two addresses with a
//! dash between them, which become the fewest CIDRs. What stands behind a `#`, or behind `//` at the start of a line or after a
//! space, is the note of the line's entries. Quotes and brackets around an entry and a dash before the first are passed over, so
//! that a list out of YAML or JSON can be pasted; lines that are blank or a comment alone are skipped.
//!
//! Nothing is lost: each word of the other lines is an entry, part of its note, or in a [`Problem`] with the rule that it breaks.

mod problem;
#[cfg(test)]
mod tests;
mod words;

pub use problem::{Problem, Rule};

use super::{Cidr, CidrError, Family};
use crate::access::NOTE_MAX;
use serde::{Deserialize, Serialize};
use std::ops::ControlFlow;
use words::{Line, Read};

/// The longest text that is read, in bytes: 4 MiB.
pub const TEXT_MAX: u32 = 4 << 20;

/// The most entries and problems that are read of one text.
pub const ITEMS_MAX: u32 = 100_000;

/// What a text says.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Parsed {
    /// The entries that break no rule, in the order of the text: no two of them have an address in common.
    pub entries: Vec<Entry>,
    /// All else, by line.
    pub problems: Vec<Problem>,
}

/// One CIDR of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// The line it stands in, from 1.
    pub line: u32,
    /// The addresses.
    pub cidr: Cidr,
    /// The note of its line; at most [`NOTE_MAX`] characters.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// Reads a list that may hold addresses of both families.
#[must_use]
pub fn parse(text: &str) -> Parsed {
    parse_for(text, &[Family::V4, Family::V6])
}

/// Reads a list that may hold addresses of these families, as those that a Service has. None at all is taken for both.
#[must_use]
pub fn parse_for(text: &str, families: &[Family]) -> Parsed {
    let bytes = u32::try_from(text.len()).unwrap_or(u32::MAX);
    if bytes > TEXT_MAX {
        return Parsed { entries: Vec::new(), problems: vec![Problem::of_list(Rule::TooLarge { bytes })] };
    }
    let mut reader = Reader { families, found: Vec::new(), problems: Vec::new() };
    // What Windows' editors put in front of a file.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for (number, line) in (1..).zip(text.lines()) {
        if reader.line(number, &Line::of(line)).is_break() {
            reader.problems.push(Problem {
                line: number,
                text: String::new(),
                note: String::new(),
                rule: Rule::TooMany,
                entries: Vec::new(),
            });
            break;
        }
    }
    let Reader { found, mut problems, .. } = reader;
    let entries = apart(found, &mut problems);
    if entries.is_empty() && problems.is_empty() {
        problems.push(Problem::of_list(Rule::Empty));
    }
    problems.sort_by_key(|problem| problem.line);
    Parsed { entries, problems }
}

/// An entry and how it was written.
struct Found<'a> {
    entry: Entry,
    text: &'a str,
}

struct Reader<'a> {
    families: &'a [Family],
    found: Vec<Found<'a>>,
    problems: Vec<Problem>,
}

impl<'a> Reader<'a> {
    /// Reads a line; breaks off where the list becomes too long.
    fn line(&mut self, number: u32, line: &Line<'a>) -> ControlFlow<()> {
        let length = line.note.chars().count();
        let too_long = length > NOTE_MAX as usize;
        let note: String = line.note.chars().take(NOTE_MAX as usize).collect();
        let problem = |text: &str, rule, entries| Problem { line: number, text: text.to_owned(), note: note.clone(), rule, entries };
        let (mut empty, mut unnoted) = (true, Vec::new());
        for Read { text, result } in line.read() {
            empty = false;
            let cidrs = match result {
                Ok(cidrs) => cidrs,
                Err(rule) => {
                    self.problems.push(problem(text, rule, Vec::new()));
                    Vec::new()
                }
            };
            for cidr in cidrs {
                let family = cidr.family();
                let entry = Entry { line: number, cidr, note: note.clone() };
                if !self.families.is_empty() && !self.families.contains(&family) {
                    self.problems.push(problem(text, Rule::Family { cidr, family }, vec![entry]));
                } else if too_long {
                    unnoted.push(entry);
                } else {
                    self.found.push(Found { entry, text });
                }
            }
            if self.found.len() + self.problems.len() + unnoted.len() > ITEMS_MAX as usize {
                return ControlFlow::Break(());
            }
        }
        if too_long && !empty {
            let rule = Rule::NoteTooLong { length: u32::try_from(length).unwrap_or(u32::MAX) };
            self.problems.push(problem(line.whole, rule, unnoted));
        }
        ControlFlow::Continue(())
    }
}

/// The entries that no other one covers, in their order; the others become problems.
fn apart(found: Vec<Found>, problems: &mut Vec<Problem>) -> Vec<Entry> {
    // A range comes before what it covers, and of two equal ones the first.
    let mut order: Vec<usize> = (0..found.len()).collect();
    order.sort_by_key(|&at| found[at].entry.cidr);
    let mut rules: Vec<Option<Rule>> = vec![None; found.len()];
    let (mut widest, mut same): (Option<&Entry>, Option<&Entry>) = (None, None);
    for at in order {
        let entry = &found[at].entry;
        let cidr = entry.cidr;
        match (widest, same) {
            (_, Some(first)) if first.cidr == cidr => rules[at] = Some(Rule::Duplicate { cidr, first: first.line }),
            (Some(wide), _) if wide.cidr.covers(cidr) => {
                rules[at] = Some(Rule::Contained { cidr, by: wide.cidr, by_line: wide.line });
                same = Some(entry);
            }
            _ => (widest, same) = (Some(entry), Some(entry)),
        }
    }
    let mut entries = Vec::with_capacity(found.len());
    for (Found { entry, text }, rule) in found.into_iter().zip(rules) {
        match rule {
            None => entries.push(entry),
            Some(rule) => {
                let (text, note) = (text.to_owned(), entry.note.clone());
                problems.push(Problem { line: entry.line, text, note, rule, entries: vec![entry] });
            }
        }
    }
    entries
}
