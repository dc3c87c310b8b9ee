//! The rights that a plan needs, and what is said of those that are not there.
#![cfg(not(target_family = "wasm"))]

mod common;

use common::{World, access, guard, open};
use policy::finding::Severity;
use policy::plan::Plan;
use policy::plan::rights::{Refused, Right, refused, rights};
use serde_json::json;

fn needed(world: &World, plan: &Plan) -> Vec<String> {
    let said = |right: Right| {
        let objects: String = right.objects.iter().map(|name| format!(", or {name}")).collect();
        format!("{} {} {} [{}{objects}]", right.verb, right.resource, right.namespace, right.names.join(", "))
    };
    rights(&world.snapshot(), &plan.steps).into_iter().map(said).collect()
}

/// The same without the names, which are hashes.
fn kinds(world: &World, plan: &Plan) -> Vec<String> {
    needed(world, plan).into_iter().map(|right| right.split(" [").next().unwrap_or_default().trim_end().to_owned()).collect()
}

#[test]
fn a_guard_needs_to_make_each_kind_once_and_its_end_to_delete() {
    let world = World::page();
    let plan = world.plan(&guard(access(&["50.60.0.0/16"])));
    assert_eq!(
        needed(&world, &plan),
        ["create globalnetworksets  []", "create hostendpoints  []", "create networkpolicies shop []", "create globalnetworkpolicies  []",]
    );
    let guarded = world.after(&plan);
    let wider = guarded.plan(&guard(access(&["50.60.0.0/16", "70.80.90.0/24"])));
    assert!(kinds(&guarded, &wider).contains(&"update globalnetworksets".to_owned()), "{:?}", kinds(&guarded, &wider));
    let back = guarded.plan(&open());
    assert_eq!(
        kinds(&guarded, &back),
        ["delete globalnetworksets", "delete hostendpoints", "delete networkpolicies shop", "delete globalnetworkpolicies"]
    );
    let sets = needed(&guarded, &back).remove(0);
    assert_eq!(sets.matches(", or ").count(), 2, "each by its name, as RBAC may have it: {sets}");
    assert_eq!(needed(&guarded, &guarded.plan(&guard(access(&["50.60.0.0/16"])))), [""; 0], "nothing is written");
}

#[test]
fn with_tiers_policies_need_more() {
    let world =
        World::page().with(json!({"apiVersion": "projectcalico.org/v3", "kind": "Tier", "metadata": {"name": "default"}, "spec": {}}));
    let plan = world.plan(&guard(access(&["50.60.0.0/16"])));
    assert_eq!(
        needed(&world, &plan)[2..],
        [
            "create networkpolicies shop []",
            "create tier.networkpolicies shop [, default.*]",
            "get tiers  [default]",
            "create globalnetworkpolicies  []",
            "create tier.globalnetworkpolicies  [, default.*]",
        ]
    );
}

#[test]
fn what_is_refused_is_a_blocker_and_what_is_not_told_is_unknown() {
    let right = |verb: &'static str, resource: &str, namespace: &str| Right {
        verb,
        resource: resource.to_owned(),
        namespace: namespace.to_owned(),
        names: vec![String::new()],
        objects: Vec::new(),
    };
    assert_eq!(refused(&[]), []);
    let said = refused(&[
        (right("create", "hostendpoints", ""), Refused::Denied("no RBAC policy matched.".to_owned())),
        (right("create", "networkpolicies", "shop"), Refused::Denied(String::new())),
        (right("create", "globalnetworksets", ""), Refused::Unknown("no answer within 10 s".to_owned())),
    ]);
    let [missing, unknown] = said.as_slice() else { panic!("{said:#?}") };
    assert_eq!((missing.severity, missing.id.as_str()), (Severity::Blocker, "right-missing"));
    assert_eq!(
        missing.what,
        "Portcullis may not create hostendpoints and create networkpolicies in `shop`. The API server says: no RBAC policy matched."
    );
    assert!(missing.action.contains("`kubectl auth can-i create hostendpoints.projectcalico.org` asks"), "{}", missing.action);
    assert_eq!((unknown.severity, unknown.id.as_str()), (Severity::Unknown, "right-unknown"));
    assert_eq!(unknown.what, "Whether Portcullis may create globalnetworksets is not known: no answer within 10 s.");
    let named = Right { names: vec!["default.*".to_owned()], ..right("update", "tier.networkpolicies", "shop") };
    let said = refused(&[(named, Refused::Denied(String::new()))]);
    assert!(
        said[0].action.contains("can-i update tier.networkpolicies.projectcalico.org/default.* --namespace shop`"),
        "{}",
        said[0].action
    );
}
