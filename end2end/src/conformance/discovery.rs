//! What the API says of itself.

use super::api::{Api, same, text};
use super::cases;
use anyhow::{Context, Result, ensure};
use policy::object::Kind;
use serde_json::{Value, json};

cases!(every_kind_is_announced, groups_are_announced, unknown_things_are_not_found);

async fn every_kind_is_announced(api: &Api) -> Result<()> {
    for kind in Kind::ALL.into_iter().filter(|kind| kind.in_every_line()) {
        let path = if kind.group().is_empty() { "/api/v1".to_owned() } else { format!("/apis/{}", kind.api_version()) };
        let list = api.get(&path).await?.accepted()?;
        let resource = find(&list["resources"], "name", kind.plural()).with_context(|| format!("{path} has no {}", kind.plural()))?;
        let singular = if kind.group() == "projectcalico.org" { String::new() } else { kind.name().to_lowercase() };
        for (field, expected) in [("kind", json!(kind.name())), ("namespaced", json!(kind.namespaced())), ("singularName", json!(singular))]
        {
            same(&format!("{field} of {kind}"), &resource[field], &expected)?;
        }
        same(&format!("short names of {kind}"), &resource["shortNames"], &short_names(kind))?;
        for verb in ["create", "delete", "get", "list", "update", "watch"] {
            ensure!(resource["verbs"].as_array().is_some_and(|verbs| verbs.contains(&json!(verb))), "{kind} has no verb {verb}");
        }
        let status = find(&list["resources"], "name", &format!("{}/status", kind.plural())).is_some();
        let expected = matches!(kind, Kind::Namespace | Kind::Node | Kind::Pod | Kind::Service | Kind::KubeControllersConfiguration);
        ensure!(status == expected, "{kind}: a status of its own is announced: {status}");
    }
    Ok(())
}

fn short_names(kind: Kind) -> Value {
    match kind {
        Kind::Namespace => json!(["ns"]),
        Kind::ServiceAccount => json!(["sa"]),
        Kind::Node => json!(["no"]),
        Kind::Pod => json!(["po"]),
        Kind::Service => json!(["svc"]),
        Kind::KubernetesNetworkPolicy => json!(["netpol"]),
        Kind::ClusterInformation => json!(["clusterinfo"]),
        Kind::FelixConfiguration => json!(["felixconfig", "felixconfigs"]),
        Kind::BgpConfiguration => json!(["bgpconfig", "bgpconfigs"]),
        Kind::NetworkSet => json!(["netsets"]),
        Kind::HostEndpoint => json!(["hep", "heps"]),
        Kind::NetworkPolicy => json!(["cnp", "caliconetworkpolicy", "caliconetworkpolicies"]),
        Kind::GlobalNetworkPolicy => json!(["gnp", "cgnp", "calicoglobalnetworkpolicies"]),
        _ => Value::Null,
    }
}

async fn groups_are_announced(api: &Api) -> Result<()> {
    same("versions of the core group", &api.get("/api").await?.accepted()?["versions"], &json!(["v1"]))?;
    let groups = api.get("/apis").await?.accepted()?;
    for (name, version) in [("discovery.k8s.io", "v1"), ("networking.k8s.io", "v1"), ("projectcalico.org", "v3")] {
        let group = find(&groups["groups"], "name", name).with_context(|| format!("/apis has no {name}"))?;
        let preferred = json!({"groupVersion": format!("{name}/{version}"), "version": version});
        same(name, &group["preferredVersion"], &preferred)?;
        let alone = api.get(&format!("/apis/{name}")).await?.accepted()?;
        same("kind", &alone["kind"], &json!("APIGroup"))?;
        same(name, &alone["preferredVersion"], &preferred)?;
    }
    Ok(())
}

async fn unknown_things_are_not_found(api: &Api) -> Result<()> {
    for path in ["/apis/projectcalico.org/v3/teapots", "/api/v1/teapots", "/api/v1/namespaces/shop/teapots/a"] {
        let answer = api.get(path).await?;
        ensure!(answer.code == 404, "{path}: {}", answer.code);
    }
    for path in ["/api/v1/namespaces/shop/services/absent", "/apis/projectcalico.org/v3/hostendpoints/absent", "/api/v1/nodes/absent"] {
        api.get(path).await?.refused(404, "NotFound").with_context(|| path.to_owned())?;
    }
    Ok(())
}

fn find<'a>(list: &'a Value, field: &str, value: &str) -> Option<&'a Value> {
    list.as_array()?.iter().find(|item| text(&item[field]) == value)
}
