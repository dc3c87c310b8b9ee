//! Lists: their form, selectors, pages.

use super::api::{Api, object, place, same, text};
use super::cases;
use anyhow::{Context, Result, ensure};
use policy::object::Kind;
use serde_json::{Value, json};

cases!(a_list_says_what_it_is, label_selectors_choose, field_selectors_choose, pages_of_kubernetes_show_one_moment, calico_knows_no_pages);

async fn a_list_says_what_it_is(api: &Api) -> Result<()> {
    for kind in Kind::ALL.into_iter().filter(|kind| kind.in_every_line()) {
        let list = api.get(&place(kind, "")).await?.accepted()?;
        same("kind", &list["kind"], &json!(format!("{}List", kind.name())))?;
        same("apiVersion", &list["apiVersion"], &json!(kind.api_version()))?;
        ensure!(text(&list["metadata"]["resourceVersion"]).parse::<u64>().is_ok(), "{kind}: {}", list["metadata"]);
        let items = list["items"].as_array().with_context(|| format!("{kind} has no items"))?;
        // Items of Kubernetes' own lists do not repeat the kind.
        let repeated = if kind.group() == "projectcalico.org" { json!(kind.name()) } else { Value::Null };
        for item in items {
            same(&format!("kind of an item of {kind}"), &item["kind"], &repeated)?;
        }
    }
    Ok(())
}

/// Three objects of a kind of each API server, chosen by labels.
async fn label_selectors_choose(api: &Api) -> Result<()> {
    for (kind, content) in [(Kind::EndpointSlice, json!({"addressType": "IPv4", "endpoints": []})), (Kind::NetworkSet, json!({"spec": {}}))]
    {
        let place = place(kind, "shop");
        let labels = [
            ("conformance-1", json!({"a": "1", "t": "x"})),
            ("conformance-2", json!({"a": "2", "t": "x"})),
            ("conformance-3", json!({"t": "x"})),
        ];
        for (name, labels) in &labels {
            api.clear(&format!("{place}/{name}")).await?;
            let mut given = object(kind, name, content.clone());
            given["metadata"]["labels"] = labels.clone();
            api.post(&place, &given).await?.accepted()?;
        }
        for (selector, expected) in [
            ("t=x", "1 2 3"),
            ("t%3D%3Dx,a", "1 2"),
            ("t=x,!a", "3"),
            ("t=x,a!=1", "2 3"),
            ("t=x,a%20in%20(1,3)", "1"),
            ("t=x,a%20notin%20(1,3)", "2 3"),
            ("t=x,a%3E1", "2"),
            ("t=y", ""),
        ] {
            let list = api.get(&format!("{place}?labelSelector={selector}")).await?.accepted()?;
            let found: Vec<_> = names(&list).iter().map(|name| name.replace("conformance-", "")).collect();
            ensure!(found.join(" ") == expected, "{kind}, {selector}: {found:?}");
        }
        for selector in ["a%20is%201", "a%20in%20(1", "%3D"] {
            let answer = api.get(&format!("{place}?labelSelector={selector}")).await?;
            answer.refused(400, "BadRequest").with_context(|| format!("{kind}, {selector}"))?;
        }
        for (name, _) in &labels {
            api.clear(&format!("{place}/{name}")).await?;
        }
    }
    Ok(())
}

async fn field_selectors_choose(api: &Api) -> Result<()> {
    for (path, expected) in [
        ("/api/v1/services?fieldSelector=metadata.name=svc-a", "svc-a"),
        (
            "/api/v1/namespaces/shop/services?fieldSelector=metadata.name!=svc-a,metadata.name!=svc-b,metadata.name!=cart",
            "cart-admin search storefront",
        ),
        ("/api/v1/pods?fieldSelector=spec.nodeName=node-b,metadata.namespace=media,status.phase=Running", "edge-cache-j2x8n stream-c9m5v"),
        ("/apis/projectcalico.org/v3/globalnetworksets?fieldSelector=metadata.name=office", "office"),
        ("/apis/projectcalico.org/v3/globalnetworksets?fieldSelector=metadata.name=absent", ""),
    ] {
        let list = api.get(path).await?.accepted()?;
        ensure!(names(&list).join(" ") == expected, "{path}: {:?}", names(&list));
        ensure!(!text(&list["metadata"]["resourceVersion"]).is_empty(), "{path}: no resourceVersion");
    }
    for path in ["/api/v1/services?fieldSelector=spec.ports=80", "/apis/projectcalico.org/v3/globalnetworksets?fieldSelector=spec.nets=a"] {
        api.get(path).await?.refused(400, "BadRequest").with_context(|| path.to_owned())?;
    }
    Ok(())
}

async fn pages_of_kubernetes_show_one_moment(api: &Api) -> Result<()> {
    let place = place(Kind::EndpointSlice, "shop");
    let extra = format!("{place}/zz-conformance");
    api.clear(&extra).await?;
    let all = names(&api.get(&place).await?.accepted()?);
    let first = api.get(&format!("{place}?limit=3")).await?.accepted()?;
    same("remainingItemCount", &first["metadata"]["remainingItemCount"], &json!(all.len() - 3))?;
    let slice = object(Kind::EndpointSlice, "zz-conformance", json!({"addressType": "IPv4", "endpoints": []}));
    api.post(&place, &slice).await?.accepted()?;
    let token = text(&first["metadata"]["continue"]).replace('/', "%2F").replace(':', "%3A");
    let second = api.get(&format!("{place}?limit=500&continue={token}")).await?.accepted()?;
    same("resourceVersion", &second["metadata"]["resourceVersion"], &first["metadata"]["resourceVersion"])?;
    let found = [names(&first), names(&second)].concat();
    ensure!(found == all, "{found:?} is not {all:?}");
    api.get(&format!("{place}?limit=3&continue=nonsense")).await?.refused(400, "BadRequest")?;
    api.clear(&extra).await
}

async fn calico_knows_no_pages(api: &Api) -> Result<()> {
    let place = place(Kind::IpPool, "");
    let list = api.get(&format!("{place}?limit=1")).await?.accepted()?;
    ensure!(names(&list).len() >= 2 && list["metadata"]["continue"].is_null(), "{}", list["metadata"]);
    Ok(())
}

fn names(list: &Value) -> Vec<String> {
    list["items"].as_array().into_iter().flatten().map(|item| text(&item["metadata"]["name"])).collect()
}
