//! What kube-proxy marks for the translation of its source, where it leaves a node for a pod of another: with iptables it passes Felix' last
//! mark by, and then meets policy on what the host itself sends.

use anyhow::Result;
use end2end::proof::Fact;
use end2end::world::{DataPlane, Line, World};
use serde_json::Value;

use super::objects::{EDGE, global, host_endpoints, of_egress, without_profile};
use super::{POD, VIP};

/// Clients for the pod on node A: by that node, and by the other.
const SAME: [&str; 1] = ["outsider-same"];
const OTHER: [&str; 1] = ["outsider-other"];

pub(crate) fn facts(world: &World) -> Result<Vec<Fact>> {
    let inwards = || forward("in", "Ingress", "[{action: Allow}]");
    let pass = || forward("out", "Egress", "[{action: Pass}]");
    let allow = || forward("out", "Egress", "[{action: Allow}]");
    let own = |action: &str| {
        let rules = format!("[{{action: {action}, protocol: TCP, source: {{nets: [70.80.0.0/16]}}, destination: {{ports: [80]}}}}]");
        anyhow::Ok(of_egress(global("own", &format!("{EDGE} == 'true'"), Some(1), &rules)?))
    };
    let iptables = world.data_plane != DataPlane::Nftables;
    let with_tiers = world.calico != Line::V3_28;
    let other = |fact: Fact, reached: bool| {
        let fact = fact.reached(SAME, VIP).reached(SAME, POD).reached(OTHER, POD);
        if reached { fact.reached(OTHER, VIP) } else { fact.cut(OTHER, VIP) }
    };
    Ok(vec![
        other(Fact::new("HostEndpoints without a profile let what is masqueraded out", bare([])), true),
        other(
            Fact::new(
                "with iptables, a forward policy of the other direction stops it where there are tiers, and not before",
                bare([inwards()?]),
            ),
            !(iptables && with_tiers),
        ),
        other(
            Fact::new("with iptables, where forward policy passes it on, the end of the host's own policy stops it", bare([pass()?])),
            !iptables,
        ),
        other(Fact::new("where forward policy allows it, that is not asked", bare([inwards()?, allow()?])), true),
        other(Fact::new("an egress policy of the host may let it out", bare([pass()?, own("Allow")?])), true),
        other(Fact::new("or, with iptables, stop it", bare([pass()?, own("Deny")?])), !iptables),
    ])
}

/// HostEndpoints without a profile, with these policies.
fn bare(policies: impl IntoIterator<Item = Value>) -> Vec<Value> {
    host_endpoints("eth0").into_iter().map(without_profile).chain(policies).collect()
}

fn forward(name: &str, direction: &str, rules: &str) -> Result<Value> {
    let mut policy = global(name, &format!("{EDGE} == 'true'"), None, rules)?;
    policy["spec"]["applyOnForward"] = true.into();
    Ok(if direction == "Egress" { of_egress(policy) } else { policy })
}
