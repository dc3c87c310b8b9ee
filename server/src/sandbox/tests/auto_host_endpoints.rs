//! Automatic HostEndpoints.

use super::*;

const CONFIGURATION: &str = "/apis/projectcalico.org/v3/kubecontrollersconfigurations/default";
const HOST_ENDPOINTS: &str = "/apis/projectcalico.org/v3/hostendpoints";

async fn configure(world: &World, auto_create: &str) {
    let (_, mut configuration) = world.get(CONFIGURATION).await;
    configuration["spec"]["controllers"]["node"]["hostEndpoint"]["autoCreate"] = json!(auto_create);
    let (status, answer) = world.put(CONFIGURATION, &configuration).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
}

async fn names(world: &World) -> Vec<String> {
    let (_, list) = world.get(HOST_ENDPOINTS).await;
    list["items"].as_array().unwrap().iter().map(|item| text(&item["metadata"]["name"])).collect()
}

#[tokio::test]
async fn they_come_and_go_with_the_configuration() {
    let world = World::new().await;
    assert_eq!(names(&world).await, [""; 0]);
    let manual = json!({"metadata": {"name": "manual"}, "spec": {"node": "node-a", "interfaceName": "eth0"}});
    world.created(HOST_ENDPOINTS, &manual).await;
    configure(&world, "Enabled").await;
    assert_eq!(names(&world).await, ["manual", "node-a-auto-hep", "node-b-auto-hep"]);
    let (_, hep) = world.get(&format!("{HOST_ENDPOINTS}/node-b-auto-hep")).await;
    assert_eq!(
        hep["spec"],
        json!({
            "node": "node-b",
            "interfaceName": "*",
            "expectedIPs": ["10.0.2.1", "fd00:10:0:2::1"],
            "profiles": ["projectcalico-default-allow"],
        })
    );
    let labels = &hep["metadata"]["labels"];
    assert_eq!(labels["projectcalico.org/created-by"], "calico-kube-controllers");
    assert_eq!(labels["example.com/role"], "edge", "all labels of the node");
    configure(&world, "Disabled").await;
    assert_eq!(names(&world).await, ["manual"]);
}

#[tokio::test]
async fn they_follow_their_node() {
    let world = World::new().await;
    configure(&world, "Enabled").await;
    let path = format!("{HOST_ENDPOINTS}/node-a-auto-hep");
    let (_, before) = world.get(&path).await;

    let (_, mut node) = world.get("/api/v1/nodes/node-a").await;
    node["metadata"]["annotations"]["projectcalico.org/IPv4IPIPTunnelAddr"] = json!("192.168.10.1");
    node["metadata"]["labels"]["zone"] = json!("a");
    world.put("/api/v1/nodes/node-a", &node).await;
    let (_, after) = world.get(&path).await;
    assert_eq!(after["spec"]["expectedIPs"], json!(["10.0.1.1", "fd00:10:0:1::1", "192.168.10.1"]));
    assert_eq!(after["metadata"]["labels"]["zone"], "a");
    assert_eq!(after["metadata"]["uid"], before["metadata"]["uid"]);

    world.delete("/api/v1/nodes/node-a", &json!({})).await;
    assert_eq!(names(&world).await, ["node-b-auto-hep"]);
    let node = json!({"metadata": {"name": "node-c"}, "status": {"addresses": [{"type": "InternalIP", "address": "10.0.3.1"}]}});
    world.created("/api/v1/nodes", &node).await;
    assert_eq!(names(&world).await, ["node-b-auto-hep", "node-c-auto-hep"]);
}

#[tokio::test]
async fn an_edit_lasts_until_a_node_changes() {
    let world = World::new().await;
    configure(&world, "Enabled").await;
    let path = format!("{HOST_ENDPOINTS}/node-a-auto-hep");
    let (_, mut hep) = world.get(&path).await;
    hep["metadata"]["labels"]["mine"] = json!("x");
    world.put(&path, &hep).await;
    assert_eq!(world.get(&path).await.1["metadata"]["labels"]["mine"], "x");
    let (_, mut node) = world.get("/api/v1/nodes/node-b").await;
    node["metadata"]["labels"]["zone"] = json!("b");
    world.put("/api/v1/nodes/node-b", &node).await;
    assert!(world.get(&path).await.1["metadata"]["labels"]["mine"].is_null());
}

#[tokio::test]
async fn one_change_and_what_follows_are_told_in_order() {
    let world = World::new().await;
    let from = text(&world.get(HOST_ENDPOINTS).await.1["metadata"]["resourceVersion"]);
    configure(&world, "Enabled").await;
    configure(&world, "Enabled").await;
    let lines = world.watch(&format!("{HOST_ENDPOINTS}?watch=1&resourceVersion={from}"), MOMENT).await;
    assert_eq!(lines, ["ADDED node-a-auto-hep", "ADDED node-b-auto-hep"], "and nothing twice");
}
