//! What to know before the baseline changes.

use super::automatic;
use super::ranges::Range;
use super::relied::Relying;
use super::services::Unguarded;
use crate::access::{HostEndpoints, counted};
use crate::checks::edge::{Ground, hosts};
use crate::checks::policies::{comes_before, on_created, would_cut};
use crate::checks::{Draft, few, unknown_kind};
use crate::cidr::{Cidr, CidrSet};
use crate::finding::{Finding, Severity};
use crate::names;
use crate::object::{FelixConfiguration, IpPool, Kind, Object, ObjectKey, ServiceRef};
use crate::plan::live;
use crate::scope::{EdgeFacts, ForeignPolicy, Stage, on_hosts_about};
use crate::snapshot::Snapshot;

/// Ranges of nodes' addresses that a rule leaves out at most.
const MOST_LEFT_OUT: usize = 250;

/// Two changes at once.
pub(super) fn one_at_a_time() -> Finding {
    Draft::new(Severity::Blocker, "baseline-one-at-a-time", Vec::new()).says(
        "This changes what is closed by default and automatic HostEndpoints at once.",
        "Calico's controller makes and deletes HostEndpoints after the plan, and what closes would stand on those of before.",
        "Plan the one, apply it, then plan the other.",
    )
}

/// Before ranges are closed.
pub(super) fn closing(snapshot: &Snapshot, ranges: &[Range], choice: &HostEndpoints) -> Vec<Finding> {
    let edge = EdgeFacts::of_cluster(snapshot);
    let mut findings = Vec::new();
    for kind in [Kind::BgpConfiguration, Kind::Node, Kind::HostEndpoint, Kind::GlobalNetworkPolicy, Kind::IpPool] {
        findings.extend(snapshot.unknown(kind).map(|why| Finding { severity: Severity::Blocker, ..unknown_kind(kind, why) }));
    }
    if ranges.is_empty() && snapshot.unknown(Kind::BgpConfiguration).is_none() {
        findings.push(Draft::new(Severity::Blocker, "nothing-advertised", vec![bgp()]).says(
            "BGPConfiguration `default` advertises no range of Service addresses.",
            "There is nothing that could be closed as a whole.",
            "Guard each exposed Service, or advertise ranges.",
        ));
    }
    findings.extend(ebpf(snapshot));
    let ground = Ground { edge: &edge, node_ports: false, nodes_known: snapshot.unknown(Kind::Node).is_none() };
    findings.extend(hosts(&ground, choice));
    findings.extend(ranges.iter().filter_map(|range| of_pods(snapshot, range)));
    findings.extend(ranges.iter().filter_map(of_nodes));
    let all: CidrSet = ranges.iter().map(|range| range.cidr).collect();
    let created = matches!(choice, HostEndpoints::Named { .. });
    for policy in on_hosts_about(snapshot, &all) {
        if created && policy.on_created {
            findings.push(on_created(&policy));
        } else if policy.on_existing && policy.speaks {
            findings.extend(before(&policy));
        }
    }
    findings
}

fn bgp() -> ObjectKey {
    ObjectKey::new(Kind::BgpConfiguration, "", "default")
}

fn ebpf(snapshot: &Snapshot) -> Option<Finding> {
    let on: Vec<ObjectKey> =
        snapshot.iter::<FelixConfiguration>().filter(|config| config.spec.bpf_enabled == Some(true)).map(|config| config.key()).collect();
    (!on.is_empty()).then(|| {
        Draft::new(Severity::Blocker, "data-plane-ebpf", on).says(
            "The data plane is eBPF.",
            "What a deny before translation does there to pods and between nodes is not modelled, so nothing could be foretold.",
            "Wait for the version that plans for eBPF.",
        )
    })
}

/// A range that holds more than Services.
fn of_pods(snapshot: &Snapshot, range: &Range) -> Option<Finding> {
    let pools = snapshot.iter::<IpPool>().filter_map(|pool| Some((pool.key(), pool.spec.cidr.parse::<Cidr>().ok()?)));
    let met: Vec<ObjectKey> = pools.filter(|(_, cidr)| cidr.overlaps(range.cidr)).map(|(key, _)| key).collect();
    let what = if range.cidr.prefix_len() == 0 {
        format!("{} is every address of its family, not a range of Services.", range.cidr)
    } else if met.is_empty() {
        return None;
    } else {
        format!("The advertised range {} holds addresses of pods.", range.cidr)
    };
    let objects = std::iter::once(bgp()).chain(met).collect();
    Some(Draft::new(Severity::Blocker, "range-holds-others", objects).says(
        what,
        "Closed, it would cut what nodes forward to pods and to others.",
        "Advertise ranges that hold Service addresses alone.",
    ))
}

/// A range in which nodes have addresses.
fn of_nodes(range: &Range) -> Option<Finding> {
    let left_out = range.nodes.cidrs();
    if left_out.is_empty() {
        return None;
    }
    let listed: Vec<String> = left_out.iter().take(4).map(ToString::to_string).collect();
    let count = range.nodes.counted();
    Some(if left_out.len() > MOST_LEFT_OUT {
        Draft::new(Severity::Blocker, "range-of-nodes", vec![bgp()]).says(
            format!("{count} in the advertised range {} are nodes' own, in {} pieces.", range.cidr, left_out.len()),
            "They are left out one by one, and each new connection would pay for that.",
            "Advertise a range for Services in which nodes have no addresses.",
        )
    } else {
        Draft::new(Severity::Warning, "range-of-nodes", vec![bgp()]).says(
            format!("{count} in the advertised range {} are nodes' own and are not closed: {}.", range.cidr, few(&listed)),
            "A node that joins later with an address in that range is shut off from outside until the baseline is planned again.",
            "Advertise a range for Services in which nodes have no addresses.",
        )
    })
}

/// A policy of others that decides before.
fn before(policy: &ForeignPolicy) -> Option<Finding> {
    let early = match policy.stage {
        Stage::Untracked => true,
        Stage::PreDnat => comes_before(policy, names::CLOSED_ORDER),
        Stage::Forward | Stage::Normal => false,
    };
    early.then(|| {
        Draft::new(Severity::Warning, "foreign-policy-before-closed", vec![policy.key.clone()]).says(
            format!("{} comes before what closes, and may speak about addresses in the advertised ranges.", policy.key),
            "What it allows stays open. That is meant: what others have decided by a policy of their own is kept.",
            "See in the reachability of this plan what stays open, and narrow that policy if it is too much.",
        )
    })
}

fn keys(services: &[ServiceRef]) -> Vec<ObjectKey> {
    services.iter().map(ServiceRef::key).collect()
}

fn named(services: &[ServiceRef]) -> String {
    few(&services.iter().map(|service| format!("`{service}`")).collect::<Vec<_>>())
}

/// What closing does to Services that nobody guards. `newly`: those that are not closed yet.
pub(super) fn of_services(unguarded: &Unguarded, newly: &[ServiceRef]) -> Vec<Finding> {
    let mut findings = Vec::new();
    if !newly.is_empty() {
        let (verb, they) = if newly.len() == 1 { ("is", "It has") } else { ("are", "They have") };
        findings.push(Draft::new(Severity::Warning, "services-close", keys(newly)).says(
            format!("{} {verb} exposed, not guarded, and will be closed: {}.", counted(newly.len(), "Service"), named(newly)),
            format!("{they} an address in the advertised ranges, and nobody has said who outside may use it."),
            "Guard those that clients outside need first, with the clients that may use them; for everybody with 0.0.0.0/0 and ::/0.",
        ));
    }
    if !unguarded.at_nodes.is_empty() {
        findings.push(Draft::new(Severity::Warning, "services-at-nodes-stay-open", keys(&unguarded.at_nodes)).says(
            format!("{} stays open at a node's own address: {}.", counted(unguarded.at_nodes.len(), "Service"), named(&unguarded.at_nodes)),
            "What closes never covers an address of a node: that would cut off the node itself.",
            "Guard them.",
        ));
    }
    if !unguarded.node_ports.is_empty() {
        findings.push(Draft::new(Severity::Info, "node-ports-stay-open", keys(&unguarded.node_ports)).says(
            format!(
                "The NodePorts of {} stay as they are: {}.",
                counted(unguarded.node_ports.len(), "Service"),
                named(&unguarded.node_ports)
            ),
            "NodePorts are at the nodes' own addresses, which are in no advertised range of Services.",
            "Guard the Services whose NodePorts are to be closed.",
        ));
    }
    findings
}

/// What is open again once nothing is closed by default.
pub(super) fn reopened(services: &[ServiceRef]) -> Option<Finding> {
    (!services.is_empty()).then(|| {
        Draft::new(Severity::Warning, "services-open-again", keys(services)).says(
            format!(
                "{} open again: {}.",
                if services.len() == 1 { "1 Service is".to_owned() } else { format!("{} are", counted(services.len(), "Service")) },
                named(services)
            ),
            "Nobody guards them: everyone outside who is routed to the cluster reaches them, unless a policy of others says otherwise.",
            "Guard those that not everyone is meant to reach first.",
        )
    })
}

/// Whether the configuration of Calico's controllers can be switched.
pub(super) fn switchable(snapshot: &Snapshot) -> Option<Finding> {
    let key = automatic::key();
    let draft = |id| Draft::new(Severity::Blocker, id, vec![key.clone()]);
    let why = "Automatic HostEndpoints are made by Calico's node controller, as this object says.";
    if let Some(why) = snapshot.unknown(Kind::KubeControllersConfiguration) {
        return Some(Finding { severity: Severity::Blocker, ..unknown_kind(Kind::KubeControllersConfiguration, why) });
    }
    let Some(object) = live(snapshot, &key) else {
        return Some(draft("controllers-unknown").says(
            "There is no KubeControllersConfiguration `default`.",
            why,
            "Run calico-kube-controllers: it makes the object when it starts.",
        ));
    };
    if automatic::configured(snapshot).is_none() {
        return Some(draft("node-controller-off").says(
            "KubeControllersConfiguration `default` has no `spec.controllers.node`: the node controller is switched off.",
            "To switch it on does more than make HostEndpoints, and is not Portcullis' to decide.",
            "Add `spec.controllers.node`, then plan again.",
        ));
    }
    automatic::overridden(&object).then(|| {
        draft("controllers-overridden").says(
            "The environment variable `AUTO_HOST_ENDPOINTS` of calico-kube-controllers says whether it makes HostEndpoints.",
            "It counts before KubeControllersConfiguration: the edit would be without effect.",
            "Take the variable out of the Deployment, or set it there.",
        )
    })
}

/// A policy of others that would act on HostEndpoints that are not there yet.
pub(super) fn bites(policy: &ForeignPolicy, on: &[String]) -> Finding {
    let own_order = policy.stage == Stage::PreDnat || policy.stage == Stage::Untracked;
    let speaks = if own_order { "at every interface of the node, that of pods too" } else { "at every interface of the node" };
    Draft::new(Severity::Warning, "foreign-policy-on-automatic-host-endpoint", vec![policy.key.clone()]).says(
        format!("{} would act on {}: {}.", policy.key, counted(on.len(), "HostEndpoint"), few(on)),
        format!("From the moment in which Calico's controller makes them it cuts {}, {speaks}.", would_cut(policy)),
        "See its rules; narrow its selector so that it leaves out `projectcalico.org/created-by == 'calico-kube-controllers'` if hosts are not meant.",
    )
}

/// Whether automatic HostEndpoints list every address that a packet of their node may carry.
pub(super) fn beside_named(edge: &EdgeFacts) -> Option<Finding> {
    let named: Vec<&str> = edge.our_interfaces.iter().map(String::as_str).filter(|name| *name != "*").collect();
    (!named.is_empty()).then(|| {
        Draft::new(Severity::Info, "named-host-endpoints-stay", Vec::new()).says(
            format!(
                "HostEndpoints that Portcullis made on {} stay, and count at that interface before the automatic ones.",
                few(&named.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>())
            ),
            "What enters by any other interface meets the automatic ones, on which no edge policy stands yet.",
            "Plan each guarded Service again afterwards: its edge then stands on both.",
        )
    })
}

/// Automatic HostEndpoints that are still needed.
pub(super) fn relied_on(relying: &Relying, guarded: usize) -> Option<Finding> {
    if relying.ours.is_empty() && relying.others.is_empty() {
        return None;
    }
    let mut parts = Vec::new();
    if guarded > 0 && !relying.ours.is_empty() {
        parts.push(format!("the edge of {}", counted(guarded, "guarded Service")));
    }
    if relying.ours.iter().any(|key| key.name == names::CLOSED_POLICY) {
        parts.push("what is closed by default".to_owned());
    }
    if !relying.others.is_empty() {
        parts.push(few(&relying.others.iter().map(ToString::to_string).collect::<Vec<_>>()));
    }
    let objects = relying.others.iter().chain(&relying.ours).cloned().collect();
    Some(Draft::new(Severity::Blocker, "automatic-host-endpoints-relied-on", objects).says(
        format!("Automatic HostEndpoints are relied on by {}.", few(&parts)),
        "Without them those policies act on no host any more, and rules that mean the nodes by them mean nobody: clients get in or are cut.",
        "Take the guards and the closing away, or plan them on other HostEndpoints, and narrow the policies of others, first.",
    ))
}
