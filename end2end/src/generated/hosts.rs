//! HostEndpoints: of interfaces by their names, by addresses, of all interfaces, several side by side, or none.

use serde_json::{Value, json};

use super::{Base, Draw};
use crate::world::NodeLayout;

/// The label of HostEndpoints for all interfaces, by which the rig's own packets are let through: theirs are pods' too.
pub(super) const WILD: &str = "wild";

/// Which HostEndpoints every node has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    Nothing,
    Interfaces,
    Addresses,
    Everything,
    Both,
}

pub(super) fn host_endpoints(draw: &mut Draw, base: &Base<'_>) -> Vec<Value> {
    let of = draw.one(&[
        Of::Interfaces,
        Of::Interfaces,
        Of::Interfaces,
        Of::Everything,
        Of::Everything,
        Of::Both,
        Of::Both,
        Of::Addresses,
        Of::Nothing,
    ]);
    let mut objects = Vec::new();
    for node in &base.world.layout.nodes {
        // One node without them now and then.
        if draw.chance(8) {
            continue;
        }
        if matches!(of, Of::Interfaces | Of::Both) {
            objects.extend(named(draw, base, node));
        }
        if of == Of::Addresses {
            objects.push(host_endpoint(draw, base, &format!("{}-by-address", node.name), node, "", &own(node)));
        }
        if matches!(of, Of::Everything | Of::Both) {
            let mut all = host_endpoint(draw, base, &format!("{}-all", node.name), node, "*", &own(node));
            all["metadata"]["labels"][WILD] = "true".into();
            objects.push(all);
        }
    }
    objects
}

/// Of interfaces by their names; now and then another one for the same interface, which comes after the first by its name.
fn named(draw: &mut Draw, base: &Base<'_>, node: &NodeLayout) -> Vec<Value> {
    let mut objects = Vec::new();
    let several = node.interfaces.len() > 1;
    let addresses = match draw.below(10) {
        // Of several interfaces the main one is known by its address.
        0 if !several => Vec::new(),
        1..=3 => tunnel(base, node).into_iter().chain(own(node)).collect(),
        _ => own(node),
    };
    objects.push(host_endpoint(draw, base, &format!("{}-eth0", node.name), node, "eth0", &addresses));
    if draw.chance(12) {
        let first = draw.one(&["a", "z"]);
        objects.push(host_endpoint(draw, base, &format!("{first}-{}-eth0", node.name), node, "eth0", &addresses));
    }
    for link in node.interfaces.iter().skip(1) {
        if draw.chance(40) {
            continue;
        }
        let addresses: Vec<String> = link.addresses.iter().map(ToString::to_string).collect();
        objects.push(host_endpoint(draw, base, &format!("{}-second", node.name), node, &link.name, &addresses));
    }
    objects
}

fn host_endpoint(draw: &mut Draw, base: &Base<'_>, name: &str, node: &NodeLayout, interface: &str, addresses: &[String]) -> Value {
    let labels = draw.one(&[
        json!({ "edge": "true" }),
        json!({ "edge": "true" }),
        json!({ "edge": "true" }),
        json!({ "edge": "true", "role": "node" }),
        json!({ "role": "node" }),
        json!({ "app": "a" }),
    ]);
    let allow = json!(["projectcalico-default-allow"]);
    let others = [allow.clone(), allow.clone(), allow.clone(), json!([]), json!(["kns.shop"]), json!(["no-such-profile"])];
    // A node that hears nothing of its neighbours has no IPv6.
    let profiles = if base.dual { allow } else { draw.one(&others) };
    let mut spec = json!({ "node": node.name, "expectedIPs": addresses, "profiles": profiles });
    if !interface.is_empty() {
        spec["interfaceName"] = interface.into();
    }
    if draw.chance(15) {
        spec["ports"] = json!([{ "name": "http", "protocol": "TCP", "port": 9100 }]);
    }
    json!({ "apiVersion": "projectcalico.org/v3", "kind": "HostEndpoint", "metadata": { "name": name, "labels": labels }, "spec": spec })
}

fn own(node: &NodeLayout) -> Vec<String> {
    node.interfaces.first().into_iter().flat_map(|link| &link.addresses).map(ToString::to_string).collect()
}

fn tunnel(base: &Base<'_>, node: &NodeLayout) -> Option<String> {
    let object = base.world.objects.iter().find(|object| object["kind"] == "Node" && object["metadata"]["name"] == node.name.as_str())?;
    object["metadata"]["annotations"]["projectcalico.org/IPv4VXLANTunnelAddr"].as_str().map(str::to_owned)
}
