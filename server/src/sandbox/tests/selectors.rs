//! Lists: selectors, pages, resourceVersions.

use super::*;

async fn names(world: &World, path: &str) -> Vec<String> {
    let (status, list) = world.get(path).await;
    assert_eq!(status, StatusCode::OK, "{list}");
    list["items"].as_array().unwrap().iter().map(|item| text(&item["metadata"]["name"])).collect()
}

#[tokio::test]
async fn label_selectors_choose() {
    let world = World::new().await;
    for (name, labels) in [("l1", json!({"a": "1", "t": "x"})), ("l2", json!({"a": "2", "t": "x"})), ("l3", json!({"t": "x"}))] {
        world.created(SLICES, &mk_slice(name, labels)).await;
    }
    for (selector, expected) in [
        ("t=x", vec!["l1", "l2", "l3"]),
        ("t%3D%3Dx,a", vec!["l1", "l2"]),
        ("t=x,!a", vec!["l3"]),
        ("t=x,a!=1", vec!["l2", "l3"]),
        ("t=x,a%20in%20(1,3)", vec!["l1"]),
        ("t=x,a%20notin%20(1,3)", vec!["l2", "l3"]),
        ("t=x,a%3E1", vec!["l2"]),
        ("t=x,a%3C2", vec!["l1"]),
        ("t=y", vec![]),
    ] {
        assert_eq!(names(&world, &format!("{SLICES}?labelSelector={selector}")).await, expected, "{selector}");
    }
    for selector in ["a%20is%201", "%C3%A4", "a%20in%20(1", "%3D", "a%3Ex"] {
        let answer = world.get(&format!("{SLICES}?labelSelector={selector}")).await;
        assert_eq!(refusal(&answer), refused(400, "BadRequest"), "{selector}");
    }
}

#[tokio::test]
async fn field_selectors_choose() {
    let world = World::new().await;
    let services = "/api/v1/services?fieldSelector=";
    assert_eq!(names(&world, &format!("{services}metadata.name=svc-a")).await, ["svc-a"]);
    assert_eq!(names(&world, &format!("{services}metadata.namespace=default")).await, ["kubernetes"]);
    assert_eq!(names(&world, &format!("{services}metadata.name=svc-a,metadata.namespace!=shop")).await, [""; 0]);
    assert_eq!(
        names(&world, "/api/v1/pods?fieldSelector=spec.nodeName=node-b,metadata.namespace=ops,spec.hostNetwork=true").await,
        ["node-metrics-b"]
    );
    assert_eq!(refusal(&world.get(&format!("{services}spec.ports=80")).await), refused(400, "BadRequest"));
    assert_eq!(refusal(&world.get(&format!("{services}metadata.name")).await), refused(400, "BadRequest"));
    assert_eq!(refusal(&world.get(&format!("{SETS}?fieldSelector=spec.nets=x")).await), refused(400, "BadRequest"));
}

#[tokio::test]
async fn pages_show_one_moment() {
    let world = World::new().await;
    let all = names(&world, "/api/v1/services").await;
    let (_, first) = world.get("/api/v1/services?limit=10").await;
    assert_eq!(first["metadata"]["remainingItemCount"], all.len() - 10);
    // What happens between two pages is not seen by the second.
    world.delete("/api/v1/namespaces/shop/services/svc-b", &json!({})).await;
    let token = text(&first["metadata"]["continue"]).replace('/', "%2F");
    let (_, second) = world.get(&format!("/api/v1/services?limit=100&continue={token}")).await;
    assert_eq!(second["metadata"]["resourceVersion"], first["metadata"]["resourceVersion"]);
    assert!(second["metadata"]["continue"].is_null());
    let pages = [&first, &second].map(|page| page["items"].as_array().unwrap().clone()).concat();
    assert_eq!(pages.iter().map(|item| text(&item["metadata"]["name"])).collect::<Vec<_>>(), all);
    assert_eq!(refusal(&world.get("/api/v1/services?continue=x").await), refused(400, "BadRequest"));
    assert!(world.get(&format!("{SETS}?limit=0")).await.1["metadata"]["continue"].is_null());
}

#[tokio::test]
async fn a_list_says_its_moment() {
    let world = World::new().await;
    let (_, list) = world.get("/api/v1/services").await;
    assert_eq!((text(&list["kind"]), text(&list["apiVersion"])), ("ServiceList".to_owned(), "v1".to_owned()));
    assert!(list["items"][0]["kind"].is_null(), "items of Kubernetes' own kinds do not repeat the kind");
    let now: u64 = text(&list["metadata"]["resourceVersion"]).parse().unwrap();
    let path = format!("/api/v1/services?resourceVersion={}", now + 1);
    assert_eq!(refusal(&world.get(&path).await), refused(504, "Timeout"));
    assert_eq!(refusal(&world.get("/api/v1/services?resourceVersion=x").await), refused(400, "BadRequest"));
    let exact = format!("/api/v1/services?resourceVersionMatch=Exact&resourceVersion={now}");
    world.delete("/api/v1/namespaces/shop/services/svc-a", &json!({})).await;
    assert!(names(&world, &exact).await.contains(&"svc-a".to_owned()));
    let (_, sets) = world.get(SETS).await;
    assert_eq!(sets["items"][0]["kind"], "GlobalNetworkSet");
}
