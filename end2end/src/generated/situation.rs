//! What others have written on a world: HostEndpoints, sets and policies.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::hosts::{WILD, host_endpoints};
use super::policies::{neighbours, policy, set, tier};
use super::{Base, Draw};
use crate::rig::{OWN_RANGES, Scene};
use crate::world::{Line, World};

/// How the names of policies begin that let the rig's own packets through.
const WAY: &str = "rig-";
/// How many policies there are at most.
const POLICIES: usize = 7;
/// Before every policy that is drawn.
const ORDER: f64 = -1e9;

/// Objects, in an order in which an API server takes them.
#[derive(Clone, Debug)]
pub struct Situation {
    /// The objects.
    pub objects: Vec<Value>,
}

impl Situation {
    /// Draws one for a world.
    #[must_use]
    pub fn drawn(draw: &mut Draw, world: &World) -> Self {
        let base = Base { world, dual: world.layout.dual_stack(), tiers: world.calico == Line::V3_30 };
        let mut objects = host_endpoints(draw, &base);
        objects.extend((0..draw.below(4)).map(|at| set(draw, at, &base)));
        let policies: Vec<Value> = (0..1 + draw.below(POLICIES)).map(|at| policy(draw, at, &base)).collect();
        if policies.iter().any(|policy| policy["spec"]["tier"].is_string()) {
            objects.push(tier(draw));
        }
        objects.extend(ways(&objects, &policies));
        objects.extend(policies);
        Self { objects }
    }

    /// Writes them.
    ///
    /// # Errors
    /// When the API refuses one: it is named in full.
    pub async fn write(&self, scene: &Scene) -> Result<()> {
        for object in &self.objects {
            scene.write(object).await.with_context(|| format!("writing {object}"))?;
        }
        Ok(())
    }

    /// Takes them away.
    ///
    /// # Errors
    /// When the API refuses.
    pub async fn remove(&self, scene: &Scene) -> Result<()> {
        for object in self.objects.iter().rev() {
            scene.remove(object).await?;
        }
        Ok(())
    }

    /// Them, in YAML.
    #[must_use]
    pub fn text(&self) -> String {
        in_yaml(&self.objects)
    }
}

pub(super) fn in_yaml(objects: &[Value]) -> String {
    objects.iter().map(|object| format!("---\n{}", policy::yaml::to_yaml(object))).collect()
}

/// Lets the rig's own packets through HostEndpoints for all interfaces, where policies on hosts would meet them as they meet those of
/// every pod. They are as much objects of the situation as the others.
fn ways(hosts: &[Value], policies: &[Value]) -> Vec<Value> {
    if !hosts.iter().any(|host| host["metadata"]["labels"][WILD] == "true") {
        return Vec::new();
    }
    let of_hosts = |before: bool| {
        policies.iter().filter(move |policy| policy["spec"]["applyOnForward"] == true && (policy["spec"]["preDNAT"] == true) == before)
    };
    let mut ways = Vec::new();
    if of_hosts(true).next().is_some() {
        let mut way = way("before", &["Ingress"]);
        way["spec"]["preDNAT"] = true.into();
        ways.push(way);
    }
    let types: BTreeSet<&str> =
        of_hosts(false).flat_map(|policy| policy["spec"]["types"].as_array().into_iter().flatten()).filter_map(Value::as_str).collect();
    if !types.is_empty() {
        ways.push(way("forward", &types.into_iter().collect::<Vec<_>>()));
    }
    ways
}

/// Whether an object is one of those: without it nobody would know when nodes decide.
pub(super) fn is_way(object: &Value) -> bool {
    object["metadata"]["name"].as_str().is_some_and(|name| name.starts_with(WAY))
}

fn way(name: &str, types: &[&str]) -> Value {
    // The links of the rig have no HostEndpoints.
    let mut rules = vec![neighbours()];
    rules.extend(OWN_RANGES[..2].iter().map(|range| json!({ "action": "Allow", "source": { "nets": [range] } })));
    let mut spec = json!({ "selector": format!("has({WILD})"), "order": ORDER, "applyOnForward": true, "types": types });
    for kind in types {
        spec[kind.to_lowercase()] = rules.clone().into();
    }
    json!({ "apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkPolicy", "metadata": { "name": format!("{WAY}{name}") }, "spec": spec })
}
