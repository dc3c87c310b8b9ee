//! Policy at pods: of Calico and of Kubernetes, by order, with tiers.

use super::{Cluster, POD, VIP, gate, global, host_endpoints, pod_policy, set, told, yaml};
use crate::object::Kind;
use crate::reach::settings::Line;
use crate::reach::verdict::{Unknown, Verdict};
use serde_json::json;

const PODS: [&str; 2] = ["shop/caller-a", "ops/caller-b"];
const OUTSIDERS: [&str; 2] = ["outsider-same", "outsider-other"];
const AUTHORISED: [&str; 2] = ["authorised-same", "authorised-other"];

const CLIENTS: &str = "
apiVersion: projectcalico.org/v3
kind: GlobalNetworkSet
metadata: {name: clients, labels: {clients: svc-a}}
spec: {nets: [50.60.0.0/16]}
";
const TENANTS_SET: &str = "
apiVersion: projectcalico.org/v3
kind: NetworkSet
metadata: {name: mine, namespace: ops, labels: {clients: svc-a}}
spec: {nets: [70.80.0.0/16]}
";
const ISOLATED: &str = "
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: isolated, namespace: shop}
spec: {podSelector: {matchLabels: {app: svc-a}}, policyTypes: [Ingress]}
";

#[test]
fn a_tenants_set_widens_a_selector_unless_global_stands_beside_it() {
    let lets = |source: &str| {
        let rules = format!(
            "[{{action: Allow, source: {source}, destination: {{nets: [10.20.30.40/32]}}}}, {{action: Deny, destination: {{nets: [10.20.30.40/32]}}}}]"
        );
        gate("gate", None, &rules)
    };
    let plain = "{selector: \"clients == 'svc-a'\"}";
    let global = "{selector: \"clients == 'svc-a'\", namespaceSelector: global()}";
    let sets = Cluster::page().and(CLIENTS).and(TENANTS_SET);
    sets.with(host_endpoints("eth0")).with([lets(plain)]).assert("plain", VIP, &[AUTHORISED, OUTSIDERS].concat(), &[]);
    sets.with(host_endpoints("eth0")).with([lets(global)]).assert("global()", VIP, &AUTHORISED, &OUTSIDERS);
    let at_pods = |source: &str| pod_policy("pods", None, &format!("[{{action: Allow, source: {source}}}]"));
    let clients = Cluster::page().and(CLIENTS);
    clients.with([at_pods(plain)]).assert("plain in a NetworkPolicy", VIP, &[], &AUTHORISED);
    clients.with([at_pods(global)]).assert(
        "global() in a NetworkPolicy",
        VIP,
        &["authorised-same"],
        &["outsider-same", "authorised-other"],
    );
}

#[test]
fn policies_of_kubernetes_have_order_1000() {
    let pods = |order: u32, rules: &str| Cluster::page().and(ISOLATED).with([pod_policy("pods", Some(order), rules)]);
    let callers = "[{action: Allow, source: {selector: app == 'caller', namespaceSelector: all()}}]";
    pods(500, callers).assert("before", POD, &PODS, &["outsider-same"]);
    pods(500, "[{action: Allow, source: {nets: [192.168.10.12/32]}}]").assert("some before", POD, &["shop/caller-a"], &["ops/caller-b"]);
    // The end of the tier denies, so one behind lets in what Kubernetes' does not mention.
    pods(1500, callers).assert("behind", POD, &PODS, &["outsider-same"]);
    pods(1500, "[{action: Deny}]").assert("behind", POD, &[], &PODS);
}

#[test]
fn rules_of_kubernetes_policies() {
    let policy = |rules: &str| {
        let mut policy = yaml(ISOLATED).remove(0);
        policy["spec"]["ingress"] = serde_saphyr::from_str(rules).unwrap();
        Cluster::page().with([policy])
    };
    for (rules, reached, cut) in [
        ("[]", &[][..], &["shop/caller-a", "ops/caller-b", "authorised-same"][..]),
        ("[{}]", &["shop/caller-a", "ops/caller-b", "authorised-same"], &[]),
        ("[{from: [{podSelector: {}}]}]", &["shop/caller-a"], &["ops/caller-b", "authorised-same"]),
        ("[{from: [{namespaceSelector: {}}]}]", &["shop/caller-a", "ops/caller-b"], &["authorised-same"]),
        ("[{from: [{namespaceSelector: {matchLabels: {team: shop}}}]}]", &["shop/caller-a"], &["ops/caller-b"]),
        (
            "[{from: [{namespaceSelector: {matchLabels: {team: shop}}, podSelector: {matchLabels: {app: other}}}]}]",
            &[],
            &["shop/caller-a", "ops/caller-b"],
        ),
        (
            "[{from: [{podSelector: {matchExpressions: [{key: app, operator: In, values: [caller]}]}, namespaceSelector: {}}]}]",
            &["shop/caller-a", "ops/caller-b"],
            &["authorised-same"],
        ),
        (
            "[{from: [{ipBlock: {cidr: 50.60.0.0/16, except: [50.60.2.0/24]}}]}]",
            &["authorised-same"],
            &["shop/caller-a", "authorised-other"],
        ),
        ("[{from: [{ipBlock: {cidr: 10.0.2.1/32}}]}]", &["authorised-other"], &["authorised-same"]),
        ("[{ports: [{port: 80}]}]", &["authorised-same"], &[]),
        ("[{ports: [{port: http}]}]", &["authorised-same"], &[]),
        ("[{ports: [{port: https}]}]", &[], &["authorised-same"]),
        ("[{ports: [{port: 79, endPort: 81}]}]", &["authorised-same"], &[]),
        ("[{ports: [{port: 81, endPort: 90}]}]", &[], &["authorised-same"]),
        ("[{ports: [{protocol: UDP, port: 80}]}]", &[], &["authorised-same"]),
        ("[{ports: [{protocol: TCP}]}]", &["authorised-same"], &[]),
        ("[{from: [{podSelector: {}}]}, {ports: [{port: 80}]}]", &["authorised-same"], &[]),
    ] {
        policy(rules).assert(rules, VIP, reached, cut);
    }
    let answer =
        policy("[{from: [{podSelector: {}}]}, {from: [{ipBlock: {cidr: 50.60.0.0/16}}], ports: [{port: 80}]}]").tcp("authorised-same", VIP);
    let hop = answer.paths[0].hops.iter().find(|hop| hop.rule.is_some()).unwrap();
    assert_eq!((hop.rule, hop.field.as_str()), (Some(1), "from[0].ipBlock"), "{}", told(&answer));
}

#[test]
fn egress_of_pods() {
    let egress = |rules: &str| {
        let mut policy = set(pod_policy("out", None, "[]"), "selector", "app == 'caller'");
        policy["spec"]["types"] = json!(["Egress"]);
        policy["spec"]["egress"] = serde_saphyr::from_str(rules).unwrap();
        Cluster::page().with([policy])
    };
    egress("[]").assert("nothing", VIP, &["ops/caller-b"], &["shop/caller-a"]);
    // They see the backend, not the Service's address.
    egress("[{action: Allow, destination: {nets: [10.20.30.40/32]}}]").assert("the VIP", VIP, &[], &["shop/caller-a"]);
    egress("[{action: Allow, destination: {nets: [192.168.10.11/32]}}]").assert("the pod", VIP, &["shop/caller-a"], &[]);
    let services = "[{action: Allow, destination: {services: {name: svc-a, namespace: shop}}}]";
    egress(services).assert("services", VIP, &["shop/caller-a"], &[]);
    egress(services).assert("services bring their ports", "192.168.10.11:81", &[], &["shop/caller-a"]);
    let unplaced = "[{action: Allow, destination: {services: {name: svc-a}}}]";
    egress(unplaced).assert("services without a namespace are none", VIP, &[], &["shop/caller-a"]);
    let answer = Cluster::page().sends("UDP", "shop/caller-a", "192.168.20.12:4789");
    assert_eq!(answer.paths[0].verdict, Verdict::Denied, "tunnels of pods\n{}", told(&answer));
}

#[test]
fn pass_and_the_end_of_policies_at_a_pod() {
    Cluster::page().with([pod_policy("pods", None, "[{action: Pass, source: {selector: app == 'caller'}}, {action: Deny}]")]).assert(
        "Pass",
        POD,
        &["shop/caller-a"],
        &["ops/caller-b"],
    );
    let shut = Cluster::page().with([pod_policy("pods", None, "[]")]);
    shut.assert("no rules", POD, &["node:node-a"], &["shop/caller-a", "ops/caller-b", "node:node-b"]);
    // A global policy for the label of HostEndpoints isolates pods that carry it.
    let shared = global("for-hosts", "k8s-svc == 'svc-a'", None, "[{action: Allow, protocol: TCP, destination: {ports: [10250]}}]");
    Cluster::page().with([shared]).assert("a shared label", POD, &[], &PODS);
    // Policies before translation and for forwarding are nothing to pods.
    let inert = set(gate("inert", None, "[{action: Deny}]"), "selector", "app == 'svc-a'");
    Cluster::page().with([inert]).assert("pre-DNAT policy at a pod", POD, &PODS, &[]);
}

#[test]
fn tiers_from_3_29() {
    let tiers = "
apiVersion: projectcalico.org/v3
kind: Tier
metadata: {name: security}
spec: {order: 10}
---
apiVersion: projectcalico.org/v3
kind: Tier
metadata: {name: platform}
spec: {order: 20, defaultAction: Pass}
";
    let in_tier = |name: &str, tier: &str, rules: &str| set(pod_policy(name, None, rules), "tier", tier);
    let page = Cluster::page().telling(|told| told.line = Some(Line::V3_30)).and(tiers);
    let open = pod_policy("open", Some(1), "[{action: Allow}]");
    let pods = &PODS[..];
    for (name, policies, reached, cut) in [
        ("Deny in an earlier tier", vec![in_tier("security.a", "security", "[{action: Deny}]"), open.clone()], &[][..], pods),
        ("the end of a tier denies", vec![in_tier("security.a", "security", "[]"), open.clone()], &[], pods),
        ("unless it passes", vec![in_tier("platform.a", "platform", "[]"), open.clone()], pods, &[]),
        ("Pass goes on to the next", vec![in_tier("security.a", "security", "[{action: Pass}, {action: Deny}]"), open.clone()], pods, &[]),
        ("Pass in the last goes on to profiles", vec![in_tier("security.a", "security", "[{action: Pass}]")], pods, &[]),
        // Measured: Calico says in its log that it leaves them out, and does not.
        ("one of a tier that is not there counts", vec![in_tier("nowhere.a", "nowhere", "[{action: Deny}]")], &[], pods),
        (
            "behind all others",
            vec![in_tier("nowhere.a", "nowhere", "[{action: Deny}]"), in_tier("a.a", "default", "[{action: Allow}]")],
            pods,
            &[],
        ),
        (
            "tiers by their order",
            vec![in_tier("platform.a", "platform", "[{action: Deny}]"), in_tier("security.a", "security", "[{action: Allow}]")],
            pods,
            &[],
        ),
    ] {
        page.with(policies).assert(name, POD, reached, cut);
    }
    // A line without tiers has one for all, by name.
    let old = page.telling(|told| told.line = Some(Line::V3_28));
    let both = [in_tier("b", "security", "[{action: Deny}]"), set(pod_policy("a", None, "[{action: Allow}]"), "tier", "default")];
    old.with(both.clone()).assert("3.28", POD, pods, &[]);
    page.with(both.clone()).assert("3.30", POD, &[], pods);
    let mut unread = page.with(both);
    unread.objects.retain(|object| object["kind"] != "Tier");
    unread.unknown.push(Kind::Tier);
    assert_eq!(unread.tcp("shop/caller-a", POD).paths[0].verdict, Verdict::Unknown(Unknown::NotRead(Kind::Tier)));
    unread.unknown.clear();
    let broken =
        json!({ "apiVersion": "projectcalico.org/v3", "kind": "Tier", "metadata": { "name": "security" }, "spec": { "order": "first" } });
    let answer = unread.with([broken]).tcp("shop/caller-a", POD);
    assert!(matches!(&answer.paths[0].verdict, Verdict::Unknown(Unknown::Unreadable(key)) if key.kind == Kind::Tier), "{}", told(&answer));
}

#[test]
fn a_selector_of_namespaces_needs_the_namespaces() {
    let by_namespace = set(global("by-namespace", "all()", None, "[{action: Deny}]"), "namespaceSelector", "team == 'shop'");
    let mut cluster = Cluster::page().with([by_namespace]);
    cluster.assert("read", POD, &[], &PODS);
    cluster.assert("other namespaces", "192.168.20.12:80", &["shop/caller-a"], &[]);
    cluster.unknown.push(Kind::Namespace);
    assert_eq!(cluster.tcp("shop/caller-a", POD).paths[0].verdict, Verdict::Unknown(Unknown::NotRead(Kind::Namespace)));
}

#[test]
fn a_selector_of_service_accounts_goes_by_their_labels() {
    let accounts = "
apiVersion: v1
kind: ServiceAccount
metadata: {name: caller, namespace: shop, labels: {role: api}}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: caller, namespace: ops, labels: {role: web}}
";
    let lets = |source: &str| pod_policy("pods", None, &format!("[{{action: Allow, source: {source}}}]"));
    let page = Cluster::page().and(accounts);
    let (api, web) = (&PODS[..1], &PODS[1..]);
    for (name, policy, reached, cut) in [
        ("by label, of its own namespace", lets("{serviceAccounts: {selector: has(role)}}"), api, web),
        ("of any", lets("{serviceAccounts: {selector: role == 'web'}, namespaceSelector: all()}"), web, api),
        ("by name and label", lets("{serviceAccounts: {names: [caller], selector: role == 'web'}, namespaceSelector: all()}"), web, api),
        ("as a label", lets("{selector: pcsa.role == 'api'}"), api, web),
        ("what it applies to", set(lets("{nets: [10.0.0.0/8]}"), "serviceAccountSelector", "has(role)"), &PODS[..], &[]),
    ] {
        page.with([policy]).assert(name, POD, reached, cut);
    }
    let mut unread = Cluster::page().with([lets("{serviceAccounts: {names: [caller]}}")]);
    unread.unknown.push(Kind::ServiceAccount);
    unread.assert("names do not need them", POD, api, web);
    let answer = unread.with([lets("{serviceAccounts: {selector: has(role)}}")]).tcp("shop/caller-a", POD);
    assert_eq!(answer.paths[0].verdict, Verdict::Unknown(Unknown::NotRead(Kind::ServiceAccount)), "{}", told(&answer));
}

#[test]
fn what_felix_treats_as_missing() {
    // With a rule that Felix refuses the policy is not there, and the pod is open.
    for rules in [
        "[{action: Deny, destination: {ports: [80]}}]",
        "[{action: Deny, source: {selector: \"app = 'x'\"}}]",
        "[{action: Deny, ipVersion: 5}]",
        "[{action: Refuse}]",
    ] {
        Cluster::page().with([pod_policy("pods", None, rules)]).assert(rules, POD, &PODS, &[]);
    }
    // What the API alone would refuse, Felix takes: nets with host bits, of two families, an unknown type beside the right one.
    for rules in ["[{action: Deny, source: {nets: [192.168.10.12/16]}}]", "[{action: Deny, source: {nets: [192.168.0.0/16, 'fd00::/8']}}]"]
    {
        Cluster::page().with([pod_policy("pods", None, rules)]).assert(rules, POD, &[], &PODS);
    }
    let unknown_selector = set(pod_policy("pods", None, "[]"), "selector", "app = 'svc-a'");
    Cluster::page().with([unknown_selector]).assert("a selector that does not parse", POD, &PODS, &[]);
}

/// Seen with packets: whatever isolates a pod, it reaches itself at its own address.
#[test]
fn what_a_pod_sends_to_its_own_address_meets_no_policy() {
    let isolated = Cluster::page().and(ISOLATED);
    isolated.assert("isolated", "192.168.10.11:80", &["shop/svc-a-1"], &["shop/caller-a"]);
}
