//! One line of a list: its words, and what they say.

use super::super::error::excerpt;
use super::super::{CidrSet, parse};
use super::{Cidr, CidrError, Rule};
use std::net::IpAddr;
use std::ops::Range;

/// A line, taken apart.
pub(super) struct Line<'a> {
    /// The line as written.
    pub(super) whole: &'a str,
    /// What stands before the comment.
    body: &'a str,
    /// What stands in the comment.
    pub(super) note: &'a str,
}

/// An entry, or what is none.
pub(super) struct Read<'a> {
    /// As written.
    pub(super) text: &'a str,
    /// Its CIDRs, or the rule that it breaks.
    pub(super) result: Result<Vec<Cidr>, Rule>,
}

impl<'a> Line<'a> {
    pub(super) fn of(whole: &'a str) -> Self {
        let hash = whole.find('#');
        // Not inside a word: `10.0.0.0//8` is a slip, not an address with a note.
        let is_free = |at: &usize| whole[..*at].chars().next_back().is_none_or(char::is_whitespace);
        let slashes = whole.match_indices("//").map(|(at, _)| at).find(is_free);
        let (body, note) = match hash.into_iter().chain(slashes).min() {
            Some(at) => whole.split_at(at),
            None => (whole, ""),
        };
        Self { whole, body, note: note.trim_start_matches(['#', '/']).trim() }
    }

    /// Its entries in order; words side by side that are no addresses are one.
    pub(super) fn read(&self) -> Reads<'a> {
        let mut words = words(self.body);
        if words.first().is_some_and(|word| &self.body[word.clone()] == "-") {
            words.remove(0);
        }
        Reads { body: self.body, words, next: 0, waiting: None }
    }
}

/// The entries of a line, one after the other: a short line can stand for very many CIDRs.
pub(super) struct Reads<'a> {
    body: &'a str,
    words: Vec<Range<usize>>,
    next: usize,
    waiting: Option<Read<'a>>,
}

impl<'a> Iterator for Reads<'a> {
    type Item = Read<'a>;

    fn next(&mut self) -> Option<Read<'a>> {
        if let Some(read) = self.waiting.take() {
            return Some(read);
        }
        let mut strange: Option<Range<usize>> = None;
        while let [first, ..] = &self.words[self.next..] {
            let (count, result) = self.entry(&self.words[self.next..]);
            self.next += count;
            let span = first.start..self.words[self.next - 1].end;
            if let Err(Rule::Cidr(CidrError::Syntax { .. })) = result {
                strange = Some(strange.map_or(span.start, |strange| strange.start)..span.end);
            } else {
                self.waiting = Some(Read { text: &self.body[span], result });
                break;
            }
        }
        match strange {
            Some(span) => {
                let text = &self.body[span];
                Some(Read { text, result: Err(Rule::NotAnAddress { text: excerpt(text) }) })
            }
            None => self.waiting.take(),
        }
    }
}

impl Reads<'_> {
    /// The entry that the words begin with, and how many of them it takes.
    fn entry(&self, words: &[Range<usize>]) -> (usize, Result<Vec<Cidr>, Rule>) {
        // `a - b`, `a- b`, `a -b`, `a-b`.
        for count in [3, 2, 1] {
            if let [first, .., last] | [first @ last] = words.get(..count).unwrap_or_default() {
                let text = &self.body[first.start..last.end];
                if let Some((first, last)) = ends(text) {
                    return (count, range(first, last, text));
                }
            }
        }
        let text = words.first().map(|word| &self.body[word.clone()]).unwrap_or_default();
        let result = match text.parse() {
            Ok(cidr) => Ok(vec![cidr]),
            Err(CidrError::Syntax { .. }) if text.split(DASHES).any(|end| end.parse::<IpAddr>().is_ok()) => {
                Err(Rule::RangeEnds { text: excerpt(text) })
            }
            Err(error) => Err(Rule::Cidr(error)),
        };
        (1, result)
    }
}

/// What stands between the ends of a range: a hyphen, or what editors make of it.
const DASHES: [char; 3] = ['-', '–', '—'];

/// Where the words are, without quotes and brackets around them.
fn words(body: &str) -> Vec<Range<usize>> {
    let is_gap = |c: char| c.is_whitespace() || matches!(c, ',' | ';');
    let mut words = Vec::new();
    let mut start = 0;
    for word in body.split_inclusive(is_gap) {
        let end = start + word.len();
        let trimmed = word.trim_start_matches(|c| is_gap(c) || is_wrapper(c));
        let from = end - trimmed.len();
        let trimmed = trimmed.trim_end_matches(|c| is_gap(c) || is_wrapper(c));
        if !trimmed.is_empty() {
            words.push(from..from + trimmed.len());
        }
        start = end;
    }
    words
}

const fn is_wrapper(c: char) -> bool {
    matches!(c, '"' | '\'' | '[' | ']')
}

/// The two addresses of a range.
fn ends(text: &str) -> Option<(IpAddr, IpAddr)> {
    let (first, last) = text.split_once(DASHES)?;
    Some((first.trim_end().parse().ok()?, last.trim_start().parse().ok()?))
}

fn range(first: IpAddr, last: IpAddr, text: &str) -> Result<Vec<Cidr>, Rule> {
    for end in [first, last] {
        parse::checked(end.into(), &end.to_string()).map_err(Rule::Cidr)?;
    }
    let text = || excerpt(text);
    if first.is_ipv4() != last.is_ipv4() {
        return Err(Rule::RangeFamilies { text: text() });
    }
    if first > last {
        return Err(Rule::RangeBackwards { text: text() });
    }
    Ok(CidrSet::between(first, last).cidrs())
}
