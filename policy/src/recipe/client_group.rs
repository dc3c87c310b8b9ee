//! The sets that say what a client group holds. No rule means them: the Services that use the group have its ranges in sets of their own.

use super::Generated;
use super::clients::{Part, Range, parts};
use crate::access::ClientGroup;
use crate::names;
use crate::object::{Kind, ObjectKey};
use crate::plan::Role;
use serde_json::json;

/// The objects of a client group; of one without ranges too.
#[must_use]
pub fn client_group(group: &ClientGroup) -> Vec<Generated> {
    let group = group.normalised();
    let ranges: Vec<Range> = group.ranges.iter().map(|range| (None, range.cidr, range.note.as_str())).collect();
    (0_u32..).zip(parts(ranges)).map(|(number, part)| set(&group, number, part)).collect()
}

fn set(group: &ClientGroup, number: u32, mut part: Part) -> Generated {
    part.nets.dedup();
    let name = names::group_set(group.name.as_str(), number);
    let mut annotations = json!({ names::SHAPE_ANNOTATION: names::SHAPE });
    if !part.notes.is_empty() {
        annotations[names::NOTES_ANNOTATION] = json!(part.notes).to_string().into();
    }
    let object = json!({
        "apiVersion": Kind::GlobalNetworkSet.api_version(),
        "kind": Kind::GlobalNetworkSet.name(),
        "metadata": { "name": name, "labels": { names::GROUP_LABEL: group.name }, "annotations": annotations },
        "spec": { "nets": part.nets },
    });
    Generated {
        role: Role::ClientGroup,
        key: ObjectKey::new(Kind::GlobalNetworkSet, "", &name),
        object,
        sentence: format!(
            "What the group {} holds. No policy means it: Services that use the group have its ranges in their own sets.",
            group.name
        ),
        rules: Vec::new(),
        rows: Vec::new(),
    }
}
