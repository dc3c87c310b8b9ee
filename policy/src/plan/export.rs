//! Objects as YAML for Git and `kubectl apply`: documents in the order in which they are applied, and comments that say what they are.

#[cfg(test)]
mod tests;

use super::{Plan, SETTLE};
use crate::access::counted;
use crate::diff::manifest;
use crate::finding::Severity;
use crate::object::ObjectKey;
use crate::yaml::to_yaml;
use serde_json::Value;
use std::fmt::Write;

impl Plan {
    /// What it writes, as `kubectl apply --filename` takes it.
    #[must_use]
    pub fn export(&self) -> String {
        let mut head = vec![format!("Portcullis: plan for {}", self.change), format!("Digest: {}", self.digest), self.summary.clone()];
        let blockers = self.findings.iter().filter(|finding| finding.severity == Severity::Blocker);
        head.extend(blockers.map(|finding| format!("NOT TO BE APPLIED: {} {}", finding.what, finding.action)));
        manifests(&head, self.steps.iter().map(|step| (&step.key, step.write.after())))
    }
}

/// Objects as they are to be, in the order in which they are applied; none: deleted. The lines of `head` come first, as comments, then
/// what is deleted: `kubectl apply` deletes nothing. Fields that the API server sets are left out.
#[must_use]
pub fn manifests<'a>(head: &[String], objects: impl Iterator<Item = (&'a ObjectKey, Option<&'a Value>)>) -> String {
    let (mut documents, mut deleted) = (Vec::new(), Vec::new());
    for (key, object) in objects {
        match object {
            Some(object) => documents.push(to_yaml(&manifest(object))),
            None => deleted.push(delete(key)),
        }
    }
    let mut out = String::new();
    let mut say = |line: &str| {
        let _written = writeln!(out, "# {}", comment(line));
    };
    head.iter().for_each(|line| say(line));
    match documents.len() {
        0 => say("Writes no object."),
        count => say(&format!(
            "Writes {}, in this order: kubectl apply --filename THIS-FILE. A run of Portcullis waits {} s between objects that count on \
             each other, kubectl does not: for that long a client that may stay can be cut.",
            counted(count, "object"),
            SETTLE.as_secs()
        )),
    }
    if !deleted.is_empty() {
        say(&format!(
            "Deletes {}, which kubectl apply does not: run these in this order once all below is applied.",
            counted(deleted.len(), "object")
        ));
        deleted.iter().for_each(|line| say(line));
    }
    for document in documents {
        let _written = write!(out, "---\n{document}");
    }
    out
}

/// `kubectl delete globalnetworksets.projectcalico.org NAME`
fn delete(key: &ObjectKey) -> String {
    let group = key.kind.group();
    let resource = if group.is_empty() { key.kind.plural().to_owned() } else { format!("{}.{group}", key.kind.plural()) };
    let namespace = if key.namespace.is_empty() { String::new() } else { format!(" --namespace {}", quoted(&key.namespace)) };
    format!("kubectl delete {resource}{namespace} {}", quoted(&key.name))
}

/// One word for a shell. Names in a cluster need no quotes; files may hold others.
fn quoted(name: &str) -> String {
    let plain = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b)) && !name.starts_with('-');
    if plain { name.to_owned() } else { format!("'{}'", name.replace('\'', "'\\''")) }
}

/// Text of others on one line of a comment: what a reader of YAML would take for a line's end, or refuse, is shown as `?`.
fn comment(text: &str) -> String {
    let fits = |c: char| matches!(c, ' '..='~' | '\u{a0}'..='\u{2027}' | '\u{202f}'..='\u{2065}' | '\u{2070}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}' | '\u{10000}'..);
    text.chars().map(|c| if fits(c) { c } else { '?' }).collect()
}
