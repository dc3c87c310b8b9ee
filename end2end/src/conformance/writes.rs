//! Create, replace, delete, of Kubernetes' kinds and of Calico's.

use super::api::{Api, less_server_set, object, place, same, text};
use super::cases;
use anyhow::{Context, Result, ensure};
use policy::object::Kind;
use serde_json::{Value, json};

cases!(
    the_server_sets_identity,
    a_name_is_taken_once,
    a_name_can_be_generated,
    a_new_object_has_no_version_yet,
    calico_s_objects_are_replaced_only_as_seen,
    kubernetes_objects_are_replaced_also_blindly,
    an_equal_replacement_changes_nothing,
    identity_is_kept_or_refused,
    nothing_is_created_by_a_replacement,
    deletes_keep_to_their_preconditions,
    a_deleted_object_is_gone,
    generation_counts_content,
    a_status_has_a_door_of_its_own,
    configuration_is_replaced_in_one_field,
);

const NAME: &str = "conformance-write";
const ABSENT: &str = "00000000-0000-4000-8000-000000000000";

/// One kind of each of the two API servers.
fn both() -> [(Kind, String, Value); 2] {
    [
        (Kind::GlobalNetworkSet, place(Kind::GlobalNetworkSet, ""), json!({"spec": {"nets": ["192.0.2.0/24"]}})),
        (Kind::EndpointSlice, place(Kind::EndpointSlice, "shop"), json!({"addressType": "IPv4", "endpoints": []})),
    ]
}

/// A new object, and its path.
async fn made(api: &Api, kind: Kind, place: &str, content: &Value) -> Result<(String, Value)> {
    let path = format!("{place}/{NAME}");
    api.clear(&path).await?;
    let made = api.post(place, &object(kind, NAME, content.clone())).await?;
    ensure!(made.code == 201, "a new object is answered with 201, not {}: {}", made.code, made.body);
    Ok((path, made.body))
}

async fn the_server_sets_identity(api: &Api) -> Result<()> {
    for (kind, place, content) in both() {
        let mut given = content.clone();
        given["metadata"] = json!({"name": NAME, "uid": ABSENT, "creationTimestamp": "2001-01-01T00:00:00Z"});
        let (path, made) = made(api, kind, &place, &given).await?;
        let meta = &made["metadata"];
        ensure!(text(&meta["uid"]) != ABSENT && text(&meta["uid"]).len() == 36, "uid {}", meta["uid"]);
        ensure!(!text(&meta["creationTimestamp"]).starts_with("2001"), "creationTimestamp {}", meta["creationTimestamp"]);
        ensure!(text(&meta["resourceVersion"]).parse::<u64>().is_ok(), "resourceVersion {}", meta["resourceVersion"]);
        same("what is read back", &api.get(&path).await?.accepted()?, &made)?;
        api.clear(&path).await?;
    }
    Ok(())
}

async fn a_name_is_taken_once(api: &Api) -> Result<()> {
    for (kind, place, content) in both() {
        let (path, _) = made(api, kind, &place, &content).await?;
        api.post(&place, &object(kind, NAME, content)).await?.refused(409, "AlreadyExists")?;
        api.clear(&path).await?;
    }
    Ok(())
}

async fn a_name_can_be_generated(api: &Api) -> Result<()> {
    for (kind, place, content) in both() {
        let mut given = object(kind, "", content);
        given["metadata"] = json!({"generateName": "conformance-"});
        let made = api.post(&place, &given).await?.accepted()?;
        let name = text(&made["metadata"]["name"]);
        ensure!(name.len() == "conformance-".len() + 5 && name.starts_with("conformance-"), "{name}");
        same("generateName", &made["metadata"]["generateName"], &json!("conformance-"))?;
        api.clear(&format!("{place}/{name}")).await?;
    }
    Ok(())
}

async fn a_new_object_has_no_version_yet(api: &Api) -> Result<()> {
    for ((kind, place, content), (code, reason)) in both().into_iter().zip([(422, "Invalid"), (500, "")]) {
        api.clear(&format!("{place}/{NAME}")).await?;
        let mut given = object(kind, NAME, content);
        given["metadata"]["resourceVersion"] = json!("7");
        api.post(&place, &given).await?.refused(code, reason)?;
    }
    Ok(())
}

async fn calico_s_objects_are_replaced_only_as_seen(api: &Api) -> Result<()> {
    let [(kind, place, content), _] = both();
    let (path, first) = made(api, kind, &place, &content).await?;
    api.put(&path, &object(kind, NAME, json!({"spec": {}}))).await?.refused(422, "Invalid").context("no resourceVersion")?;
    let mut second = first.clone();
    second["spec"]["nets"] = json!(["198.51.100.0/24"]);
    let stored = api.put(&path, &second).await?.accepted()?;
    same("spec", &stored["spec"], &second["spec"])?;
    ensure!(stored["metadata"]["resourceVersion"] != first["metadata"]["resourceVersion"], "the resourceVersion stays");
    api.put(&path, &second).await?.refused(409, "Conflict").context("a stale resourceVersion")?;
    api.clear(&path).await
}

async fn kubernetes_objects_are_replaced_also_blindly(api: &Api) -> Result<()> {
    let [_, (kind, place, content)] = both();
    let (path, first) = made(api, kind, &place, &content).await?;
    let mut blind = object(kind, NAME, content);
    blind["metadata"]["labels"] = json!({"a": "b"});
    let stored = api.put(&path, &blind).await?.accepted()?;
    same("labels", &stored["metadata"]["labels"], &json!({"a": "b"}))?;
    api.put(&path, &first).await?.refused(409, "Conflict").context("a stale resourceVersion")?;
    api.clear(&path).await
}

async fn an_equal_replacement_changes_nothing(api: &Api) -> Result<()> {
    for (kind, place, content) in both() {
        let (path, made) = made(api, kind, &place, &content).await?;
        same("what is put back", &api.put(&path, &made).await?.accepted()?, &made)?;
        api.clear(&path).await?;
    }
    Ok(())
}

async fn identity_is_kept_or_refused(api: &Api) -> Result<()> {
    for (kind, place, content) in both() {
        let (path, made) = made(api, kind, &place, &content).await?;
        let with = |field: &str, value: &str| {
            let mut other = made.clone();
            other["metadata"][field] = json!(value);
            other
        };
        api.put(&path, &with("uid", ABSENT)).await?.refused(409, "Conflict").context("another uid")?;
        api.put(&path, &with("name", "another")).await?.refused(400, "BadRequest").context("another name")?;
        let stored = api.put(&path, &with("creationTimestamp", "2001-01-01T00:00:00Z")).await?.accepted()?;
        same("creationTimestamp", &stored["metadata"]["creationTimestamp"], &made["metadata"]["creationTimestamp"])?;
        let mut bare = object(kind, NAME, content.clone());
        bare["metadata"]["resourceVersion"] = stored["metadata"]["resourceVersion"].clone();
        bare["metadata"]["labels"] = json!({"a": "b"});
        let stored = api.put(&path, &bare).await?.accepted()?;
        for field in ["uid", "creationTimestamp"] {
            same(field, &stored["metadata"][field], &made["metadata"][field])?;
        }
        api.clear(&path).await?;
    }
    Ok(())
}

async fn nothing_is_created_by_a_replacement(api: &Api) -> Result<()> {
    for (kind, place, content) in both() {
        let path = format!("{place}/{NAME}");
        api.clear(&path).await?;
        api.put(&path, &object(kind, NAME, content)).await?.refused(404, "NotFound")?;
    }
    Ok(())
}

async fn deletes_keep_to_their_preconditions(api: &Api) -> Result<()> {
    for (kind, place, content) in both() {
        let (path, made) = made(api, kind, &place, &content).await?;
        for wrong in [json!({"uid": ABSENT}), json!({"resourceVersion": "1"})] {
            api.delete(&path, &json!({"preconditions": wrong})).await?.refused(409, "Conflict").with_context(|| wrong.to_string())?;
        }
        let right = json!({"uid": made["metadata"]["uid"], "resourceVersion": made["metadata"]["resourceVersion"]});
        api.delete(&path, &json!({"preconditions": right})).await?.accepted()?;
    }
    Ok(())
}

async fn a_deleted_object_is_gone(api: &Api) -> Result<()> {
    for (kind, place, content) in both() {
        let (path, made) = made(api, kind, &place, &content).await?;
        let answer = api.delete(&path, &json!({})).await?.accepted()?;
        same("status", &answer["status"], &json!("Success"))?;
        let details = json!({"name": NAME, "group": kind.group(), "kind": kind.plural(), "uid": made["metadata"]["uid"]});
        same("details", &answer["details"], &details)?;
        api.get(&path).await?.refused(404, "NotFound")?;
        api.delete(&path, &json!({})).await?.refused(404, "NotFound")?;
    }
    Ok(())
}

async fn generation_counts_content(api: &Api) -> Result<()> {
    let [(kind, place, content), (slices, slice_place, slice)] = both();
    let (path, set) = made(api, kind, &place, &content).await?;
    same("generation of Calico's", &set["metadata"]["generation"], &Value::Null)?;
    api.clear(&path).await?;
    let (path, mut stored) = made(api, slices, &slice_place, &slice).await?;
    same("generation at first", &stored["metadata"]["generation"], &json!(1))?;
    stored["metadata"]["annotations"] = json!({"a": "b"});
    let mut stored = api.put(&path, &stored).await?.accepted()?;
    same("generation after an annotation", &stored["metadata"]["generation"], &json!(1))?;
    stored["endpoints"] = json!([{"addresses": ["192.168.10.77"]}]);
    let stored = api.put(&path, &stored).await?.accepted()?;
    same("generation after a change", &stored["metadata"]["generation"], &json!(2))?;
    api.clear(&path).await
}

async fn a_status_has_a_door_of_its_own(api: &Api) -> Result<()> {
    let place = place(Kind::Service, "shop");
    let path = format!("{place}/{NAME}");
    api.clear(&path).await?;
    let ingress = |ip: &str| json!({"loadBalancer": {"ingress": [{"ip": ip}]}});
    let spec = json!({"type": "LoadBalancer", "ports": [{"port": 80}]});
    let given = object(Kind::Service, NAME, json!({"spec": spec, "status": ingress("192.0.2.1")}));
    let mut stored = api.post(&place, &given).await?.accepted()?;
    same("status of a new one", &stored["status"], &json!({"loadBalancer": {}}))?;
    stored["status"] = ingress("192.0.2.2");
    stored["metadata"]["labels"] = json!({"a": "b"});
    let mut stored = api.put(&path, &stored).await?.accepted()?;
    same("status after a plain write", &stored["status"], &json!({"loadBalancer": {}}))?;
    stored["status"] = ingress("192.0.2.3");
    let stored = api.put(&format!("{path}/status"), &stored).await?.accepted()?;
    same("status after a write of it", &stored["status"], &ingress("192.0.2.3"))?;
    api.clear(&path).await
}

/// The one shared object that Portcullis edits.
async fn configuration_is_replaced_in_one_field(api: &Api) -> Result<()> {
    let path = format!("{}/default", place(Kind::KubeControllersConfiguration, ""));
    // A controller that reads it writes its status in between.
    let (before, stored) = api.change(&path, |found| found["spec"]["logSeverityScreen"] = json!("Warning")).await?;
    let mut edited = before["spec"].clone();
    edited["logSeverityScreen"] = json!("Warning");
    same("the edit", &less_server_set(&stored)["spec"], &edited)?;
    let (_, stored) = api.change(&path, |found| found["spec"].clone_from(&before["spec"])).await?;
    same("and back", &stored["spec"], &before["spec"])
}
