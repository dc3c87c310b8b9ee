//! Failsafe ports: before translation they are open at every address, those of Services too.

use anyhow::Result;
use end2end::proof::{Fact, Run, objects};
use end2end::world::World;
use serde_json::Value;

use super::objects::{global, host_endpoints, recipe};
use super::{PAGE, VIP, holds};

const AUTHORISED: [&str; 2] = ["authorised-same", "authorised-other"];
const OUTSIDERS: [&str; 2] = ["outsider-same", "outsider-other"];
/// The Service on two ports that are failsafe.
const SSH: &str = "10.20.30.40:22";
const API: &str = "10.20.30.40:6443";

fn hardened() -> Result<Vec<Value>> {
    Ok([host_endpoints("eth0"), recipe()?].concat())
}

/// A policy behind translation, at the same HostEndpoints.
pub(crate) fn with_forward_policy() -> Result<Vec<Fact>> {
    let rules = "
        - {action: Allow, source: {nets: [50.60.0.0/16]}, destination: {selector: app == 'svc-a'}}
        - {action: Allow, source: {selector: rig.portcullis.dev/edge == 'true'}, destination: {selector: app == 'svc-a'}}
        - {action: Allow, source: {selector: projectcalico.org/orchestrator == 'k8s'}, destination: {selector: app == 'svc-a'}}
        - {action: Deny, destination: {selector: app == 'svc-a'}}
        - {action: Pass}";
    let mut forward = global("forward", "rig.portcullis.dev/edge == 'true'", Some(100), rules)?;
    forward["spec"]["applyOnForward"] = true.into();
    let mut objects = hardened()?;
    let without =
        Fact::new("failsafe ports of a Service pass the gate, and outsiders get in where the pod is on another node", objects.clone());
    objects.push(forward);
    let with = Fact::new("a forward policy at the HostEndpoints shuts failsafe ports of a Service to outsiders", objects);
    let both = |fact: Fact| {
        fact.reached(AUTHORISED, VIP)
            .reached(AUTHORISED, SSH)
            .cut(OUTSIDERS, VIP)
            .cut(["outsider-same"], SSH)
            .cut(["outsider-same"], API)
            .reached(["shop/caller-a", "ops/caller-b"], VIP)
            .reached(["outsider-other"], "10.0.1.1:22")
            .reached(["outsider-other"], "10.0.1.1:10250")
            .reached(["node:node-a"], "70.80.1.10:8080")
    };
    Ok(vec![
        both(without).reached(["outsider-other"], SSH).reached(["outsider-other"], API),
        both(with).cut(["outsider-other"], SSH).cut(["outsider-other"], API),
    ])
}

/// Felix begins with the nets of those who look after the hosts.
const NETS: &str = "
apiVersion: projectcalico.org/v3
kind: FelixConfiguration
metadata: {name: default}
spec:
  failsafeInboundHostPorts:
    - {protocol: tcp, port: 22, net: 50.60.1.0/24}
    - {protocol: tcp, port: 6443, net: 10.0.0.0/8}
";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the rig: root, and Go for its first build"]
async fn with_nets() -> Result<()> {
    of_some(World::read(PAGE)?, Run::Every).await
}

/// On the page's world with failsafe ports for some.
pub(crate) async fn of_some(mut world: World, run: Run) -> Result<()> {
    world.objects.extend(objects(NETS)?);
    let fact = Fact::new("failsafe ports with nets are open to those nets alone", hardened()?);
    let fact = fact
        .reached(AUTHORISED, VIP)
        .cut(OUTSIDERS, VIP)
        .reached(AUTHORISED, SSH)
        .cut(OUTSIDERS, SSH)
        .cut(OUTSIDERS, API)
        .reached(["shop/caller-a", "ops/caller-b"], VIP);
    // A HostEndpoint without a profile leaves the host nothing but failsafe ports.
    let mut bare = host_endpoints("eth0");
    bare.iter_mut().for_each(|host| host["spec"]["profiles"] = Value::Array(Vec::new()));
    let host = Fact::new("on the host itself they are open to those nets alone too", bare)
        .reached(["authorised-same"], "10.0.1.1:22")
        .cut(["outsider-same", "authorised-other"], "10.0.1.1:22");
    holds("page, failsafe ports with nets", &world, run, vec![fact, host]).await
}
