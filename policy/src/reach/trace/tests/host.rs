//! HostEndpoints: which interface they stand for, and in which order their policies are met.

use super::{Cluster, POD, VIP, forward, gate, global, host_endpoint, host_endpoints, reached, set, told};
use crate::object::Kind;
use crate::reach::packet::{Carries, Client, Destination, Entry, Question};
use crate::reach::settings::{DataPlane, FelixEnvironment, Line, ProxyMode, Setting, Source};
use crate::reach::verdict::{Overall, Stage, Unknown, Verdict};
use serde_json::{Value, json};

const PODS: [&str; 2] = ["shop/caller-a", "ops/caller-b"];
const OUTSIDERS: [&str; 2] = ["outsider-same", "outsider-other"];
const AUTHORISED: [&str; 2] = ["authorised-same", "authorised-other"];

/// Nobody may send to the Service.
const DENY: &str = "[{action: Deny, destination: {nets: [10.20.30.40/32]}}]";

fn other() -> Value {
    json!({ "other": "true" })
}

#[test]
fn hosts_stand_for_interfaces() {
    let page = Cluster::page();
    let named = host_endpoint("node-a-eth0", "node-a", "eth0", &["10.0.1.1"], &other());
    let elsewhere = set(gate("elsewhere", None, "[{action: Deny, destination: {nets: [10.99.0.0/16]}}]"), "selector", "other == 'true'");
    let gate_all = || gate("gate", None, DENY);

    page.with(host_endpoints("eth0")).with([gate_all()]).assert("eth0", VIP, &PODS, &OUTSIDERS);
    let all = page.with(host_endpoints("*")).with([gate_all()]);
    all.assert("*", VIP, &[], &[PODS, OUTSIDERS].concat());
    all.assert("*", POD, &["shop/caller-a", "ops/caller-b", "node:node-a"], &[]);
    all.with([named.clone()]).assert("a named one without pre-DNAT policy", VIP, &[], &[PODS, OUTSIDERS].concat());
    let shadowed = all.with([named, elsewhere]);
    shadowed.assert("a named one with any", VIP, &["outsider-same"], &["outsider-other", "shop/caller-a", "ops/caller-b"]);
    for (name, reached, cut) in [("a-second", &OUTSIDERS[..1], &OUTSIDERS[1..]), ("z-second", &OUTSIDERS[..0], &OUTSIDERS[..])] {
        let second = host_endpoint(name, "node-a", "eth0", &["10.0.1.1"], &other());
        page.with(host_endpoints("eth0")).with([second, gate_all()]).assert(name, VIP, reached, cut);
    }
    // One without a name, by an address, counts by its own name beside named ones: endpoint_mgr.go:950 at v3.28.5.
    let by_address = host_endpoint("a-by-address", "node-a", "", &["10.0.1.1"], &other());
    page.with(host_endpoints("eth0")).with([by_address, gate_all()]).assert("by address", VIP, &OUTSIDERS[..1], &OUTSIDERS[1..]);
}

#[test]
fn order_and_pass_before_translation() {
    let page = Cluster::page().with(host_endpoints("eth0"));
    let allow = "[{action: Allow, source: {nets: [50.60.0.0/16]}, destination: {nets: [10.20.30.40/32]}}]";
    let pass = "[{action: Pass, source: {nets: [50.60.0.0/16]}}]";
    for (name, policies, reached) in [
        ("by name", vec![gate("a-allow", None, allow), gate("b-deny", None, DENY)], true),
        ("by name, deny first", vec![gate("b-allow", None, allow), gate("a-deny", None, DENY)], false),
        ("by order, none last", vec![gate("a-deny", None, DENY), gate("b-allow", Some(10), allow)], true),
        ("Pass leaves the rest out", vec![gate("a-pass", None, pass), gate("b-deny", None, DENY)], true),
        ("Log goes on", vec![gate("a", None, "[{action: Log}]"), gate("b-allow", None, allow), gate("c-deny", None, DENY)], true),
    ] {
        let (reached, cut) =
            if reached { (&AUTHORISED[..], &OUTSIDERS[..]) } else { (&[][..], &["authorised-same", "outsider-other"][..]) };
        page.with(policies).assert(name, VIP, reached, cut);
    }
}

#[test]
fn an_allow_before_translation_skips_forward_policy_where_it_comes_in_alone() {
    let allow = gate("gate", None, "[{action: Allow, source: {nets: [50.60.0.0/16]}, destination: {nets: [10.20.30.40/32]}}]");
    let deny = forward("forward", None, "[{action: Deny, destination: {nets: [192.168.10.11/32]}}, {action: Allow}]");
    let cluster = Cluster::page().with(host_endpoints("eth0")).with([allow, deny]);
    cluster.assert("forward", VIP, &["authorised-same"], &["outsider-same", "outsider-other", "authorised-other"]);
}

#[test]
fn forward_policy_without_a_match_drops_and_of_all_interfaces_meets_pods() {
    let nothing = forward("forward", None, "[]");
    Cluster::page().with(host_endpoints("eth0")).with([nothing.clone()]).assert("named", VIP, &["shop/caller-a"], &AUTHORISED);
    let all = Cluster::page().with(host_endpoints("*"));
    all.with([nothing.clone()]).assert("in, from pods", VIP, &[], &PODS);
    // Outwards it holds for what goes to pods too: dispatch.go:203 at v3.28.5.
    let mut out = set(nothing, "types", json!(["Egress"]));
    out["spec"]["egress"] = json!([{ "action": "Deny", "destination": { "selector": "app == 'svc-a'" } }, { "action": "Allow" }]);
    let answer = all.with([out]).tcp("shop/caller-a", VIP);
    assert_eq!(answer.verdict, Overall::Denied);
    assert_eq!(answer.paths[0].hops.last().map(|hop| hop.stage), Some(Stage::ForwardOut), "{}", told(&answer));
}

/// What kube-proxy marks leaves Felix' rules before their last mark: without an Allow of forward policy where it goes out, it meets the policy
/// on what the host itself sends (measured: `end2end/tests/calico`).
#[test]
fn what_is_masqueraded_may_meet_egress_policy_of_the_host() {
    let bare = |line: Line, policies: Vec<Value>| {
        let bare = host_endpoints("eth0").into_iter().map(|host| set(host, "profiles", json!([])));
        Cluster::page().with(bare).with(policies).telling(|told| told.line = Some(line))
    };
    let inwards = || forward("in", None, "[{action: Allow}]");
    let outwards = |rules: Value| set(set(forward("out", None, "[]"), "types", json!(["Egress"])), "egress", rules);
    let pass = || outwards(json!([{ "action": "Pass" }]));
    let own = |action: &str| {
        let rules = json!([{ "action": action, "protocol": "TCP", "source": { "nets": ["70.80.0.0/16"] }, "destination": { "nets": ["192.168.10.11/32"], "ports": [80] } }]);
        let policy = set(global("own", "edge == 'true'", Some(1), "[]"), "types", json!(["Egress"]));
        set(policy, "egress", rules)
    };
    for (name, cluster, reached) in [
        ("no forward policy", bare(Line::V3_30, vec![]), true),
        ("of the other direction, without tiers", bare(Line::V3_28, vec![inwards()]), true),
        ("of the other direction, with tiers", bare(Line::V3_30, vec![inwards()]), false),
        ("a Pass", bare(Line::V3_28, vec![inwards(), pass()]), false),
        ("an Allow", bare(Line::V3_28, vec![inwards(), outwards(json!([{ "action": "Allow" }]))]), true),
        ("a Pass, and the host may send", bare(Line::V3_28, vec![inwards(), pass(), own("Allow")]), true),
        ("with tiers, and the host may not send", bare(Line::V3_30, vec![inwards(), own("Deny")]), false),
    ] {
        let (reached, cut) = if reached { (&OUTSIDERS[..], &[][..]) } else { (&OUTSIDERS[..1], &OUTSIDERS[1..]) };
        cluster.assert(name, VIP, reached, cut);
        // By the pod's own address nothing is marked, and Felix' last rule marks it.
        cluster.assert(name, POD, &OUTSIDERS, &[]);
    }
    let with_tiers = bare(Line::V3_30, vec![inwards()]);
    let nftables = with_tiers.telling(|told| {
        told.data_plane = Some(DataPlane::Nftables);
        told.proxy_mode = Some(Setting { value: ProxyMode::Nftables, source: Source::Told });
    });
    nftables.assert("nftables", VIP, &OUTSIDERS, &[]);
    let answer = with_tiers.tcp("outsider-other", VIP);
    assert_eq!(answer.paths[0].hops.last().map(|hop| hop.stage), Some(Stage::HostEgress), "{}", told(&answer));
    let profiles = host_endpoints("eth0");
    with_tiers.with(profiles).assert("with the profile that allows", VIP, &OUTSIDERS, &[]);
}

/// Measured: `end2end/worlds/judged`.
#[test]
fn staged_policy_decides_nothing_and_counts_where_it_stands() {
    let staged = |mut policy: Value| {
        policy["kind"] = "StagedGlobalNetworkPolicy".into();
        policy
    };
    let of = |line: Line, cluster: Cluster| cluster.telling(|told| told.line = Some(line));
    let selects_others = |policy: Value| set(policy, "selector", "other == 'true'");
    let named = host_endpoint("node-a-eth0", "node-a", "eth0", &["10.0.1.1"], &other());
    let shut = Cluster::page().with(host_endpoints("*")).with([named, gate("gate", None, DENY)]);
    let tried = selects_others(gate("tried", None, "[{action: Deny, source: {nets: [1.2.3.0/24]}}]"));
    for (name, line, policy, takes) in [
        ("before translation", Line::V3_30, staged(tried.clone()), true),
        ("on a line that has none", Line::V3_28, staged(tried.clone()), false),
        ("that stages the end of one", Line::V3_30, set(staged(tried.clone()), "stagedAction", "Delete"), false),
        ("on others", Line::V3_30, staged(set(tried, "selector", "other == 'false'")), false),
        ("on what is forwarded", Line::V3_30, staged(selects_others(forward("tried", None, "[{action: Deny}]"))), false),
    ] {
        let (reached, cut) = if takes { (&OUTSIDERS[..1], &OUTSIDERS[1..]) } else { (&OUTSIDERS[..0], &OUTSIDERS[..]) };
        of(line, shut.with([policy])).assert(name, VIP, reached, cut);
    }
    let bare = || host_endpoints("eth0").into_iter().map(|host| set(host, "profiles", json!([])));
    let onward = Cluster::page().with(bare()).with([staged(forward("tried", None, "[{action: Allow}]"))]);
    of(Line::V3_30, onward.clone()).assert("forward", VIP, &OUTSIDERS[..1], &OUTSIDERS[1..]);
    of(Line::V3_28, onward.clone()).assert("forward, on a line that has none", VIP, &OUTSIDERS, &[]);
    let mut unread = of(Line::V3_30, onward);
    unread.unknown.push(Kind::StagedGlobalNetworkPolicy);
    let answer = unread.tcp("outsider-other", VIP);
    assert_eq!(answer.paths[0].verdict, Verdict::Unknown(Unknown::NotRead(Kind::StagedGlobalNetworkPolicy)), "{}", told(&answer));
    unread.assert("where it does not matter", VIP, &OUTSIDERS[..1], &[]);
}

#[test]
fn untracked_policy() {
    let untracked = |rules: &str, interface: &str| {
        let policy = set(set(global("raw", "edge == 'true'", None, rules), "doNotTrack", true), "applyOnForward", true);
        Cluster::page().with(host_endpoints(interface)).with([policy])
    };
    untracked(DENY, "eth0").assert("denied", VIP, &["shop/caller-a"], &OUTSIDERS);
    untracked(DENY, "*").assert("not for `*`", VIP, &OUTSIDERS, &[]);
    untracked(DENY, "eth0").assert("not for failsafe ports", "10.20.30.40:22", &OUTSIDERS, &[]);
    let answer = untracked("[{action: Allow}]", "eth0").tcp("outsider-same", VIP);
    assert!(matches!(answer.paths[0].verdict, Verdict::Unknown(Unknown::Untracked(_))), "{}", told(&answer));
}

/// Raw tables know no connections, so untracked policy is asked about answers too (measured: `end2end/worlds/judged`).
#[test]
fn untracked_policy_meets_answers() {
    let untracked = |kind: &str, rules: &str| {
        let policy = set(set(global("raw", "edge == 'true'", None, "[]"), "doNotTrack", true), "applyOnForward", true);
        let rules: Value = serde_saphyr::from_str(rules).unwrap();
        let policy = set(set(policy, "types", json!([kind])), &kind.to_lowercase(), rules);
        Cluster::page().with(host_endpoints("eth0")).with([policy])
    };
    // By node B it goes on to the pod's node with the address of node B, which the answer comes back to.
    let served = untracked("Ingress", "[{action: Deny, protocol: TCP, destination: {notPorts: [80, 443]}}]");
    served.assert("only ports that are served", VIP, &["outsider-same", "shop/caller-a"], &["outsider-other"]);
    let answer = served.tcp("outsider-other", VIP);
    let last = answer.paths[0].hops.last().unwrap();
    assert_eq!((last.node.as_str(), last.stage, last.field.as_str()), ("node-b", Stage::Untracked, "protocol"), "{}", told(&answer));
    let blocklist = untracked("Ingress", "[{action: Deny, source: {nets: [99.0.0.0/8]}}]");
    blocklist.assert("a blocklist", VIP, &OUTSIDERS, &[]);
    let from_pods = untracked("Ingress", "[{action: Deny, protocol: TCP, source: {nets: [192.168.10.11/32], ports: [80]}}]");
    from_pods.assert("of the answering pod", VIP, &["outsider-same"], &["outsider-other"]);
    // What a process of the node answers goes out by its interface.
    let to = "10.0.1.1:8080";
    let no_way_out = untracked("Egress", "[{action: Deny, protocol: TCP, destination: {nets: [70.80.0.0/16]}}]");
    no_way_out.assert("no way out", to, &["authorised-same"], &["outsider-same"]);
    no_way_out.assert("a failsafe port is answered", "10.0.1.1:22", &["outsider-same"], &[]);
    no_way_out.assert("pods answer past it", VIP, &OUTSIDERS, &[]);
}

#[test]
fn labels_come_with_profiles() {
    let namespace = json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": "infra", "labels": { "tier": "edge" } } });
    let with = |profiles: Value| {
        let hosts = host_endpoints("eth0").into_iter().map(|host| set(host, "profiles", profiles.clone()));
        Cluster::page().with([namespace.clone()]).with(hosts)
    };
    let by_namespace = set(set(gate("gate", None, DENY), "selector", "has(edge)"), "namespaceSelector", "tier == 'edge'");
    let gated = |profiles: Value| with(profiles).with([by_namespace.clone()]);
    gated(json!(["kns.infra"])).assert("by the profile", VIP, &[], &OUTSIDERS);
    gated(json!(["projectcalico-default-allow"])).assert("without it", VIP, &OUTSIDERS, &[]);
    gated(json!(["kns.nowhere"])).assert("of none", VIP, &OUTSIDERS, &[]);
    // Rules mean its addresses by them too: that of node B stands in place of a client's that comes in there.
    let rules = "[{action: Deny, source: {namespaceSelector: tier == 'edge'}}, {action: Allow}]";
    let at_pods = set(global("pods", "app == 'svc-a'", None, rules), "namespaceSelector", "all()");
    let at_pods = with(json!(["kns.infra"])).with([at_pods]);
    at_pods.assert("as a source", VIP, &["outsider-same"], &["outsider-other"]);
}

#[test]
fn pods_to_their_own_node() {
    let to_host = |action: &str| {
        let variables = [("FELIX_DEFAULTENDPOINTTOHOSTACTION".to_owned(), action.to_owned())].into();
        Cluster::page().telling(|told| told.felix = Some(FelixEnvironment { of: "DaemonSet calico-node".to_owned(), variables }))
    };
    let own = "10.0.1.1:10250";
    for (action, reached) in [("DROP", false), ("ACCEPT", true), ("RETURN", true)] {
        assert_eq!(to_host(action).reaches("shop/caller-a", own), reached, "{action}");
        assert!(to_host(action).reaches("ops/caller-b", own), "{action}: from the other node it is a packet as any");
        // Host policy has no say about pods of the node itself, whatever the action.
        let bare = host_endpoints("*").into_iter().map(|host| set(host, "profiles", json!([])));
        assert_eq!(to_host(action).with(bare).reaches("shop/caller-a", own), reached, "{action}");
    }
    let answer = to_host("DROP").tcp("ops/caller-b", own);
    assert_eq!(answer.paths[0].source_seen_by_pod, Some("10.0.2.1".parse().unwrap()), "natOutgoing\n{}", told(&answer));
}

#[test]
fn entries_are_the_interfaces_that_are_named() {
    let outside = Client::Outside { address: "70.80.1.10".parse().unwrap() };
    let carries = Carries::Ports { protocol: crate::access::Protocol::Tcp, port: 80, source_port: None };
    let to = Destination::Address { address: "10.20.30.40".parse().unwrap() };
    let question = Question { client: outside, to, carries, entry: Entry::default() };
    let entries = |cluster: &Cluster| {
        let answer = cluster.ask(&question);
        let one = |journey: &crate::reach::verdict::Journey| format!("{}/{}", journey.path.node, journey.path.interface.as_ref().unwrap());
        (answer.verdict, answer.paths.iter().map(one).collect::<Vec<_>>().join(" "))
    };
    assert_eq!(entries(&Cluster::page()), (Overall::Allowed, "node-a/* node-b/*".to_owned()));
    let gated = Cluster::page().with(host_endpoints("eth0")).with([gate("gate", None, DENY)]);
    assert_eq!(entries(&gated), (Overall::Denied, "node-a/eth0 node-b/eth0".to_owned()));
    // A second interface that no gate stands on is a way in of its own; the tunnel and pods' interfaces are none.
    let more = ["eth1", "vxlan.calico", "cali12345"].map(|name| host_endpoint(&format!("x-{name}"), "node-a", name, &[], &other()));
    assert_eq!(entries(&gated.with(more)), (Overall::Mixed, "node-a/eth0 node-a/eth1 node-b/eth0".to_owned()));
}

#[test]
fn an_interface_that_is_asked_about_and_nobody_names_may_be_the_main_one() {
    let deny = gate("gate", None, DENY);
    let asked = |cluster: &Cluster, interface: Option<&str>| {
        cluster
            .ask(&Question {
                client: Client::Outside { address: "70.80.1.10".parse().unwrap() },
                to: Destination::Address { address: "10.20.30.40".parse().unwrap() },
                carries: Carries::Ports { protocol: crate::access::Protocol::Tcp, port: 80, source_port: None },
                entry: Entry { node: Some("node-a".to_owned()), interface: interface.map(str::to_owned) },
            })
            .paths
            .into_iter()
            .map(|journey| journey.verdict)
            .collect::<Vec<_>>()
    };
    // By its address a HostEndpoint stands for the main one, whatever that is called.
    let by_address = Cluster::page().with([host_endpoint("by-address", "node-a", "", &["10.0.1.1"], &json!({ "edge": "true" }))]);
    let by_address = by_address.with([deny.clone()]);
    assert_eq!(asked(&by_address, None), [Verdict::Denied]);
    assert_eq!(asked(&by_address, Some("eth0")), [Verdict::Unknown(Unknown::BetweenNodes)]);
    // `*` stands for every one.
    let all = Cluster::page().with(host_endpoints("*")).with([deny]);
    assert_eq!(asked(&all, Some("eth0")), [Verdict::Denied]);
}

#[test]
fn the_interface_between_nodes_matters_only_where_the_verdict_hangs_on_it() {
    // Two interfaces are named on node A, and neither expects its address.
    let two = ["eth0", "eth1"].map(|name| host_endpoint(&format!("node-a-{name}"), "node-a", name, &[], &json!({ "edge": name })));
    let cluster = Cluster::page().with(two.clone());
    assert!(cluster.reaches("outsider-other", VIP));
    let gated = cluster.with([set(gate("gate", None, "[{action: Deny}]"), "selector", "edge == 'eth1'")]);
    let answer = gated.tcp("outsider-other", VIP);
    assert_eq!(answer.paths[0].verdict, Verdict::Unknown(Unknown::BetweenNodes), "{}", told(&answer));
    let mut two = two;
    two[0]["spec"]["expectedIPs"] = json!(["10.0.1.1"]);
    assert!(gated.with(two).reaches("outsider-other", VIP), "the one that expects the node's address is it");
}

#[test]
fn what_was_not_read_or_cannot_be_read_is_unknown() {
    for kind in [Kind::GlobalNetworkPolicy, Kind::HostEndpoint, Kind::Node, Kind::Service, Kind::EndpointSlice, Kind::NetworkPolicy] {
        let mut cluster = Cluster::page();
        cluster.unknown.push(kind);
        let answer = cluster.tcp("outsider-same", VIP);
        assert_eq!(answer.paths[0].verdict, Verdict::Unknown(Unknown::NotRead(kind)), "{}", told(&answer));
    }
    let broken = json!({ "apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkPolicy", "metadata": { "name": "x" }, "spec": [] });
    let answer = Cluster::page().with([broken]).tcp("outsider-same", VIP);
    assert!(matches!(&answer.paths[0].verdict, Verdict::Unknown(Unknown::Unreadable(key)) if key.name == "x"), "{}", told(&answer));
    let answer = Cluster::page().tcp("shop/nobody", VIP);
    assert_eq!(answer.paths[0].verdict, Verdict::Unknown(Unknown::NoSuchClient));
    let answer = Cluster::page().tcp("outsider-same", "10.99.0.1:80");
    assert_eq!(answer.paths[0].verdict, Verdict::Unknown(Unknown::NoSuchAddress));
    let answer = Cluster::page().telling(|told| told.data_plane = Some(DataPlane::Ebpf)).tcp("outsider-same", VIP);
    assert_eq!(answer.paths[0].verdict, Verdict::Unknown(Unknown::Ebpf));
}

#[test]
fn profiles_of_hosts() {
    let with = |profile: &str| Cluster::page().with(host_endpoints("eth0").into_iter().map(|host| set(host, "profiles", json!([profile]))));
    for (profile, expected) in [("projectcalico-default-allow", true), ("kns.shop", true), ("of-somebody", false)] {
        let answer = with(profile).tcp("outsider-same", "10.0.1.1:10250");
        assert_eq!(reached(&answer, profile), expected, "{}", told(&answer));
    }
}
