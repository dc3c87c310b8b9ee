//! Paths, media types, bodies, discovery.

use super::*;
use http::header::{ACCEPT, CONTENT_TYPE};

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let world = World::new().await;
    for path in [
        "/api/v1/services/x/y/z",
        "/api/v2",
        "/api/v1/ingresses",
        "/apis/example.com",
        "/apis/projectcalico.org/v1",
        "/apis/projectcalico.org/v3/tiers",
        "/apis//v1",
        "/api/v1/namespaces/shop/nodes",
        "/api/v1/services/svc-a",
        "/api/v1/namespaces/shop/services/absent",
        "/apis/projectcalico.org/v3/hostendpoints/absent",
        "/apis/projectcalico.org/v3/hostendpoints/absent/status",
        "/",
        "/api/v1/namespaces/%2e%2e/services/%00",
    ] {
        assert_eq!(refusal(&world.get(path).await), refused(404, "NotFound"), "{path}");
    }
}

#[tokio::test]
async fn methods_that_are_not_offered_are_refused() {
    let world = World::new().await;
    for (method, path) in [
        (Method::PATCH, "/api/v1/namespaces/shop/services/svc-a"),
        (Method::POST, "/api/v1/namespaces/shop/services/svc-a"),
        (Method::POST, "/api/v1/services"),
        (Method::PUT, "/api/v1/namespaces/shop/services"),
        (Method::DELETE, "/api/v1/namespaces/shop/services"),
        (Method::POST, "/version"),
        (Method::DELETE, "/api/v1"),
    ] {
        let answer = world.call(method.clone(), path, &json!({})).await;
        assert_eq!(refusal(&answer), refused(405, "MethodNotAllowed"), "{method} {path}");
    }
}

#[tokio::test]
async fn bodies_that_cannot_be_read_are_refused() {
    let world = World::new().await;
    let post = |kind: &str, body: Vec<u8>| world.send(Request::post(SETS).header(CONTENT_TYPE, kind).body(body.into()).unwrap());
    let set = mk_set("a", &["192.0.2.0/24"]).to_string().into_bytes();
    assert_eq!(refusal(&post("application/yaml", set.clone()).await), refused(415, "UnsupportedMediaType"));
    assert_eq!(refusal(&post("application/json", b"{".to_vec()).await), refused(400, "BadRequest"));
    assert_eq!(refusal(&post("application/json", vec![b'['; 100_000]).await), refused(400, "BadRequest"));
    assert_eq!(refusal(&post("application/json", vec![b' '; 3 * 1024 * 1024 + 1]).await), refused(413, "RequestEntityTooLarge"));
    assert_eq!(post("application/json; charset=utf-8", set).await.0, StatusCode::CREATED);
}

#[tokio::test]
async fn bodies_of_another_shape_are_refused_and_break_nothing() {
    let world = World::new().await;
    for body in [
        json!([]),
        json!("x"),
        json!({"metadata": []}),
        json!({"metadata": {"name": "a"}, "spec": "x"}),
        json!({"metadata": {"name": "a"}, "spec": []}),
        json!({"metadata": {"name": "a", "labels": []}}),
        json!({"metadata": {"name": "a", "labels": {"a": 1}}}),
        json!({"metadata": {"name": 7}}),
        json!({"kind": "HostEndpoint", "metadata": {"name": "a"}}),
        json!({"apiVersion": "v1", "metadata": {"name": "a"}}),
        json!({"metadata": {"name": "a"}, "spec": {"nets": "192.0.2.0/24"}}),
    ] {
        assert_eq!(refusal(&world.post(SETS, &body).await), refused(400, "BadRequest"), "{body}");
    }
    // Whatever is made of these, nothing may break.
    let policies = "/apis/projectcalico.org/v3/globalnetworkpolicies";
    for rule in [json!([]), json!(["Allow"]), json!({"action": "Allow", "source": []}), json!(null), json!({"source": {"ports": [[]]}})] {
        let body = json!({"metadata": {"name": "a"}, "spec": {"selector": "has(a)", "ingress": [rule]}});
        let (status, answer) = world.post(policies, &body).await;
        assert_ne!(status, StatusCode::INTERNAL_SERVER_ERROR, "{body} {answer}");
    }
    let body = json!({"metadata": {"name": "b"}, "spec": {"ports": [[]]}});
    assert_ne!(world.post("/api/v1/namespaces/shop/services", &body).await.0, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(world.get("/api/v1/namespaces/shop/services/svc-a").await.0, StatusCode::OK);
}

#[tokio::test]
async fn only_json_is_spoken() {
    let world = World::new().await;
    let get = |accept: &str| world.send(Request::get("/api/v1/nodes").header(ACCEPT, accept).body(Body::empty()).unwrap());
    assert_eq!(refusal(&get("application/vnd.kubernetes.protobuf").await), refused(406, "NotAcceptable"));
    assert_eq!(refusal(&get("application/json;as=Table;v=v1;g=meta.k8s.io").await), refused(406, "NotAcceptable"));
    assert_eq!(get("application/json;as=Table;v=v1;g=meta.k8s.io,application/json").await.0, StatusCode::OK);
    assert_eq!(get("*/*").await.0, StatusCode::OK);
}

#[tokio::test]
async fn discovery_names_every_kind() {
    let world = World::new().await;
    let (_, version) = world.get("/version").await;
    assert_eq!((text(&version["major"]), text(&version["minor"])), ("1".to_owned(), "29".to_owned()));
    assert_eq!(world.get("/api").await.1["versions"], json!(["v1"]));
    let (_, groups) = world.get("/apis").await;
    let names: Vec<_> = groups["groups"].as_array().unwrap().iter().map(|group| text(&group["name"])).collect();
    assert_eq!(names, ["discovery.k8s.io", "networking.k8s.io", "projectcalico.org"]);
    assert_eq!(world.get("/apis/projectcalico.org").await.1["preferredVersion"]["version"], "v3");
    for kind in policy::object::Kind::ALL.into_iter().filter(|kind| kind.in_every_line()) {
        let path = if kind.group().is_empty() { "/api/v1".to_owned() } else { format!("/apis/{}", kind.api_version()) };
        let (_, list) = world.get(&path).await;
        let resource = list["resources"].as_array().unwrap().iter().find(|r| r["name"] == kind.plural()).unwrap();
        assert_eq!(resource["kind"], kind.name());
        assert_eq!(resource["namespaced"], kind.namespaced());
        assert!(
            ["get", "list", "watch", "create", "update", "delete"]
                .iter()
                .all(|verb| { resource["verbs"].as_array().unwrap().contains(&json!(verb)) })
        );
    }
}
