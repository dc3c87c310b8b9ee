//! Calico's label selectors: parse, print, evaluate.
//!
//! The grammar is that of `libcalico-go/lib/selector` at v3.28 (tokenizer and parser):
//!
//! ```text
//! selector := and ("||" and)*                 an empty text is all()
//! and      := operand ("&&" operand)*
//! operand  := "!"* ( "has(" LABEL ")" | "all()" | "global()" | "(" selector ")"
//!           | LABEL ("==" | "!=" | "contains" | "starts with" | "ends with") TEXT
//!           | LABEL ("in" | "not in") "{" [TEXT ("," TEXT)* [","]] "}" )
//! LABEL    := 1 to 512 of a-z A-Z 0-9 _ . / -
//! TEXT     := '...' or "...", without escapes
//! ```
//!
//! Only spaces and tabs separate words: a line break is an error, but inside `has( )`, `all( )`, `not in`, `starts with`, `ends with`.
//! Later versions refuse it there too, and a label of more than 512 characters everywhere; what is printed here reads alike in all.
//! `tests/calico` holds what Calico itself says about 800 selectors.

mod anchor;
mod effective;
mod error;
mod labels;
mod lexer;
mod node;
mod parser;

#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;

pub(crate) use anchor::Anchor;
pub use error::SelectorError;
pub(crate) use labels::SERVICE_ACCOUNT_PREFIX;
pub use labels::{EndpointLabels, Inherited, LabelLookup};

use crate::object::Labels;
use node::{Compare, Node};
use serde::{Deserialize, Serialize};
use std::{cmp, fmt, hash, str::FromStr, sync::Arc};

/// The longest selector that is read or made, in bytes. Calico itself has no limit but that of the API server (1.5 MB).
pub const MAX_LENGTH: usize = 64 * 1024;

/// How deep a selector may nest, in levels of parentheses. Calico itself has no limit.
pub const MAX_DEPTH: usize = 128;

/// A label selector in canonical form.
///
/// Two selectors are equal if they print alike. Cloning is cheap.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Selector {
    root: Arc<Node>,
    /// The canonical text; the same information as `root`.
    text: Arc<str>,
}

impl Selector {
    /// Reads a selector; an empty one is `all()`.
    ///
    /// # Errors
    /// `text` breaks the grammar, or is larger than [`MAX_LENGTH`] or [`MAX_DEPTH`].
    pub fn parse(text: &str) -> Result<Self, SelectorError> {
        if text.len() > MAX_LENGTH {
            return Err(SelectorError::TooLong { length: text.len() });
        }
        Self::new(parser::parse(text)?)
    }

    /// `all()`: matches every endpoint.
    #[must_use]
    pub fn all() -> Self {
        Self { root: Arc::new(Node::All), text: Arc::from("all()") }
    }

    /// `has(key)`.
    ///
    /// # Errors
    /// `key` is not a label that a selector can name.
    pub fn has(key: &str) -> Result<Self, SelectorError> {
        Self::new(Node::Has(label(key)?))
    }

    /// `key == "value"`.
    ///
    /// # Errors
    /// A selector can not name `key`, or can not quote `value`.
    pub fn equal(key: &str, value: &str) -> Result<Self, SelectorError> {
        Self::new(equal(key, value)?)
    }

    /// `k == "v" && ...`, sorted by label; `all()` for no labels.
    ///
    /// # Errors
    /// A selector can not name a label or quote a value of `labels`.
    pub fn labels_equal(labels: &Labels) -> Result<Self, SelectorError> {
        Self::new(Node::and(labels.iter().map(|(key, value)| equal(key, value)).collect::<Result<_, _>>()?))
    }

    /// What both match.
    ///
    /// # Errors
    /// The result is larger than [`MAX_LENGTH`] or [`MAX_DEPTH`].
    pub fn and(&self, other: &Self) -> Result<Self, SelectorError> {
        Self::new(Node::and(vec![self.root.as_ref().clone(), other.root.as_ref().clone()]))
    }

    /// What it does not match.
    ///
    /// # Errors
    /// The result is larger than [`MAX_LENGTH`] or [`MAX_DEPTH`].
    pub fn negated(&self) -> Result<Self, SelectorError> {
        Self::new(self.root.as_ref().clone().negated())
    }

    /// Whether something with these labels is selected. `global()` counts as `all()`, as in Calico: what it means in a
    /// `namespaceSelector` is put in its place by [`Selector::of_side`].
    pub fn matches<L: LabelLookup + ?Sized>(&self, labels: &L) -> bool {
        self.root.matches(labels)
    }

    /// The canonical text, as Calico prints it: double quotes unless the value holds one, sets sorted, parentheses around every `&&` and
    /// `||`. One thing is tidier than Calico's: `!(!has(a))` prints as `has(a)`, not `!!has(a)`, so that what is printed reads back equal.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether `global()` stands anywhere in it.
    #[must_use]
    pub fn has_global(&self) -> bool {
        self.root.leaves().contains(&&Node::Global)
    }

    /// Whether it is `global()` and nothing else.
    #[must_use]
    pub fn is_global(&self) -> bool {
        *self.root == Node::Global
    }

    fn new(root: Node) -> Result<Self, SelectorError> {
        if root.depth() > MAX_DEPTH {
            return Err(SelectorError::TooDeep);
        }
        let text = root.to_string();
        if text.len() > MAX_LENGTH {
            return Err(SelectorError::TooLong { length: text.len() });
        }
        Ok(Self { root: Arc::new(root), text: Arc::from(text) })
    }
}

fn label(key: &str) -> Result<Box<str>, SelectorError> {
    if lexer::is_label(key) { Ok(Box::from(key)) } else { Err(SelectorError::Label { key: key.to_owned() }) }
}

fn quotable(key: &str, value: &str) -> Result<Box<str>, SelectorError> {
    if value.contains('"') && value.contains('\'') {
        Err(SelectorError::Value { key: key.to_owned(), value: value.to_owned() })
    } else {
        Ok(Box::from(value))
    }
}

fn equal(key: &str, value: &str) -> Result<Node, SelectorError> {
    Ok(Node::Compare { key: label(key)?, by: Compare::Equal, value: quotable(key, value)? })
}

impl Default for Selector {
    fn default() -> Self {
        Self::all()
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Selector({})", self.text)
    }
}

impl PartialEq for Selector {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Selector {}

impl PartialOrd for Selector {
    fn partial_cmp(&self, other: &Self) -> Option<cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Selector {
    fn cmp(&self, other: &Self) -> cmp::Ordering {
        self.text.cmp(&other.text)
    }
}

impl hash::Hash for Selector {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl FromStr for Selector {
    type Err = SelectorError;
    fn from_str(text: &str) -> Result<Self, SelectorError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Selector {
    type Error = SelectorError;
    fn try_from(text: String) -> Result<Self, SelectorError> {
        Self::parse(&text)
    }
}

impl From<Selector> for String {
    fn from(selector: Selector) -> Self {
        selector.text.as_ref().to_owned()
    }
}
