//! Services: defaults and cluster IPs.

use super::api::{Api, object, place, same, text};
use super::cases;
use anyhow::{Context, Result, ensure};
use policy::object::Kind;
use serde_json::{Value, json};

cases!(services_are_filled_in, a_cluster_ip_is_given_and_kept, cluster_ips_are_checked);

const NAME: &str = "conformance-service";

fn service(spec: Value) -> Value {
    object(Kind::Service, NAME, json!({"spec": spec}))
}

fn home() -> (String, String) {
    let place = place(Kind::Service, "shop");
    let path = format!("{place}/{NAME}");
    (place, path)
}

async fn services_are_filled_in(api: &Api) -> Result<()> {
    let (place, path) = home();
    let common =
        json!({"sessionAffinity": "None", "internalTrafficPolicy": "Cluster", "ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack"});
    for (given, filled) in [
        (
            json!({"clusterIP": "10.20.77.1", "ports": [{"port": 80}]}),
            json!({"type": "ClusterIP", "clusterIPs": ["10.20.77.1"], "ports": [{"port": 80, "protocol": "TCP", "targetPort": 80}]}),
        ),
        (
            json!({"clusterIPs": ["10.20.77.1"], "clusterIP": "10.20.77.1", "externalIPs": ["203.0.113.9"], "ports": [{"port": 80, "protocol": "UDP", "targetPort": "a"}]}),
            json!({"type": "ClusterIP", "externalTrafficPolicy": "Cluster"}),
        ),
        (
            json!({"clusterIP": "None", "ports": [{"port": 80, "protocol": "TCP", "targetPort": 8080}]}),
            json!({"type": "ClusterIP", "clusterIPs": ["None"], "ipFamilies": ["IPv4", "IPv6"], "ipFamilyPolicy": "RequireDualStack"}),
        ),
        (json!({"clusterIP": "None", "selector": {"a": "b"}}), json!({"type": "ClusterIP", "clusterIPs": ["None"]})),
        (
            json!({"clusterIP": "10.20.77.1", "clusterIPs": ["10.20.77.1", "fd00:20::7701"], "ipFamilyPolicy": "PreferDualStack", "ports": [{"port": 1, "protocol": "TCP", "targetPort": 1}]}),
            json!({"type": "ClusterIP", "ipFamilies": ["IPv4", "IPv6"], "ipFamilyPolicy": "PreferDualStack"}),
        ),
    ] {
        api.clear(&path).await?;
        let stored = api.post(&place, &service(given.clone())).await?.accepted().with_context(|| given.to_string())?;
        let mut expected = common.clone();
        for part in [&given, &filled] {
            for (field, value) in part.as_object().into_iter().flatten() {
                expected[field.as_str()] = value.clone();
            }
        }
        same("spec", &stored["spec"], &expected)?;
    }
    api.clear(&path).await
}

async fn a_cluster_ip_is_given_and_kept(api: &Api) -> Result<()> {
    let (place, path) = home();
    api.clear(&path).await?;
    let stored = api.post(&place, &service(json!({"ports": [{"port": 80}], "ipFamilyPolicy": "PreferDualStack"}))).await?.accepted()?;
    let given = &stored["spec"]["clusterIPs"];
    ensure!(text(&given[0]).starts_with("10.20.") && text(&given[1]).starts_with("fd00:20::"), "{given}");
    same("clusterIP", &stored["spec"]["clusterIP"], &given[0])?;
    same("ipFamilies", &stored["spec"]["ipFamilies"], &json!(["IPv4", "IPv6"]))?;
    let bare = service(json!({"ports": [{"port": 80}], "selector": {"a": "b"}}));
    let kept = api.put(&path, &bare).await?.accepted()?;
    same("clusterIP after a replacement without", &kept["spec"]["clusterIP"], &given[0])?;
    let other = service(json!({"ports": [{"port": 80}], "clusterIP": "10.20.77.2"}));
    api.put(&path, &other).await?.refused(422, "Invalid").context("another clusterIP")?;
    api.clear(&path).await
}

async fn cluster_ips_are_checked(api: &Api) -> Result<()> {
    let (place, path) = home();
    api.clear(&path).await?;
    for address in ["10.20.30.40", "192.0.2.1", "fd00:21::1", "text"] {
        let answer = api.post(&place, &service(json!({"ports": [{"port": 80}], "clusterIP": address}))).await?;
        answer.refused(422, "Invalid").with_context(|| address.to_owned())?;
    }
    Ok(())
}
