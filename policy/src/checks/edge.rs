//! Checks of nodes and HostEndpoints.

use super::{Draft, few, interfaces};
use crate::access::HostEndpoints;
use crate::finding::{Finding, Severity};
use crate::names;
use crate::object::{Kind, ObjectKey};
use crate::scope::{EdgeFacts, NodeGroup, Owner, Scope, Unresolved};

pub(super) fn checks(scope: &Scope, choice: &HostEndpoints) -> Vec<Finding> {
    let mut findings = Vec::new();
    let ground = Ground { edge: &scope.edge, node_ports: scope.service.has_node_ports(), nodes_known: scope.knows(Kind::Node) };
    findings.extend(hosts(&ground, choice));
    findings.extend(scope.edge.unresolved.iter().filter(|unresolved| !recreated(scope, choice, unresolved)).map(unresolved));
    findings
}

/// What matters without an edge too.
pub(super) fn everywhere(scope: &Scope) -> Vec<Finding> {
    ebpf(scope).into_iter().chain(label_carriers(scope)).collect()
}

/// What an edge is to stand on.
pub(crate) struct Ground<'a> {
    pub(crate) edge: &'a EdgeFacts,
    /// Whether nodes serve a NodePort that is to be guarded.
    pub(crate) node_ports: bool,
    pub(crate) nodes_known: bool,
}

/// Whether the HostEndpoints that are chosen will do.
pub(crate) fn hosts(ground: &Ground, choice: &HostEndpoints) -> Vec<Finding> {
    let mut findings = match choice {
        HostEndpoints::Existing => existing(ground),
        HostEndpoints::Automatic => automatic(ground),
        HostEndpoints::Named { interface } => named(ground, interface.name()),
    };
    findings.extend(interfaces::checks(ground, choice));
    findings.extend(without_profile(ground.edge));
    findings
}

pub(super) fn node(name: &str) -> ObjectKey {
    ObjectKey::new(Kind::Node, "", name)
}

/// Nodes of the groups that `of` picks.
fn names(edge: &EdgeFacts, of: impl Fn(&NodeGroup) -> bool) -> Vec<String> {
    let mut names: Vec<String> = edge.nodes.iter().filter(|group| of(group)).flat_map(|group| group.names.iter().cloned()).collect();
    names.sort();
    names
}

/// What stands on hosts without a profile that lets the rest be.
pub(super) fn without_profile(edge: &EdgeFacts) -> Option<Finding> {
    let bare = &edge.without_profile;
    let keys = bare.iter().map(|name| ObjectKey::new(Kind::HostEndpoint, "", name)).collect();
    (!bare.is_empty()).then(|| {
        Draft::new(Severity::Warning, "host-endpoint-without-profile", keys).says(
            format!("{} without a profile that allows: {}.", if bare.len() == 1 { "A HostEndpoint is" } else { "HostEndpoints are" }, few(bare)),
            "In each direction in which no policy selects such a HostEndpoint, it cuts what its node itself receives and sends, but for failsafe \
             ports: the kubelet (10250), answers to ping, time, images, and an API server on another port than 6443. An edge policy changes nothing about that.",
            format!("Add `{}` to `spec.profiles`, unless the cutting is meant.", names::DEFAULT_ALLOW),
        )
    })
}

fn ebpf(scope: &Scope) -> Option<Finding> {
    (!scope.ebpf.is_empty()).then(|| {
        Draft::new(Severity::Blocker, "data-plane-ebpf", scope.ebpf.clone()).says(
            "The data plane is eBPF.",
            "There the pods see the clients' own addresses on every path, and the rule that lets nodes through would let in more than is asked.",
            "Wait for the version that plans for eBPF.",
        )
    })
}

fn existing(ground: &Ground) -> Vec<Finding> {
    let mut findings = Vec::new();
    if ground.edge.endpoints.is_empty() {
        findings.push(Draft::new(Severity::Blocker, "no-host-endpoint", Vec::new()).says(
            "The cluster has no HostEndpoint.",
            "An edge policy acts on HostEndpoints only: without one it shuts nobody out.",
            "Let Portcullis create HostEndpoints on an interface of the nodes, or switch automatic ones on.",
        ));
        return findings;
    }
    if ground.edge.existing.is_none() {
        findings.push(Draft::new(Severity::Blocker, "host-endpoints-alike-unlabelled", Vec::new()).says(
            "No label is shared by all HostEndpoints of the cluster and by no GlobalNetworkSet.",
            "The edge policy finds HostEndpoints by label; one that it misses lets everyone in.",
            "Give all HostEndpoints one label of their own.",
        ));
    }
    findings.extend(uncovered(ground, "Create a HostEndpoint there, or let Portcullis create them on an interface."));
    findings
}

fn automatic(ground: &Ground) -> Vec<Finding> {
    let mut findings = Vec::new();
    if ground.edge.automatic == Some(false) && !ground.edge.endpoints.contains(&Owner::Automatic) {
        let config = ObjectKey::new(Kind::KubeControllersConfiguration, "", "default");
        findings.push(Draft::new(Severity::Blocker, "automatic-off", vec![config]).says(
            "Calico's controller makes no HostEndpoints.",
            "An edge policy acts on HostEndpoints only: without one it shuts nobody out.",
            "Switch automatic HostEndpoints on: that is a plan of the baseline, on the page Cluster. Then plan again.",
        ));
        return findings;
    }
    findings.extend(uncovered(ground, "Wait for Calico's controller to make it, or see why it does not."));
    findings
}

fn uncovered(ground: &Ground, action: &str) -> Option<Finding> {
    // Nodes serve NodePorts whether a load balancer may choose them or not.
    let node_ports = ground.node_ports;
    let missing = names(ground.edge, |group| (group.receives || node_ports) && group.endpoints.is_empty());
    (!missing.is_empty()).then(|| {
        let nodes = missing.iter().map(|name| node(name)).collect();
        let what = if node_ports { "serves the Service's NodePort" } else { "receives traffic to advertised addresses" };
        Draft::new(Severity::Blocker, "host-endpoint-missing", nodes).says(
            format!("No HostEndpoint stands on {}, which {what}.", few(&missing)),
            "Clients that enter there meet no edge policy, and the allowed ones are shut out at pods on other nodes.",
            action,
        )
    })
}

fn named(ground: &Ground, interface: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    if !ground.nodes_known {
        findings.push(Draft::new(Severity::Blocker, "nodes-unknown", Vec::new()).says(
            "Nodes were not read, so no HostEndpoint can be created for them.",
            "An edge policy acts on HostEndpoints only: without one it shuts nobody out.",
            "Give Portcullis the Nodes.",
        ));
    }
    let taken = names(ground.edge, |group| group.endpoints.iter().any(|e| e.owner != Owner::Ours && e.interface == interface));
    if !taken.is_empty() {
        findings.push(interface_taken(ground, interface, &taken));
    }
    let shadowed = names(ground.edge, |group| {
        group.endpoints.iter().any(|e| e.owner != Owner::Ours && (e.interface == "*" || e.interface.is_empty()))
    });
    if !shadowed.is_empty() {
        findings.push(Draft::new(Severity::Blocker, "host-endpoint-shadowed", shadowed.iter().map(|name| node(name)).collect()).says(
            format!("HostEndpoints for all interfaces of {} exist.", few(&shadowed)),
            format!("A HostEndpoint on `{interface}` would take that interface out of theirs, and with it out of every policy that protects the hosts."),
            "Plan with the existing HostEndpoints.",
        ));
    }
    if ground.edge.endpoints.contains(&Owner::Other) && ground.edge.existing.is_none() {
        findings.push(Draft::new(Severity::Warning, "other-interfaces-unguarded", Vec::new()).says(
            "HostEndpoints of others have no label of their own that all of them share.",
            format!("Only traffic that enters by `{interface}` meets the edge policy."),
            "Give all HostEndpoints one label of their own.",
        ));
    }
    findings
}

/// Where all HostEndpoints of others share a label the edge policy takes theirs, and one of ours is created on the other nodes alone.
fn interface_taken(ground: &Ground, interface: &str, taken: &[String]) -> Finding {
    let nodes = taken.iter().map(|name| node(name)).collect();
    let what = format!("A HostEndpoint of somebody else's stands on `{interface}` of {} already.", few(taken));
    let first = "Of two HostEndpoints on one interface Felix takes the one whose name comes first, and the other is without effect";
    match &ground.edge.existing {
        Some(selector) => Draft::new(Severity::Info, "interface-taken", nodes).says(
            what,
            format!("{first}: none is created there, and the edge policy finds theirs by `{selector}`."),
            "Nothing, as long as whoever made it leaves it there.",
        ),
        None => Draft::new(Severity::Blocker, "interface-taken", nodes).says(
            what,
            format!("{first}. The edge policy cannot find theirs: no label is shared by all of them and by no GlobalNetworkSet."),
            "Give all HostEndpoints one label of their own, then plan again.",
        ),
    }
}

/// Whether the plan writes the HostEndpoint anew, with all addresses.
fn recreated(scope: &Scope, choice: &HostEndpoints, unresolved: &Unresolved) -> bool {
    let HostEndpoints::Named { interface } = choice else { return false };
    let on = |group: &&NodeGroup| group.names.contains(&unresolved.node);
    scope.edge.nodes.iter().find(on).is_some_and(|group| {
        group.endpoints.iter().all(|e| e.owner == Owner::Ours || (e.interface != interface.name() && e.interface != "*"))
    })
}

fn unresolved(unresolved: &Unresolved) -> Finding {
    let addresses: Vec<String> = unresolved.addresses.iter().map(ToString::to_string).collect();
    Draft::new(Severity::Blocker, "host-endpoint-address", vec![ObjectKey::new(Kind::HostEndpoint, "", &unresolved.endpoint)]).says(
        format!("`{}` does not list {} of {} in `expectedIPs`.", unresolved.endpoint, few(&addresses), unresolved.node),
        "Selectors resolve to the listed addresses only: allowed clients that enter by this node and reach a pod on another one carry that \
         address, and would be shut out at the pod.",
        "Add the address to `expectedIPs`.",
    )
}

fn label_carriers(scope: &Scope) -> Vec<Finding> {
    let finding = |key: &ObjectKey| {
        let (severity, why) = match key.kind {
            Kind::GlobalNetworkSet => (Severity::Blocker, "Its nets would be let in as if they were allowed clients or nodes."),
            Kind::NetworkSet => (
                Severity::Warning,
                "Whoever wrote it may mean to widen a rule; Portcullis' rules for clients and nodes look outside namespaces only, so they \
                 leave it out, but rules for pods of the cluster go by labels that a set can carry.",
            ),
            _ => (Severity::Warning, "Policies of others that mean HostEndpoints by this label would select the pod too, and isolate it."),
        };
        Draft::new(severity, "label-carried", vec![key.clone()]).says(
            format!("{key} carries a label that Portcullis' policies go by."),
            why,
            "Take the label off.",
        )
    };
    scope.label_carriers.iter().map(finding).collect()
}
