//! Create, replace, delete.

use super::*;

#[tokio::test]
async fn the_server_sets_identity_and_version() {
    let world = World::new().await;
    let mut set = mk_set("a", &["192.0.2.0/24"]);
    set["metadata"]["uid"] = json!("mine");
    let object = world.created(SETS, &set).await;
    let meta = &object["metadata"];
    assert_eq!(text(&meta["uid"]).len(), 36);
    assert_eq!(text(&meta["uid"]).as_bytes()[14], b'4');
    assert!(text(&meta["resourceVersion"]).parse::<u64>().is_ok());
    assert!(text(&meta["creationTimestamp"]).ends_with('Z'));
    assert!(meta["generation"].is_null(), "Calico's API server maintains none");
    assert_eq!(world.get(&format!("{SETS}/a")).await.1, object);

    let slice = world.created(SLICES, &mk_slice("s", json!({}))).await;
    assert_eq!(slice["metadata"]["generation"], 1);
    assert_eq!(slice["metadata"]["namespace"], "shop");
}

#[tokio::test]
async fn names_are_taken_once_and_generated_on_demand() {
    let world = World::new().await;
    world.created(SETS, &mk_set("a", &[])).await;
    assert_eq!(refusal(&world.post(SETS, &mk_set("a", &[])).await), refused(409, "AlreadyExists"));
    assert_eq!(refusal(&world.post(SETS, &mk_set("", &[])).await), refused(422, "Invalid"));
    let mut set = mk_set("", &[]);
    set["metadata"]["generateName"] = json!("clients-");
    let (one, two) = (world.created(SETS, &set).await, world.created(SETS, &set).await);
    assert!(text(&one["metadata"]["name"]).starts_with("clients-"));
    assert_ne!(one["metadata"]["name"], two["metadata"]["name"]);
}

#[tokio::test]
async fn what_breaks_a_rule_is_invalid() {
    let world = World::new().await;
    for object in [mk_slice("A", json!({})), mk_slice("a", json!({"-": "x"})), mk_slice("a", json!({"a": "ä"}))] {
        let answer = world.post(SLICES, &object).await;
        assert_eq!(refusal(&answer), refused(422, "Invalid"), "{object}");
        assert_eq!(answer.1["details"]["causes"].as_array().unwrap().len(), 1);
    }
    let mut set = mk_set("a", &[]);
    set["metadata"]["resourceVersion"] = json!("7");
    assert_eq!(refusal(&world.post(SETS, &set).await), refused(422, "Invalid"));
}

#[tokio::test]
async fn namespaces_have_to_exist_and_to_agree() {
    let world = World::new().await;
    let path = "/apis/discovery.k8s.io/v1/namespaces/absent/endpointslices";
    assert_eq!(refusal(&world.post(path, &mk_slice("a", json!({}))).await), refused(404, "NotFound"));
    let mut slice = mk_slice("a", json!({}));
    slice["metadata"]["namespace"] = json!("media");
    assert_eq!(refusal(&world.post(SLICES, &slice).await), refused(400, "BadRequest"));
}

#[tokio::test]
async fn a_calico_object_is_replaced_only_as_it_was_seen() {
    let world = World::new().await;
    let path = format!("{SETS}/a");
    let first = world.created(SETS, &mk_set("a", &["192.0.2.0/24"])).await;
    assert_eq!(refusal(&world.put(&path, &mk_set("a", &[])).await), refused(422, "Invalid"), "no resourceVersion");

    let mut second = first.clone();
    second["spec"]["nets"] = json!(["198.51.100.0/24"]);
    let (status, stored) = world.put(&path, &second).await;
    assert_eq!((status, &stored["spec"]), (StatusCode::OK, &second["spec"]));
    assert_ne!(stored["metadata"]["resourceVersion"], first["metadata"]["resourceVersion"]);
    assert_eq!(stored["metadata"]["uid"], first["metadata"]["uid"]);
    assert_eq!(refusal(&world.put(&path, &second).await), refused(409, "Conflict"), "a stale resourceVersion");

    let mut other = stored.clone();
    other["metadata"]["uid"] = json!("00000000-0000-4000-8000-000000000000");
    assert_eq!(refusal(&world.put(&path, &other).await), refused(409, "Conflict"), "another uid");
    let mut other = stored.clone();
    other["metadata"]["name"] = json!("b");
    assert_eq!(refusal(&world.put(&path, &other).await), refused(400, "BadRequest"), "another name");
    assert_eq!(refusal(&world.put(&format!("{SETS}/b"), &mk_set("b", &[])).await), refused(404, "NotFound"), "no create on update");

    let (_, same) = world.put(&path, &stored).await;
    assert_eq!(same, stored, "an equal object changes nothing");
}

#[tokio::test]
async fn a_kubernetes_object_may_be_replaced_blindly() {
    let world = World::new().await;
    world.created(SLICES, &mk_slice("s", json!({}))).await;
    let (status, object) = world.put(&format!("{SLICES}/s"), &mk_slice("s", json!({"a": "b"}))).await;
    assert_eq!((status, &object["metadata"]["generation"]), (StatusCode::OK, &json!(1)), "labels are no content");
    let mut slice = mk_slice("s", json!({}));
    slice["endpoints"] = json!([{"addresses": ["192.168.10.77"]}]);
    assert_eq!(world.put(&format!("{SLICES}/s"), &slice).await.1["metadata"]["generation"], 2);
}

#[tokio::test]
async fn deletes_keep_to_their_preconditions() {
    let world = World::new().await;
    let absent = "00000000-0000-4000-8000-000000000000";
    let set = world.created(SETS, &mk_set("a", &[])).await;
    let path = format!("{SETS}/a");
    for wrong in [json!({"uid": absent}), json!({"resourceVersion": "1"}), json!({"uid": set["metadata"]["uid"], "resourceVersion": "1"})] {
        assert_eq!(refusal(&world.delete(&path, &json!({"preconditions": wrong})).await), refused(409, "Conflict"));
    }
    let right = json!({"uid": set["metadata"]["uid"], "resourceVersion": set["metadata"]["resourceVersion"]});
    let (status, answer) = world.delete(&path, &json!({"preconditions": right})).await;
    assert_eq!((status, text(&answer["status"])), (StatusCode::OK, "Success".to_owned()));
    assert_eq!(answer["details"]["uid"], set["metadata"]["uid"]);
    assert_eq!(refusal(&world.delete(&path, &json!({})).await), refused(404, "NotFound"));
}

#[tokio::test]
async fn a_namespace_takes_what_is_in_it_along() {
    let world = World::new().await;
    assert_eq!(world.delete("/api/v1/namespaces/media", &json!({})).await.1["kind"], "Namespace");
    assert_eq!(world.get("/api/v1/namespaces/media/services").await.1["items"], json!([]));
    assert_eq!(world.get("/apis/projectcalico.org/v3/namespaces/media/networksets").await.1["items"], json!([]));
    assert_eq!(refusal(&world.delete("/api/v1/namespaces/kube-system", &json!({})).await), refused(403, "Forbidden"));
}

#[tokio::test]
async fn a_dry_run_leaves_nothing_behind() {
    let world = World::new().await;
    let (status, _) = world.post(&format!("{SETS}?dryRun=All"), &mk_set("a", &[])).await;
    assert_eq!(status, StatusCode::CREATED);
    assert_eq!(refusal(&world.get(&format!("{SETS}/a")).await), refused(404, "NotFound"));
    assert_eq!(refusal(&world.post(&format!("{SETS}?dryRun=Some"), &mk_set("a", &[])).await), refused(400, "BadRequest"));
}

#[tokio::test]
async fn a_policy_comes_back_as_calico_writes_it() {
    let world = World::new().await;
    let policy = json!({
        "metadata": {"name": "p"},
        "spec": {
            "order": 10.0,
            "selector": "has(edge)",
            "tier": "",
            "preDNAT": true,
            "doNotTrack": false,
            "applyOnForward": true,
            "unheardOf": 1,
            "egress": [],
            "ingress": [{"action": "Allow", "protocol": "TCP", "destination": {"ports": ["80", "443:443", "1:9", "name"], "nets": []}}],
        },
    });
    let object = world.created("/apis/projectcalico.org/v3/globalnetworkpolicies", &policy).await;
    assert_eq!(
        object["spec"],
        json!({
            "order": 10,
            "selector": "has(edge)",
            "types": ["Ingress"],
            "preDNAT": true,
            "applyOnForward": true,
            "ingress": [{"action": "Allow", "protocol": "TCP", "source": {}, "destination": {"ports": [80, 443, "1:9", "name"]}}],
        })
    );
}

#[tokio::test]
async fn a_status_is_written_through_its_own_door() {
    let world = World::new().await;
    let path = "/api/v1/namespaces/shop/pods/svc-a-6d5f9";
    let (_, mut pod) = world.get(path).await;
    pod["status"]["phase"] = json!("Failed");
    pod["metadata"]["labels"]["a"] = json!("b");
    let (_, after) = world.put(path, &pod).await;
    assert_eq!((&after["status"]["phase"], &after["metadata"]["labels"]["a"]), (&json!("Running"), &json!("b")));
    pod["metadata"]["labels"]["a"] = json!("c");
    pod["metadata"]["resourceVersion"] = after["metadata"]["resourceVersion"].clone();
    let (_, after) = world.put(&format!("{path}/status"), &pod).await;
    assert_eq!((&after["status"]["phase"], &after["metadata"]["labels"]["a"]), (&json!("Failed"), &json!("b")));
}

#[tokio::test]
async fn cluster_ips_are_given_kept_and_unique() {
    let world = World::new().await;
    let path = "/api/v1/namespaces/shop/services";
    let service = |name: &str, spec: Value| json!({"metadata": {"name": name}, "spec": spec});
    let ports = json!([{"port": 80}]);
    let given = world.created(path, &service("a", json!({"ports": ports, "ipFamilyPolicy": "PreferDualStack"}))).await;
    assert_eq!(given["spec"]["clusterIPs"], json!(["10.20.0.2", "fd00:20::1"]), "the next free ones");
    assert_eq!(given["spec"]["clusterIP"], "10.20.0.2");
    assert_eq!(given["spec"]["ports"], json!([{"port": 80, "protocol": "TCP", "targetPort": 80}]));

    for address in ["10.20.30.40", "192.0.2.1", "x"] {
        let answer = world.post(path, &service("b", json!({"ports": ports, "clusterIP": address}))).await;
        assert_eq!(refusal(&answer), refused(422, "Invalid"), "{address}");
    }
    let (_, kept) = world.put(&format!("{path}/a"), &service("a", json!({"ports": ports, "selector": {"a": "b"}}))).await;
    assert_eq!(kept["spec"]["clusterIPs"], given["spec"]["clusterIPs"]);
    let answer = world.put(&format!("{path}/a"), &service("a", json!({"ports": ports, "clusterIP": "10.20.0.99"}))).await;
    assert_eq!(refusal(&answer), refused(422, "Invalid"));
}
