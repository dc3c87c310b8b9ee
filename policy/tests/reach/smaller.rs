//! The smallest cluster that still shows something: whole objects are taken out, then whatever is inside them.
//!
//! proptest makes a case smaller by running all of it again and again; here only the one packet that shows it is followed.

use crate::cluster::Cluster;
use serde_json::Value;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// `cluster` with all taken out of it that `shows` does not need.
pub(crate) fn smaller(cluster: &Cluster, shows: impl Fn(&Cluster) -> bool) -> Cluster {
    let holds = |cluster: &Cluster| catch_unwind(AssertUnwindSafe(|| shows(cluster))).unwrap_or(false);
    let mut now = cluster.clone();
    for _ in 0..3 {
        let before = format!("{now:?}");
        without_objects(&mut now, &holds);
        without_parts(&mut now, &holds);
        if format!("{now:?}") == before {
            break;
        }
    }
    now
}

/// Takes out runs of objects, long ones first.
fn without_objects(now: &mut Cluster, holds: &impl Fn(&Cluster) -> bool) {
    let mut length = now.objects.len().div_ceil(2);
    while length > 0 {
        let mut at = 0;
        while at < now.objects.len() {
            let mut tried = now.clone();
            tried.objects.drain(at..now.objects.len().min(at + length));
            if holds(&tried) { *now = tried } else { at += length }
        }
        length /= 2;
    }
}

/// Takes out fields and items of lists, outer ones first.
fn without_parts(now: &mut Cluster, holds: &impl Fn(&Cluster) -> bool) {
    for at in 0..now.objects.len() {
        let mut skip = 0;
        loop {
            let mut paths = Vec::new();
            collect(&now.objects[at], String::new(), &mut paths);
            paths.retain(|path| {
                !["/apiVersion", "/kind", "/metadata", "/metadata/name", "/metadata/namespace", "/spec"].contains(&path.as_str())
            });
            let Some(path) = paths.get(skip) else { break };
            let mut tried = now.clone();
            take(&mut tried.objects[at], path);
            if holds(&tried) { *now = tried } else { skip += 1 }
        }
    }
}

/// JSON pointers to everything inside, outer ones first.
fn collect(value: &Value, path: String, found: &mut Vec<String>) {
    if !path.is_empty() {
        found.push(path.clone());
    }
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(key, inner)| collect(inner, format!("{path}/{}", key.replace('~', "~0").replace('/', "~1")), found));
        }
        Value::Array(items) => items.iter().enumerate().for_each(|(at, inner)| collect(inner, format!("{path}/{at}"), found)),
        _ => {}
    }
}

fn take(object: &mut Value, path: &str) {
    let Some((parent, key)) = path.rsplit_once('/') else { return };
    match object.pointer_mut(parent) {
        Some(Value::Object(fields)) => {
            fields.remove(&key.replace("~1", "/").replace("~0", "~"));
        }
        Some(Value::Array(items)) => {
            key.parse().ok().filter(|at: &usize| *at < items.len()).map(|at| items.remove(at));
        }
        _ => {}
    }
}
