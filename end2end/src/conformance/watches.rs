//! Watches: their beginnings, the order of events, and how they end.

use super::api::{Api, object, place, same, text, told};
use super::cases;
use anyhow::{Result, ensure};
use policy::object::Kind;
use serde_json::{Value, json};
use std::time::Duration;

cases!(
    every_change_is_told_in_order,
    a_watch_begins_with_what_there_is,
    kubernetes_tells_of_a_selection,
    calico_tells_of_a_selection,
    a_watch_ends_on_time,
    bookmarks_are_at_most_kubernetes_own,
    an_old_version_has_expired,
    streaming_lists_are_not_offered,
);

const NAME: &str = "conformance-watch";

fn both() -> [(Kind, String, Value); 2] {
    [
        (Kind::GlobalNetworkSet, place(Kind::GlobalNetworkSet, ""), json!({"spec": {}})),
        (Kind::EndpointSlice, place(Kind::EndpointSlice, "shop"), json!({"addressType": "IPv4", "endpoints": []})),
    ]
}

/// Creates an object with the first labels, gives it each of the others, and deletes it; answers with the resourceVersion before.
async fn lived(api: &Api, kind: Kind, place: &str, content: &Value, labels: &[Value]) -> Result<String> {
    let path = format!("{place}/{NAME}");
    api.clear(&path).await?;
    let before = api.revision(place).await?;
    let mut stored = Value::Null;
    for labels in labels {
        let mut next = if stored.is_null() { object(kind, NAME, content.clone()) } else { stored };
        next["metadata"]["labels"] = labels.clone();
        let answer = if next["metadata"]["uid"].is_null() { api.post(place, &next).await? } else { api.put(&path, &next).await? };
        stored = answer.accepted()?;
    }
    api.clear(&path).await?;
    Ok(before)
}

async fn every_change_is_told_in_order(api: &Api) -> Result<()> {
    for (kind, place, content) in both() {
        let before = lived(api, kind, &place, &content, &[json!({"a": "1"}), json!({"a": "2"})]).await?;
        let events = api.watch(&format!("{place}?watch=true&resourceVersion={before}")).await?;
        ensure!(told(&events) == ["ADDED", "MODIFIED", "DELETED"].map(|kind| format!("{kind} {NAME}")), "{kind}: {:?}", told(&events));
        same("labels at the end", &events[2]["object"]["metadata"]["labels"], &json!({"a": "2"}))?;
        let versions: Vec<u64> = events.iter().filter_map(|e| text(&e["object"]["metadata"]["resourceVersion"]).parse().ok()).collect();
        ensure!(versions.len() == 3 && versions.is_sorted_by(|a, b| a < b), "{kind}: {versions:?}");
        for event in &events {
            same("kind", &event["object"]["kind"], &json!(kind.name()))?;
            same("apiVersion", &event["object"]["apiVersion"], &json!(kind.api_version()))?;
        }
    }
    Ok(())
}

async fn a_watch_begins_with_what_there_is(api: &Api) -> Result<()> {
    for version in ["", "&resourceVersion=0"] {
        for (path, expected) in [
            ("/api/v1/nodes", vec!["ADDED node-a", "ADDED node-b"]),
            ("/apis/projectcalico.org/v3/ippools", vec!["ADDED default-ipv4-ippool", "ADDED default-ipv6-ippool"]),
        ] {
            let mut found = told(&api.watch(&format!("{path}?watch=1{version}")).await?);
            found.sort();
            ensure!(found == expected, "{path}{version}: {found:?}");
        }
    }
    Ok(())
}

async fn kubernetes_tells_of_a_selection(api: &Api) -> Result<()> {
    let [_, (kind, place, content)] = both();
    let labels = [json!({}), json!({"a": "1"}), json!({"a": "1", "b": "2"}), json!({})];
    let before = lived(api, kind, &place, &content, &labels).await?;
    let events = api.watch(&format!("{place}?watch=1&labelSelector=a&resourceVersion={before}")).await?;
    ensure!(told(&events) == ["ADDED", "MODIFIED", "DELETED"].map(|kind| format!("{kind} {NAME}")), "{:?}", told(&events));
    same("labels on leaving", &events[2]["object"]["metadata"]["labels"], &json!({"a": "1", "b": "2"}))?;
    let version = |event: &Value| text(&event["object"]["metadata"]["resourceVersion"]).parse::<u64>().unwrap_or_default();
    ensure!(version(&events[1]) < version(&events[2]), "what leaves has the version of its leaving");
    Ok(())
}

/// Calico's watch does not know how an object was: a change inside the selection reads as an addition, and leaving it is not told.
async fn calico_tells_of_a_selection(api: &Api) -> Result<()> {
    let [(kind, place, content), _] = both();
    let labels = [json!({}), json!({"a": "1"}), json!({"a": "1", "b": "2"}), json!({})];
    let before = lived(api, kind, &place, &content, &labels).await?;
    let events = api.watch(&format!("{place}?watch=1&labelSelector=a&resourceVersion={before}")).await?;
    ensure!(told(&events) == ["ADDED", "ADDED"].map(|kind| format!("{kind} {NAME}")), "{:?}", told(&events));
    let before = lived(api, kind, &place, &content, &labels[1..3]).await?;
    let events = api.watch(&format!("{place}?watch=1&labelSelector=a&resourceVersion={before}")).await?;
    ensure!(told(&events) == ["ADDED", "ADDED", "DELETED"].map(|kind| format!("{kind} {NAME}")), "{:?}", told(&events));
    Ok(())
}

async fn a_watch_ends_on_time(api: &Api) -> Result<()> {
    for (_, place, _) in both() {
        let before = api.revision(&place).await?;
        let begun = tokio::time::Instant::now();
        let path = format!("{place}?watch=1&timeoutSeconds=2&resourceVersion={before}");
        let events = api.watch_for(&path, Duration::from_secs(20)).await?;
        let lasted = begun.elapsed();
        ensure!(events.is_empty() && lasted > Duration::from_millis(1500) && lasted < Duration::from_secs(10), "{place}: {lasted:?}");
    }
    Ok(())
}

async fn bookmarks_are_at_most_kubernetes_own(api: &Api) -> Result<()> {
    for (kind, place, _) in both() {
        let before = api.revision(&place).await?;
        let path = format!("{place}?watch=1&timeoutSeconds=4&allowWatchBookmarks=true&resourceVersion={before}");
        let events = api.watch_for(&path, Duration::from_secs(20)).await?;
        // Kubernetes promises none, and sends them when it likes; Calico sends none.
        ensure!(events.is_empty() || kind.group() != "projectcalico.org", "{kind}: {:?}", told(&events));
        for event in &events {
            same("type", &event["type"], &json!("BOOKMARK"))?;
            same("kind", &event["object"]["kind"], &json!(kind.name()))?;
            ensure!(text(&event["object"]["metadata"]["resourceVersion"]).parse::<u64>().is_ok(), "{}", event["object"]);
        }
    }
    Ok(())
}

/// From the API's first moment: too long ago, unless the API is younger than its memory.
async fn an_old_version_has_expired(api: &Api) -> Result<()> {
    let sets = place(Kind::GlobalNetworkSet, "");
    let events = api.watch(&format!("{sets}?watch=1&resourceVersion=1")).await?;
    let [event] = events.as_slice() else { anyhow::bail!("expected one ERROR, got {:?}", told(&events)) };
    same("type", &event["type"], &json!("ERROR"))?;
    let status = &event["object"];
    // Calico's API server does not say 410.
    let said = json!([status["kind"], status["reason"], status["code"], status["status"]]);
    same("the error", &said, &json!(["Status", "InternalError", null, null]))?;
    let message = text(&status["message"]);
    ensure!(message.starts_with("too old resource version"), "{message}");
    Ok(())
}

async fn streaming_lists_are_not_offered(api: &Api) -> Result<()> {
    let query = "watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
    api.get(&format!("/api/v1/nodes?{query}")).await?.refused(422, "Invalid")
}
