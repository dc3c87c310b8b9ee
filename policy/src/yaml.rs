//! Writing objects as YAML, for people and for `kubectl apply`.
//!
//! The same value gives the same text everywhere, and every reader of YAML 1.1 or 1.2 reads the same value back. The style is that of
//! `kubectl get --output yaml`, but for the order of keys: `apiVersion`, `kind`, `metadata`, `spec` come first in an object, `name` and
//! `namespace` in its metadata, `action` in a rule of a policy; all else is sorted.

#[cfg(test)]
mod laws;
mod scalar;
#[cfg(test)]
mod tests;

use serde_json::{Map, Value};

/// Lines of a document that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// The JSON pointer (RFC 6901) of the rule it is, as `/spec/ingress/0`; empty where it is the lines before, between or behind
    /// the rules.
    pub path: String,
    /// The lines, without a line end behind the last.
    pub text: String,
}

/// The value as one YAML document, with a line end behind the last line.
#[must_use]
pub fn to_yaml(value: &Value) -> String {
    let mut text = String::new();
    for block in blocks(value) {
        text.push_str(&block.text);
        text.push('\n');
    }
    text
}

/// The document cut into blocks: each item of `/spec/ingress` and `/spec/egress` is one, and so is what stands between them. Their
/// texts, joined by line ends, are [`to_yaml`] without its last line end.
#[must_use]
pub fn blocks(value: &Value) -> Vec<Block> {
    let mut writer = Writer { blocks: Vec::new(), open: false };
    writer.node(Place::Object { root: true }, value, String::new(), 0);
    writer.blocks
}

/// Where a value stands, as far as the order of keys and the cut into blocks depend on it.
#[derive(Clone, Copy)]
enum Place {
    /// A whole object; `root` where it is the document.
    Object {
        root: bool,
    },
    /// The items of a List.
    Objects,
    Metadata,
    Spec {
        root: bool,
    },
    /// The rules of a policy, and where in the document.
    Rules(Option<&'static str>),
    Rule,
    Other,
}

impl Place {
    /// Where the value of this key stands.
    fn of_key(self, key: &str) -> Self {
        match (self, key) {
            (Self::Object { .. }, "metadata") => Self::Metadata,
            (Self::Object { root }, "spec") => Self::Spec { root },
            (Self::Object { root: true }, "items") => Self::Objects,
            (Self::Spec { root }, "ingress") => Self::Rules(root.then_some("/spec/ingress")),
            (Self::Spec { root }, "egress") => Self::Rules(root.then_some("/spec/egress")),
            _ => Self::Other,
        }
    }

    /// Where an item of the list stands.
    const fn of_item(self) -> Self {
        match self {
            Self::Objects => Self::Object { root: false },
            Self::Rules(_) => Self::Rule,
            _ => Self::Other,
        }
    }

    /// The keys that come before the sorted ones.
    const fn first_keys(self) -> &'static [&'static str] {
        match self {
            Self::Object { .. } => &["apiVersion", "kind", "metadata", "spec"],
            Self::Metadata => &["name", "namespace"],
            Self::Rule => &["action"],
            _ => &[],
        }
    }

    /// The entries in the order in which they are written, whatever the order of the map.
    fn ordered(self, map: &Map<String, Value>) -> Vec<(&String, &Value)> {
        let mut entries: Vec<_> = map.iter().collect();
        let rank = |key: &str| self.first_keys().iter().position(|first| *first == key).unwrap_or(usize::MAX);
        entries.sort_by(|(a, _), (b, _)| rank(a).cmp(&rank(b)).then_with(|| a.cmp(b)));
        entries
    }
}

struct Writer {
    blocks: Vec<Block>,
    /// Whether the next line belongs to the last block.
    open: bool,
}

impl Writer {
    fn line(&mut self, line: &str) {
        match self.blocks.last_mut() {
            Some(block) if self.open => {
                block.text.push('\n');
                block.text.push_str(line);
            }
            _ => {
                self.blocks.push(Block { path: String::new(), text: line.to_owned() });
                self.open = true;
            }
        }
    }

    /// Writes a value: `lead` is what its first line begins with, `indent` how many spaces the others do.
    fn node(&mut self, place: Place, value: &Value, lead: String, indent: usize) {
        match value {
            Value::Object(map) if !map.is_empty() => self.map(place, map, lead, indent),
            Value::Array(items) if !items.is_empty() => self.list(place, items, lead, indent),
            _ => self.line(&(lead + &scalar::text(value))),
        }
    }

    fn map(&mut self, place: Place, map: &Map<String, Value>, lead: String, indent: usize) {
        let mut lead = Some(lead);
        for (key, value) in place.ordered(map) {
            let lead = lead.take().unwrap_or_else(|| " ".repeat(indent));
            let (inside, key) = (place.of_key(key), scalar::string(key));
            if key.len() <= scalar::KEY_MAX {
                self.entry(inside, value, format!("{lead}{key}:"), indent, indent);
            } else {
                self.line(&format!("{lead}? {key}"));
                self.entry(inside, value, format!("{}:", " ".repeat(indent)), indent, indent + 2);
            }
        }
    }

    /// Writes what stands behind the colon of a key; lists begin at `list_indent`.
    fn entry(&mut self, place: Place, value: &Value, colon: String, indent: usize, list_indent: usize) {
        match value {
            Value::Object(map) if !map.is_empty() => {
                self.line(&colon);
                self.map(place, map, " ".repeat(indent + 2), indent + 2);
            }
            Value::Array(items) if !items.is_empty() => {
                self.line(&colon);
                self.list(place, items, " ".repeat(list_indent), list_indent);
            }
            _ => self.line(&format!("{colon} {}", scalar::text(value))),
        }
    }

    fn list(&mut self, place: Place, items: &[Value], lead: String, indent: usize) {
        let mut lead = Some(lead);
        for (i, item) in items.iter().enumerate() {
            let mut lead = lead.take().unwrap_or_else(|| " ".repeat(indent));
            lead.push_str("- ");
            if let Place::Rules(Some(rules)) = place {
                let mut rule = Self { blocks: Vec::new(), open: false };
                rule.node(place.of_item(), item, lead, indent + 2);
                let path = format!("{rules}/{i}");
                self.blocks.extend(rule.blocks.into_iter().map(|block| Block { path: path.clone(), ..block }));
                self.open = false;
            } else {
                self.node(place.of_item(), item, lead, indent + 2);
            }
        }
    }
}
