//! What a world's file may say, and what it may not.

use super::*;
use crate::operator::{guard, on_eth0};
use policy::access::HostEndpoints;
use policy::object::{AnyObject, Kind};
use policy::reach::lockout::{Way, Ways};
use policy::reach::safety::Safeguards;
use policy::reach::settings::{Settings, Told};
use policy::snapshot::Snapshot;

const PAGE: &str = include_str!("../../worlds/page.yaml");

#[test]
fn the_pages_world_is_read_with_what_it_means() -> Result<()> {
    let world = World::read(PAGE)?;
    assert_eq!(world.layout.nodes.iter().map(|node| node.name.as_str()).collect::<Vec<_>>(), ["node-a", "node-b"]);
    assert_eq!(world.layout.entry("node-b")?, 2);
    let pod = world.layout.pods.iter().find(|pod| pod.full_name() == "shop/svc-a-1").context("the pod")?;
    assert_eq!(pod.listeners.iter().map(|listener| listener.0.to_string()).collect::<Vec<_>>(), ["TCP/80", "TCP/443", "UDP/443"]);
    let slice = world.objects.iter().find(|object| object["kind"] == "EndpointSlice").context("a slice")?;
    assert_eq!(slice["endpoints"][0]["addresses"], serde_json::json!(["192.168.10.11"]));
    assert_eq!(slice["ports"][1]["port"], 443);
    Ok(())
}

#[test]
fn the_sandbox_is_a_world() -> Result<()> {
    let world = World::read(include_str!("../../worlds/sandbox.yaml"))?;
    assert!(world.layout.dual_stack());
    let host = world.layout.node("node-a")?;
    assert!(host.listeners.iter().any(|listener| listener.0.to_string() == "TCP/9100"), "a pod of the host network answers on its node");
    Ok(())
}

#[test]
fn what_cannot_be_is_named() {
    for (change, says) in [
        (("enters: node-b", "enters: node-c"), "no node `node-c`"),
        (("192.168.20.12", "192.168.10.11"), "have one address, 192.168.10.11"),
        (("kind: World", "kind: Pod"), "begins with a document of kind `World`"),
        (("target: http", "target: web"), "has no TCP port called `web`"),
        (("http: TCP/80", "http: TCP/80000"), "`pods[0].ports.http`"),
        (("address: 70.80.1.10", "address: 70.80.1.300"), "`clients[2].address`"),
        (("    clusterIPs: [10.20.30.42]\n", ""), "`services[1]`: missing field `clusterIPs`"),
        (("clients:", "interfaces: {node-c: {eth1: [10.0.3.1]}}\nclients:"), "interfaces: the world has no node `node-c`"),
        (("clients:", "interfaces: {node-a: {eth0: [10.0.3.1]}}\nclients:"), "`eth0` of `node-a`: there is one of this name"),
        (("address: 70.80.1.10", "address: 192.168.70.1"), "client `outsider-same`: 192.168.70.1 is in 192.168.0.0/16, the range of pods"),
        (("address: 70.80.1.10", "address: \"2001:db8::1\""), "client `outsider-same`: `node-a` has no address of the family"),
        (("name: outsider-same", "name: outsider-other"), "two clients `outsider-other`"),
        (("addresses: [192.168.10.12], ", ""), "pod `shop/caller-a` has no `addresses`"),
        (("addresses: [192.168.10.12]", "addresses: [192.168.10.12], hostNetwork: true"), "pod `shop/caller-a` has `addresses`"),
        (("addresses: [10.0.2.1]", "addresses: [10.0.9.10]"), "node `node-b` and the rig's API server have one address"),
        (("addresses: [10.0.2.1]", "addresses: [10.20.2.1]"), "node `node-b`: 10.20.2.1 is in 10.20.0.0/16, the range of Services"),
        (("podRanges", "encapsulation: vxlan\npodRanges"), "node `node-a` has no `tunnel`"),
        (("podRanges", "podRange"), "unknown field `podRange`"),
        (("podRanges", "dataPlane: nftables\npodRanges"), "`nftables` needs Calico 3.29 or later, and this world runs 3.28.5"),
        (("podRanges", "calico: 3.27.0\npodRanges"), "unknown variant `3.27.0`"),
    ] {
        let refused = World::read(&PAGE.replace(change.0, change.1)).map(|_| ());
        let said = refused.map_err(|error| format!("{error:#}"));
        assert!(said.as_ref().is_err_and(|text| text.contains(says)), "{change:?}: {said:?}");
    }
}

#[test]
fn a_world_is_put_on_another_line_and_data_plane() -> Result<()> {
    let world = World::read(PAGE)?;
    assert_eq!((world.calico, world.data_plane), (Line::V3_28, DataPlane::IptablesLegacy));
    let native = world.clone().on(Some("3.30.1".parse()?), Some("nftables".parse()?))?;
    assert_eq!((native.calico, native.data_plane), (Line::V3_30, DataPlane::Nftables));
    let same = native.clone().on(None, None)?;
    assert_eq!((same.calico, same.data_plane), (Line::V3_30, DataPlane::Nftables));
    assert_eq!(world.calico_requests, Some(CALICO_REQUESTS));
    let slower = World::read(&PAGE.replace("podRanges", "calicoRequests: null\npodRanges"))?;
    assert_eq!(slower.calico_requests, None);
    let written = World::read(&PAGE.replace("podRanges", "calico: 3.30.1\ndataPlane: nftables\npodRanges"))?;
    assert_eq!((written.calico, written.data_plane), (Line::V3_30, DataPlane::Nftables));
    for refused in [world.on(None, Some(DataPlane::Nftables)), native.on(Some(Line::V3_28), None)] {
        assert!(refused.is_err_and(|error| error.to_string().contains("choose `calico: 3.30.1`")));
    }
    Ok(())
}

#[test]
fn a_line_or_a_data_plane_that_is_not_had_is_named_with_those_that_are() {
    let line = "3.31.0".parse::<Line>().map_err(|error| error.to_string());
    assert!(line.as_ref().is_err_and(|text| text.contains("`3.31.0`") && text.contains("3.28.5 and 3.30.1")), "{line:?}");
    let plane = "ebpf".parse::<DataPlane>().map_err(|error| error.to_string());
    assert!(plane.as_ref().is_err_and(|text| text.contains("`ebpf`") && text.contains("iptables-nft, nftables")), "{plane:?}");
}

/// What the recipe does in the rig's worlds, with an operator and a Portcullis that come from outside.
#[test]
fn guarding_a_service_cuts_nothing_that_a_world_lives_by() -> Result<()> {
    let worlds = [
        (include_str!("../../worlds/plain.yaml"), true),
        (include_str!("../../worlds/web-vxlan.yaml"), true),
        (include_str!("../../worlds/theirs.yaml"), false),
        (include_str!("../../worlds/wildcard.yaml"), false),
    ];
    for (text, creates) in worlds {
        let world = World::read(text)?;
        let mut snapshot = Snapshot::default();
        for kind in Kind::ALL {
            let text = |object: &Value, field: &str| object[field].as_str().unwrap_or_default().to_owned();
            let of_kind = |object: &&Value| Kind::find(&text(object, "apiVersion"), &text(object, "kind")) == Some(kind);
            let objects = world.objects.iter().filter(of_kind).map(|object| AnyObject::decode(kind, object));
            snapshot.set_all(kind, objects.collect::<Result<_, _>>()?);
        }
        let host_endpoints = if creates { on_eth0()? } else { HostEndpoints::Existing };
        let node = world.objects.iter().find(|object| object["kind"] == "Node").context("a node")?;
        let address: IpAddr = node["status"]["addresses"][0]["address"].as_str().context("its address")?.parse()?;
        let way = |from: &str, port| -> Result<Option<Way>> { Ok(Some(Way { from: from.parse()?, to: address, port })) };
        let ways = Ways { operator: way("198.51.100.7", 8787)?, portcullis: way("198.51.100.8", 6443)? };
        let plan = policy::plan::plan(&snapshot, &guard("shop/web", &["50.60.0.0/16"], host_endpoints)?)?;
        let settings = Settings::read(&snapshot, &Told::default());
        let held = plan.held_to(&snapshot, &settings, &Safeguards { sentences: Vec::new(), ways });
        assert!(!held.blocked(), "{:#?}", held.findings);
    }
    Ok(())
}
