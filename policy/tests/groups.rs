//! Services that are guarded alike share an edge policy; a change of one leaves the objects of the others, and their clients, alone.

#![expect(clippy::unwrap_used, reason = "an object of an unexpected shape fails its test")]

mod common;

use common::{World, access, eth0, pod, row, service};
use policy::access::{Access, Adoption, Change, HostEndpoints, InCluster, Intent, in_force};
use policy::object::ServiceRef;
use policy::plan::{Plan, Role, Step};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const SERVICES: [&str; 3] = ["svc-b", "svc-c", "svc-d"];
const CLIENTS: [&str; 3] = ["50.60.0.1", "70.80.0.1", "90.90.0.1"];

/// What is written for a Service that leaves a policy of its own for a shared one.
const JOINS: [(Role, &str); 6] = [
    (Role::ClientSet, "Create"),
    (Role::AddressSet, "Create"),
    (Role::PodPolicy, "Replace"),
    (Role::AddressSet, "Delete"),
    (Role::EdgePolicy, "Delete"),
    (Role::ClientSet, "Delete"),
];

/// Three Services with the same ports and pods of their own.
fn world() -> World {
    (1..).zip(SERVICES).fold(World::page().without("Service", "svc-a").without("Pod", "a-"), |world, (number, name)| {
        let ports = json!([{"port": 80, "targetPort": 8080}]);
        world.with(service(name, &format!("10.20.30.5{number}"), json!({"app": name}), ports)).with(pod(
            name,
            "node-a",
            json!({"app": name}),
        ))
    })
}

fn reference(name: &str) -> ServiceRef {
    format!("shop/{name}").parse().unwrap()
}

fn guard(name: &str, cidrs: &[&str]) -> Change {
    Change { service: reference(name), intent: Intent::Guard(access(cidrs)), host_endpoints: eth0(), adoption: Adoption::default() }
}

fn open(name: &str) -> Change {
    Change { service: reference(name), intent: Intent::Open, host_endpoints: HostEndpoints::Existing, adoption: Adoption::default() }
}

fn done(world: &World, changes: &[Change]) -> World {
    changes.iter().fold(world.clone(), |world, change| world.after(&world.plan(change)))
}

fn roles(plan: &Plan) -> Vec<(Role, &'static str)> {
    plan.steps.iter().map(|step| (step.role, step.write.verb())).collect()
}

fn edge_policies(world: &World) -> Vec<String> {
    let policies = world.objects().iter().filter(|object| object["kind"] == "GlobalNetworkPolicy");
    policies.map(|policy| policy["metadata"]["name"].as_str().unwrap().to_owned()).collect()
}

/// `svc-b` guarded by a policy of its own, `svc-c` alike by one that others may share.
fn two_alike() -> World {
    done(&world(), &[guard("svc-b", &["50.60.0.0/16"]), guard("svc-c", &["50.60.0.0/16"])])
}

#[test]
fn one_that_is_guarded_as_no_other_is_has_a_policy_that_names_its_address() {
    let alone = done(&world(), &[guard("svc-b", &["50.60.0.0/16"]), guard("svc-c", &["70.80.0.0/16"])]);
    for (name, net) in [("svc-b", "10.20.30.51/32"), ("svc-c", "10.20.30.52/32")] {
        let edge = policy::names::edge_policy(&policy::names::service_slug(&reference(name)));
        let policy = alone.objects().iter().find(|object| object["metadata"]["name"] == edge).unwrap();
        for rule in policy["spec"]["ingress"].as_array().unwrap() {
            assert_eq!(rule["destination"]["nets"], json!([net]), "{policy}");
            assert!(rule["destination"]["selector"].is_string(), "{policy}");
        }
    }
}

#[test]
fn a_second_service_that_is_guarded_alike_brings_the_policy_that_others_come_under() {
    let alone = done(&world(), &[guard("svc-b", &["50.60.0.0/16"])]);
    // What the first has is its own, and stays as it is.
    let plan = alone.plan(&guard("svc-c", &["50.60.0.0/16"]));
    assert_eq!(roles(&plan), [Role::ClientSet, Role::AddressSet, Role::EdgePolicy, Role::PodPolicy].map(|role| (role, "Create")));
    let world = alone.after(&plan);
    assert_eq!(roles(&world.plan(&guard("svc-b", &["50.60.0.0/16"]))), []);
    let plan = world.plan(&guard("svc-d", &["50.60.0.0/16"]));
    assert_eq!(roles(&plan), [Role::ClientSet, Role::AddressSet, Role::PodPolicy].map(|role| (role, "Create")));
    assert!(plan.steps[1].why.starts_with("This step shuts clients out"), "{}", plan.steps[1].why);
    // The preview says so.
    let scope = policy::scope::Scope::of(&world.snapshot(), &reference("svc-d")).unwrap();
    let preview = policy::preview::Preview::of(&scope, &guard("svc-d", &["50.60.0.0/16"]));
    let edge = preview.objects.iter().find(|object| object.role == Role::EdgePolicy).unwrap();
    assert!(edge.blocks.iter().any(|block| block.sentence.contains("share it")), "{edge:#?}");
    // And leaves it again.
    let world = world.after(&plan);
    let plan = world.plan(&open("svc-d"));
    assert_eq!(roles(&plan), [Role::PodPolicy, Role::AddressSet, Role::ClientSet].map(|role| (role, "Delete")));
}

#[test]
fn one_with_a_policy_of_its_own_comes_to_be_guarded_as_others_are() {
    let world = done(&two_alike(), &[guard("svc-d", &["70.80.0.0/16"])]);
    let plan = world.plan(&guard("svc-d", &["50.60.0.0/16"]));
    assert_eq!(roles(&plan), JOINS);
    // And one that comes to be guarded as another's own policy says: that one stays as it is.
    let world = done(&world, &[guard("svc-b", &["70.80.0.0/16"])]);
    let owned: Vec<_> = world.objects().iter().filter(|it| it["kind"] == "GlobalNetworkPolicy" && names_addresses(it)).collect();
    assert_eq!(owned.len(), 1, "{owned:#?}");
    assert_eq!(edge_policies(&world).len(), 3);
}

fn names_addresses(policy: &Value) -> bool {
    policy["spec"]["ingress"].as_array().unwrap().iter().all(|rule| rule["destination"]["nets"].is_array())
}

#[test]
fn one_that_changes_leaves_the_policy_that_it_shares_and_comes_back_to_it() {
    let both = done(&two_alike(), &[guard("svc-d", &["50.60.0.0/16"])]);
    // The one that the policy has its name from: the other stays under it.
    let leaving = both.plan(&guard("svc-c", &["50.60.0.0/16", "70.80.0.0/16"]));
    use Role::{AddressSet, ClientSet, EdgePolicy, PodPolicy};
    let expected = [
        (ClientSet, "Create"),
        (AddressSet, "Create"),
        (EdgePolicy, "Create"),
        (PodPolicy, "Replace"),
        (AddressSet, "Delete"),
        (ClientSet, "Delete"),
    ];
    assert_eq!(roles(&leaving), expected);
    let left = both.after(&leaving);
    let back = left.plan(&guard("svc-c", &["50.60.0.0/16"]));
    assert_eq!(roles(&back), JOINS);
    let sorted = |world: &World| world.objects().iter().map(Value::to_string).collect::<BTreeSet<_>>();
    assert_eq!(sorted(&left.after(&back)), sorted(&both));
}

#[test]
fn one_that_is_alone_under_its_policy_changes_it_in_place() {
    let alone = done(&world(), &[guard("svc-b", &["50.60.0.0/16"])]);
    let plan = alone.plan(&guard("svc-b", &["50.60.0.0/16", "70.80.0.0/16"]));
    assert_eq!(roles(&plan), [Role::ClientSet, Role::AddressSet, Role::PodPolicy].map(|role| (role, "Replace")));
}

#[test]
fn nobody_comes_under_a_policy_that_lets_others_in_than_its_sets_were_written_for() {
    let world = two_alike();
    let own = policy::names::service_slug(&reference("svc-c"));
    let by_hand = [
        world.clone().set("GlobalNetworkSet", &format!("portcullis-clients-{own}"), "/spec/nets", json!(["50.60.0.0/16", "70.80.0.0/16"])),
        world.clone().set("GlobalNetworkPolicy", &policy::names::edge_policy(&own), "/spec/selector", json!("all()")),
        world.clone().with(json!({"apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkSet",
            "metadata": {"name": "theirs", "labels": {"portcullis.dev/edge-clients": own, "portcullis.dev/ports": "all"}},
            "spec": {"nets": ["70.80.0.0/16"]}})),
    ];
    for world in by_hand {
        let plan = world.plan(&guard("svc-d", &["50.60.0.0/16"]));
        assert!(plan.steps.iter().any(|step| (step.role, step.write.verb()) == (Role::EdgePolicy, "Create")), "{:#?}", roles(&plan));
    }
}

#[test]
fn an_edge_policy_that_names_addresses_is_made_to_mean_sets_without_a_gap() {
    let guarded = done(&world(), &[guard("svc-b", &["50.60.0.0/16"])]);
    let first = first_shape(&guarded, "svc-b", "10.20.30.51/32");
    let snapshot = first.snapshot();
    assert_eq!(in_force(&snapshot, &reference("svc-b")), Some(access(&["50.60.0.0/16"])));
    assert_eq!(policy::plan::kept_host_endpoints(&snapshot, &reference("svc-b")), eth0());
    let change = guard("svc-b", &["50.60.0.0/16"]);
    let plan = first.plan(&change);
    assert_eq!(plan.steps.last().map(|step| (step.role, step.write.verb())), Some((Role::EdgePolicy, "Replace")));
    never_in_between(&first, &plan);
    let mended = first.after(&plan);
    assert_eq!(roles(&mended.plan(&change)), []);
    assert_eq!(edge_policies(&mended), edge_policies(&guarded));
    // Taken away in the first shape, nothing is left either.
    let opened = first.after(&first.plan(&open("svc-b")));
    assert_eq!(opened.objects().len(), world().objects().len());
}

/// The objects of a Service as the first shape had them.
fn first_shape(world: &World, name: &str, net: &str) -> World {
    let slug = policy::names::service_slug(&reference(name));
    let set = format!("portcullis-clients-{slug}");
    let edge = policy::names::edge_policy(&slug);
    let to = |ports: Option<Value>| ports.map_or(json!({"nets": [net]}), |ports| json!({"nets": [net], "ports": ports}));
    let clients = json!({"selector": format!("portcullis.dev/clients == '{slug}'"), "namespaceSelector": "global()"});
    let kept = json!({"inCluster": InCluster::Unchanged, "hostEndpoints": eth0()});
    let annotations = json!({"portcullis.dev/service": format!("shop/{name}"), "portcullis.dev/revision": "1", "portcullis.dev/shape": "1",
        "portcullis.dev/access": kept.to_string()});
    let rules = json!([
        {"action": "Allow", "protocol": "TCP", "source": clients, "destination": to(Some(json!([80])))},
        {"action": "Deny", "destination": to(None)},
    ]);
    world
        .clone()
        .without("GlobalNetworkSet", "portcullis-address-")
        .set("GlobalNetworkSet", &set, "/metadata/labels", json!({"portcullis.dev/clients": slug}))
        .set("GlobalNetworkPolicy", &edge, "/metadata/annotations", annotations)
        .set("GlobalNetworkPolicy", &edge, "/spec/ingress", rules)
}

/// Whether the edge lets `client` send to `address` on TCP 80: the policies in the order of their names, their rules in theirs.
fn lets_in(world: &World, client: &str, address: &str) -> bool {
    let mut policies: Vec<&Value> = world.objects().iter().filter(|object| object["kind"] == "GlobalNetworkPolicy").collect();
    policies.sort_by_key(|policy| policy["metadata"]["name"].as_str().unwrap());
    let rules = policies.iter().flat_map(|policy| policy["spec"]["ingress"].as_array().unwrap());
    let decides = |rule: &&Value| matches(world, &rule["source"], client) && matches(world, &rule["destination"], address);
    rules.into_iter().find(decides).is_none_or(|rule| rule["action"] == "Allow")
}

fn matches(world: &World, side: &Value, address: &str) -> bool {
    let holds = |nets: &Value| {
        let address: std::net::IpAddr = address.parse().unwrap();
        nets.as_array().unwrap().iter().any(|net| net.as_str().unwrap().parse::<ipnet::IpNet>().unwrap().contains(&address))
    };
    if side.get("nets").is_some_and(|nets| !holds(nets)) {
        return false;
    }
    let Some(selector) = side["selector"].as_str() else { return true };
    let carries = |set: &&Value| {
        selector.split(" && ").all(|term| {
            let (label, value) = term.split_once(" == ").unwrap();
            set["metadata"]["labels"].get(label).is_some_and(|it| *it == value.trim_matches('\''))
        })
    };
    world.objects().iter().filter(|object| object["kind"] == "GlobalNetworkSet").filter(carries).any(|set| holds(&set["spec"]["nets"]))
}

/// After each step, and with each pair of neighbours the other way round unless a run waits between them: nobody gets in whom neither end
/// lets in, nobody is cut whom both let in.
fn never_in_between(before: &World, plan: &Plan) {
    let after = before.after(plan);
    let only = |steps: &[Step]| before.after(&Plan { steps: steps.to_vec(), ..plan.clone() });
    for end in 0..=plan.steps.len() {
        let mut orders = vec![plan.steps[..end].to_vec()];
        if let [.., first, second] = &plan.steps[..end]
            && !Role::waits(first.role, second.role)
        {
            orders.push([&plan.steps[..end - 2], std::slice::from_ref(second)].concat());
        }
        for steps in orders {
            let between = only(&steps);
            for (client, address) in CLIENTS.iter().flat_map(|client| (1..=3).map(move |i| (client, format!("10.20.30.5{i}")))) {
                let (old, new) = (lets_in(before, client, &address), lets_in(&after, client, &address));
                let now = lets_in(&between, client, &address);
                assert!(now == old || now == new, "{client} to {address} after {:?}", steps.last().map(|step| &step.key));
            }
        }
    }
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let ranges = ["50.60.0.0/16", "70.80.0.0/16", "70.80.0.0/24"];
    let rows = proptest::sample::subsequence(ranges.to_vec(), 0..=2);
    let limited = rows.prop_map(|cidrs| Access { clients: cidrs.iter().map(|cidr| row(cidr, &[])).collect(), ..Access::default() });
    let intent = prop_oneof![4 => limited.prop_map(Intent::Guard), 1 => Just(Intent::Open)];
    let change = (0..SERVICES.len(), intent).prop_map(|(service, intent)| {
        let host_endpoints = if intent == Intent::Open { HostEndpoints::Existing } else { eth0() };
        Change { service: reference(SERVICES[service]), intent, host_endpoints, adoption: Adoption::default() }
    });
    proptest::collection::vec(change, 1..9)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn changes_of_one_leave_the_others_alone(changes in changes()) {
        let mut world = world();
        let untouched = world.clone();
        for change in changes {
            let owner = change.service.to_string();
            let plan = world.plan(&change);
            prop_assert!(!plan.blocked(), "{:#?}", plan.findings);
            for step in &plan.steps {
                let of = |object: Option<&Value>| object.and_then(|o| o.pointer("/metadata/annotations/portcullis.dev~1service")).cloned();
                let owners = [of(step.write.before()), of(step.write.after())];
                prop_assert!(owners.iter().flatten().all(|it| *it == owner), "{:?}", step.key);
            }
            never_in_between(&world, &plan);
            let after = world.after(&plan);
            prop_assert_eq!(after.plan(&change).steps, vec![]);
            for name in SERVICES {
                let is = in_force(&after.snapshot(), &reference(name));
                match &change.intent {
                    _ if reference(name) != change.service => prop_assert_eq!(is, in_force(&world.snapshot(), &reference(name))),
                    Intent::Guard(access) => prop_assert_eq!(is, Some(access.normalised())),
                    Intent::Open => prop_assert_eq!(is, None),
                }
            }
            world = after;
            // For each way of guarding at most one edge policy that is a Service's own and one that is shared.
            let ways: BTreeSet<String> = SERVICES
                .iter()
                .filter_map(|name| in_force(&world.snapshot(), &reference(name)))
                .map(|access| serde_json::to_string(&access).unwrap())
                .collect();
            let policies: Vec<&Value> = world.objects().iter().filter(|object| object["kind"] == "GlobalNetworkPolicy").collect();
            let own = policies.iter().filter(|policy| names_addresses(policy)).count();
            prop_assert!(own <= ways.len() && policies.len() - own <= ways.len(), "{:?}", edge_policies(&world));
        }
        for name in SERVICES {
            world = world.after(&world.plan(&open(name)));
        }
        let sorted = |world: &World| world.objects().iter().map(Value::to_string).collect::<BTreeSet<_>>();
        prop_assert_eq!(sorted(&world), sorted(&untouched));
    }
}
