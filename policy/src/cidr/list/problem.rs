//! What may be wrong in a list: one variant for each rule.

use super::super::AddressCount;
use super::{Cidr, CidrError, Entry, Family, ITEMS_MAX, NOTE_MAX, TEXT_MAX};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Something in a list that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// The line it stands in, from 1; 0 where it is about the whole list.
    pub line: u32,
    /// As written.
    pub text: String,
    /// The note of its line, cut to [`NOTE_MAX`] characters.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// The rule.
    pub rule: Rule,
    /// What could be read of it all the same, and is not among the entries of the list; a long note is cut.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entries: Vec<Entry>,
}

impl Problem {
    pub(super) const fn of_list(rule: Rule) -> Self {
        Self { line: 0, text: String::new(), note: String::new(), rule, entries: Vec::new() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => self.rule.fmt(f),
            line => write!(f, "line {line}: {}", self.rule),
        }
    }
}

/// The rules of a list. The texts they hold are cut to [`CidrError::EXCERPT`] characters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum Rule {
    /// It breaks a rule of every CIDR.
    #[error(transparent)]
    Cidr(CidrError),
    /// Words that are no address.
    #[error(
        "`{text}` is not an address, a CIDR or a range: write one as 50.60.1.2, 50.60.0.0/16 or 50.60.1.2-50.60.1.9, and notes behind a `#`"
    )]
    NotAnAddress {
        /// As written.
        text: String,
    },
    /// A dash, but not between two addresses.
    #[error("`{text}` is not a range of addresses: write the first and the last address in full, as 50.60.1.2-50.60.1.9")]
    RangeEnds {
        /// As written.
        text: String,
    },
    /// The last address comes before the first.
    #[error("`{text}` runs backwards: write the lower address first")]
    RangeBackwards {
        /// As written.
        text: String,
    },
    /// One end is IPv4, the other IPv6.
    #[error("`{text}` begins in one address family and ends in the other: write a range for each")]
    RangeFamilies {
        /// As written.
        text: String,
    },
    /// An address of a family that the list may not hold.
    #[error("`{cidr}` is {family}, and there is no {family} address that it could reach: leave it out")]
    Family {
        /// The addresses.
        cidr: Cidr,
        /// Their family.
        family: Family,
    },
    /// The same CIDR again.
    #[error("`{cidr}` is in line {first} already: leave one of the two out")]
    Duplicate {
        /// The addresses.
        cidr: Cidr,
        /// The line where it stands first.
        first: u32,
    },
    /// Covered by a wider CIDR.
    #[error("`{cidr}` is contained in {by} of line {by_line}: leave it out, as it changes nothing, or narrow the wider one")]
    Contained {
        /// The addresses.
        cidr: Cidr,
        /// What covers it.
        by: Cidr,
        /// The line of that.
        by_line: u32,
    },
    /// The note is longer than [`NOTE_MAX`].
    #[error("the note has {length} characters: shorten it to {NOTE_MAX}")]
    NoteTooLong {
        /// Its length in characters.
        length: u32,
    },
    /// No entry and nothing that could have been meant as one.
    #[error("the list is empty: write one address or range a line, as 50.60.0.0/16")]
    Empty,
    /// The text is longer than [`TEXT_MAX`]; nothing was read.
    #[error("the list has {} bytes, and no more than {} are read at once: paste it in parts", thousands(*bytes), thousands(TEXT_MAX))]
    TooLarge {
        /// Its length.
        bytes: u32,
    },
    /// More than [`ITEMS_MAX`] entries and problems: reading stopped in this line.
    #[error("the list has more than {} entries, and reading stopped in this line: paste it in parts", thousands(ITEMS_MAX))]
    TooMany,
}

fn thousands(number: u32) -> AddressCount {
    u128::from(number).into()
}
