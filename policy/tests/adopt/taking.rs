//! Taking over what somebody made by hand, and putting it back; and what the checks say of it.

use super::common::{self, World, ids, open, service, svc_a};
use super::{WHOLE, change, found, gate, hosts, lets, page, pieces, shuts};
use policy::access::{Access, Adoption, Change, HostEndpoints, Intent};
use policy::adopt::HandMade;
use policy::finding::{Finding, Severity};
use policy::object::{Kind, ObjectKey};
use policy::plan::{Plan, Role};
use policy::reach::diff::Side;
use policy::reach::safety;
use policy::reach::sets::Kept;
use policy::reach::settings::{Settings, Told};
use serde_json::{Value, json};

fn written(plan: &Plan) -> Vec<(Role, &str, &str)> {
    plan.steps.iter().map(|step| (step.role, step.write.verb(), step.key.name.as_str())).collect()
}

fn sorted(world: &World) -> Vec<String> {
    let mut objects: Vec<String> = world.objects().iter().map(Value::to_string).collect();
    objects.sort();
    objects
}

#[test]
fn ours_is_in_force_before_theirs_goes_and_theirs_before_ours_goes() {
    let world = page();
    let plan = world.plan(&change(&world));
    assert!(!plan.blocked(), "{:#?}", plan.findings);
    assert!(ids(&plan).contains(&"hand-made-stays"), "what is about the hosts stays");
    let steps = written(&plan);
    let roles: Vec<(Role, &str)> = steps.iter().map(|(role, verb, _)| (*role, *verb)).collect();
    let create = |role| (role, "Create");
    let take = (Role::HandMade, "Delete");
    assert_eq!(
        roles,
        [create(Role::ClientSet), create(Role::AddressSet), create(Role::EdgePolicy), take, take, create(Role::PodPolicy), take]
    );
    let taken: Vec<&str> = steps.iter().filter(|(role, ..)| *role == Role::HandMade).map(|(.., name)| *name).collect();
    assert_eq!(taken, ["allow-to-pods", "allow-cluster-ips", "allow-nodes-svc-a"], "from the last that decides to the first");
    assert!(plan.summary.contains("Takes over 3 policies that were made by hand."), "{}", plan.summary);
    assert!(plan.inputs.iter().any(|input| input.name == "what was made by hand"));
    let moved = page().set("GlobalNetworkPolicy", "allow-to-pods", "/spec/order", json!(7));
    assert_ne!(moved.plan(&change(&page())).digest, plan.digest, "what is taken over is read");

    let guarded = world.after(&plan);
    assert_eq!(HandMade::of(&guarded.snapshot(), &svc_a()), None);
    let restored: Vec<Value> =
        plan.steps.iter().filter(|step| step.role == Role::HandMade).filter_map(|step| step.write.before().cloned()).collect();
    let back = Change { adoption: Adoption { restored, ..Adoption::default() }, host_endpoints: HostEndpoints::Existing, ..open() };
    let back = guarded.plan(&back);
    assert!(!back.blocked(), "{:#?}", back.findings);
    let put = (Role::HandMade, "Create");
    let go = |role| (role, "Delete");
    let roles: Vec<(Role, &str)> = written(&back).into_iter().map(|(role, verb, _)| (role, verb)).collect();
    assert_eq!(roles, [put, go(Role::PodPolicy), put, put, go(Role::EdgePolicy), go(Role::AddressSet), go(Role::ClientSet)]);
    assert!(back.summary.contains("Puts back 3 policies that were made by hand."), "{}", back.summary);
    assert_eq!(sorted(&guarded.after(&back)), sorted(&world), "as it was");
}

#[test]
fn what_cannot_be_taken_over_or_put_back_is_a_blocker() {
    let world = page();
    let key = |name: &str| ObjectKey::new(Kind::GlobalNetworkPolicy, "", name);
    let taking = |taken: &[&str]| Change {
        adoption: Adoption { taken: taken.iter().map(|name| key(name)).collect(), ..Adoption::default() },
        ..change(&world)
    };
    let restoring = |object: Value| Change { adoption: Adoption { restored: vec![object], ..Adoption::default() }, ..open() };
    let guarded = page().after(&page().plan(&Change { adoption: Adoption::default(), ..change(&page()) }));
    let other = Access { clients: vec![common::row("10.9.0.0/16", &[])], ..found(&world).access };
    let cases = [
        (&world, taking(&["none"]), "hand-made-not-taken"),
        (&world, taking(&["allow-traffic-hostendpoints"]), "hand-made-not-taken"),
        (&world, Change { intent: Intent::Open, ..taking(&["allow-cluster-ips"]) }, "hand-made-without-guard"),
        (&guarded, Change { intent: Intent::Guard(other), ..taking(&["allow-cluster-ips"]) }, "hand-made-and-other-access"),
        (&world, restoring(gate("allow-cluster-ips", json!([shuts("10.20.30.40/32")]))), "hand-made-not-restored"),
        (&world, restoring(gate("new", json!([{"action": "Perhaps"}]))), "hand-made-not-restored"),
    ];
    for (world, change, id) in cases {
        let plan = world.plan(&change);
        let blockers: Vec<&str> = plan.findings.iter().filter(|f| f.severity == Severity::Blocker).map(|f| f.id.as_str()).collect();
        assert_eq!(blockers, [id], "{:#?}", plan.findings);
    }
    // What stands beside a guard is taken over with the access that is in force.
    let late = found(&guarded);
    assert_eq!(pieces(&late)[..3], WHOLE[..3]);
    let plan = guarded.plan(&late.change(&svc_a(), HostEndpoints::Existing));
    assert!(!plan.blocked(), "{:#?}", plan.findings);
    assert_eq!(HandMade::of(&guarded.after(&plan).snapshot(), &svc_a()), None);
}

/// What many set-ups really do is looked for on their pages: finding it out for all of them at once has no end.
#[test]
fn of_many_set_ups_the_first_ones_are_followed_and_every_one_is_named() {
    let address = |n: u32| format!("10.20.30.{n}");
    let with = |world: World, n: u32| {
        let to = format!("{}/32", address(n));
        let ports = json!([{"name": "http", "protocol": "TCP", "port": 80, "targetPort": 8080}]);
        let world = world.with(service(&format!("svc-{n}"), &address(n), json!({"app": "many"}), ports));
        world.with(gate(&format!("gate-{n}"), json!([lets("50.60.0.0/16", &to), shuts(&to)])))
    };
    let world = (1..=254).filter(|n| *n != 40).take(210).fold(hosts(), with);
    let snapshot = world.snapshot();
    let settings = Settings::read(&snapshot, &Told::default());
    let mut findings = Vec::new();
    safety::check(Side { snapshot: &snapshot, settings: &settings }, &[], &mut findings);
    let by_hand: Vec<&Finding> = findings.iter().filter(|finding| finding.id == "hand-made").collect();
    assert_eq!(by_hand.len(), 210);
    let (named, followed): (Vec<&Finding>, Vec<&Finding>) =
        by_hand.iter().copied().partition(|finding| finding.why.starts_with("More than 200 Services are guarded by hand"));
    assert_eq!((named.len(), followed.len()), (10, 200));
    assert!(named.iter().all(|finding| finding.severity == Severity::Unknown));
}

#[test]
fn one_policy_is_spoken_of_as_one() {
    let action = |world: &World| {
        let snapshot = world.snapshot();
        let settings = Settings::read(&snapshot, &Told::default());
        let found = safety::by_hand(Side { snapshot: &snapshot, settings: &settings }, &svc_a(), &mut Kept::default());
        found.expect("a set-up").finding.action
    };
    let one = hosts().with(gate("one", json!([lets("50.60.0.0/16", "10.20.30.40/32"), shuts("10.20.30.40/32")])));
    let first = "on the page of the Service: the plan first brings what holds on every way, and takes";
    assert_eq!(action(&one), format!("Take over 1 policy {first} it away once that is in force."));
    assert_eq!(action(&page()), format!("Take over 3 policies {first} them away once it is in force."));
}

/// The plan that takes over what was made by hand, held to what clients really get.
fn held(world: &World) -> Plan {
    let snapshot = world.snapshot();
    let settings = Settings::read(&snapshot, &Told::default());
    world.plan(&change(world)).held_to(&snapshot, &settings, &safety::Safeguards::default())
}

fn differs(world: &World) -> Option<Finding> {
    held(world).findings.into_iter().find(|finding| finding.id == "adoption-differs")
}

#[test]
fn what_policies_do_and_could_not_be_read_is_not_taken_over_in_silence() {
    assert_eq!(differs(&page()), None, "the page's own set-up is read as it is");
    // A rule by the clients' own ports is none that an access has: nobody would be named, and everybody cut.
    let by_port = json!({"action": "Allow", "protocol": "TCP", "source": {"nets": ["50.60.0.0/16"], "ports": ["1024:65535"]},
        "destination": {"nets": ["10.20.30.40/32"], "ports": [80]}});
    let by_ports = hosts().with(gate("by-port", json!([by_port, shuts("10.20.30.0/24")])));
    let by_port = differs(&by_ports).expect("a warning: it stays, and nothing is taken over");
    assert_eq!((by_port.severity, by_port.objects[0].name.as_str()), (Severity::Warning, "by-port"));
    // One that is about another Service too stays, before ours, and cuts whom the other lets in.
    let order = |name: &str, order: u32, ingress: Value| {
        let mut policy = gate(name, ingress);
        policy["spec"]["order"] = json!(order);
        policy
    };
    let svc_b =
        service("svc-b", "10.20.30.41", json!({"app": "b"}), json!([{"name": "http", "protocol": "TCP", "port": 80, "targetPort": 8080}]));
    let world = hosts().with(svc_b).with(order("vip-a", 10, json!([lets("50.60.0.0/16", "10.20.30.40/32")]))).with(order(
        "drop-all",
        50,
        json!([shuts("10.20.30.0/24")]),
    ));
    let cut = differs(&world).expect("a blocker");
    assert_eq!((cut.severity, cut.objects[0].name.as_str(), cut.field.as_str()), (Severity::Blocker, "vip-a", "spec.ingress[0]"));
    assert!(cut.what.contains("65,536 addresses would be shut out by this plan"), "{}", cut.what);
    // A rule that shuts out some of them by what they are, too, is none that an access has.
    let blocked = json!({"action": "Deny", "source": {"nets": ["50.60.0.0/24"], "selector": "has(blocked)"}, "destination": {"nets": ["10.20.30.0/24"]}});
    let set = json!({"apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkSet", "metadata": {"name": "blocked", "labels": {"blocked": "yes"}},
        "spec": {"nets": ["50.60.0.0/16"]}});
    let world = hosts().with(set).with(gate("mixed", json!([blocked, lets("50.60.0.0/16", "10.20.30.40/32"), shuts("10.20.30.0/24")])));
    let let_in = differs(&world).expect("a blocker");
    assert!(let_in.what.contains("shuts out to `shop/svc-a` today, 256 addresses would get in"), "{}", let_in.what);
}
