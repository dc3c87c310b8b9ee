//! Tiers, which Calico has from 3.29 on: policies in the default tier, as ours are, come after those of every tier with a lower order.

use anyhow::Result;
use end2end::proof::{Fact, Run};
use end2end::world::World;
use serde_json::{Value, json};

use super::objects::{gate, global, host_endpoints, recipe};
use super::{VIP, holds};

const AUTHORISED: [&str; 2] = ["authorised-same", "authorised-other"];
const OUTSIDERS: [&str; 2] = ["outsider-same", "outsider-other"];
const PODS: [&str; 2] = ["shop/caller-a", "ops/caller-b"];

/// Our recipe, and a tier of another team's before it with these policies.
fn with(tier: Value, policies: impl IntoIterator<Item = Value>) -> Result<Vec<Value>> {
    Ok([host_endpoints("eth0"), recipe()?, vec![tier], policies.into_iter().map(in_tier).collect()].concat())
}

/// A tier before the default one, whose order is 1,000,000.
fn tier(default_action: &str) -> Value {
    json!({
        "apiVersion": "projectcalico.org/v3", "kind": "Tier", "metadata": { "name": "security" },
        "spec": { "order": 100, "defaultAction": default_action },
    })
}

fn in_tier(mut policy: Value) -> Value {
    policy["metadata"]["name"] = format!("security.{}", policy["metadata"]["name"].as_str().unwrap_or_default()).into();
    policy["spec"]["tier"] = "security".into();
    policy
}

pub(crate) async fn of_the_page(world: &World, run: Run) -> Result<()> {
    let pods = |rules: &str| global("pods", "app == 'svc-a'", Some(5000), rules);
    let facts = vec![
        Fact::new(
            "a policy of an earlier tier comes before ours, whatever its own `order`",
            with(tier("Pass"), [pods("[{action: Deny, source: {nets: [50.60.1.0/24]}}, {action: Pass}]")?])?,
        )
        .cut(["authorised-same"], VIP)
        .reached(["authorised-other"], VIP)
        .cut(OUTSIDERS, VIP)
        .reached(PODS, VIP),
        Fact::new("what an earlier tier passes, ours decide", with(tier("Deny"), [pods("[{action: Pass}]")?])?)
            .reached(AUTHORISED, VIP)
            .cut(OUTSIDERS, VIP)
            .reached(PODS, VIP),
        Fact::new(
            "an earlier tier drops what its policies select and do not decide",
            with(tier("Deny"), [pods("[{action: Pass, source: {nets: [50.60.1.0/24]}}]")?])?,
        )
        .reached(["authorised-same"], VIP)
        .cut(["authorised-other"], VIP)
        .cut(PODS, VIP),
        Fact::new(
            "with `defaultAction: Pass` it leaves that to ours",
            with(tier("Pass"), [pods("[{action: Pass, source: {nets: [50.60.1.0/24]}}]")?])?,
        )
        .reached(AUTHORISED, VIP)
        .cut(OUTSIDERS, VIP)
        .reached(PODS, VIP),
        Fact::new(
            "an allow before translation in an earlier tier passes our gate",
            with(tier("Deny"), [gate("gate", Some(5000), "[{action: Allow, destination: {nets: [10.20.30.40/32]}}]")?])?,
        )
        .reached(AUTHORISED, VIP)
        .reached(["outsider-other"], VIP)
        .cut(["outsider-same"], VIP),
        Fact::new(
            "before translation no tier drops what its policies do not decide",
            with(tier("Deny"), [gate("gate", Some(5000), "[{action: Allow, destination: {nets: [10.99.0.0/16]}}]")?])?,
        )
        .reached(AUTHORISED, VIP)
        .cut(OUTSIDERS, VIP)
        .reached(PODS, VIP),
    ];
    holds("page, with a tier", world, run, facts).await
}
