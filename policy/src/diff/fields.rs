//! The changed fields of two values.

use super::FieldChange;
use super::align::steps;
use super::normal::{self, Normal};
use super::shape::{Place, Shape};
use serde_json::{Map, Value};
use similar::DiffOp;
use std::collections::BTreeSet;

/// A key as a token of a JSON pointer (RFC 6901, 3).
pub(super) fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// The changes from one object to the other; one change of the whole where one of them does not exist.
pub(super) fn changes(before: Option<&Value>, after: Option<&Value>) -> Vec<FieldChange> {
    let mut walk = Walk { changes: Vec::new() };
    // What an object is decides how its fields compare; where that changes too, nothing is known of them.
    let shape = match (before.map(Shape::of_object), after.map(Shape::of_object)) {
        (Some(before), Some(after)) if before.place == after.place => after,
        _ => Shape::OTHER,
    };
    walk.value(shape, "", before, after);
    walk.changes
}

struct Walk {
    changes: Vec<FieldChange>,
}

impl Walk {
    fn change(&mut self, path: String, before: Option<&Value>, after: Option<&Value>) {
        self.changes.push(FieldChange { path, before: before.cloned(), after: after.cloned() });
    }

    fn value(&mut self, shape: Shape, path: &str, before: Option<&Value>, after: Option<&Value>) {
        if normal::of(shape, before) == normal::of(shape, after) {
            return;
        }
        let (before, after) = (before.filter(|value| !value.is_null()), after.filter(|value| !value.is_null()));
        match (before, after) {
            (Some(Value::Object(before)), Some(Value::Object(after))) => self.map(shape, path, before, after),
            (Some(Value::Object(before)), None) if shape.place == Place::Texts => self.map(shape, path, before, &Map::new()),
            (None, Some(Value::Object(after))) if shape.place == Place::Texts => self.map(shape, path, &Map::new(), after),
            // A change from or to a `null` in a list could not be told from a new or a removed item.
            (Some(Value::Array(before)), Some(Value::Array(after))) if !before.contains(&Value::Null) && !after.contains(&Value::Null) => {
                if shape.place == Place::Set {
                    self.set(shape, path, before, after);
                } else {
                    self.list(shape, path, before, after);
                }
            }
            _ => self.change(path.to_owned(), before, after),
        }
    }

    fn map(&mut self, shape: Shape, path: &str, before: &Map<String, Value>, after: &Map<String, Value>) {
        let keys: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        for key in keys {
            self.value(shape.of_key(key), &format!("{path}/{}", escaped(key)), before.get(key), after.get(key));
        }
    }

    /// What goes out of a set, and what comes in.
    fn set(&mut self, shape: Shape, path: &str, before: &[Value], after: &[Value]) {
        let (old, new) = (items(shape, before), items(shape, after));
        let new_items: BTreeSet<_> = new.iter().collect();
        for (i, (item, normal)) in before.iter().zip(&old).enumerate() {
            if !new_items.contains(normal) {
                self.change(format!("{path}/{i}"), Some(item), None);
            }
        }
        let mut seen: BTreeSet<_> = old.iter().collect();
        for (item, normal) in after.iter().zip(&new) {
            if seen.insert(normal) {
                self.change(format!("{path}/-"), None, Some(item));
            }
        }
    }

    fn list(&mut self, shape: Shape, path: &str, before: &[Value], after: &[Value]) {
        for step in steps(&items(shape, before), &items(shape, after)) {
            if matches!(step, DiffOp::Equal { .. }) {
                continue;
            }
            let (old, new) = (step.old_range(), step.new_range());
            // Where some go and some come in one place, they are taken for the same ones, changed.
            for (from, to) in old.clone().zip(new.clone()) {
                self.value(shape.of_item(), &format!("{path}/{to}"), before.get(from), after.get(to));
            }
            let paired = old.len().min(new.len());
            for from in old.skip(paired) {
                self.change(format!("{path}/{from}"), before.get(from), None);
            }
            for to in new.skip(paired) {
                self.change(format!("{path}/{to}"), None, after.get(to));
            }
        }
    }
}

/// The normal forms of the items of a list.
fn items(list: Shape, items: &[Value]) -> Vec<Option<Normal>> {
    items.iter().map(|item| normal::of(list.of_item(), Some(item))).collect()
}
