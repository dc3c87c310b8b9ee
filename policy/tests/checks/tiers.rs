//! A policy of a tier that does not exist is one that Calico's API would refuse.

use crate::common::{World, global_policy};
use crate::worlds::network_policy;
use policy::finding::{Finding, Severity};
use policy::object::Kind;
use serde_json::{Value, json};

fn said(world: &World) -> Vec<Finding> {
    policy::checks::cluster(&world.snapshot()).into_iter().filter(|finding| finding.id == "tier-missing").collect()
}

fn in_tier(tier: &str) -> Value {
    json!({"tier": tier, "selector": "app == 'a'", "types": ["Ingress"]})
}

#[test]
fn a_policy_of_a_tier_that_is_not_there_is_a_warning() {
    let world = World::page().with(network_policy("security.shut", in_tier("security")));
    let [found] = &said(&world)[..] else { panic!("{:?}", said(&world)) };
    assert_eq!(
        (found.severity, found.what.as_str()),
        (Severity::Warning, "There is no Tier `security`, which Calico NetworkPolicy shop/security.shut names.")
    );
    let more = world.clone().with(global_policy("security.all", in_tier("security"))).with(global_policy("other.all", in_tier("other")));
    let whats: Vec<String> = said(&more).into_iter().map(|finding| finding.what).collect();
    assert_eq!(
        whats,
        [
            "There is no Tier `other`, which GlobalNetworkPolicy other.all names.",
            "There is no Tier `security`, which GlobalNetworkPolicy security.all and Calico NetworkPolicy shop/security.shut name."
        ]
    );
    let tier = json!({"apiVersion": "projectcalico.org/v3", "kind": "Tier", "metadata": {"name": "security"}, "spec": {"order": 1}});
    assert_eq!(said(&world.clone().with(tier)), []);
    assert_eq!(said(&world.unknown(Kind::Tier)), [], "they were not read, which is another finding");
    assert_eq!(said(&World::page().with(network_policy("plain", in_tier("default")))), []);
}
