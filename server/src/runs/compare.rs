//! What an object in the cluster is, seen from a step: as planned, as before, or something else.

use policy::diff::{as_new, differs};
use policy::plan::Write;
use serde_json::Value;

/// How an object stands to a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// As the step wants it.
    Planned,
    /// As it was before the step.
    Before,
    /// Something else: somebody else changed it.
    Other,
}

/// How the object that was read (none: there is none) stands to `write`.
pub(super) fn standing(write: &Write, live: Option<&Value>) -> Standing {
    match (write, live) {
        (Write::Create { .. }, None) => Standing::Before,
        (Write::Create { object }, Some(live)) => if_same(live, object, Standing::Planned),
        (Write::Replace { .. }, None) => Standing::Other,
        (Write::Replace { object, before, resource_version }, Some(live)) => {
            if text(live, VERSION) == resource_version {
                Standing::Before
            } else if !differs(live, object) {
                Standing::Planned
            } else {
                if_same(live, before, Standing::Before)
            }
        }
        (Write::Delete { .. }, None) => Standing::Planned,
        (Write::Delete { before, uid, .. }, Some(live)) => {
            if text(live, UID) == uid {
                if_same(live, before, Standing::Before)
            } else {
                Standing::Other
            }
        }
    }
}

/// The write, on the object that an earlier step of the same run left: the plan could not know what the API server would set.
pub(super) fn after(write: &Write, left: Option<&Value>) -> Write {
    let mut write = write.clone();
    if let Some(left) = left {
        match &mut write {
            Write::Create { .. } => {}
            Write::Replace { resource_version, .. } => *resource_version = version(left),
            Write::Delete { uid, resource_version, .. } => {
                text(left, UID).clone_into(uid);
                *resource_version = version(left);
            }
        }
    }
    write
}

/// The write that comes to the same as `first` and, later, `last` on one object; none where that is nothing at all.
pub(super) fn across(first: &Write, last: &Write) -> Option<Write> {
    let resource_version = first.before().map(version).unwrap_or_default();
    Some(match (first.before().cloned(), last.after().cloned()) {
        (None, None) => return None,
        (None, Some(object)) => Write::Create { object },
        (Some(before), Some(object)) => Write::Replace { object, before, resource_version },
        (Some(before), None) => Write::Delete { uid: text(&before, UID).to_owned(), before, resource_version },
    })
}

/// What puts an object back.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Undo {
    /// It is as it was before the step.
    Nothing,
    /// This write, conditional on the object as it was read.
    Write(Write),
    /// Nothing is to be done to it: somebody else changed it since.
    Keep,
}

/// What puts the object of `write` back, now that `live` was read. `written` is what the API server answered to the write, where it did.
pub(super) fn undo(write: &Write, written: Option<&Value>, live: Option<&Value>) -> Undo {
    match (write, live) {
        (Write::Create { .. }, None) => Undo::Nothing,
        (Write::Create { object }, Some(live)) if is_ours(live, object, written) => {
            Undo::Write(Write::Delete { before: live.clone(), uid: text(live, UID).to_owned(), resource_version: version(live) })
        }
        (Write::Replace { before, .. }, Some(live)) if !differs(live, before) => Undo::Nothing,
        (Write::Replace { object, before, .. }, Some(live)) if is_ours(live, object, written) => {
            Undo::Write(Write::Replace { object: before.clone(), before: live.clone(), resource_version: version(live) })
        }
        (Write::Delete { before, .. }, None) => Undo::Write(Write::Create { object: as_new(before) }),
        (Write::Delete { before, .. }, Some(live)) if !differs(live, before) => Undo::Nothing,
        _ => Undo::Keep,
    }
}

/// Whether `live` is what the step wrote: nobody touched it since, or nobody changed what it says.
fn is_ours(live: &Value, object: &Value, written: Option<&Value>) -> bool {
    match written {
        Some(written) => {
            text(live, UID) == text(written, UID) && (text(live, VERSION) == text(written, VERSION) || !differs(live, written))
        }
        None => !differs(live, object),
    }
}

/// The resourceVersion of an object.
pub(super) fn version(object: &Value) -> String {
    text(object, VERSION).to_owned()
}

const UID: &str = "/metadata/uid";
const VERSION: &str = "/metadata/resourceVersion";

fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn if_same(live: &Value, expected: &Value, standing: Standing) -> Standing {
    if differs(live, expected) { Standing::Other } else { standing }
}
