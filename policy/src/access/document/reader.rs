//! Reading fields: every fault is named by its document, its field and the rule that it breaks.

use crate::access::NOTE_MAX;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// What is wrong with a file of documents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Fault {
    /// Which document, from 1; 0 for the file as a whole.
    pub document: u32,
    /// The field, as `clients[0].cidr`; empty for the document as a whole.
    pub field: String,
    /// The rule that it breaks.
    pub rule: String,
}

impl Fault {
    /// What is wrong with the file as a whole.
    #[must_use]
    pub fn of_file(rule: String) -> Self {
        Self { document: 0, field: String::new(), rule }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { document, field, rule } = self;
        match (document, field.as_str()) {
            (0, _) => write!(f, "the file: {rule}"),
            (_, "") => write!(f, "document {document}: {rule}"),
            _ => write!(f, "document {document}, `{field}`: {rule}"),
        }
    }
}

/// Reads one document; what is wrong is among the faults.
pub(super) struct Reader<'a> {
    pub(super) document: u32,
    pub(super) faults: &'a mut Vec<Fault>,
}

/// Reads every document of a file by `read`, each about one thing, which its field `about` names, and no two about the same. `needed` says
/// what to write where there is none.
///
/// # Errors
/// Everything that is wrong, in the order of the file.
pub(super) fn each_once<T, K: Ord + Clone + fmt::Display>(
    documents: &[Value],
    (about, needed): (&str, &str),
    key: impl Fn(&T) -> &K,
    read: impl Fn(&mut Reader, &Value) -> Option<T>,
) -> Result<Vec<T>, Vec<Fault>> {
    let mut faults = Vec::new();
    let mut found = Vec::new();
    let mut first: BTreeMap<K, u32> = BTreeMap::new();
    for (number, value) in (1_u32..).zip(documents) {
        let mut reader = Reader { document: number, faults: &mut faults };
        let Some(one) = read(&mut reader, value) else { continue };
        match first.get(key(&one)) {
            Some(earlier) => {
                reader.fault(about, format!("`{}` has a document already, number {earlier}: put the two together", key(&one)));
            }
            None => {
                first.insert(key(&one).clone(), number);
                found.push(one);
            }
        }
    }
    if documents.is_empty() {
        faults.push(Fault::of_file(format!("there is no document: write one for each {needed}")));
    }
    if faults.is_empty() { Ok(found) } else { Err(faults) }
}

impl Reader<'_> {
    pub(super) fn fault(&mut self, field: &str, rule: impl Into<String>) {
        self.faults.push(Fault { document: self.document, field: field.to_owned(), rule: rule.into() });
    }

    pub(super) fn note(&mut self, fields: &Map<String, Value>, path: &str) -> String {
        let field = format!("{path}.note");
        let Some(value) = fields.get("note") else { return String::new() };
        let Some(note) = self.text(&field, value) else { return String::new() };
        let length = note.trim().chars().count();
        if length > NOTE_MAX as usize {
            self.fault(&field, format!("has {length} characters: {NOTE_MAX} is the most"));
        } else if note.trim().chars().any(char::is_control) {
            self.fault(&field, "has control characters: a note is one line of text");
        }
        note.trim().to_owned()
    }

    /// The fields of an object that has no others than these.
    pub(super) fn fields<'v>(&mut self, path: &str, value: &'v Value, known: &[&str], what: &str) -> Option<&'v Map<String, Value>> {
        let Value::Object(fields) = value else {
            self.fault(path, format!("{} is not {what}: write its fields, {}", kind(value), known.join(", ")));
            return None;
        };
        for name in fields.keys().filter(|name| !known.contains(&name.as_str())) {
            let field = if path.is_empty() { excerpt(name) } else { format!("{path}.{}", excerpt(name)) };
            self.fault(&field, format!("is no field of {what}: it has {}", known.join(", ")));
        }
        Some(fields)
    }

    pub(super) fn needed<'v>(&mut self, fields: &'v Map<String, Value>, path: &str, name: &str, what: &str) -> Option<&'v Value> {
        let value = fields.get(name);
        if value.is_none() {
            let field = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
            self.fault(&field, format!("is missing: write {what}"));
        }
        value
    }

    /// The items of a list of the document, each with its path; none where the field is left out.
    pub(super) fn items<'v>(&mut self, fields: &'v Map<String, Value>, name: &str) -> Vec<(String, &'v Value)> {
        self.list(fields.get(name), name)
    }

    pub(super) fn list<'v>(&mut self, value: Option<&'v Value>, path: &str) -> Vec<(String, &'v Value)> {
        match value {
            None => Vec::new(),
            Some(Value::Array(items)) => items.iter().enumerate().map(|(at, item)| (format!("{path}[{at}]"), item)).collect(),
            Some(other) => {
                self.fault(path, format!("{} is not a list: write each item behind a dash, or [] for none", kind(other)));
                Vec::new()
            }
        }
    }

    pub(super) fn text<'v>(&mut self, path: &str, value: &'v Value) -> Option<&'v str> {
        if value.as_str().is_none() {
            self.fault(path, format!("{} is not a text: put it in quotes", kind(value)));
        }
        value.as_str()
    }

    pub(super) fn parsed<T: FromStr<Err: fmt::Display>>(&mut self, path: &str, value: &Value) -> Option<T> {
        let text = self.text(path, value)?;
        match text.parse() {
            Ok(read) => Some(read),
            Err(why) => {
                self.fault(path, why.to_string());
                None
            }
        }
    }
}

/// What a value is, in words.
pub(super) const fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a set of fields",
    }
}

/// What somebody wrote, cut to what a sentence has room for.
pub(super) fn excerpt(text: &str) -> String {
    let mut cut: String = text.chars().take(60).collect();
    if cut.len() < text.len() {
        cut.push('…');
    }
    cut
}
