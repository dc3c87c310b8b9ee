//! What is refused before anything is looked at closely.

use super::api::{Api, object, place};
use super::cases;
use anyhow::{Context, Result, ensure};
use http::Method;
use policy::object::Kind;
use serde_json::json;

cases!(
    bodies_that_cannot_be_read_are_refused,
    bodies_of_another_kind_are_refused,
    names_and_labels_keep_to_their_grammar,
    namespaces_have_to_exist_and_agree,
    namespaces_of_kubernetes_itself_stay,
    methods_that_do_not_exist_are_refused,
    dry_runs_leave_nothing_behind,
);

const NAME: &str = "conformance-refusal";

async fn bodies_that_cannot_be_read_are_refused(api: &Api) -> Result<()> {
    let post = |kind: Kind, media: &'static str, body: Vec<u8>| {
        let path = place(kind, if kind.namespaced() { "shop" } else { "" });
        async move { api.send(Method::POST, &path, &[("content-type", media)], body).await }
    };
    for kind in [Kind::GlobalNetworkSet, Kind::Service] {
        let context = || format!("{kind}");
        post(kind, "application/json", b"{".to_vec()).await?.refused(400, "BadRequest").with_context(context)?;
        post(kind, "application/json", b"\"text\"".to_vec()).await?.refused(400, "BadRequest").with_context(context)?;
        post(kind, "text/plain", b"{}".to_vec()).await?.refused(415, "UnsupportedMediaType").with_context(context)?;
        let answer = post(kind, "application/json", vec![b' '; 3 * 1024 * 1024 + 1]).await?;
        answer.refused(413, "RequestEntityTooLarge").with_context(context)?;
    }
    Ok(())
}

async fn bodies_of_another_kind_are_refused(api: &Api) -> Result<()> {
    let sets = place(Kind::GlobalNetworkSet, "");
    for body in [
        object(Kind::HostEndpoint, NAME, json!({})),
        json!({"apiVersion": "v1", "kind": "GlobalNetworkSet", "metadata": {"name": NAME}}),
        json!({"metadata": {"name": NAME, "labels": {"a": 1}}}),
        json!({"metadata": {"name": 7}}),
        json!({"metadata": {"name": NAME}, "spec": {"nets": "192.0.2.0/24"}}),
        json!({"metadata": {"name": NAME}, "spec": []}),
    ] {
        api.post(&sets, &body).await?.refused(400, "BadRequest").with_context(|| body.to_string())?;
    }
    Ok(())
}

async fn names_and_labels_keep_to_their_grammar(api: &Api) -> Result<()> {
    let slices = place(Kind::EndpointSlice, "shop");
    let slice = |name: &str, labels: serde_json::Value| {
        let mut slice = object(Kind::EndpointSlice, name, json!({"addressType": "IPv4", "endpoints": []}));
        slice["metadata"]["labels"] = labels;
        slice
    };
    for body in [slice("", json!({})), slice("Upper", json!({})), slice(NAME, json!({"-a": "b"})), slice(NAME, json!({"a": "b c"}))] {
        api.post(&slices, &body).await?.refused(422, "Invalid").with_context(|| body.to_string())?;
    }
    let mut set = object(Kind::GlobalNetworkSet, NAME, json!({"spec": {}}));
    set["metadata"]["labels"] = json!({"a": "b c"});
    for body in [set, object(Kind::GlobalNetworkSet, "", json!({})), object(Kind::GlobalNetworkSet, "a/b", json!({}))] {
        api.post(&place(Kind::GlobalNetworkSet, ""), &body).await?.refused(422, "Invalid").with_context(|| body.to_string())?;
    }
    Ok(())
}

async fn namespaces_have_to_exist_and_agree(api: &Api) -> Result<()> {
    for (kind, content) in [(Kind::EndpointSlice, json!({"addressType": "IPv4", "endpoints": []})), (Kind::NetworkSet, json!({"spec": {}}))]
    {
        let given = object(kind, NAME, content);
        api.post(&place(kind, "absent"), &given).await?.refused(404, "NotFound").with_context(|| format!("{kind} in no namespace"))?;
        let mut elsewhere = given;
        elsewhere["metadata"]["namespace"] = json!("media");
        api.post(&place(kind, "shop"), &elsewhere).await?.refused(400, "BadRequest").with_context(|| format!("{kind} of elsewhere"))?;
    }
    let sets = place(Kind::GlobalNetworkSet, "");
    api.clear(&format!("{sets}/{NAME}")).await?;
    let mut set = object(Kind::GlobalNetworkSet, NAME, json!({"spec": {}}));
    set["metadata"]["namespace"] = json!("shop");
    let stored = api.post(&sets, &set).await?.accepted()?;
    ensure!(stored["metadata"]["namespace"].is_null(), "a cluster-wide object has no namespace: {}", stored["metadata"]);
    api.clear(&format!("{sets}/{NAME}")).await
}

async fn namespaces_of_kubernetes_itself_stay(api: &Api) -> Result<()> {
    api.delete("/api/v1/namespaces/kube-system", &json!({})).await?.refused(403, "Forbidden")
}

async fn methods_that_do_not_exist_are_refused(api: &Api) -> Result<()> {
    for (method, path) in [
        (Method::POST, "/api/v1/namespaces/shop/services/svc-a"),
        (Method::POST, "/api/v1/services"),
        (Method::PUT, "/api/v1/namespaces/shop/services"),
    ] {
        let body = json!({}).to_string().into_bytes();
        let answer = api.send(method.clone(), path, &[("content-type", "application/json")], body).await?;
        ensure!(answer.code == 405, "{method} {path}: {}", answer.code);
    }
    // Calico's API server makes it by itself, and lets nobody write it.
    let given = object(Kind::ClusterInformation, "default", json!({"spec": {}}));
    let (place, path) = (place(Kind::ClusterInformation, ""), format!("{}/default", place(Kind::ClusterInformation, "")));
    for answer in [api.post(&place, &given).await?, api.put(&path, &given).await?, api.delete(&path, &json!({})).await?] {
        answer.refused(405, "MethodNotAllowed")?;
    }
    Ok(())
}

async fn dry_runs_leave_nothing_behind(api: &Api) -> Result<()> {
    for (kind, place, content) in [
        (Kind::GlobalNetworkSet, place(Kind::GlobalNetworkSet, ""), json!({"spec": {"nets": ["192.0.2.0/24"]}})),
        (Kind::EndpointSlice, place(Kind::EndpointSlice, "shop"), json!({"addressType": "IPv4", "endpoints": []})),
    ] {
        api.clear(&format!("{place}/{NAME}")).await?;
        let answer = api.post(&format!("{place}?dryRun=All"), &object(kind, NAME, content)).await?;
        ensure!(answer.code == 201, "{kind}: {}", answer.body);
        api.get(&format!("{place}/{NAME}")).await?.refused(404, "NotFound")?;
    }
    Ok(())
}
