//! Templates of automatic HostEndpoints: what Calico's controller makes of them, and what cannot be foretold.
#![cfg(not(target_family = "wasm"))]

mod common;

use common::{World, global_policy};
use policy::access::Baseline;
use policy::baseline::{self, Planned};
use policy::finding::Severity;
use serde_json::{Value, json};

/// The page's world with these templates and no default HostEndpoint, switched off.
fn with(world: World, templates: Value) -> World {
    world.set(
        "KubeControllersConfiguration",
        "default",
        "/spec",
        json!({"controllers": {"node": {"hostEndpoint":
            {"autoCreate": "Disabled", "createDefaultHostEndpoint": "Disabled", "templates": templates}}}}),
    )
}

/// By names of interfaces.
fn by(pattern: &str) -> Value {
    json!({"generateName": "ext", "interfacePattern": pattern, "labels": {"role": "edge"}})
}

fn reporting(world: World, node: &str, interfaces: Value) -> World {
    world.set("Node", node, "/metadata/annotations/projectcalico.org~1Interfaces", interfaces.to_string().into())
}

/// Both nodes report `eth0` and `eth1`; `node-a` has a second address on `eth1`.
fn reported() -> World {
    let of = |n: u8, more: &[&str]| {
        let second: Vec<String> = std::iter::once(format!("10.9.{n}.1")).chain(more.iter().map(ToString::to_string)).collect();
        json!([{"name": "eth0", "addresses": [format!("10.0.{n}.1")]}, {"name": "eth1", "addresses": second}])
    };
    reporting(reporting(World::page(), "node-a", of(1, &["fd00::1"])), "node-b", of(2, &[]))
}

fn switched_on(world: &World) -> Planned {
    baseline::plan(&world.snapshot(), &Baseline { closed: None, automatic_host_endpoints: true })
}

/// Name, interface and addresses of what is made.
fn made(planned: &Planned) -> Vec<(String, String, String)> {
    planned.caused.iter().map(|made| (made.name.clone(), made.interface.clone(), made.addresses.join(" "))).collect()
}

fn rows(expected: &[(&str, &str, &str)]) -> Vec<(String, String, String)> {
    expected.iter().map(|(name, interface, addresses)| ((*name).to_owned(), (*interface).to_owned(), (*addresses).to_owned())).collect()
}

/// What is said of templates.
fn said(planned: &Planned) -> Vec<(Severity, &str)> {
    let of = |id: &str| id.starts_with("automatic-") && id != "automatic-recommended";
    planned.findings.iter().filter(|finding| of(&finding.id)).map(|finding| (finding.severity, finding.id.as_str())).collect()
}

#[test]
fn by_addresses_each_node_gets_one_with_those_in_the_ranges() {
    let template =
        json!({"generateName": "ext", "interfaceCIDRs": ["10.0.0.0/8"], "labels": {"role": "edge"}, "nodeSelector": "has(zone)"});
    let world = World::page().set("Node", "node-a", "/metadata/labels", json!({"zone": "east"}));
    let planned = switched_on(&with(world, json!([template])));
    assert_eq!(made(&planned), rows(&[("node-a-ext-auto-hep", "", "10.0.1.1")]));
    assert_eq!(said(&planned), [(Severity::Warning, "automatic-none-on-node")], "node-b receives, and gets none");
}

#[test]
fn by_names_of_interfaces_each_that_is_meant_gets_one() {
    let cases = [
        ("eth1", &[("node-a-ext-eth1-auto-hep", "eth1", "10.9.1.1 fd00::1"), ("node-b-ext-eth1-auto-hep", "eth1", "10.9.2.1")][..]),
        // Anywhere in the name, as Go matches.
        ("h0", &[("node-a-ext-eth0-auto-hep", "eth0", "10.0.1.1"), ("node-b-ext-eth0-auto-hep", "eth0", "10.0.2.1")]),
        ("^(bond0|eth0)$", &[("node-a-ext-eth0-auto-hep", "eth0", "10.0.1.1"), ("node-b-ext-eth0-auto-hep", "eth0", "10.0.2.1")]),
        ("^h0$", &[]),
    ];
    for (pattern, expected) in cases {
        let planned = switched_on(&with(reported(), json!([by(pattern)])));
        assert_eq!(made(&planned), rows(expected), "{pattern}");
        let none = [(Severity::Warning, "automatic-none-on-node")];
        assert_eq!(said(&planned), if expected.is_empty() { &none[..] } else { &[] }, "{pattern}");
    }
}

#[test]
fn ranges_beside_a_pattern_add_the_addresses_of_the_node_that_they_hold() {
    let mut template = by("^eth1$");
    template["interfaceCIDRs"] = json!(["192.168.77.0/24", "10.9.1.0/24"]);
    template["nodeSelector"] = json!("zone == 'east'");
    let world = reported().set("Node", "node-a", "/metadata/labels", json!({"zone": "east"}));
    let planned = switched_on(&with(world, json!([template])));
    assert_eq!(made(&planned), rows(&[("node-a-ext-eth1-auto-hep", "eth1", "192.168.77.64 10.9.1.1 fd00::1")]));
}

#[test]
fn the_default_one_lists_the_addresses_of_interfaces_too() {
    let world = reported();
    let planned = switched_on(&world);
    assert_eq!(
        made(&planned),
        rows(&[
            ("node-a-auto-hep", "*", "10.0.1.1 192.168.77.64 10.9.1.1 fd00::1"),
            ("node-b-auto-hep", "*", "10.0.2.1 192.168.77.64 10.9.2.1")
        ])
    );
}

#[test]
fn what_would_bite_is_named_by_the_interface() {
    let drop = global_policy("drop", json!({"selector": "role == 'edge'", "types": ["Ingress"], "ingress": [{"action": "Deny"}]}));
    let planned = switched_on(&with(reported(), json!([by("^eth1$")])).with(drop));
    let bites = planned.findings.iter().find(|finding| finding.id == "foreign-policy-on-automatic-host-endpoint").unwrap();
    assert_eq!(bites.what, "GlobalNetworkPolicy drop would act on 2 HostEndpoints: node-a-ext-eth1-auto-hep and node-b-ext-eth1-auto-hep.");
}

#[test]
fn nodes_that_report_nothing_are_unknown_and_a_blocker_where_a_policy_would_act() {
    let one = || reporting(World::page(), "node-a", json!([{"name": "eth0", "addresses": ["10.0.1.1"]}]));
    let unread = |text: &str| one().set("Node", "node-b", "/metadata/annotations/projectcalico.org~1Interfaces", text.into());
    let unknown = (Severity::Unknown, "automatic-interfaces-unknown");
    let blocker = (Severity::Blocker, "automatic-interfaces-unknown");
    let on_new = global_policy("drop", json!({"selector": "role == 'edge'", "types": ["Ingress"], "ingress": [{"action": "Deny"}]}));
    let on_old = global_policy("host", json!({"selector": "k8s-role == 'node'", "types": ["Ingress"], "ingress": [{"action": "Allow"}]}));
    let elsewhere = global_policy("pods", json!({"selector": "app == 'a'", "types": ["Ingress"], "ingress": [{"action": "Deny"}]}));
    let cases = [
        ("no policy", one(), unknown),
        ("not JSON", unread("eth0"), unknown),
        ("null", unread("null"), unknown),
        ("on pods alone", one().with(elsewhere), unknown),
        ("on what is made", one().with(on_new.clone()), blocker),
        ("on one of the node's", one().with_host_endpoints("eth0").with(on_old.clone()), blocker),
        ("on none of the node's", one().with(on_old), unknown),
    ];
    for (case, world, expected) in cases {
        let planned = switched_on(&with(world, json!([by("eth")])));
        assert_eq!(said(&planned), [expected], "{case}");
        assert_eq!(made(&planned), rows(&[("node-a-ext-eth0-auto-hep", "eth0", "10.0.1.1")]), "{case}");
        let finding = planned.findings.iter().find(|finding| finding.id == expected.1).unwrap();
        assert!(
            finding.what.starts_with("The template `ext` goes by the names of interfaces, and Calico reports none of node-b."),
            "{finding:?}"
        );
    }
    let seen = switched_on(&with(one().with_host_endpoints("eth0"), json!([by("eth")])));
    let finding = seen.findings.iter().find(|finding| finding.id == "automatic-interfaces-unknown").unwrap();
    assert!(finding.what.ends_with("HostEndpoints there name `eth0`, which it means; there may be more."), "{}", finding.what);
    // Not meant by the template at all.
    let mut template = by("eth");
    template["nodeSelector"] = json!("has(zone)");
    let zoned = one().set("Node", "node-a", "/metadata/labels", json!({"zone": "east"}));
    assert_eq!(said(&switched_on(&with(zoned.with(on_new), json!([template])))), [(Severity::Warning, "automatic-none-on-node")]);
}

#[test]
fn those_that_a_template_made_before_are_known() {
    let endpoint = |name: &str, interface: &str| {
        json!({"apiVersion": "projectcalico.org/v3", "kind": "HostEndpoint",
            "metadata": {"name": name, "labels": {"projectcalico.org/created-by": "calico-kube-controllers", "role": "edge"}},
            "spec": {"node": "node-b", "interfaceName": interface, "expectedIPs": ["10.0.2.1"], "profiles": ["projectcalico-default-allow"]}})
    };
    let one = reporting(World::page(), "node-a", json!([{"name": "eth0", "addresses": ["10.0.1.1"]}]));
    let world = with(one, json!([by("eth")]));
    let known = switched_on(&world.clone().with(endpoint("node-b-ext-eth0-auto-hep", "eth0")));
    assert_eq!(said(&known), []);
    assert_eq!(made(&known), rows(&[("node-a-ext-eth0-auto-hep", "eth0", "10.0.1.1")]), "the other one is there");
    let of_another = switched_on(&world.with(endpoint("node-b-int-eth0-auto-hep", "eth0")));
    assert_eq!(said(&of_another), [(Severity::Unknown, "automatic-interfaces-unknown")]);
}

#[test]
fn what_the_controller_would_not_take_is_a_blocker() {
    let odd = reporting(World::page(), "node-a", json!([{"name": "Lan_1", "addresses": ["10.0.1.1"]}]));
    let cases = [
        ("no selector", reported(), json!({"generateName": "ext", "interfacePattern": "eth", "nodeSelector": "zone =="}), "nodeSelector"),
        ("no expression", reported(), by("eth("), "`eth(`"),
        ("only Go's", reported(), by(r"\Qeth0\E"), "no regular expression that Portcullis reads"),
        ("a name that the API refuses", odd, by("."), "node-a-ext-Lan_1-auto-hep"),
        ("a name that is too long", reported(), json!({"generateName": "e".repeat(240), "interfacePattern": "eth0"}), "longer than 253"),
    ];
    for (case, world, template, words) in cases {
        let planned = switched_on(&with(world, json!([template])));
        assert_eq!(said(&planned), [(Severity::Blocker, "automatic-untold")], "{case}");
        assert!(planned.findings.iter().any(|finding| finding.what.contains(words)), "{case}: {:#?}", planned.findings);
        assert_eq!(planned.caused, [], "{case}");
    }
}

#[test]
fn a_plan_hangs_on_the_interfaces() {
    let inputs = |world: &World| switched_on(world).inputs;
    let world = with(reported(), json!([by("eth1")]));
    let moved = reporting(world.clone(), "node-b", json!([{"name": "eth0", "addresses": ["10.0.2.1"]}]));
    assert_ne!(inputs(&world), inputs(&moved));
}
