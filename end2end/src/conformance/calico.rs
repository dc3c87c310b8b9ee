//! What Calico's API server makes of the objects that Portcullis writes.

use super::api::{Api, less_server_set, object, place, same};
use super::cases;
use anyhow::{Context, Result};
use policy::object::Kind;
use serde_json::{Value, json};

cases!(policies_come_back_in_calico_s_shape, types_follow_the_rules, host_endpoints_come_back, sets_come_back);

const NAME: &str = "conformance-calico";

/// Creates an object and compares what comes back.
async fn comes_back(api: &Api, kind: Kind, given: &Value, expected: &Value) -> Result<()> {
    let place = place(kind, if kind.namespaced() { "shop" } else { "" });
    let path = format!("{place}/{NAME}");
    api.clear(&path).await?;
    let stored = api.post(&place, &object(kind, NAME, given.clone())).await?.accepted().with_context(|| given.to_string())?;
    let mut expected = object(kind, NAME, expected.clone());
    if kind.namespaced() {
        expected["metadata"]["namespace"] = json!("shop");
    }
    same("what is answered", &less_server_set(&stored), &expected)?;
    same("what is read", &api.get(&path).await?.accepted()?, &stored)?;
    same("what is put back", &api.put(&path, &stored).await?.accepted()?, &stored)?;
    api.clear(&path).await
}

async fn policies_come_back_in_calico_s_shape(api: &Api) -> Result<()> {
    let given = json!({"spec": {
        "order": 10.0,
        "selector": "portcullis.dev/edge == 'true'",
        "namespaceSelector": "",
        "types": ["Ingress"],
        "preDNAT": true,
        "doNotTrack": false,
        "applyOnForward": true,
        "unheardOf": 1,
        "egress": [],
        "ingress": [
            {
                "action": "Allow",
                "protocol": "TCP",
                "unheardOf": true,
                "source": {"selector": "portcullis.dev/clients == 'a'", "namespaceSelector": "global()", "nets": []},
                "destination": {"nets": ["10.20.30.40/32"], "ports": ["80", "443:443", "8000:8080", 9000]},
            },
            {"action": "Deny", "ipVersion": 4, "destination": {"nets": ["10.20.30.40/32"]}},
        ],
    }});
    let expected = json!({"spec": {
        "order": 10,
        "selector": "portcullis.dev/edge == 'true'",
        "types": ["Ingress"],
        "preDNAT": true,
        "applyOnForward": true,
        "ingress": [
            {
                "action": "Allow",
                "protocol": "TCP",
                "source": {"selector": "portcullis.dev/clients == 'a'", "namespaceSelector": "global()"},
                "destination": {"nets": ["10.20.30.40/32"], "ports": [80, 443, "8000:8080", 9000]},
            },
            {"action": "Deny", "ipVersion": 4, "source": {}, "destination": {"nets": ["10.20.30.40/32"]}},
        ],
    }});
    comes_back(api, Kind::GlobalNetworkPolicy, &given, &expected).await?;
    let given = json!({"spec": {
        "order": 0.5,
        "selector": "app == 'svc-a'",
        "types": ["Ingress", "Egress"],
        "ingress": [{"action": "Pass", "destination": {"ports": ["http"]}, "protocol": "TCP"}],
        "egress": [{"action": "Allow", "metadata": {"annotations": {"note": "a"}}, "icmp": {"type": 8}, "protocol": "ICMP"}],
    }});
    let mut expected = given.clone();
    expected["spec"]["ingress"][0]["source"] = json!({});
    for side in ["source", "destination"] {
        expected["spec"]["egress"][0][side] = json!({});
    }
    comes_back(api, Kind::NetworkPolicy, &given, &expected).await
}

async fn types_follow_the_rules(api: &Api) -> Result<()> {
    let rule = json!([{"action": "Allow", "source": {}, "destination": {}}]);
    for (rules, types) in [
        (json!({}), json!(["Ingress"])),
        (json!({"ingress": rule}), json!(["Ingress"])),
        (json!({"egress": rule}), json!(["Egress"])),
        (json!({"ingress": rule, "egress": rule}), json!(["Ingress", "Egress"])),
    ] {
        let mut given = json!({"spec": rules});
        given["spec"]["selector"] = json!("has(nobody)");
        let mut expected = given.clone();
        expected["spec"]["types"] = types;
        for kind in [Kind::GlobalNetworkPolicy, Kind::NetworkPolicy] {
            comes_back(api, kind, &given, &expected).await?;
        }
    }
    Ok(())
}

async fn host_endpoints_come_back(api: &Api) -> Result<()> {
    let content = json!({"spec": {
        "node": "node-a",
        "interfaceName": "eth7",
        "expectedIPs": ["10.0.1.1", "fd00:10:0:1::1"],
        "profiles": ["projectcalico-default-allow"],
    }});
    comes_back(api, Kind::HostEndpoint, &content, &content).await?;
    let given = json!({"spec": {"node": "node-a", "interfaceName": "eth7", "expectedIPs": [], "profiles": null, "unheardOf": {}}});
    comes_back(api, Kind::HostEndpoint, &given, &json!({"spec": {"node": "node-a", "interfaceName": "eth7"}})).await
}

async fn sets_come_back(api: &Api) -> Result<()> {
    for kind in [Kind::GlobalNetworkSet, Kind::NetworkSet] {
        let content = json!({"spec": {"nets": ["192.0.2.0/24", "198.51.100.7", "fd00::/64"]}});
        comes_back(api, kind, &content, &content).await?;
        comes_back(api, kind, &json!({"spec": {"nets": []}}), &json!({"spec": {}})).await?;
        comes_back(api, kind, &json!({}), &json!({"spec": {}})).await?;
    }
    Ok(())
}
