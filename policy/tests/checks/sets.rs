//! Selectors of others that mean the sets that Portcullis writes.

use crate::case::{Case, by_world, case};
use crate::common::{World, access, global_policy, guard, open, pod, service};
use crate::worlds::{existing, named, network_policy, page};
use policy::access::{Asked, Change, GroupChange, GroupRange};
use policy::checks;
use policy::finding::Finding;
use policy::finding::Severity::Warning;
use policy::plan::{plan, plan_of};
use serde_json::{Value, json};

const ID: &str = "foreign-selector-means-sets";

pub(crate) fn cases() -> Vec<Case> {
    let before = |to: Value| {
        named().with(global_policy(
            "theirs",
            json!({"selector": "has(k8s-role)", "preDNAT": true, "applyOnForward": true, "types": ["Ingress"],
                "ingress": [{"action": "Allow", "destination": to}]}),
        ))
    };
    vec![
        by_world(ID, Warning, theirs("ingress", "source", &json!({"selector": "!has(app)"}))),
        // The addresses of Services are the destination of nothing once they are translated.
        case(
            ID,
            Warning,
            (before(json!({"selector": "!has(portcullis.dev/clients)"})), existing()),
            (theirs("ingress", "destination", &json!({"selector": "!has(portcullis.dev/clients)"})), asked()),
        ),
    ]
}

fn asked() -> Change {
    guard(access(&["50.60.0.0/16"]))
}

/// The page with a policy on pods of its own, one side of whose second rule in this direction is this.
fn theirs(direction: &str, side: &str, is: &Value) -> World {
    doing("Allow", direction, side, is)
}

fn doing(action: &str, direction: &str, side: &str, is: &Value) -> World {
    let rules = json!([{"action": "Allow", "protocol": "TCP"}, {"action": action, side: is}]);
    page().with(global_policy("theirs", json!({"selector": "app == 'b'", direction: rules})))
}

fn of(findings: Vec<Finding>) -> Vec<Finding> {
    findings.into_iter().filter(|finding| finding.id == ID).collect()
}

fn found(world: &World) -> Vec<Finding> {
    of(world.plan(&asked()).findings)
}

#[test]
fn what_asks_for_no_label_means_sets_too() {
    let global = json!({"namespaceSelector": "global()"});
    for (world, field) in [
        (theirs("ingress", "source", &json!({"selector": "all()"})), "spec.ingress[1].source.selector"),
        (theirs("ingress", "source", &json!({"selector": "app != 'a' || has(app)"})), "spec.ingress[1].source.selector"),
        (theirs("ingress", "source", &json!({"selector": "!has(portcullis.dev/edge-addresses)"})), "spec.ingress[1].source.selector"),
        (theirs("ingress", "source", &json!({"notSelector": "!has(app)"})), "spec.ingress[1].source.notSelector"),
        (
            theirs("ingress", "source", &json!({"selector": "!has(app)", "namespaceSelector": "!has(kubernetes.io/metadata.name)"})),
            "spec.ingress[1].source.selector",
        ),
        (
            theirs("ingress", "source", &json!({"namespaceSelector": "!has(kubernetes.io/metadata.name)"})),
            "spec.ingress[1].source.namespaceSelector",
        ),
        (theirs("ingress", "source", &global), "spec.ingress[1].source.namespaceSelector"),
        (
            theirs("ingress", "source", &json!({"serviceAccounts": {"selector": "!has(x)"}})),
            "spec.ingress[1].source.serviceAccounts.selector",
        ),
        (theirs("egress", "destination", &json!({"selector": "!has(app)"})), "spec.egress[1].destination.selector"),
        (doing("Pass", "ingress", "source", &json!({"selector": "!has(app)"})), "spec.ingress[1].source.selector"),
        (
            page().with(network_policy("theirs", json!({"ingress": [{"action": "Deny", "source": global}]}))),
            "spec.ingress[0].source.namespaceSelector",
        ),
    ] {
        let fields: Vec<String> = found(&world).into_iter().map(|finding| finding.field).collect();
        assert_eq!(fields, [field]);
    }
}

#[test]
fn what_means_no_set_of_ours_or_says_so_is_left_alone() {
    let source = |is: Value| theirs("ingress", "source", &is);
    let namespaced = |is: Value| page().with(network_policy("theirs", json!({"ingress": [{"action": "Allow", "source": is}]})));
    let global = |spec: Value| page().with(global_policy("theirs", spec));
    let rules = json!([{"action": "Deny", "source": {"selector": "all()"}}]);
    for world in [
        // No selector: everything is meant, and that is said.
        source(json!({})),
        source(json!({"nets": ["50.60.0.0/16"]})),
        source(json!({"notNets": ["50.60.0.0/16"]})),
        source(json!({"serviceAccounts": {"names": ["x"]}})),
        // Labels that somebody would have to give a set, or namespaces, in which no set of ours is.
        source(json!({"selector": "has(app)"})),
        source(json!({"selector": "app in {'a'} && !has(tier)"})),
        source(json!({"selector": "all()", "namespaceSelector": "all()"})),
        source(json!({"selector": "!has(app)", "namespaceSelector": "has(kubernetes.io/metadata.name)"})),
        source(json!({"selector": "!has(app) && projectcalico.org/orchestrator == 'k8s'"})),
        source(json!({"notSelector": "has(app)"})),
        source(json!({"selector": "!has(app)", "notSelector": "!has(tier)"})),
        namespaced(json!({"selector": "all()"})),
        namespaced(json!({"notSelector": "!has(app)"})),
        namespaced(json!({"selector": "!has(app)", "namespaceSelector": "team == 'x'"})),
        // Our labels, by name.
        source(json!({"selector": "!has(portcullis.dev/clients)"})),
        source(json!({"selector": "has(portcullis.dev/clients)"})),
        source(json!({"selector": "portcullis.dev/clients != 'x' && has(portcullis.dev/ports)"})),
        // What decides nothing.
        doing("Log", "ingress", "source", &json!({"selector": "all()"})),
        global(json!({"selector": "all()", "types": ["Egress"], "ingress": rules})),
        global(json!({"selector": "has(", "ingress": rules})),
        page().with(json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "k", "namespace": "shop"},
            "spec": {"podSelector": {}, "ingress": [{"from": [{"podSelector": {}, "namespaceSelector": {}}]}]}})),
    ] {
        assert_eq!(found(&world), []);
    }
}

#[test]
fn it_names_the_policy_the_rule_and_the_set_and_says_what_to_write() {
    let one = |world: World| found(&world).remove(0);
    let allows = one(theirs("ingress", "source", &json!({"selector": "!has(app)"})));
    let objects: Vec<&str> = allows.objects.iter().map(|key| key.name.as_str()).collect();
    let [policy, set] = objects.as_slice() else { panic!("{objects:?}") };
    assert!(*policy == "theirs" && set.starts_with("portcullis-clients-svc-a-"), "{objects:?}");
    assert_eq!(
        allows.what,
        format!("`!has(app)` at `spec.ingress[1].source.selector` of GlobalNetworkPolicy theirs means sets of Portcullis too, as `{set}`.")
    );
    assert_eq!(
        allows.why,
        "A selector means every set whose labels fit, and not pods alone: the rule allows what comes from the ranges in them, \
         whatever Service these were let in to."
    );
    assert_eq!(
        allows.action,
        "If pods alone are meant, write `(!has(app)) && projectcalico.org/orchestrator == 'k8s'` there; if these sets are not, write \
         `(!has(app)) && !has(portcullis.dev/clients)`."
    );
    // What it says to write does what it says.
    for written in allows.action.split('`').skip(1).step_by(2) {
        assert_eq!(found(&theirs("ingress", "source", &json!({"selector": written}))), [], "{written}");
    }
    let all = one(theirs("ingress", "source", &json!({"selector": "all()"})));
    assert!(all.action.contains("write `projectcalico.org/orchestrator == 'k8s'` there"), "{}", all.action);
    let beside = one(theirs("egress", "destination", &json!({"namespaceSelector": "global()"})));
    assert!(
        beside.why.ends_with("the rule allows what is sent to the ranges in them, whatever Service these were let in to."),
        "{beside:?}"
    );
    assert_eq!(beside.action, "If sets are not meant, write the selector `!has(portcullis.dev/clients)` beside it.");
    let outside = one(theirs("ingress", "source", &json!({"selector": "!has(x)", "namespaceSelector": "global()"})));
    assert_eq!(outside.action, "If these sets are not meant, write `(!has(x)) && !has(portcullis.dev/clients)` there.");
    let but = one(doing("Deny", "ingress", "source", &json!({"notSelector": "!has(app)"})));
    assert!(but.why.ends_with("the rule does not deny what comes from the ranges in them."), "{but:?}");
}

#[test]
fn in_the_whole_cluster_it_is_said_once_of_each_selector() {
    let world = theirs("ingress", "source", &json!({"selector": "all()"})).with(json!({
        "apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkSet",
        "metadata": {"name": "portcullis-group-office", "labels": {"portcullis.dev/group": "office"}, "annotations": {"portcullis.dev/shape": "2"}},
        "spec": {"nets": ["198.51.100.0/24"]}}));
    // A group's set is meant as well, though no rule of ours means it.
    let sets = |world: &World| -> Vec<String> {
        let findings = of(checks::cluster(&world.snapshot()));
        findings.iter().flat_map(|finding| finding.objects.iter().skip(1).map(|key| key.name.clone())).collect()
    };
    assert_eq!(sets(&world), ["portcullis-group-office"]);
    let guarded = world.after(&world.plan(&asked()));
    let [clients, group] = <[String; 2]>::try_from(sets(&guarded)).expect("a set of each kind");
    assert!(clients.starts_with("portcullis-clients-svc-a-") && group == "portcullis-group-office", "{clients} {group}");
    // Nothing of it without sets, and none of it in the way of taking the guard away.
    assert_eq!(of(checks::cluster(&theirs("ingress", "source", &json!({"selector": "all()"})).snapshot())), []);
    assert_eq!(of(guarded.plan(&open()).findings), []);
}

#[test]
fn of_several_services_and_of_a_group_it_is_said_once_too() {
    let ports = json!([{"port": 80, "targetPort": 8080}]);
    let world = theirs("ingress", "source", &json!({"selector": "all()"}))
        .with(service("svc-b", "10.20.30.50", json!({"app": "b"}), ports))
        .with(pod("b-1", "node-a", json!({"app": "b"})));
    let other = Change { service: "shop/svc-b".parse().unwrap(), ..guard(access(&["198.51.100.0/24"])) };
    let planned = |asked: &Asked| of(plan_of(&world.snapshot(), asked).unwrap().findings);
    let [both] = <[Finding; 1]>::try_from(planned(&Asked::together(vec![asked(), other]).unwrap())).expect("one");
    assert!(both.what.contains("portcullis-clients-svc-"), "{both:?}");
    let range = GroupRange { cidr: "198.51.100.0/24".parse().unwrap(), note: String::new() };
    let group = GroupChange::of("office".parse().unwrap(), Some(vec![range]));
    let [group] = <[Finding; 1]>::try_from(planned(&Asked::from(group))).expect("one");
    assert!(
        group.what.ends_with("as `portcullis-group-office`.") && group.action.ends_with("write `!has(portcullis.dev/group)`."),
        "{group:?}"
    );
}

#[test]
fn a_plan_is_stale_once_such_a_selector_has_come() {
    let (before, after) = (page(), theirs("ingress", "source", &json!({"selector": "all()"})));
    let digest = |world: &World| plan(&world.snapshot(), &asked()).unwrap().digest;
    assert_ne!(digest(&before), digest(&after));
    assert_eq!(digest(&before), digest(&theirs("ingress", "source", &json!({"selector": "has(app)"}))));
}
