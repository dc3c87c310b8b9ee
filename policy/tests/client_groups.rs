//! Client groups: what they become, that they are read back, and that packets meet what rows would have made.
#![expect(clippy::unwrap_used, reason = "a world that is wrong fails its test")]

mod common;

use common::{World, access, eth0, guard, ids, row, svc_a, written};
use policy::access::{Access, Asked, Change, ClientGroup, GroupChange, GroupName, GroupRange, GroupUse, Intent, client_groups, in_force};
use policy::cidr::CidrSet;
use policy::finding::Severity;
use policy::object::AnyObject;
use policy::plan::{Plan, Role};
use policy::preview::Preview;
use policy::recipe::client_group;
use policy::scope::Scope;
use policy::validate;
use policy::view::GroupsView;
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

/// A second Service that is offered like the first, on pods of its own.
fn two(world: World) -> World {
    let ports = json!([{"name": "http", "protocol": "TCP", "port": 80, "targetPort": 8080}]);
    world.with(common::service("svc-b", "10.20.30.41", json!({"app": "b"}), ports)).with(common::pod("b-1", "node-a", json!({"app": "b"})))
}

fn on(service: &str, change: Change) -> Change {
    Change { service: service.parse().unwrap(), ..change }
}

fn plan_of(world: &World, asked: impl Into<Asked>) -> Plan {
    policy::plan::plan_of(&world.snapshot(), &asked.into()).unwrap()
}

fn changed(text: &str, cidrs: Option<&[&str]>) -> GroupChange {
    GroupChange::of(name(text), cidrs.map(|cidrs| group(text, cidrs).ranges))
}

/// Two Services that use the group `office`, one of them on one port, beside rows of their own.
fn in_use() -> World {
    let created = two(World::page());
    let created = created.after(&plan_of(&created, changed("office", Some(&["50.60.0.0/16"]))));
    let first = created.after(&created.plan(&used(vec![of("office", &["TCP/443"])], &["70.80.90.0/24"])));
    first.after(&first.plan(&on("shop/svc-b", used(vec![of("office", &[])], &[]))))
}

#[test]
fn a_group_is_created_by_a_plan_of_one_object() {
    let world = World::page();
    let plan = plan_of(&world, changed("office", Some(&["50.60.0.0/16", "70.80.90.0/24"])));
    assert_eq!(plan.summary, "Creates the group `office` with 2 ranges (65,792 addresses); no Service uses it. Changes 1 object.");
    assert_eq!(plan.steps.iter().map(|step| step.role).collect::<Vec<_>>(), [Role::ClientGroup]);
    assert_eq!(plan.findings, []);
    assert_eq!(client_groups(&world.after(&plan).snapshot()), [group("office", &["50.60.0.0/16", "70.80.90.0/24"])]);
}

fn set(cidrs: &[&str]) -> CidrSet {
    group("office", cidrs).cidrs().into_iter().collect()
}

#[test]
fn a_change_is_previewed_by_what_each_service_lets_in() {
    let world = in_use();
    let view = GroupsView::of(&world.snapshot());
    let row = view.find("office").unwrap();
    assert_eq!((row.holds().as_str(), row.services().len()), ("1 range · 65,536 addresses", 2));
    let wanted = group("office", &["50.60.0.0/17", "70.80.0.0/16"]).ranges;
    let preview = row.preview(&wanted);
    let plan = plan_of(&world, GroupChange::of(name("office"), Some(wanted)));
    assert!(plan.summary.starts_with(&preview.summary), "{}", plan.summary);
    assert_eq!((preview.added, preview.removed), (set(&["70.80.0.0/16"]), set(&["50.60.128.0/17"])));
    let [first, second] = preview.uses.as_slice() else { panic!("{:?}", preview.uses) };
    // One of them lets in a part of it without the group.
    assert_eq!(first.more, set(&["70.80.0.0/16"]).difference(&set(&["70.80.90.0/24"])));
    assert_eq!((&second.more, &second.fewer), (&set(&["70.80.0.0/16"]), &set(&["50.60.128.0/17"])));
    assert_eq!((first.ports.len(), second.ports.len()), (1, 0));
    assert_eq!(row.preview(&row.group.ranges).uses.iter().filter(|of| !of.more.is_empty() || !of.fewer.is_empty()).count(), 0);
}

#[test]
fn a_service_that_lets_in_another_group_than_the_cluster_has_is_shown_with_what_it_lets_in() {
    let moved = with(in_use(), &[group("office", &["50.61.0.0/16"])]);
    let view = GroupsView::of(&moved.snapshot());
    let row = view.find("office").unwrap();
    assert_eq!(row.used_by[1].other, Some(set(&["50.60.0.0/16"])));
    let preview = row.preview(&row.group.ranges);
    assert_eq!((&preview.uses[1].more, &preview.uses[1].fewer), (&set(&["50.61.0.0/16"]), &set(&["50.60.0.0/16"])));
    let gone = GroupsView::of(&with(in_use(), &[]).snapshot());
    let row = gone.find("office").unwrap();
    assert_eq!((row.defined, row.holds().as_str()), (false, "not in the cluster"));
    assert!(row.preview(&[]).summary.starts_with("Creates the group `office` with 0 ranges"), "{}", row.preview(&[]).summary);
}

#[test]
fn a_group_is_changed_in_one_plan_over_all_services_that_use_it() {
    let world = in_use();
    let plan = plan_of(&world, changed("office", Some(&["50.61.0.0/16", "2001:db8::/32"])));
    assert!(!plan.blocked(), "{:?}", plan.findings);
    let what = "Changes the group `office` from 1 range (65,536 addresses) to 2 ranges";
    assert!(plan.summary.starts_with(what), "{}", plan.summary);
    assert!(plan.summary.contains("for the 2 Services that use it: `shop/svc-a` and `shop/svc-b`."), "{}", plan.summary);
    assert_eq!(plan.change.services().map(ToString::to_string).collect::<Vec<_>>(), ["shop/svc-a", "shop/svc-b"]);
    assert_eq!(plan.steps[0].role, Role::ClientGroup, "first what no rule means");
    let after = world.after(&plan);
    for service in ["shop/svc-a", "shop/svc-b"] {
        let access = in_force(&after.snapshot(), &service.parse().unwrap()).unwrap();
        let ranges: Vec<String> = access.groups[0].ranges.iter().map(ToString::to_string).collect();
        assert_eq!(ranges, ["50.61.0.0/16", "2001:db8::/32"], "{service}");
        assert!(plan.change.changes().iter().any(|change| change.intent == Intent::Guard(access.clone())), "{service}: the plan says it");
    }
    assert_eq!(in_force(&after.snapshot(), &svc_a()).unwrap().clients, access(&["70.80.90.0/24"]).clients, "rows stay");
    // It is the same plan as long as nobody changes anything, and then there is nothing left to do.
    assert_eq!(plan_of(&world, plan.change.clone()).digest, plan.digest);
    assert_eq!(plan_of(&after, plan.change.clone()).steps, []);
    // As it is kept and sent.
    let sent: Asked = serde_json::from_str(&serde_json::to_string(&plan.change).unwrap()).unwrap();
    assert_eq!(sent, plan.change);
}

#[test]
fn a_plan_of_a_group_is_stale_once_another_service_uses_it() {
    let world = in_use();
    let ask = changed("office", Some(&["50.61.0.0/16"]));
    let only_a = world.after(&world.plan(&on("shop/svc-b", guard(access(&["1.2.3.0/24"])))));
    assert_ne!(plan_of(&world, ask.clone()).digest, plan_of(&only_a, ask).digest);
}

#[test]
fn a_group_that_services_use_is_not_deleted() {
    let world = in_use();
    let plan = plan_of(&world, changed("office", None));
    let finding = plan.findings.iter().find(|finding| finding.severity == Severity::Blocker).unwrap();
    assert_eq!((finding.id.as_str(), plan.steps.len()), ("group-used", 0));
    assert_eq!(finding.what, "The group `office` is used by 2 Services: `shop/svc-a` and `shop/svc-b`.");
    // Used no more, it goes with all its sets.
    let unused = [("shop/svc-a", "1.2.3.0/24"), ("shop/svc-b", "1.2.4.0/24")]
        .into_iter()
        .fold(world, |world, (service, cidr)| world.after(&world.plan(&on(service, guard(access(&[cidr]))))));
    let plan = plan_of(&unused, changed("office", None));
    assert!(!plan.blocked() && plan.steps.len() == 1, "{:?}", plan.findings);
    assert_eq!(client_groups(&unused.after(&plan).snapshot()), []);
    let none = plan_of(&World::page(), changed("office", None));
    assert_eq!((ids(&none), none.steps.len()), (vec!["group-undefined"], 0));
}

#[test]
fn a_group_shrinks_from_several_sets_to_one() {
    let many: Vec<String> = (0..4_500_u32).map(|n| format!("10.{}.{}.0/24", n / 256, n % 256)).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let world = World::page();
    let large = world.after(&plan_of(&world, changed("partner", Some(&many))));
    let plan = plan_of(&large, changed("partner", Some(&["10.0.0.0/8"])));
    assert_eq!(plan.steps.iter().map(|step| step.write.verb()).collect::<Vec<_>>(), ["Replace", "Delete", "Delete"]);
    assert_eq!(client_groups(&large.after(&plan).snapshot()), [group("partner", &["10.0.0.0/8"])]);
}

#[test]
fn an_object_of_somebody_else_stays() {
    let theirs = json!({"apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkSet", "metadata": {"name": "portcullis-group-office"},
        "spec": {"nets": ["1.2.3.0/24"]}});
    let world = World::page().with(theirs);
    assert_eq!(client_groups(&world.snapshot()), []);
    assert!(ids(&plan_of(&world, changed("office", Some(&["50.60.0.0/16"])))).contains(&"name-taken"));
}

/// The list changes many Services at once: what it says of addresses holds for those that groups let in too.
#[test]
fn many_services_are_changed_with_their_groups_in_mind() {
    use policy::access::{Bulk, How};
    let world = in_use();
    let bulk = |how: How, cidr: &str| Bulk { services: vec![svc_a()], how, clients: vec![row(cidr, &[])] };
    let refused = bulk(How::Remove, "50.60.7.0/24").asked(&world.snapshot()).unwrap_err().to_string();
    assert_eq!(
        refused,
        "the group `office` lets some of these addresses reach `shop/svc-a`: change the group, or take it out of that access first"
    );
    let access_of = |how, cidr| {
        let asked = bulk(how, cidr).asked(&world.snapshot()).unwrap();
        let Intent::Guard(access) = asked.changes()[0].intent.clone() else { unreachable!() };
        (access.clients.len(), access.groups.len())
    };
    assert_eq!(access_of(How::Remove, "70.80.90.0/24"), (0, 1));
    assert_eq!(access_of(How::Add, "1.2.3.0/24"), (2, 1));
    assert_eq!(access_of(How::Exactly, "1.2.3.0/24"), (1, 0), "nobody else outside, so no group either");
}
