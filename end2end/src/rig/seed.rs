//! Objects put into the API as they are: created, and then given the status that creating drops.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::folder::RunFolder;
use super::kubectl::Kubectl;

/// What the API server sets itself, and refuses or overrules in a new object.
const SERVER_SET: &[&str] = &["uid", "resourceVersion", "creationTimestamp", "generation", "managedFields", "selfLink"];

/// Kinds whose status is written by somebody who does not run here, and is read by Portcullis.
const WITH_STATUS: &[&str] = &["Pod", "Node", "Service"];

/// Creates `objects` in their order, without those that every API server makes for itself.
pub(super) fn load(kubectl: &Kubectl, run: &RunFolder, objects: &[Value], progress: &mut dyn Write) -> Result<()> {
    let begin = Instant::now();
    let present = present(kubectl)?;
    let objects: Vec<Value> = objects.iter().filter(|object| !present.contains(&named(object))).map(without_server_set).collect();
    if objects.is_empty() {
        return Ok(());
    }
    let file = run.path().join("objects.json");
    write_list(&file, &objects)?;
    kubectl.output(&["create", "--filename", &file.to_string_lossy()])?;
    let with_status: Vec<Value> = objects.iter().filter(|object| has_status(object)).cloned().collect();
    if !with_status.is_empty() {
        let file = run.path().join("status.json");
        write_list(&file, &with_status)?;
        kubectl.output(&["replace", "--subresource=status", "--filename", &file.to_string_lossy()])?;
    }
    writeln!(progress, "  {} objects, {} with status: {:.1} s", objects.len(), with_status.len(), begin.elapsed().as_secs_f32())?;
    Ok(())
}

/// What is there from the start: namespaces, the Service of the API itself, and what Calico's API server makes when it starts and lets
/// nobody create.
fn present(kubectl: &Kubectl) -> Result<BTreeSet<String>> {
    let mut present = BTreeSet::new();
    for kind in ["namespaces", "services,endpointslices", "clusterinformations.projectcalico.org"] {
        let template = "{range .items[*]}{.kind} {.metadata.namespace} {.metadata.name}{\"\\n\"}{end}";
        let text = kubectl.output(&["get", kind, "--all-namespaces", "--output", &format!("jsonpath={template}")])?;
        present.extend(text.lines().map(str::to_owned));
    }
    Ok(present)
}

fn named(object: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let metadata = &object["metadata"];
    format!("{} {} {}", text(&object["kind"]), text(&metadata["namespace"]), text(&metadata["name"]))
}

fn without_server_set(object: &Value) -> Value {
    let mut object = object.clone();
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.retain(|name, _| !SERVER_SET.contains(&name.as_str()));
    }
    object
}

fn has_status(object: &Value) -> bool {
    object["kind"].as_str().is_some_and(|kind| WITH_STATUS.contains(&kind))
        && object["status"].as_object().is_some_and(|status| !status.is_empty())
}

fn write_list(file: &Path, objects: &[Value]) -> Result<()> {
    let list = json!({ "apiVersion": "v1", "kind": "List", "items": objects });
    fs::write(file, serde_json::to_vec(&list)?).with_context(|| format!("writing {}", file.display()))
}
