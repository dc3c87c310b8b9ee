//! Changes of client groups: planned over all Services that use them.

use super::common::{self, World, access, guard, ids, row, svc_a};
use super::{group, name, of, used, with};
use policy::access::{Asked, Change, GroupChange, Intent, client_groups, in_force};
use policy::cidr::CidrSet;
use policy::finding::Severity;
use policy::plan::{Plan, Role};
use policy::view::GroupsView;
use serde_json::json;

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
    assert!(plan.summary.contains("; 2 Services use it: `shop/svc-a` and `shop/svc-b`."), "{}", plan.summary);
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
    assert_eq!(plan.summary, "Deletes nothing: the group `office` is used by 2 Services.");
    // Used no more, it goes with all its sets.
    let unused = [("shop/svc-a", "1.2.3.0/24"), ("shop/svc-b", "1.2.4.0/24")]
        .into_iter()
        .fold(world, |world, (service, cidr)| world.after(&world.plan(&on(service, guard(access(&[cidr]))))));
    let plan = plan_of(&unused, changed("office", None));
    assert!(!plan.blocked() && plan.steps.len() == 1, "{:?}", plan.findings);
    assert_eq!(client_groups(&unused.after(&plan).snapshot()), []);
    let none = plan_of(&World::page(), changed("office", None));
    assert_eq!((ids(&none), none.steps.len()), (vec!["group-undefined"], 0));
    assert_eq!(none.summary, "Deletes nothing: there is no group `office`.");
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
    let bulk = |how: How, cidr: &str| Bulk {
        services: vec![svc_a()],
        how,
        clients: vec![row(cidr, &[])],
        groups: Vec::new(),
        group_ports: Vec::new(),
    };
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

/// Groups are let in, and taken out, as ranges are: beside what an access has, on the ports that are asked for.
#[test]
fn many_services_get_groups_and_lose_them() {
    use policy::access::{Bulk, How};
    let world = in_use();
    let bulk = |how: How, ports: &[&str], groups: &[&str]| Bulk {
        services: vec![svc_a(), "shop/svc-b".parse().unwrap()],
        how,
        clients: Vec::new(),
        groups: groups.iter().map(|name| name.parse().unwrap()).collect(),
        group_ports: ports.iter().map(|port| port.parse().unwrap()).collect(),
    };
    // Of either Service: how many ranges, and on which ports its groups.
    let after = |how, ports: &[&str], groups: &[&str]| {
        let asked = bulk(how, ports, groups).asked(&world.snapshot()).unwrap();
        let said = |change: &Change| {
            let Intent::Guard(access) = &change.intent else { unreachable!() };
            let groups = access.groups.iter().map(|of| of.ports.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "));
            (access.clients.len(), groups.collect::<Vec<_>>())
        };
        asked.changes().iter().map(said).collect::<Vec<_>>()
    };
    let on = |ports: &[&str]| ports.iter().map(|port| (*port).to_owned()).collect::<Vec<String>>();
    assert_eq!(after(How::Add, &[], &["office"]), [(1, on(&[""])), (0, on(&[""]))], "every port takes the place of one");
    assert_eq!(after(How::Add, &["TCP/80"], &["office"]), [(1, on(&["TCP/80", "TCP/443"])), (0, on(&[""]))], "what may all may this");
    assert_eq!(after(How::Exactly, &["TCP/80"], &["office"]), [(0, on(&["TCP/80"])), (0, on(&["TCP/80"]))]);
    assert_eq!(after(How::Remove, &[], &["office"]), [(1, on(&[])), (0, on(&[]))]);
    let refused = |bulk: Bulk| bulk.asked(&world.snapshot()).unwrap_err().to_string();
    assert_eq!(refused(bulk(How::Add, &[], &["nobody"])), "there is no group `nobody` in the cluster");
    assert_eq!(refused(bulk(How::Add, &[], &[])), "no client range is named: name at least one");
    // A group that goes too is no reason to refuse that its addresses go.
    let both = Bulk { clients: vec![row("50.60.7.0/24", &[])], ..bulk(How::Remove, &[], &["office"]) };
    assert!(both.asked(&world.snapshot()).is_ok());
}
