//! Making the changes of a diff.

use super::FieldChange;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// The deepest path that is followed: no JSON that was read is deeper (`serde_json` stops at 128).
const DEPTH_MAX: usize = 128;

/// The key or index that changes, and how.
type Change<'a> = (String, &'a FieldChange);

/// `before` with the changes made, which [`super::object_diff`] found. A change that does not fit `before`, as one that was found in
/// another object, is left out.
#[must_use]
pub fn apply(before: &Value, changes: &[FieldChange]) -> Value {
    // Outer lists first: the indexes further inside are those after their change.
    let mut places: BTreeMap<_, Vec<Change>> = BTreeMap::new();
    let mut value = before.clone();
    for change in changes {
        if change.path.is_empty() {
            value = change.after.clone().unwrap_or_default();
            continue;
        }
        let Some(tokens) = change.path.strip_prefix('/') else { continue };
        let mut parent: Vec<String> = tokens.split('/').map(|token| token.replace("~1", "/").replace("~0", "~")).collect();
        if let Some(key) = parent.pop().filter(|_| parent.len() < DEPTH_MAX) {
            places.entry((parent.len(), parent)).or_default().push((key, change));
        }
    }
    for ((_, parent), changes) in places {
        match descend(&mut value, &parent) {
            Some(Value::Object(map)) => change_map(map, changes),
            Some(Value::Array(items)) => change_list(items, &changes),
            _ => {}
        }
    }
    value
}

/// The map or list at the path; the innermost map is made where there is none yet.
fn descend<'a>(mut value: &'a mut Value, path: &[String]) -> Option<&'a mut Value> {
    let item = |items: &'a mut Vec<Value>, token: &str| items.get_mut(token.parse::<usize>().ok()?);
    if let Some((last, outer)) = path.split_last() {
        for token in outer {
            value = match value {
                Value::Object(map) => map.get_mut(token)?,
                Value::Array(items) => item(items, token)?,
                _ => return None,
            };
        }
        value = match value {
            Value::Object(map) => map.entry(last).or_insert(Value::Null),
            Value::Array(items) => item(items, last)?,
            _ => return None,
        };
    }
    if value.is_null() {
        *value = Value::Object(Map::new());
    }
    Some(value)
}

fn change_map(map: &mut Map<String, Value>, changes: Vec<Change>) {
    for (key, change) in changes {
        match &change.after {
            Some(after) => {
                map.insert(key, after.clone());
            }
            None => {
                map.remove(&key);
            }
        }
    }
}

fn change_list(items: &mut Vec<Value>, changes: &[Change]) {
    let mut removed = BTreeSet::new();
    let mut inserted = BTreeMap::new();
    let mut replaced = Vec::new();
    let mut appended = Vec::new();
    for (key, change) in changes {
        match (key.parse::<usize>(), &change.before, &change.after) {
            (Ok(index), Some(_), None) => {
                removed.insert(index);
            }
            (Ok(index), None, Some(after)) => {
                inserted.insert(index, after);
            }
            (Ok(index), Some(_), Some(after)) => replaced.push((index, after)),
            (Err(_), None, Some(after)) if key == "-" => appended.push(after),
            _ => {}
        }
    }
    let mut changed = Vec::with_capacity(items.len() + inserted.len() + appended.len());
    let mut inserted = inserted.into_iter().peekable();
    for (index, item) in std::mem::take(items).into_iter().enumerate() {
        if removed.contains(&index) {
            continue;
        }
        while let Some((_, new)) = inserted.next_if(|(at, _)| *at <= changed.len()) {
            changed.push(new.clone());
        }
        changed.push(item);
    }
    changed.extend(inserted.map(|(_, new)| new).chain(appended).cloned());
    for (index, after) in replaced {
        if let Some(item) = changed.get_mut(index) {
            item.clone_from(after);
        }
    }
    *items = changed;
}
