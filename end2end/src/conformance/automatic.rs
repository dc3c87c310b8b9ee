//! Automatic HostEndpoints, which Calico's kube-controllers makes and the sandbox makes by itself.

use super::api::{Api, less_server_set, object, place, same};
use super::cases;
use anyhow::{Result, bail};
use policy::object::Kind;
use serde_json::{Value, json};
use std::time::Duration;

cases!(automatic_host_endpoints_follow_configuration_and_nodes);

/// How long the controller may take: it ends when its configuration changes, and is started again.
const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(50);

const NODE: &str = "node-b";
const TUNNEL: &str = "projectcalico.org/IPv4IPIPTunnelAddr";

async fn automatic_host_endpoints_follow_configuration_and_nodes(api: &Api) -> Result<()> {
    let home = place(Kind::HostEndpoint, "");
    let (path, others) = (format!("{home}/{NODE}-auto-hep"), format!("{home}/node-a-auto-hep"));
    configure(api, "Disabled").await?;
    eventually(api, &path, |code, _| code == 404).await?;

    configure(api, "Enabled").await?;
    let labels = api.get(&node()).await?.accepted()?["metadata"]["labels"].clone();
    let made = eventually(api, &path, |code, _| code == 200).await?;
    same("what is made", &less_server_set(&made), &host_endpoint(&labels, &["10.0.2.1", "fd00:10:0:2::1"]))?;
    eventually(api, &others, |code, _| code == 200).await?;

    // A label and an address more, and less again; it stays the same object.
    let more_of_it = |found: &mut Value| {
        found["metadata"]["labels"]["zone"] = json!("b");
        found["metadata"]["annotations"][TUNNEL] = json!("192.168.20.1");
    };
    let (before, _) = api.change(&node(), more_of_it).await?;
    let follows = |_, found: &Value| found["metadata"]["labels"]["zone"] == "b" && found["spec"]["expectedIPs"][2] == "192.168.20.1";
    let changed = eventually(api, &path, follows).await?;
    let mut more = labels.clone();
    more["zone"] = json!("b");
    let ips = ["10.0.2.1", "fd00:10:0:2::1", "192.168.20.1"];
    same("what follows its node", &less_server_set(&changed), &host_endpoint(&more, &ips))?;
    same("its identity", &changed["metadata"]["uid"], &made["metadata"]["uid"])?;
    let as_before = |found: &mut Value| {
        for field in ["labels", "annotations"] {
            found["metadata"][field].clone_from(&before["metadata"][field]);
        }
    };
    api.change(&node(), as_before).await?;
    eventually(api, &path, |_, found| found["spec"]["expectedIPs"].as_array().is_some_and(|ips| ips.len() == 2)).await?;

    configure(api, "Disabled").await?;
    for gone in [&path, &others] {
        eventually(api, gone, |code, _| code == 404).await?;
    }
    Ok(())
}

fn node() -> String {
    format!("{}/{NODE}", place(Kind::Node, ""))
}

fn host_endpoint(labels: &Value, ips: &[&str]) -> Value {
    let mut labels = labels.clone();
    labels["projectcalico.org/created-by"] = json!("calico-kube-controllers");
    let spec = json!({"node": NODE, "interfaceName": "*", "expectedIPs": ips, "profiles": ["projectcalico-default-allow"]});
    let mut made = object(Kind::HostEndpoint, &format!("{NODE}-auto-hep"), json!({"spec": spec}));
    made["metadata"]["labels"] = labels;
    made
}

/// Switches them on or off.
async fn configure(api: &Api, auto_create: &str) -> Result<()> {
    let path = format!("{}/default", place(Kind::KubeControllersConfiguration, ""));
    let switch = |found: &mut Value| found["spec"]["controllers"]["node"]["hostEndpoint"]["autoCreate"] = json!(auto_create);
    api.change(&path, switch).await.map(|_| ())
}

/// Waits until what is at `path` is so.
async fn eventually(api: &Api, path: &str, is_so: impl Fn(u16, &Value) -> bool) -> Result<Value> {
    let mut last = Value::Null;
    for _ in 0..PATIENCE.as_millis() / PAUSE.as_millis() {
        let answer = api.get(path).await?;
        if is_so(answer.code, &answer.body) {
            return Ok(answer.body);
        }
        last = answer.body;
        tokio::time::sleep(PAUSE).await;
    }
    bail!("{path} is not as expected after {} s: {last}", PATIENCE.as_secs())
}
