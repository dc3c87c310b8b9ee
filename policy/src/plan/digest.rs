//! Digests: what a plan was made from, in a canonical encoding.
//!
//! The encoding is prefix-free, so two different values never encode alike: one tag byte a value, then for `true`, `false`, `null`
//! nothing; for a number its shortest decimal text, for a string its UTF-8, for a list its items, for an object its keys and values in the
//! byte order of the keys; texts with their length, lists and objects with their count in front (8 bytes, big endian).

use super::PlanDigest;
use crate::access::{Access, Asked};
use crate::names::hex;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

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

/// The first 12 digits of the digest of an access: objects name with it which access they carry out.
pub(crate) fn of_access(access: &Access) -> String {
    let value = serde_json::to_value(access.normalised()).unwrap_or_default();
    hex(&Sha256::digest(canonical(&value)))[..12].to_owned()
}

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
        Value::Object(fields) => {
            head(b'o', fields.len(), out);
            // Not every map of this type is sorted: it depends on a feature that any crate may switch on.
            let mut sorted: Vec<_> = fields.iter().collect();
            sorted.sort_by_key(|(key, _)| key.as_bytes());
            for (key, field) in sorted {
                text(b'k', key, out);
                encode(field, out);
            }
        }
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
