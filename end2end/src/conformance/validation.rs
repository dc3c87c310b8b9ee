//! What Calico's API server takes and what it refuses. The same objects decide what `policy::validate` may say.

use super::api::{Api, object, place};
use super::cases;
use anyhow::{Context, Result, ensure};
use policy::object::Kind;
use serde_json::{Value, json};

cases!(
    rules_are_judged_alike,
    what_does_not_read_is_a_bad_request,
    policies_are_judged_alike,
    selectors_are_judged_alike,
    host_endpoints_are_judged_alike,
    sets_are_judged_alike,
    names_are_judged_alike
);

const NAME: &str = "conformance-valid";

/// Creates an object with each spec: the ones before the bar have to be taken, the ones after it refused as invalid.
async fn judged(api: &Api, kind: Kind, valid: &[Value], invalid: &[Value]) -> Result<()> {
    let place = place(kind, if kind.namespaced() { "shop" } else { "" });
    let path = format!("{place}/{NAME}");
    let mut wrong = Vec::new();
    for (spec, code) in valid.iter().map(|spec| (spec, 201)).chain(invalid.iter().map(|spec| (spec, 422))) {
        api.clear(&path).await?;
        let answer = api.post(&place, &object(kind, NAME, json!({"spec": spec}))).await?;
        if answer.code != code {
            wrong.push(format!("{spec}: {} instead of {code}: {}", answer.code, answer.body["message"]));
        }
    }
    api.clear(&path).await?;
    ensure!(wrong.is_empty(), "{kind}:\n  {}", wrong.join("\n  "));
    Ok(())
}

/// A policy of one ingress rule.
fn ingress(rule: Value) -> Value {
    json!({"selector": "has(nobody)", "types": ["Ingress"], "ingress": [rule]})
}

async fn rules_are_judged_alike(api: &Api) -> Result<()> {
    let valid = [
        json!({"action": "Allow"}),
        json!({"action": "Log", "protocol": "UDPLite"}),
        json!({"action": "Pass", "protocol": 132, "source": {"ports": [1, 65535, "1:65535", "named-port"]}}),
        json!({"action": "Deny", "source": {"nets": ["192.0.2.0/24", "198.51.100.7/32"], "notNets": ["192.0.2.128/25"]}}),
        json!({"action": "Allow", "protocol": "6"}),
        json!({"action": "Deny", "ipVersion": 6, "destination": {"nets": ["fd00::/8"]}}),
        json!({"action": "Allow", "protocol": "ICMP", "icmp": {"type": 8, "code": 0}}),
        json!({"action": "Allow", "protocol": "ICMPv6", "ipVersion": 6, "notICMP": {"type": 128}}),
        json!({"action": "Allow", "source": {"selector": "a == 'b'", "namespaceSelector": "global()"}}),
        json!({"action": "Allow", "source": {"namespaceSelector": "all()"}}),
        json!({"action": "Allow", "source": {"serviceAccounts": {"names": ["a"], "selector": "b == 'c'"}}}),
        json!({"action": "Allow", "source": {"services": {"name": "svc-a", "namespace": "shop"}}}),
        json!({"action": "Allow", "protocol": "TCP", "destination": {"notPorts": ["80"]}}),
    ];
    let invalid = [
        json!({"action": "allow"}),
        json!({"action": ""}),
        json!({"action": "Allow", "protocol": "tcpp"}),
        json!({"action": "Allow", "protocol": 0}),
        json!({"action": "Allow", "ipVersion": 5}),
        json!({"action": "Allow", "destination": {"ports": [80]}}),
        json!({"action": "Allow", "protocol": "ICMP", "destination": {"ports": [80]}}),
        json!({"action": "Allow", "protocol": "UDPLite", "destination": {"ports": [80]}}),
        json!({"action": "Allow", "protocol": "TCP", "destination": {"ports": [0]}}),
        json!({"action": "Allow", "protocol": "TCP", "destination": {"ports": ["0:5"]}}),
        json!({"action": "Allow", "protocol": "TCP", "destination": {"ports": ["UPPER"]}}),
        json!({"action": "Allow", "source": {"nets": ["198.51.100.7"]}}),
        json!({"action": "Allow", "source": {"nets": ["192.0.2.1/24"]}}),
        json!({"action": "Allow", "source": {"nets": ["10.20.30.40/32 Cluster IP A"]}}),
        json!({"action": "Allow", "source": {"nets": ["192.0.2.0/33"]}}),
        json!({"action": "Allow", "source": {"nets": ["192.0.2.0/24"]}, "destination": {"nets": ["fd00::/8"]}}),
        json!({"action": "Allow", "ipVersion": 6, "source": {"nets": ["192.0.2.0/24"]}}),
        json!({"action": "Allow", "icmp": {"type": 8}}),
        json!({"action": "Allow", "protocol": "ICMP", "icmp": {"code": 0}}),
        json!({"action": "Allow", "protocol": "ICMP", "ipVersion": 6}),
        json!({"action": "Allow", "source": {"selector": "a ="}}),
        json!({"action": "Allow", "destination": {"services": {"name": "svc-a", "namespace": "shop"}}}),
        json!({"action": "Allow", "source": {"services": {"name": "svc-a"}}}),
        json!({"action": "Allow", "source": {"services": {"name": "svc-a", "namespace": "shop"}, "selector": "a == 'b'"}}),
        json!({"action": "Allow", "source": {"namespaceSelector": "global() && a == 'b'"}}),
    ];
    judged(api, Kind::GlobalNetworkPolicy, &valid.map(ingress), &invalid.map(ingress)).await?;
    let valid =
        [json!({"action": "Allow", "source": {"services": {"name": "svc-a"}}}), json!({"action": "Allow", "http": {"methods": ["GET"]}})];
    judged(api, Kind::NetworkPolicy, &valid.map(ingress), &[]).await
}

async fn what_does_not_read_is_a_bad_request(api: &Api) -> Result<()> {
    let port = |port: Value| json!({"ingress": [{"action": "Allow", "protocol": "TCP", "destination": {"ports": [port]}}]});
    let rule = |rule: Value| json!({"ingress": [rule]});
    for spec in [
        port(json!("90:80")),
        port(json!(65536)),
        port(json!("70000")),
        port(json!("1:70000")),
        port(json!("a b")),
        port(json!("")),
        port(json!(-1)),
        port(json!(80.5)),
        rule(json!({"action": "Allow", "protocol": 256})),
        rule(json!({"action": "Allow", "protocol": -1})),
        rule(json!({"action": "Allow", "source": []})),
        rule(json!({"action": "Allow", "ipVersion": "4"})),
        rule(json!("Allow")),
        rule(json!([])),
        json!({"ingress": {}}),
        json!({"order": "5"}),
        json!({"preDNAT": "true"}),
    ] {
        let answer =
            api.post(&place(Kind::GlobalNetworkPolicy, ""), &object(Kind::GlobalNetworkPolicy, NAME, json!({"spec": spec}))).await?;
        answer.refused(400, "BadRequest").with_context(|| spec.to_string())?;
    }
    Ok(())
}

async fn policies_are_judged_alike(api: &Api) -> Result<()> {
    let egress = json!([{"action": "Allow"}]);
    let valid = [
        json!({}),
        json!({"selector": "", "order": -7.25}),
        json!({"selector": "has(nobody)", "preDNAT": true, "applyOnForward": true, "types": ["Ingress"]}),
        json!({"selector": "has(nobody)", "doNotTrack": true, "applyOnForward": true, "types": ["Ingress", "Egress"]}),
        json!({"selector": "has(nobody)", "types": ["Egress"], "egress": egress}),
        json!({"namespaceSelector": "a == 'b'", "serviceAccountSelector": "c == 'd'", "types": ["Ingress"]}),
    ];
    let invalid = [
        json!({"selector": "has(nobody)", "preDNAT": true, "doNotTrack": true, "applyOnForward": true}),
        json!({"selector": "has(nobody)", "preDNAT": true, "types": ["Ingress"]}),
        json!({"selector": "has(nobody)", "doNotTrack": true, "types": ["Ingress"]}),
        json!({"selector": "has(nobody)", "preDNAT": true, "applyOnForward": true, "types": ["Ingress", "Egress"]}),
        json!({"selector": "has(nobody)", "preDNAT": true, "applyOnForward": true, "types": ["Ingress"], "egress": egress}),
        json!({"selector": "has(nobody)", "types": ["Ingress", "Ingress"]}),
        json!({"selector": "has(nobody)", "types": ["ingress"]}),
        json!({"selector": "has(nobody", "types": ["Ingress"]}),
        json!({"namespaceSelector": "a ==", "types": ["Ingress"]}),
    ];
    judged(api, Kind::GlobalNetworkPolicy, &valid, &invalid).await?;
    let invalid = [json!({"selector": "global()"}), json!({"serviceAccountSelector": "!"})];
    judged(api, Kind::NetworkPolicy, &[json!({}), json!({"order": 0, "selector": "all()"})], &invalid).await
}

async fn selectors_are_judged_alike(api: &Api) -> Result<()> {
    let valid = [
        "all()",
        "a == 'b' && c != \"d\" || !has(e)",
        "a in {'b', \"c\"} && d not in {'e'}",
        "a in {}",
        "a contains 'b' && c starts with 'd' && e ends with 'f'",
        "a notin {'b'} && c startswith 'd' && e endswith 'f'",
        "  ( ( a=='b' ) )  ",
        "!!has(a)",
        "has(a.b/c_d-e)",
        "a == ''",
    ];
    let invalid = [
        "a",
        "a =",
        "a == b",
        "a == 'b",
        "has()",
        "has(a",
        "a == 'b' &&",
        "a == 'b' and c == 'd'",
        "a in {'b'",
        "a in {b}",
        "(a == 'b'",
        "a == 'b')",
        "a\n== 'b'",
        "a == 'b' c == 'd'",
        "all(",
        "ä == 'b'",
        "a not 'b'",
    ];
    let policy = |selector: &str| json!({"selector": selector, "types": ["Ingress"]});
    judged(api, Kind::GlobalNetworkPolicy, &valid.map(policy), &invalid.map(policy)).await
}

async fn host_endpoints_are_judged_alike(api: &Api) -> Result<()> {
    let valid = [
        json!({"node": "node-a", "interfaceName": "*"}),
        json!({"node": "node-a", "expectedIPs": ["10.0.1.1", "fd00::1"]}),
        json!({"node": "node-a", "interfaceName": "eth0.100", "ports": [{"name": "http", "protocol": "TCP", "port": 80}]}),
        json!({"node": "node-a", "interfaceName": "a-b_c.d", "profiles": ["projectcalico-default-allow"]}),
    ];
    let invalid = [
        json!({}),
        json!({"interfaceName": "eth0"}),
        json!({"node": "node-a"}),
        json!({"node": "node-a", "interfaceName": "sixteen-letters-"}),
        json!({"node": "node-a", "interfaceName": "eth 0"}),
        json!({"node": "node-a", "expectedIPs": ["10.0.1.0/24"]}),
        json!({"node": "node-a", "expectedIPs": ["10.0.1"]}),
        json!({"node": "Node_A", "interfaceName": "eth0"}),
        json!({"node": "node-a", "interfaceName": "eth0", "profiles": ["no good"]}),
        json!({"node": "node-a", "interfaceName": "eth0", "ports": [{"name": "http", "protocol": "TCP", "port": 0}]}),
        json!({"node": "node-a", "interfaceName": "eth0", "ports": [{"name": "", "protocol": "TCP", "port": 80}]}),
    ];
    judged(api, Kind::HostEndpoint, &valid, &invalid).await
}

async fn sets_are_judged_alike(api: &Api) -> Result<()> {
    let nets = |net: &str| json!({"nets": [net]});
    // Host bits are taken here, other than in a rule.
    let valid = ["192.0.2.0/24", "192.0.2.1/24", "192.0.2.1", "fd00::1/64", "::/0", "0.0.0.0/0"].map(nets);
    let invalid = ["192.0.2.0/33", "192.0.2", "text", "192.0.2.0/24 note", "192.0.2.0-192.0.2.9"].map(nets);
    for kind in [Kind::GlobalNetworkSet, Kind::NetworkSet] {
        judged(api, kind, &valid, &invalid).await?;
    }
    Ok(())
}

async fn names_are_judged_alike(api: &Api) -> Result<()> {
    let long = format!("c{}", "o".repeat(253));
    let mut wrong = Vec::new();
    for (kind, name, code) in [
        (Kind::GlobalNetworkPolicy, "conformance-name", 201),
        (Kind::GlobalNetworkPolicy, "conformance.name", 422),
        (Kind::GlobalNetworkPolicy, "Conformance", 422),
        (Kind::GlobalNetworkPolicy, "-conformance", 422),
        (Kind::NetworkPolicy, "conformance-name", 201),
        (Kind::NetworkPolicy, "conformance.name", 422),
        (Kind::GlobalNetworkSet, "conformance.name", 201),
        (Kind::GlobalNetworkSet, "conformance_name", 422),
        (Kind::HostEndpoint, "conformance.name", 201),
        (Kind::HostEndpoint, "Conformance", 422),
        (Kind::HostEndpoint, long.as_str(), 422),
    ] {
        let place = place(kind, if kind.namespaced() { "shop" } else { "" });
        api.clear(&format!("{place}/{name}")).await?;
        let spec = if kind == Kind::HostEndpoint { json!({"node": "node-a", "interfaceName": "eth9"}) } else { json!({}) };
        let answer = api.post(&place, &object(kind, name, json!({"spec": spec}))).await?;
        if answer.code != code {
            wrong.push(format!("{kind} {name}: {} instead of {code}: {}", answer.code, answer.body["message"]));
        }
        api.clear(&format!("{place}/{name}")).await?;
    }
    ensure!(wrong.is_empty(), "\n  {}", wrong.join("\n  "));
    Ok(())
}
