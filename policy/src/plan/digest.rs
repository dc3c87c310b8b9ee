//! Digests: what a plan was made from, in a canonical encoding.
//!
//! The encoding is prefix-free, so two different values never encode alike: one tag byte a value, then for `true`, `false`, `null`
//! nothing; for a number its shortest decimal text, for a string its UTF-8, for a list its items, for an object its keys and values in the
//! byte order of the keys; texts with their length, lists and objects with their count in front (8 bytes, big endian).

use super::PlanDigest;
use crate::access::{Access, Asked};
use crate::names::hex;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// One thing that a plan was made from: two plans for the same change differ in what has moved between them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Input {
    /// What it is, in words: `Service shop/svc-a`.
    pub name: String,
    /// The SHA-256 of the fields that were read, in hexadecimal.
    pub digest: String,
}

impl Input {
    /// The input `name`, of which the fields in `read` were read.
    #[must_use]
    pub fn new(name: &str, read: &impl Serialize) -> Self {
        // Every value that is read here turns into JSON: keys are strings, and numbers are finite.
        let value = serde_json::to_value(read).unwrap_or_default();
        Self { name: name.to_owned(), digest: hex(&Sha256::digest(canonical(&value))) }
    }
}

/// The digest of a plan.
pub(super) fn of_plan(change: &Asked, inputs: &[Input]) -> PlanDigest {
    let whole = serde_json::json!({ "recipe": crate::recipe::VERSION, "change": change, "inputs": inputs });
    PlanDigest(hex(&Sha256::digest(canonical(&whole))))
}

/// The first 12 digits of the digest of an access: objects name with it which access they carry out. What its client groups hold is left
/// out: an object that is not about them stays as it is when a group changes.
pub(crate) fn of_access(access: &Access) -> String {
    let mut access = access.normalised();
    access.groups.iter_mut().for_each(|of| of.ranges.clear());
    hex(&Sha256::digest(canonical_access(access)))[..12].to_owned()
}

/// The canonical encoding of an access. Its ranges are written as they are, without a value of JSON for each: it is asked for with every key that
/// somebody types, with a thousand of them.
fn canonical_access(mut access: Access) -> Vec<u8> {
    let clients = std::mem::take(&mut access.clients);
    let Ok(Value::Object(fields)) = serde_json::to_value(access) else { return Vec::new() };
    let mut out = Vec::new();
    object(&fields, &mut out, |key, field, out| {
        if key != CLIENTS {
            return encode(field, out);
        }
        head(b'l', clients.len(), out);
        let mut cidr = String::new();
        for client in &clients {
            cidr.clear();
            // Writing to a string does not fail.
            let _written = write!(cidr, "{}", client.cidr);
            head(b'o', 1 + usize::from(!client.note.is_empty()) + usize::from(!client.ports.is_empty()), out);
            text(b'k', "cidr", out);
            text(b's', &cidr, out);
            if !client.note.is_empty() {
                text(b'k', "note", out);
                text(b's', &client.note, out);
            }
            if !client.ports.is_empty() {
                text(b'k', "ports", out);
                encode(&serde_json::to_value(&client.ports).unwrap_or_default(), out);
            }
        }
    });
    out
}

/// The field of an access that has its ranges.
const CLIENTS: &str = "clients";

/// The canonical encoding of a value.
#[must_use]
pub fn canonical(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    encode(value, &mut out);
    out
}

fn encode(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.push(b'n'),
        Value::Bool(true) => out.push(b't'),
        Value::Bool(false) => out.push(b'f'),
        Value::Number(number) => text(b'#', &number.to_string(), out),
        Value::String(string) => text(b's', string, out),
        Value::Array(items) => {
            head(b'l', items.len(), out);
            for item in items {
                encode(item, out);
            }
        }
        Value::Object(fields) => object(fields, out, |_, field, out| encode(field, out)),
    }
}

fn object(fields: &Map<String, Value>, out: &mut Vec<u8>, each: impl Fn(&str, &Value, &mut Vec<u8>)) {
    head(b'o', fields.len(), out);
    // Not every map of this type is sorted: it depends on a feature that any crate may switch on.
    let mut sorted: Vec<_> = fields.iter().collect();
    sorted.sort_by_key(|(key, _)| key.as_bytes());
    for (key, field) in sorted {
        text(b'k', key, out);
        each(key, field, out);
    }
}

fn head(tag: u8, count: usize, out: &mut Vec<u8>) {
    out.push(tag);
    out.extend((count as u64).to_be_bytes());
}

fn text(tag: u8, text: &str, out: &mut Vec<u8>) {
    head(tag, text.len(), out);
    out.extend(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::{canonical, canonical_access};
    use crate::access::{Access, ClientRange, Enforced, InCluster};
    use serde_json::to_value;

    #[test]
    fn an_access_is_encoded_as_its_value_is() {
        let row = |cidr: &str, ports: &[&str], note: &str| ClientRange {
            cidr: cidr.parse().unwrap(),
            ports: ports.iter().map(|port| port.parse().unwrap()).collect(),
            note: note.to_owned(),
        };
        let clients = vec![
            row("50.60.0.0/16", &[], ""),
            row("50.60.0.0/16", &["TCP/443", "UDP/53"], ""),
            row("2001:db8::/32", &[], "\"office\" ü"),
            row("1.2.3.4", &["TCP/80"], "a"),
        ];
        let whole = Access {
            clients,
            in_cluster: InCluster::Namespaces(vec!["shop".to_owned()]),
            load_balancers: vec!["10.0.0.0/8".parse().unwrap()],
            groups: Vec::new(),
            enforced: Enforced::PodsAlone,
        };
        let few = Access { clients: whole.clients[..1].to_vec(), ..Access::default() };
        for access in [whole, few, Access::default()] {
            assert_eq!(canonical_access(access.clone()), canonical(&to_value(&access).unwrap()), "{access:?}");
        }
    }
}
