//! How an object stands to a step.

use super::scene::{object, set};
use crate::runs::compare::{Standing, Undo, standing, undo};
use policy::plan::Write;
use serde_json::{Value, json};

fn at(mut object: Value, uid: &str, version: &str) -> Value {
    object["metadata"]["uid"] = json!(uid);
    object["metadata"]["resourceVersion"] = json!(version);
    object
}

#[test]
fn standings() {
    let key = set("x");
    let (old, new, other) = (object(&key, "old"), object(&key, "new"), object(&key, "other"));
    let create = Write::Create { object: new.clone() };
    let replace = Write::Replace { object: at(new.clone(), "u", "1"), before: at(old.clone(), "u", "1"), resource_version: "1".into() };
    let delete = Write::Delete { before: at(old.clone(), "u", "1"), uid: "u".into(), resource_version: "1".into() };
    let table = [
        (&create, None, Standing::Before),
        (&create, Some(at(new.clone(), "v", "2")), Standing::Planned),
        (&create, Some(at(other.clone(), "v", "2")), Standing::Other),
        (&replace, Some(at(old.clone(), "u", "1")), Standing::Before),
        (&replace, Some(at(new.clone(), "u", "2")), Standing::Planned),
        (&replace, Some(at(old.clone(), "u", "3")), Standing::Before),
        (&replace, Some(at(other.clone(), "u", "3")), Standing::Other),
        (&replace, None, Standing::Other),
        (&delete, None, Standing::Planned),
        (&delete, Some(at(old.clone(), "u", "1")), Standing::Before),
        (&delete, Some(at(old, "w", "9")), Standing::Other),
        (&delete, Some(at(other, "u", "9")), Standing::Other),
    ];
    for (write, live, expected) in table {
        assert_eq!(standing(write, live.as_ref()), expected, "{write:?} {live:?}");
    }
}

#[test]
fn what_was_made_anew_under_the_same_name_is_not_ours() {
    let new = object(&set("x"), "new");
    let create = Write::Create { object: new.clone() };
    let (written, theirs) = (at(new.clone(), "u", "1"), at(new, "v", "2"));
    assert_eq!(undo(&create, Some(&written), Some(&theirs)), Undo::Keep);
    assert!(matches!(undo(&create, Some(&written), Some(&written)), Undo::Write(Write::Delete { .. })));
}

#[test]
fn a_deleted_object_is_made_again_without_what_the_server_sets() {
    let old = object(&set("x"), "old");
    let delete = Write::Delete { before: at(old.clone(), "u", "1"), uid: "u".into(), resource_version: "1".into() };
    assert_eq!(undo(&delete, None, None), Undo::Write(Write::Create { object: old }));
}
