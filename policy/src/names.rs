//! The names, labels and annotations that Portcullis writes.

use crate::object::{HostEndpoint, Meta, PREFIX, ServiceRef};
use sha2::{Digest, Sha256};

/// Version of the shape of the objects: a newer shape is a plan like any other.
pub const SHAPE: &str = "2";

/// Label of the HostEndpoints that Portcullis creates; its value is `true`.
pub const EDGE_LABEL: &str = "portcullis.dev/edge";
/// Label of the HostEndpoints that Portcullis creates; its value names their node.
pub const NODE_LABEL: &str = "portcullis.dev/node";
/// Label of the client sets; its value names the Service and the ports.
pub const CLIENTS_LABEL: &str = "portcullis.dev/clients";
/// Label of the client sets, for the edge: its value is the id of an edge group ([`crate::scope::EdgeGroup`]).
pub const EDGE_CLIENTS_LABEL: &str = "portcullis.dev/edge-clients";
/// Label of the client sets, for the edge: which ports their clients may use ([`ports_label`]).
pub const PORTS_LABEL: &str = "portcullis.dev/ports";
/// Value of [`PORTS_LABEL`] for what load balancers send from: NodePorts, whichever they are. No hash looks like it.
pub const LOAD_BALANCERS: &str = "load-balancers";
/// In place of the id of an edge group, for the sets of a Service that its pods alone guard. No id looks like it: those end with a hash.
pub const PODS_ALONE: &str = "pods-alone";
/// Label of the sets of nodes' addresses; its value names the Service whose pod policy means them.
pub const NODES_LABEL: &str = "portcullis.dev/nodes";
/// Label of the address sets; its value is the id of an edge group.
pub const ADDRESSES_LABEL: &str = "portcullis.dev/edge-addresses";
/// Annotation: the Service that an object belongs to, `NAMESPACE/NAME`.
pub const SERVICE_ANNOTATION: &str = "portcullis.dev/service";
/// Annotation: the first 12 digits of the SHA-256 of the access that an object carries out.
pub const REVISION_ANNOTATION: &str = "portcullis.dev/revision";
/// Annotation: [`SHAPE`].
pub const SHAPE_ANNOTATION: &str = "portcullis.dev/shape";
/// Annotation of an address set (in the first shape: of the edge policy), of a pod policy that guards alone, and of the policy that closes: what of the access the objects do not say.
pub const ACCESS_ANNOTATION: &str = "portcullis.dev/access";
/// Annotation of a client set: the ports its clients may use, as `TCP/443,UDP/53`; empty: all.
pub const PORTS_ANNOTATION: &str = "portcullis.dev/ports";
/// Annotation of a client set, and of the set of a client group: notes by net.
pub const NOTES_ANNOTATION: &str = "portcullis.dev/notes";
/// Label of the sets that say what a client group holds; its value is the group's name. No rule means it.
pub const GROUP_LABEL: &str = "portcullis.dev/group";
/// Annotation of a client set: the client group that its nets are those of; without it they are rows of the access.
pub const GROUP_ANNOTATION: &str = "portcullis.dev/group";
/// Annotation of a client set with a group's nets: the note on why the group may reach the Service.
pub const NOTE_ANNOTATION: &str = "portcullis.dev/note";

/// `order` of every edge policy.
pub const EDGE_ORDER: f64 = 100.0;
/// `order` of the policy that closes advertised ranges: behind every edge policy, and behind what others have decided before translation by an
/// order of their own.
pub const CLOSED_ORDER: f64 = 1_000_000.0;
/// `order` of the policy that ends the forward policies: behind those of others that have one.
pub const END_ORDER: f64 = 1_000_000_000.0;
/// `order` of every pod policy: before Kubernetes' NetworkPolicies, which Calico gives 1000.
pub const POD_ORDER: f64 = 500.0;
/// Most nets of one client set.
pub const SET_NETS: u32 = 2_000;
/// Most bytes of the notes of one client set: Kubernetes allows 256 KiB for all annotations of an object, and Calico's API server keeps
/// them a second time, quoted.
pub const SET_NOTES_BYTES: u32 = 64 * 1024;
/// Label by which Calico's controller marks the HostEndpoints that it makes (kube-controllers/pkg/controllers/node/hostendpoints.go:351).
pub const AUTO_LABEL: (&str, &str) = ("projectcalico.org/created-by", "calico-kube-controllers");
/// Calico's profile that allows everything (libcalico-go/lib/resources/static.go:28).
pub const DEFAULT_ALLOW: &str = "projectcalico-default-allow";

/// What tells the objects of one Service apart: its name, cut, and a hash of namespace and name; a valid label value and part of a name.
#[must_use]
pub fn service_slug(service: &ServiceRef) -> String {
    slug(service.name(), &service.to_string(), 24)
}

/// Name of the edge policy of a group. The group that a Service founds has [`service_slug`] as its id.
#[must_use]
pub fn edge_policy(group: &str) -> String {
    format!("{EDGE_POLICY}{group}")
}
const EDGE_POLICY: &str = "portcullis-edge-";
/// What is above this comes behind the name of every edge policy.
pub(crate) const BEHIND_EDGE_POLICIES: &str = "portcullis-edge.";

/// Name of the policy that tries the edge of a Service at one node. Of the same order as the edge policies it comes before them, by its name.
#[must_use]
pub fn canary_policy(service: &ServiceRef) -> String {
    format!("portcullis-canary-{}", service_slug(service))
}

/// Value of [`NODE_LABEL`]: the node's name, or what tells it apart where that is too long for a label.
#[must_use]
pub fn node_label(node: &str) -> String {
    if node.len() <= 63 { node.to_owned() } else { slug(node, node, 50) }
}

/// The id of the group whose edge policy this is; none for any other object. In the first shape an edge policy was one Service's own.
#[must_use]
pub(crate) fn edge_group(policy: &Meta) -> Option<&str> {
    group_of_edge_policy(&policy.name).filter(|_| !policy.annotations.contains_key(SERVICE_ANNOTATION))
}

/// The id of the group whose edge policy is called so.
pub(crate) fn group_of_edge_policy(name: &str) -> Option<&str> {
    name.strip_prefix(EDGE_POLICY)
}

/// Name of the address set of a Service in the edge group `group`.
#[must_use]
pub fn address_set(service: &ServiceRef, group: &str) -> String {
    format!("{ADDRESS_SET}{}", in_group(&service_slug(service), service, group))
}
const ADDRESS_SET: &str = "portcullis-address-";

/// Whether a set of ours holds the addresses of a Service.
#[must_use]
pub(crate) fn is_address_set(set: &Meta) -> bool {
    set.name.starts_with(ADDRESS_SET)
}

/// `name`, told apart from what the Service has in other groups: a Service that moves has something in both for a while.
fn in_group(name: &str, service: &ServiceRef, group: &str) -> String {
    if group == service_slug(service) { name.to_owned() } else { format!("{name}-in-{}", hash(group)) }
}

/// Name of the `part`-th set (from 0) of the nodes' addresses that the pod policy of a Service means.
#[must_use]
pub(crate) fn node_set(service: &ServiceRef, part: u32) -> String {
    let own = service_slug(service);
    format!("{NODE_SET}{}", if part == 0 { own } else { slug(service.name(), &format!("{service}/{part}"), 24) })
}

const NODE_SET: &str = "portcullis-nodes-";

/// Whether a set of ours holds the nodes' addresses.
#[must_use]
pub(crate) fn is_node_set(name: &str) -> bool {
    name.starts_with(NODE_SET)
}

/// Name of the pod policy of a Service.
#[must_use]
pub fn pod_policy(service: &ServiceRef) -> String {
    format!("portcullis-pods-{}", service_slug(service))
}

/// Name of the policy of a Service on what nodes forward.
#[must_use]
pub fn forward_policy(service: &ServiceRef) -> String {
    format!("{FORWARD_POLICY}{}", service_slug(service))
}
pub(crate) const FORWARD_POLICY: &str = "portcullis-forward-";

/// Name of the policy that ends what the forward policies begin. No slug of a Service looks like it.
pub const FORWARD_END: &str = "portcullis-forward-end";

/// Name of the policy that closes the advertised ranges.
pub const CLOSED_POLICY: &str = "portcullis-closed";

/// Whether this is the forward policy of a Service.
#[must_use]
pub(crate) fn is_forward_policy(policy: &Meta) -> bool {
    policy.name.starts_with(FORWARD_POLICY) && policy.name != FORWARD_END && is_ours(policy)
}

/// Value of [`CLIENTS_LABEL`] for the clients of a Service that may use `ports` (as in [`PORTS_ANNOTATION`]).
#[must_use]
pub fn clients_label(service: &ServiceRef, ports: &str) -> String {
    if ports.is_empty() { service_slug(service) } else { format!("{}-{}", service_slug(service), hash(ports)) }
}

/// Value of [`PORTS_LABEL`] for clients that may use `ports` (as in [`PORTS_ANNOTATION`]).
#[must_use]
pub fn ports_label(ports: &str) -> String {
    if ports.is_empty() { "all".to_owned() } else { hash(ports) }
}

/// Name of the `part`-th set (from 0) of the clients with this label, in the edge group `group`.
#[must_use]
pub fn client_set(service: &ServiceRef, group: Option<&str>, clients_label: &str, part: u32) -> String {
    let name = if part == 0 { clients_label.to_owned() } else { slug(clients_label, &format!("{clients_label}/{part}"), 30) };
    format!("portcullis-clients-{}", group.map_or(name.clone(), |group| in_group(&name, service, group)))
}

/// Name of the `part`-th set (from 0) of a client group's nets among the clients with this label, in the edge group `edge`.
#[must_use]
pub(crate) fn client_set_of_group(service: &ServiceRef, edge: Option<&str>, clients_label: &str, group: &str, part: u32) -> String {
    let name = slug(&format!("{}-{group}", service.name()), &format!("{clients_label}@{group}/{part}"), 56);
    format!("portcullis-clients-{}", edge.map_or(name.clone(), |edge| in_group(&name, service, edge)))
}

/// Name of the `part`-th set (from 0) that says what a client group holds.
#[must_use]
pub fn group_set(group: &str, part: u32) -> String {
    if part == 0 { format!("{GROUP_SET}{group}") } else { format!("{GROUP_SET}{}", slug(group, &format!("{group}/{part}"), 40)) }
}
const GROUP_SET: &str = "portcullis-group-";

/// The client group that a set of ours says something of.
pub(crate) fn group_of_set(set: &Meta) -> Option<&str> {
    set.labels.get(GROUP_LABEL).filter(|_| is_ours(set) && set.name.starts_with(GROUP_SET)).map(String::as_str)
}

/// Name of the HostEndpoint on `interface` of `node`.
#[must_use]
pub fn host_endpoint(node: &str, interface: &str) -> String {
    format!("portcullis-host-{}", slug(node, &format!("{node}/{interface}"), 36))
}

/// Whether Portcullis wrote the object: by its name and its shape annotation, which no other program sets.
#[must_use]
pub fn is_ours(meta: &Meta) -> bool {
    meta.name.starts_with("portcullis-") && meta.annotations.contains_key(SHAPE_ANNOTATION)
}

/// Whether Calico's controller made the HostEndpoint.
#[must_use]
pub fn is_automatic(endpoint: &HostEndpoint) -> bool {
    endpoint.metadata.labels.get(AUTO_LABEL.0).is_some_and(|value| value == AUTO_LABEL.1)
}

/// Whether a label is one that Portcullis writes.
#[must_use]
pub fn is_our_label(key: &str) -> bool {
    key.starts_with(PREFIX)
}

/// First 8 hexadecimal digits of the SHA-256 of `text`.
fn hash(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))[..8].to_owned()
}

/// `bytes` in lower-case hexadecimal.
#[must_use]
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().flat_map(|b| [b >> 4, b & 15]).filter_map(|digit| char::from_digit(u32::from(digit), 16)).collect()
}

/// `name` in the characters of a DNS label, cut to `most`, and the hash of `whole` behind it.
fn slug(name: &str, whole: &str, most: usize) -> String {
    let cut: String = name
        .chars()
        .map(|c| c.to_ascii_lowercase())
        .map(|c| if c.is_ascii_lowercase() || c.is_ascii_digit() { c } else { '-' })
        .take(most)
        .collect();
    format!("{}-{}", cut.trim_matches('-'), hash(whole))
}
