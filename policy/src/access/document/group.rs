//! Client groups as documents.
//!
//! ```yaml
//! group: office
//! ranges:
//! - cidr: 50.60.0.0/16
//!   note: Berlin
//! ```

use super::reader::{Fault, Reader, each_once};
use crate::access::{ClientGroup, GroupName, GroupRange};
use crate::cidr::Cidr;
use crate::yaml::to_yaml;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Groups as one file, normalised.
#[must_use]
pub fn groups_to_file(groups: &[ClientGroup]) -> String {
    let one = |group: &ClientGroup| {
        let group = group.normalised();
        // Of which group it is said comes first.
        to_yaml(&json!({ "group": group.name })) + &to_yaml(&json!({ "ranges": group.ranges }))
    };
    groups.iter().map(one).collect::<Vec<_>>().join("---\n")
}

/// Reads the groups of a file, each document as the JSON that it comes to.
///
/// # Errors
/// Everything that is wrong, in the order of the file.
pub fn read_groups(documents: &[Value]) -> Result<Vec<ClientGroup>, Vec<Fault>> {
    each_once(
        documents,
        ("group", "group"),
        |group: &ClientGroup| &group.name,
        |reader: &mut Reader, value: &Value| reader.client_group(value),
    )
}

impl Reader<'_> {
    /// None where it has no name that could be told; all else that is wrong is among the faults.
    fn client_group(&mut self, value: &Value) -> Option<ClientGroup> {
        let fields = self.fields("", value, &["group", "ranges"], "a client group")?;
        let name = self.needed(fields, "", "group", "the name of the group").and_then(|value| self.parsed::<GroupName>("group", value));
        let _named = self.needed(fields, "", "ranges", "the ranges of the group, or [] for none");
        let (mut ranges, mut seen) = (Vec::new(), BTreeSet::new());
        for (path, item) in self.items(fields, "ranges") {
            let Some(range) = self.group_range(&path, item) else { continue };
            if !seen.insert(range.cidr) {
                self.fault(&format!("{path}.cidr"), format!("`{}` stands in the list already: remove one of the two", range.cidr));
            }
            ranges.push(range);
        }
        Some(ClientGroup { name: name?, ranges })
    }

    fn group_range(&mut self, path: &str, value: &Value) -> Option<GroupRange> {
        let fields = self.fields(path, value, &["cidr", "note"], "a range of a group")?;
        let cidr = self.needed(fields, path, "cidr", "a range or an address, as 50.60.0.0/16");
        let cidr = cidr.and_then(|value| self.parsed::<Cidr>(&format!("{path}.cidr"), value));
        let note = self.note(fields, path);
        Some(GroupRange { cidr: cidr?, note })
    }
}
