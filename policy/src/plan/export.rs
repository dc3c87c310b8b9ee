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
/// what is deleted: `kubectl apply` deletes nothing. What has to be gone before something else is written stands in its place between
/// the documents. Fields that the API server sets are left out.
#[must_use]
pub fn manifests<'a>(head: &[String], objects: impl Iterator<Item = (&'a ObjectKey, Option<&'a Value>)>) -> String {
    let objects: Vec<(&ObjectKey, Option<&Value>)> = objects.collect();
    let is_deleted = |(_, object): &(&ObjectKey, Option<&Value>)| object.is_none();
    let deleted: Vec<String> = objects.iter().filter(|entry| is_deleted(entry)).map(|(key, _)| delete(key)).collect();
    let writes = objects.len() - deleted.len();
    let between = objects.iter().skip_while(|entry| !is_deleted(entry)).any(|entry| !is_deleted(entry));
    let (write_count, delete_count) = (counted(writes, "object"), counted(deleted.len(), "object"));
    let mut lines = head.to_vec();
    if writes == 0 {
        lines.push("Writes no object.".to_owned());
    } else {
        let how = if between { "in parts, as said below" } else { "kubectl apply --filename THIS-FILE" };
        lines.push(format!(
            "Writes {write_count}, in this order: {how}. A run of Portcullis waits {} s between objects that count on each other, kubectl does \
             not: for that long a client that may stay can be cut.",
            SETTLE.as_secs()
        ));
    }
    if between {
        lines.push(format!(
            "Deletes {delete_count}, which kubectl apply does not, before all is written: apply what stands above a line that begins with \
             kubectl delete, run that line, then go on below it. Applied at once, this lets in for a time clients who are shut out before \
             and after."
        ));
    } else if !deleted.is_empty() {
        lines.push(format!("Deletes {delete_count}, which kubectl apply does not: run these in this order once all below is applied."));
        lines.extend(deleted);
    }
    let mut out: String = lines.iter().map(|line| remark(line)).collect();
    for (key, object) in objects {
        match object {
            Some(object) => {
                let _written = write!(out, "---\n{}", to_yaml(&manifest(object)));
            }
            None if between => out.push_str(&remark(&delete(key))),
            None => {}
        }
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

/// A line of comment.
fn remark(text: &str) -> String {
    format!("# {}\n", comment(text))
}

/// Text of others on one line of a comment: what a reader of YAML would take for a line's end, or refuse, is shown as `?`.
fn comment(text: &str) -> String {
    let fits = |c: char| matches!(c, ' '..='~' | '\u{a0}'..='\u{2027}' | '\u{202f}'..='\u{2065}' | '\u{2070}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}' | '\u{10000}'..);
    text.chars().map(|c| if fits(c) { c } else { '?' }).collect()
}
