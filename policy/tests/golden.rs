//! Golden vectors: what the domain computes, byte for byte, natively and in wasm.
//!
//! Each test here runs twice: by `cargo test`, and as wasm under Node by `cargo xtask test --only golden`. What is expected stands in
//! `golden/NAME.txt`; `BLESS=1 cargo test -p policy --test golden` writes the files anew, to be read like code before they are committed.

#![expect(clippy::unwrap_used, reason = "a vector that cannot be computed fails its test")]

mod common;

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use policy::cidr::{Cidr, CidrError, CidrSet};
use policy::yaml::to_yaml;
use serde_json::json;

#[test]
fn sets_of_addresses() {
    same("sets_of_addresses", &addresses().unwrap(), include_str!("golden/sets_of_addresses.txt"));
}

#[test]
fn an_object_as_yaml() {
    same("an_object_as_yaml", &object(), include_str!("golden/an_object_as_yaml.txt"));
}

#[test]
fn a_plan() {
    same("a_plan", &plan(), include_str!("golden/a_plan.txt"));
}

#[test]
fn a_preview() {
    same("a_preview", &preview(), include_str!("golden/a_preview.txt"));
}

/// A cluster with something of everything that a plan reads.
fn world() -> common::World {
    let ports = json!([{"name": "dns", "protocol": "UDP", "port": 53, "targetPort": 5353}, {"name": "s", "protocol": "SCTP", "port": 7, "targetPort": "s"}]);
    common::World::page()
        .set("Service", "svc-a", "/spec/clusterIPs", json!(["10.20.30.40", "fd00:20::40"]))
        .set("IPPool", "pods", "/spec/vxlanMode", json!("Always"))
        .with(common::service("svc-b", "10.20.30.41", json!({"app": "a"}), ports))
        .with(common::global_policy("theirs", json!({"selector": "has(team)", "order": 0.5, "types": ["Ingress"]})))
}

fn change() -> policy::access::Change {
    let mut access = common::access(&["50.60.0.0/16", "0.0.0.0/0", "2001:db8::/32"]);
    access
        .clients
        .push(policy::access::ClientRange { note: "the \"office\", 2nd floor".to_owned(), ..common::row("70.80.90.0/24", &["TCP/443"]) });
    common::guard(access)
}

fn plan() -> String {
    let plan = world().plan(&change());
    let objects: Vec<String> = plan.steps.iter().filter_map(|step| step.write.after()).map(to_yaml).collect();
    format!("{}\n{}\n{}", plan.digest, serde_json::to_string_pretty(&plan).unwrap(), objects.join("---\n"))
}

fn preview() -> String {
    let scope = policy::scope::Scope::of(&world().snapshot(), &common::svc_a()).unwrap();
    let preview = policy::preview::Preview::of(&scope, &change());
    format!("{}\n{}\n", serde_json::to_string_pretty(&scope).unwrap(), serde_json::to_string_pretty(&preview).unwrap())
}

/// Both families at the edges of their address space: the arithmetic is in 32 and in 128 bits, wasm's words are of 32.
fn addresses() -> Result<String, CidrError> {
    let set = |texts: &[&str]| texts.iter().map(|text| text.parse::<Cidr>()).collect::<Result<CidrSet, _>>();
    let left = set(&["0.0.0.0/1", "255.255.255.254/31", "10.20.30.40/32", "::/1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/127"])?;
    let right = set(&["64.0.0.0/2", "192.0.2.0/24", "255.255.255.255/32", "2001:db8::/32", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128"])?;
    let mut text = String::new();
    for (name, set) in [
        ("union", left.union(&right)),
        ("intersection", left.intersection(&right)),
        ("left without right", left.difference(&right)),
        ("right without left", right.difference(&left)),
    ] {
        let cidrs: Vec<String> = set.cidrs().iter().map(ToString::to_string).collect();
        text += &format!("{name}: {} = {}\n", set.count(), cidrs.join(" "));
    }
    Ok(text)
}

fn object() -> String {
    to_yaml(&json!({
        "apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkPolicy",
        "metadata": { "name": "portcullis-edge", "annotations": { "note": "line one\nline two", "like-a-number": "010", "empty": "" } },
        "spec": {
            "order": 100.5, "preDNAT": true, "applyOnForward": true, "types": ["Ingress"], "selector": "has(host-endpoint)",
            "ingress": [
                { "action": "Allow", "protocol": "TCP", "source": { "nets": ["50.60.0.0/16", "2001:db8::/32"] }, "destination": { "ports": [80, "443:444"] } },
                { "action": "Deny", "destination": { "nets": ["10.20.30.40/32"] } },
            ],
        },
    }))
}

/// Compares, and says where the two part.
fn same(name: &str, computed: &str, expected: &str) {
    #[cfg(not(target_family = "wasm"))]
    if std::env::var_os("BLESS").is_some() {
        let file = format!("{}/tests/golden/{name}.txt", env!("CARGO_MANIFEST_DIR"));
        assert!(std::fs::write(&file, computed).is_ok(), "{file} cannot be written");
        return;
    }
    let line = computed.lines().zip(expected.lines()).position(|(computed, expected)| computed != expected);
    let line = line.unwrap_or_else(|| computed.lines().count().min(expected.lines().count()));
    let at = |text: &str| text.lines().nth(line).unwrap_or("(nothing)").to_owned();
    assert!(computed == expected, "{name}, line {}: computed\n  {}\nexpected\n  {}", line + 1, at(computed), at(expected));
}
