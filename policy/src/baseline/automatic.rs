//! Automatic HostEndpoints: what Calico's controller makes of its configuration, and the edit that switches it.
//!
//! `kube-controllers/pkg/controllers/node/hostendpoints.go`: `generateAutoHostendpointFromNode` at v3.28.5, and
//! `hostendpoints.go:421-600` at v3.32.1 for templates.

use crate::cidr::Cidr;
use crate::names;
use crate::object::{
    ADDRESS_ANNOTATIONS, AnyObject, AutoHostEndpoint, HostEndpoint, HostEndpointTemplate, Kept, Kind, KubeControllersConfiguration, Labels,
    Node, Object, ObjectKey, Raw,
};
use crate::selector::Selector;
use crate::snapshot::Snapshot;
use serde_json::{Value, json};
use std::net::IpAddr;
use std::sync::Arc;

/// The longest name of an object; the controller hashes longer ones.
const MOST_NAME: usize = 253;

/// The identity of the controllers' configuration.
pub(super) fn key() -> ObjectKey {
    ObjectKey::new(Kind::KubeControllersConfiguration, "", "default")
}

/// Why it cannot be foretold which HostEndpoints the controller makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Untold {
    /// A template goes by the names of interfaces, which no object says.
    Interfaces(String),
    /// A selector of a template does not parse.
    Selector(String),
    /// A name is too long.
    Name(String),
}

/// The configuration of automatic HostEndpoints; none where the node controller does not run, or is not known.
pub(super) fn configured(snapshot: &Snapshot) -> Option<AutoHostEndpoint> {
    let config = snapshot.get::<Kept<KubeControllersConfiguration>>("", "default")?;
    config.spec.controllers.node.as_ref().map(|node| node.host_endpoint.clone())
}

/// The HostEndpoints that the controller makes by this configuration, by node.
pub(super) fn wanted(snapshot: &Snapshot, config: &AutoHostEndpoint) -> Result<Vec<HostEndpoint>, Untold> {
    let mut made = Vec::new();
    if config.auto_create != "Enabled" {
        return Ok(made);
    }
    for node in snapshot.iter::<Node>().map(Arc::as_ref) {
        if config.create_default_host_endpoint != "Disabled" {
            made.push(endpoint(node, format!("{}-auto-hep", node.metadata.name), "*", addresses(node), &Labels::new()));
        }
        for template in &config.templates {
            made.extend(of_template(node, template)?);
        }
    }
    match made.iter().find(|endpoint| endpoint.metadata.name.len() > MOST_NAME) {
        Some(long) => Err(Untold::Name(long.metadata.name.clone())),
        None => Ok(made),
    }
}

fn of_template(node: &Node, template: &HostEndpointTemplate) -> Result<Option<HostEndpoint>, Untold> {
    let named = || template.generate_name.clone();
    if !template.interface_pattern.is_empty() {
        return Err(Untold::Interfaces(named()));
    }
    if !template.node_selector.is_empty() {
        let selector = Selector::parse(&template.node_selector).map_err(|_| Untold::Selector(named()))?;
        if !selector.matches(&node.metadata.labels) {
            return Ok(None);
        }
    }
    let ranges: Vec<Cidr> = template.interface_cidrs.iter().filter_map(|text| text.parse().ok()).collect();
    let listed: Vec<IpAddr> = addresses(node).into_iter().filter(|address| ranges.iter().any(|range| range.contains(*address))).collect();
    let name = format!("{}-{}-auto-hep", node.metadata.name, template.generate_name);
    Ok((!listed.is_empty()).then(|| endpoint(node, name, "", listed, &template.labels)))
}

fn endpoint(node: &Node, name: String, interface: &str, addresses: Vec<IpAddr>, labels: &Labels) -> HostEndpoint {
    let mut made = HostEndpoint::default();
    made.metadata.name = name;
    let pairs = node.metadata.labels.iter().chain(labels).map(|(key, value)| (key.clone(), value.clone()));
    made.metadata.labels = pairs.chain([(names::AUTO_LABEL.0.to_owned(), names::AUTO_LABEL.1.to_owned())]).collect();
    made.spec.node.clone_from(&node.metadata.name);
    interface.clone_into(&mut made.spec.interface_name);
    made.spec.expected_ips = addresses.iter().map(ToString::to_string).collect();
    made.spec.profiles = vec![names::DEFAULT_ALLOW.to_owned()];
    made
}

/// The addresses that the controller gives to a node's HostEndpoint: those that Calico knows of it, then its internal ones; none twice. What
/// does not read as an address is left out, as the controller does.
#[must_use]
pub fn addresses(node: &Node) -> Vec<IpAddr> {
    let annotated = ADDRESS_ANNOTATIONS.iter().filter_map(|name| node.metadata.annotations.get(*name));
    let internal = node.status.addresses.iter().filter(|address| address.kind == "InternalIP").map(|address| &address.address);
    let mut found = Vec::new();
    for address in annotated.chain(internal).filter_map(|text| text.split('/').next()?.parse().ok()) {
        if !found.contains(&address) {
            found.push(address);
        }
    }
    found
}

/// The HostEndpoints that the controller has made.
pub(super) fn made(snapshot: &Snapshot) -> impl Iterator<Item = &Arc<Kept<HostEndpoint>>> {
    snapshot.iter::<Kept<HostEndpoint>>().filter(|endpoint| names::is_automatic(endpoint))
}

/// Does to the snapshot what the controller does once its configuration has changed; nothing where that cannot be foretold.
pub(crate) fn follow(snapshot: &mut Snapshot) {
    let Some(Ok(wanted)) = configured(snapshot).map(|config| wanted(snapshot, &config)) else { return };
    let gone: Vec<ObjectKey> =
        made(snapshot).filter(|has| !wanted.iter().any(|wanted| wanted.metadata.name == has.metadata.name)).map(|has| has.key()).collect();
    gone.iter().for_each(|key| snapshot.remove(key));
    for object in wanted {
        if snapshot.get::<Kept<HostEndpoint>>("", &object.metadata.name).is_none() {
            snapshot.insert(AnyObject::from(Kept { raw: Raw::of(written(&object)), object }));
        }
    }
}

/// As the controller writes it.
fn written(endpoint: &HostEndpoint) -> Value {
    let labels: serde_json::Map<String, Value> =
        endpoint.metadata.labels.iter().map(|(key, value)| (key.clone(), value.clone().into())).collect();
    json!({
        "apiVersion": Kind::HostEndpoint.api_version(),
        "kind": Kind::HostEndpoint.name(),
        "metadata": { "name": endpoint.metadata.name, "labels": labels },
        "spec": endpoint.spec,
    })
}

/// The configuration with automatic HostEndpoints on or off, and all else as it is.
pub(super) fn switched(live: &Value, on: bool) -> Value {
    let mut object = live.clone();
    let node = object.pointer_mut("/spec/controllers/node").and_then(Value::as_object_mut);
    if let Some(node) = node {
        let entry = node.entry("hostEndpoint").or_insert_with(|| json!({}));
        if !entry.is_object() {
            *entry = json!({});
        }
        entry["autoCreate"] = if on { "Enabled" } else { "Disabled" }.into();
    }
    object
}

/// The environment variable of the controllers that says it instead of their configuration, where they report one.
pub(super) fn overridden(live: &Value) -> bool {
    let set = live.pointer("/status/environmentVars").and_then(Value::as_object);
    set.is_some_and(|set| set.contains_key("AUTO_HOST_ENDPOINTS"))
}
