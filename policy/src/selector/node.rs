//! The tree of a selector: printing and evaluation.

use super::LabelLookup;
use std::fmt;

/// A part of a selector. `And` and `Or` have two operands or more, `Not` never holds a `Not`, sets are sorted and without duplicates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node {
    All,
    Global,
    Has(Box<str>),
    Compare { key: Box<str>, by: Compare, value: Box<str> },
    In { key: Box<str>, values: Vec<Box<str>> },
    NotIn { key: Box<str>, values: Vec<Box<str>> },
    Not(Box<Self>),
    And(Vec<Self>),
    Or(Vec<Self>),
}

/// How a label's value is compared with a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compare {
    Equal,
    NotEqual,
    Contains,
    StartsWith,
    EndsWith,
}

impl Compare {
    const fn word(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Contains => "contains",
            Self::StartsWith => "starts with",
            Self::EndsWith => "ends with",
        }
    }
}

impl Node {
    pub(super) fn negated(self) -> Self {
        match self {
            Self::Not(inner) => *inner,
            other => Self::Not(Box::new(other)),
        }
    }

    pub(super) fn and(operands: Vec<Self>) -> Self {
        Self::join(operands, Self::And)
    }

    pub(super) fn or(operands: Vec<Self>) -> Self {
        Self::join(operands, Self::Or)
    }

    fn join(mut operands: Vec<Self>, many: fn(Vec<Self>) -> Self) -> Self {
        match operands.len() {
            0 | 1 => operands.pop().unwrap_or(Self::All),
            _ => many(operands),
        }
    }

    /// The set of `values` in the form that [`Node::In`] holds.
    pub(super) fn set(mut values: Vec<Box<str>>) -> Vec<Box<str>> {
        values.sort_unstable();
        values.dedup();
        values
    }

    pub(super) fn matches<L: LabelLookup + ?Sized>(&self, labels: &L) -> bool {
        match self {
            Self::All | Self::Global => true,
            Self::Has(key) => labels.label(key).is_some(),
            Self::Compare { key, by, value } => match (labels.label(key), by) {
                (None, by) => *by == Compare::NotEqual,
                (Some(found), Compare::Equal) => found == &**value,
                (Some(found), Compare::NotEqual) => found != &**value,
                (Some(found), Compare::Contains) => found.contains(&**value),
                (Some(found), Compare::StartsWith) => found.starts_with(&**value),
                (Some(found), Compare::EndsWith) => found.ends_with(&**value),
            },
            Self::In { key, values } => labels.label(key).is_some_and(|found| is_in(values, found)),
            Self::NotIn { key, values } => !labels.label(key).is_some_and(|found| is_in(values, found)),
            Self::Not(inner) => !inner.matches(labels),
            Self::And(operands) => operands.iter().all(|node| node.matches(labels)),
            Self::Or(operands) => operands.iter().any(|node| node.matches(labels)),
        }
    }

    /// Levels of parentheses that it prints with.
    pub(super) fn depth(&self) -> usize {
        match self {
            Self::Not(inner) => inner.depth(),
            Self::And(operands) | Self::Or(operands) => 1 + operands.iter().map(Self::depth).max().unwrap_or(0),
            _ => 0,
        }
    }

    /// Everything in it that is not `!`, `&&` or `||`.
    pub(super) fn leaves(&self) -> Vec<&Self> {
        let mut leaves = Vec::new();
        let mut rest = vec![self];
        while let Some(node) = rest.pop() {
            match node {
                Self::Not(inner) => rest.push(inner),
                Self::And(operands) | Self::Or(operands) => rest.extend(operands),
                leaf => leaves.push(leaf),
            }
        }
        leaves
    }

    /// The same tree with other leaves.
    pub(super) fn map(&self, leaf: &impl Fn(&Self) -> Self) -> Self {
        match self {
            Self::Not(inner) => inner.map(leaf).negated(),
            Self::And(operands) => Self::And(operands.iter().map(|node| node.map(leaf)).collect()),
            Self::Or(operands) => Self::Or(operands.iter().map(|node| node.map(leaf)).collect()),
            other => leaf(other),
        }
    }

    /// The same leaf, about the label that `rename` makes of its own.
    pub(super) fn renamed(&self, rename: &impl Fn(&str) -> Box<str>) -> Self {
        match self {
            Self::Has(key) => Self::Has(rename(key)),
            Self::Compare { key, by, value } => Self::Compare { key: rename(key), by: *by, value: value.clone() },
            Self::In { key, values } => Self::In { key: rename(key), values: values.clone() },
            Self::NotIn { key, values } => Self::NotIn { key: rename(key), values: values.clone() },
            other => other.clone(),
        }
    }

    /// The label that a leaf is about.
    pub(super) fn key(&self) -> Option<&str> {
        match self {
            Self::Has(key) | Self::Compare { key, .. } | Self::In { key, .. } | Self::NotIn { key, .. } => Some(key),
            _ => None,
        }
    }
}

fn is_in(values: &[Box<str>], found: &str) -> bool {
    values.binary_search_by(|value| (**value).cmp(found)).is_ok()
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all()"),
            Self::Global => f.write_str("global()"),
            Self::Has(key) => write!(f, "has({key})"),
            Self::Compare { key, by, value } => {
                write!(f, "{key} {} ", by.word())?;
                quoted(f, value)
            }
            Self::In { key, values } => set(f, key, "in", values),
            Self::NotIn { key, values } => set(f, key, "not in", values),
            Self::Not(inner) => write!(f, "!{inner}"),
            Self::And(operands) => joined(f, operands, " && "),
            Self::Or(operands) => joined(f, operands, " || "),
        }
    }
}

fn quoted(f: &mut fmt::Formatter<'_>, value: &str) -> fmt::Result {
    let quote = if value.contains('"') { '\'' } else { '"' };
    write!(f, "{quote}{value}{quote}")
}

fn set(f: &mut fmt::Formatter<'_>, key: &str, operator: &str, values: &[Box<str>]) -> fmt::Result {
    write!(f, "{key} {operator} {{")?;
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            f.write_str(", ")?;
        }
        quoted(f, value)?;
    }
    f.write_str("}")
}

fn joined(f: &mut fmt::Formatter<'_>, operands: &[Node], operator: &str) -> fmt::Result {
    f.write_str("(")?;
    for (index, node) in operands.iter().enumerate() {
        if index > 0 {
            f.write_str(operator)?;
        }
        write!(f, "{node}")?;
    }
    f.write_str(")")
}
