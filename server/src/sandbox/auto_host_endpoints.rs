//! Automatic HostEndpoints, as Calico's kube-controllers make them while `KubeControllersConfiguration/default` says so
//! (`kube-controllers/pkg/controllers/node/hostendpoints.go` at v3.28.5).

use super::state::Draft;
use super::{calico, metadata};
use policy::baseline::automatic_addresses;
use policy::names;
use policy::object::{Kind, KubeControllersConfiguration, Node, Object, ObjectKey, decode};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const CREATED_BY: &str = names::AUTO_LABEL.0;
const CONTROLLER: &str = names::AUTO_LABEL.1;

/// Follows a change of nodes or of the controller's configuration. An automatic HostEndpoint that somebody edits is put right at the next
/// such change, not before: the controller does not watch HostEndpoints.
pub(super) fn follow(draft: &mut Draft<'_>) {
    if !draft.touches(Kind::Node) && !draft.touches(Kind::KubeControllersConfiguration) {
        return;
    }
    let mut wanted = if enabled(draft) { wanted(draft) } else { BTreeMap::new() };
    for (key, current) in draft.list(Kind::HostEndpoint, None) {
        let current = current.read();
        let ours = current["metadata"]["labels"][CREATED_BY] == CONTROLLER;
        match wanted.remove(&key) {
            Some(expected) if differs(&current, &expected) => {
                let mut object = expected;
                for field in ["uid", "creationTimestamp"] {
                    object["metadata"][field] = current["metadata"][field].clone();
                }
                draft.put(key, object);
            }
            None if ours => draft.remove(&key),
            _ => {}
        }
    }
    for (key, mut object) in wanted {
        metadata::stamp_new(key.kind, &mut object);
        draft.put(key, object);
    }
}

fn enabled(draft: &Draft<'_>) -> bool {
    let key = ObjectKey::new(Kind::KubeControllersConfiguration, "", "default");
    let configuration = draft.get(&key).and_then(|object| decode::<KubeControllersConfiguration>(&object).ok());
    let node = configuration.and_then(|configuration| configuration.spec.controllers.node);
    node.is_some_and(|node| node.host_endpoint.auto_create == "Enabled")
}

fn wanted(draft: &Draft<'_>) -> BTreeMap<ObjectKey, Value> {
    let nodes = draft.list(Kind::Node, None);
    nodes.values().filter_map(|object| decode::<Node>(&object.read()).ok()).map(|node| host_endpoint(&node)).collect()
}

fn host_endpoint(node: &Node) -> (ObjectKey, Value) {
    let name = format!("{}-auto-hep", node.meta().name);
    let mut labels = node.metadata.labels.clone();
    labels.insert(CREATED_BY.to_owned(), CONTROLLER.to_owned());
    let mut object = json!({
        "apiVersion": Kind::HostEndpoint.api_version(),
        "kind": Kind::HostEndpoint.name(),
        "metadata": {"name": name, "labels": labels},
        "spec": {
            "node": node.metadata.name,
            "interfaceName": "*",
            "expectedIPs": automatic_addresses(node),
            "profiles": ["projectcalico-default-allow"],
        },
    });
    calico::normalise(Kind::HostEndpoint, &mut object);
    (ObjectKey::new(Kind::HostEndpoint, "", &name), object)
}

/// The controller looks at labels, addresses and interface, not at profiles (`hostendpointNeedsUpdate`).
fn differs(current: &Value, expected: &Value) -> bool {
    ["/metadata/labels", "/spec/expectedIPs", "/spec/interfaceName"]
        .iter()
        .any(|pointer| current.pointer(pointer) != expected.pointer(pointer))
}
