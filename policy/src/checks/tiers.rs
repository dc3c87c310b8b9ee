//! Policies of tiers that do not exist.

use super::{Draft, few};
use crate::finding::{Finding, Severity};
use crate::object::{GlobalNetworkPolicy, Kept, Kind, NetworkPolicy, Object, ObjectKey, Tier};
use crate::snapshot::Snapshot;
use std::collections::BTreeMap;

/// The tiers that policies name and that are not there, one finding each; none where Tiers were not read, or one of that name could not be.
pub(super) fn missing(snapshot: &Snapshot) -> Vec<Finding> {
    if snapshot.unknown(Kind::Tier).is_some() {
        return Vec::new();
    }
    let global = snapshot.iter::<Kept<GlobalNetworkPolicy>>().map(|policy| (policy.spec.named_tier(), policy.key()));
    let namespaced = snapshot.iter::<Kept<NetworkPolicy>>().map(|policy| (policy.spec.named_tier(), policy.key()));
    let mut missing: BTreeMap<&str, Vec<ObjectKey>> = BTreeMap::new();
    for (tier, key) in global.chain(namespaced).filter_map(|(tier, key)| Some((tier?, key))) {
        let there = snapshot.get::<Tier>("", tier).is_some();
        if !there && snapshot.why_unreadable(&ObjectKey::new(Kind::Tier, "", tier)).is_none() {
            missing.entry(tier).or_default().push(key);
        }
    }
    missing.into_iter().map(|(tier, policies)| finding(tier, policies)).collect()
}

fn finding(tier: &str, policies: Vec<ObjectKey>) -> Finding {
    let names: Vec<String> = policies.iter().map(ToString::to_string).collect();
    let verb = if policies.len() == 1 { "names" } else { "name" };
    Draft::new(Severity::Warning, "tier-missing", policies).says(
        format!("There is no Tier `{tier}`, which {} {verb}.", few(&names)),
        "Calico's API refuses such a policy, and to delete a Tier that has one. Where it is in the cluster all the same, Calico from 3.29 on goes by it \
         behind all other tiers, and the end of the tier denies.",
        format!("Create the Tier `{tier}`, or write the name of another one into `spec.tier`."),
    )
}
