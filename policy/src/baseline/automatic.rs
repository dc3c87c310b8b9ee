//! Automatic HostEndpoints: what Calico's controller makes of its configuration, and the edit that switches it.
//!
//! `kube-controllers/pkg/controllers/node/hostendpoints.go`: `generateAutoHostendpointFromNode` at v3.28.5, and
//! `hostendpoints.go:421-600` at v3.32.1. Templates are in [`super::template`].

use super::template::{Named, Template};
use crate::names;
use crate::object::{
    ADDRESS_ANNOTATIONS, AnyObject, AutoHostEndpoint, HostEndpoint, Kept, Kind, KubeControllersConfiguration, Labels, Node, Object,
    ObjectKey, Raw,
};
use crate::snapshot::Snapshot;
use serde_json::{Value, json};
use std::net::IpAddr;
use std::sync::Arc;

/// The longest name of an object; the controller hashes longer ones.
pub(super) const MOST_NAME: usize = 253;

/// The identity of the controllers' configuration.
pub(super) fn key() -> ObjectKey {
    ObjectKey::new(Kind::KubeControllersConfiguration, "", "default")
}

/// Why it cannot be foretold which HostEndpoints the controller makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Untold {
    /// The selector of a template does not parse: the controller then leaves out this template and all that follow.
    Selector(String),
    /// The pattern of a template, and the pattern, which cannot be read.
    Pattern(String, String),
    /// A name is too long: the controller makes another one of it.
    Name(String),
    /// Calico's API would refuse a name that has the interface's in it.
    Refused(String),
}

/// What the controller makes.
#[derive(Debug, Default)]
pub(super) struct Foretold {
    /// The HostEndpoints, by node.
    pub(super) made: Vec<HostEndpoint>,
    /// Nodes of which a template would have to know the interfaces, and nobody does.
    pub(super) silent: Vec<Silent>,
}

/// A node of which a template by names of interfaces would have to know the interfaces, and which reports none.
#[derive(Debug)]
pub(super) struct Silent {
    /// The template.
    pub(super) template: String,
    /// Interfaces of the node that HostEndpoints name and the template means.
    pub(super) seen: Vec<String>,
    /// What each HostEndpoint would be, but for its interface: policies go by its labels.
    pub(super) like: HostEndpoint,
}

/// The configuration of automatic HostEndpoints; none where the node controller does not run, or is not known.
pub(super) fn configured(snapshot: &Snapshot) -> Option<AutoHostEndpoint> {
    let config = snapshot.get::<Kept<KubeControllersConfiguration>>("", "default")?;
    config.spec.controllers.node.as_ref().map(|node| node.host_endpoint.clone())
}

/// The HostEndpoints that the controller makes by this configuration.
pub(super) fn wanted(snapshot: &Snapshot, config: &AutoHostEndpoint) -> Result<Foretold, Untold> {
    let mut foretold = Foretold::default();
    if config.auto_create != "Enabled" {
        return Ok(foretold);
    }
    let templates = config.templates.iter().map(Template::read).collect::<Result<Vec<_>, _>>()?;
    let named = Named::of(snapshot);
    for node in snapshot.iter::<Node>().map(Arc::as_ref) {
        if config.create_default_host_endpoint != "Disabled" {
            let name = format!("{}-auto-hep", node.metadata.name);
            foretold.made.push(endpoint(node, name, "*", addresses(node), &Labels::new()));
        }
        for template in &templates {
            template.on(node, &named, &mut foretold)?;
        }
    }
    match foretold.made.iter().find(|endpoint| endpoint.metadata.name.len() > MOST_NAME) {
        Some(long) => Err(Untold::Name(long.metadata.name.clone())),
        None => Ok(foretold),
    }
}

pub(super) fn endpoint(node: &Node, name: String, interface: &str, addresses: Vec<IpAddr>, labels: &Labels) -> HostEndpoint {
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

/// The addresses that the controller gives to a node's HostEndpoint: those that Calico knows of it, its internal ones, then those of its
/// interfaces where it reports them (3.31); none twice. What does not read as an address is left out, as the controller does.
#[must_use]
pub fn addresses(node: &Node) -> Vec<IpAddr> {
    let annotated = ADDRESS_ANNOTATIONS.iter().filter_map(|name| node.metadata.annotations.get(*name));
    let internal = node.status.addresses.iter().filter(|address| address.kind == "InternalIP").map(|address| &address.address);
    let of_interfaces = node.interfaces().into_iter().flatten().flat_map(|interface| interface.addresses);
    let mut found = Vec::new();
    for address in annotated.chain(internal).filter_map(|text| text.split('/').next()?.parse().ok()).chain(of_interfaces) {
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
    let Some(Ok(Foretold { made: wanted, .. })) = configured(snapshot).map(|config| wanted(snapshot, &config)) else { return };
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
