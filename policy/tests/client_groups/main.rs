//! Client groups: what they become, that they are read back, and that packets meet what rows would have made.
#![expect(clippy::unwrap_used, reason = "a world that is wrong fails its test")]

mod changes;
#[path = "../common/mod.rs"]
mod common;

use common::{World, access, eth0, guard, ids, row, svc_a, written};
use policy::access::{Access, Change, ClientGroup, GroupName, GroupRange, GroupUse, Intent, client_groups, in_force};
use policy::finding::Severity;
use policy::object::AnyObject;
use policy::plan::{Plan, Role};
use policy::preview::Preview;
use policy::recipe::client_group;
use policy::scope::Scope;
use policy::validate;
use proptest::prelude::*;
use serde_json::json;

fn name(text: &str) -> GroupName {
    text.parse().unwrap()
}

fn group(text: &str, cidrs: &[&str]) -> ClientGroup {
    let range = |cidr: &&str| GroupRange { cidr: cidr.parse().unwrap(), note: String::new() };
    ClientGroup { name: name(text), ranges: cidrs.iter().map(range).collect() }
}

fn of(text: &str, ports: &[&str]) -> GroupUse {
    GroupUse { name: name(text), ports: ports.iter().map(|port| port.parse().unwrap()).collect(), note: String::new(), ranges: Vec::new() }
}

/// With the objects of these groups in place of those that are there.
fn with(world: World, groups: &[ClientGroup]) -> World {
    let world = world.without("GlobalNetworkSet", "portcullis-group-");
    groups.iter().flat_map(client_group).fold(world, |world, generated| world.with(generated.object))
}

fn used(groups: Vec<GroupUse>, clients: &[&str]) -> Change {
    guard(Access { groups, ..access(clients) })
}

fn sets(plan: &Plan) -> Vec<(String, Vec<String>)> {
    let sets = plan.steps.iter().filter(|step| step.role == Role::ClientSet).filter_map(|step| step.write.after());
    sets.map(|set| {
        let nets = set["spec"]["nets"].as_array().unwrap().iter().map(|net| net.as_str().unwrap().to_owned()).collect();
        (set["metadata"]["annotations"]["portcullis.dev/group"].as_str().unwrap_or_default().to_owned(), nets)
    })
    .collect()
}

#[test]
fn names_of_groups_are_those_of_labels() {
    for right in ["a", "office", "office-berlin-2", &"n".repeat(40)] {
        assert_eq!(right.parse::<GroupName>().unwrap().as_str(), right);
    }
    for wrong in ["", "Office", "-office", "office-", "office berlin", "office/berlin", &"n".repeat(41)] {
        let why = wrong.parse::<GroupName>().unwrap_err().to_string();
        assert!(why.starts_with(&format!("`{wrong}` is not the name of a group: 1 to 40 lower-case letters")), "{why}");
    }
}

#[test]
fn the_ranges_of_a_group_are_in_a_set_of_their_own() {
    let world = with(World::page(), &[group("office", &["50.60.0.0/16", "70.80.90.0/24"])]);
    let plan = world.plan(&used(vec![of("office", &[])], &["50.60.0.0/16"]));
    assert!(!plan.blocked(), "{:?}", plan.findings);
    let both = vec!["50.60.0.0/16".to_owned(), "70.80.90.0/24".to_owned()];
    assert_eq!(sets(&plan), [(String::new(), vec!["50.60.0.0/16".to_owned()]), ("office".to_owned(), both)]);
    assert!(
        plan.summary.starts_with("Lets 3 client ranges (65,792 addresses, with the group `office`) reach `shop/svc-a`"),
        "{}",
        plan.summary
    );
    // The range which both have survives as both.
    let after = world.after(&plan);
    let found = in_force(&after.snapshot(), &svc_a()).unwrap();
    assert_eq!(found.clients, access(&["50.60.0.0/16"]).clients);
    assert_eq!(found.groups[0].ranges.len(), 2);
    assert_eq!(found.in_short(), "office · 3 ranges · 65,792 addresses");
    // Taken away from the row it stays for the group.
    let rest = after.after(&after.plan(&used(vec![of("office", &[])], &[])));
    assert_eq!(in_force(&rest.snapshot(), &svc_a()).unwrap().clients, []);
    assert_eq!(in_force(&rest.snapshot(), &svc_a()).unwrap().in_short(), "office · 2 ranges · 65,792 addresses");
}

#[test]
fn a_group_is_read_back_with_its_notes_in_as_many_sets_as_it_takes() {
    let many: Vec<String> = (0..4_500_u32).map(|n| format!("10.{}.{}.0/24", n / 256, n % 256)).collect();
    let mut large = group("partner", &many.iter().map(String::as_str).collect::<Vec<_>>());
    large.ranges[7].note = "their \"office\"".to_owned();
    let small = group("office", &["0.0.0.0/0", "2001:db8::/32"]);
    let objects = client_group(&large);
    assert_eq!(objects.len(), 3);
    for generated in &objects {
        let read = AnyObject::decode(generated.key.kind, &generated.object).unwrap();
        assert_eq!(validate::object(&read), []);
    }
    let world = with(World::page(), &[large.clone(), small.clone()]);
    assert_eq!(client_groups(&world.snapshot()), [small, large.clone()]);
    let after = world.after(&world.plan(&used(vec![of("partner", &["TCP/443"])], &[])));
    let found = in_force(&after.snapshot(), &svc_a()).unwrap();
    assert_eq!(found.groups, [GroupUse { ranges: large.normalised().cidrs(), ..of("partner", &["TCP/443"]) }]);
}

/// A cluster keeps what it knows of groups until a set of one changes.
#[test]
fn a_snapshot_follows_its_groups() {
    let world = with(World::page(), &[group("office", &["50.60.0.0/16"])]);
    let mut snapshot = world.snapshot();
    assert_eq!(Scope::of(&snapshot, &svc_a()).unwrap().groups.len(), 1);
    let grown = client_group(&group("office", &["50.60.0.0/16", "70.80.90.0/24"])).remove(0);
    snapshot.insert(AnyObject::decode(grown.key.kind, &grown.object).unwrap());
    assert_eq!(Scope::of(&snapshot, &svc_a()).unwrap().groups[0].ranges.len(), 2);
    snapshot.remove(&grown.key);
    assert!(Scope::of(&snapshot, &svc_a()).unwrap().groups.is_empty());
}

#[test]
fn a_group_that_is_not_there_is_named() {
    let world = with(World::page(), &[group("office", &["50.60.0.0/16"])]);
    let plan = world.plan(&used(vec![of("ofice", &[])], &["70.80.90.0/24"]));
    let finding = plan.findings.iter().find(|finding| finding.severity == Severity::Blocker).unwrap();
    assert_eq!(finding.id, "group-undefined");
    assert_eq!(finding.what, "`shop/svc-a` lets in the group `ofice`, and there is no such group.");
    assert_eq!(finding.action, "Create the group first, or leave it out. The cluster has the group `office`.");
}

#[test]
fn checks_know_what_groups_hold() {
    let world = with(World::page(), &[group("office", &["192.168.0.0/24", "2001:db8::/32"])]);
    let plan = world.plan(&used(vec![of("office", &["TCP/81"])], &[]));
    for id in ["port-not-of-service", "family-without-address", "clients-cover-pods"] {
        assert!(ids(&plan).contains(&id), "{id}: {:?}", ids(&plan));
    }
    let port = plan.findings.iter().find(|finding| finding.id == "port-not-of-service").unwrap();
    assert_eq!(port.what, "The group `office` is allowed on TCP/81, which is no port of `shop/svc-a`.");
}

/// What the request says a group holds does not count: the cluster's word does.
#[test]
fn ranges_that_are_asked_for_do_not_count() {
    let world = with(World::page(), &[group("office", &["50.60.0.0/16"])]);
    let lie = GroupUse { ranges: vec!["0.0.0.0/0".parse().unwrap()], ..of("office", &[]) };
    assert_eq!(world.plan(&used(vec![lie], &[])), world.plan(&used(vec![of("office", &[])], &[])));
}

#[test]
fn a_plan_with_a_group_is_stale_once_the_group_is_another() {
    let change = used(vec![of("office", &[])], &[]);
    let (office, more) = (group("office", &["50.60.0.0/16"]), group("office", &["50.60.0.0/16", "70.80.90.0/24"]));
    let before = with(World::page(), std::slice::from_ref(&office)).plan(&change);
    let after = with(World::page(), &[more]).plan(&change);
    assert_ne!(before.digest, after.digest);
    let moved: Vec<&str> = after.inputs.iter().filter(|input| !before.inputs.contains(input)).map(|input| input.name.as_str()).collect();
    assert_eq!(moved, ["the group office"]);
    // Other groups are no matter of it.
    assert_eq!(with(World::page(), &[office, group("partner", &["1.2.3.0/24"])]).plan(&change), before);
}

/// Only the sets of the group are written when it changes.
#[test]
fn a_group_that_changes_rewrites_its_sets_alone() {
    let change = used(vec![of("office", &[])], &["70.80.90.0/24"]);
    let world = with(World::page(), &[group("office", &["50.60.0.0/16"])]);
    let guarded = with(world.after(&world.plan(&change)), &[group("office", &["50.61.0.0/16"])]);
    let plan = guarded.plan(&change);
    let roles: Vec<Role> = plan.steps.iter().map(|step| step.role).collect();
    assert_eq!(roles, [Role::ClientSet]);
    assert_eq!(written(&plan, "portcullis-clients-svc-a-office-")["spec"]["nets"], json!(["50.61.0.0/16"]));
}

#[test]
fn an_annotation_that_names_no_group_leaves_its_nets_as_rows() {
    let world = with(World::page(), &[group("office", &["50.60.0.0/16"])]);
    let guarded = world.after(&world.plan(&used(vec![of("office", &[])], &[])));
    let set = guarded.objects().iter().find(|object| object["metadata"]["annotations"]["portcullis.dev/group"] == "office").unwrap();
    let set = set["metadata"]["name"].as_str().unwrap().to_owned();
    let broken = guarded.set("GlobalNetworkSet", &set, "/metadata/annotations/portcullis.dev~1group", json!("not a name"));
    assert_eq!(in_force(&broken.snapshot(), &svc_a()).unwrap().clients, access(&["50.60.0.0/16"]).clients);
}

const CIDRS: [&str; 7] = ["50.60.0.0/16", "50.60.7.0/24", "70.80.90.0/24", "0.0.0.0/0", "2001:db8::/32", "50.60.7.7/32", "10.9.0.0/16"];

fn some_cidrs(most: usize) -> impl Strategy<Value = Vec<&'static str>> {
    prop::sample::subsequence(CIDRS.to_vec(), 0..most)
}

fn uses() -> impl Strategy<Value = Vec<GroupUse>> {
    let ports = prop::sample::select(vec![vec![], vec!["TCP/80"], vec!["TCP/443"], vec!["TCP/80", "TCP/443"]]);
    let one = (prop::sample::select(vec!["office", "partner", "vpn"]), ports, prop::sample::select(vec!["", "why"]));
    prop::collection::vec(one.prop_map(|(name, ports, note)| GroupUse { note: note.to_owned(), ..of(name, &ports) }), 0..5)
}

fn groups() -> impl Strategy<Value = Vec<ClientGroup>> {
    (some_cidrs(5), some_cidrs(5), some_cidrs(3)).prop_map(|(a, b, c)| vec![group("office", &a), group("partner", &b), group("vpn", &c)])
}

/// The same access with the ranges of its groups as rows.
fn as_rows(access: &Access) -> Access {
    let of_groups = access.groups.iter().flat_map(|of| {
        let ports: Vec<String> = of.ports.iter().map(ToString::to_string).collect();
        of.ranges.iter().map(move |cidr| row(&cidr.to_string(), &ports.iter().map(String::as_str).collect::<Vec<_>>()))
    });
    let clients = access.clients.iter().cloned().chain(of_groups).collect();
    Access { clients, groups: Vec::new(), ..access.clone() }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn what_was_written_is_read_back(uses in uses(), groups in groups(), rows in some_cidrs(4)) {
        let world = with(World::page(), &groups);
        let normalised: Vec<ClientGroup> = groups.iter().map(ClientGroup::normalised).collect();
        prop_assert_eq!(client_groups(&world.snapshot()), normalised);
        let asked = Access { groups: uses, ..access(&rows) };
        let change = guard(asked.clone());
        let after = world.after(&world.plan(&change));
        prop_assert_eq!(in_force(&after.snapshot(), &svc_a()), Some(asked.resolved(&groups).normalised()));
        prop_assert_eq!(after.plan(&change).steps, vec![]);
    }

    /// Policies go by labels, and the nets behind each label are the same.
    #[test]
    fn a_group_comes_to_what_its_ranges_as_rows_come_to(uses in uses(), groups in groups(), rows in some_cidrs(4)) {
        let world = with(World::page(), &groups);
        let asked = Access { groups: uses, ..access(&rows) }.resolved(&groups).normalised();
        // A choice of ports for which there is no range makes rules without clients: as rows it would not be there.
        prop_assume!(asked.groups.iter().all(|of| !of.ranges.is_empty()));
        let by_group = world.after(&world.plan(&guard(asked.clone())));
        let by_rows = world.after(&world.plan(&guard(as_rows(&asked))));
        prop_assert_eq!(meant(&by_group), meant(&by_rows));
    }

    #[test]
    fn the_preview_of_the_scope_is_the_plan(uses in uses(), groups in groups(), rows in some_cidrs(4)) {
        let world = with(World::page(), &groups);
        let change = Change { host_endpoints: eth0(), ..guard(Access { groups: uses, ..access(&rows) }.normalised()) };
        let scope = Scope::of(&world.snapshot(), &svc_a()).expect("svc-a");
        let sent: Scope = serde_json::from_str(&serde_json::to_string(&scope).expect("JSON")).expect("it reads");
        let (preview, plan) = (Preview::of(&sent, &change), world.plan(&change));
        let shown: Vec<String> =
            preview.objects.iter().map(|o| o.blocks.iter().map(|b| format!("{}\n", b.yaml)).collect()).collect();
        let steps = plan.steps.iter().filter(|step| step.role != Role::HostEndpoint);
        let planned: Vec<String> = steps.filter_map(|step| step.write.after().map(policy::yaml::to_yaml)).collect();
        prop_assert_eq!(shown, planned);
        prop_assert_eq!(preview.findings, plan.findings);
        let Intent::Guard(access) = &change.intent else { unreachable!() };
        let rows = access.clients.len() + access.groups.len();
        let lit = preview.objects.iter().flat_map(|object| &object.blocks).flat_map(|block| &block.rows);
        prop_assert!(lit.into_iter().all(|row| usize::try_from(*row).unwrap() < rows));
    }
}

/// The specs of the policies, and the nets behind each value of the labels that they go by.
fn meant(world: &World) -> (Vec<serde_json::Value>, std::collections::BTreeSet<(String, String)>) {
    let policies = world.objects().iter().filter(|o| o["kind"].as_str().unwrap().ends_with("NetworkPolicy"));
    let sets =
        world.objects().iter().filter(|o| o["kind"] == "GlobalNetworkSet" && o["metadata"]["labels"]["portcullis.dev/group"].is_null());
    let nets = sets.flat_map(|set| {
        let labels = set["metadata"]["labels"].to_string();
        set["spec"]["nets"]
            .as_array()
            .unwrap()
            .iter()
            .map(move |net| (labels.clone(), net.as_str().unwrap().to_owned()))
            .collect::<Vec<_>>()
    });
    (policies.map(|policy| policy["spec"].clone()).collect(), nets.collect())
}
