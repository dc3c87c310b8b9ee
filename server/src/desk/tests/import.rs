//! A text of YAML over many Services and groups, and the same change of many with groups and ports.

use super::scene::{Scene, guard, svc_a};
use crate::history::fixtures::caller;
use app::backend::Problem;
use policy::access::{Bulk, GroupChange, GroupRange, How, Intent};
use policy::view::RunState;

#[tokio::test]
async fn a_text_comes_to_a_plan_of_all_services_and_one_of_each_group() {
    let scene = Scene::new().await;
    // As an export says it, on which HostEndpoints too.
    scene.apply(guard(&svc_a(), &["198.51.100.0/24"])).await;
    let detail = scene.desk.service(svc_a()).await.unwrap();
    let document = policy::access::document::Document {
        service: svc_a(),
        access: detail.access.unwrap(),
        host_endpoints: Some(detail.host_endpoints),
    };
    let text =
        format!("group: office\nranges:\n- cidr: 50.60.0.0/16\n---\n{}", document.to_yaml().replace("198.51.100.0/24", "203.0.113.0/24"));
    let imported = scene.desk.import(&caller(), text).await.unwrap();
    assert_eq!(imported.groups.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["office"]);
    assert_eq!(scene.apply_plan(imported.groups[0].1.clone()).await.state, RunState::Done);
    let (count, digest) = imported.services.unwrap();
    assert_eq!(count, 1);
    assert_eq!(scene.apply_plan(digest).await.state, RunState::Done);
    assert_eq!(scene.desk.service(svc_a()).await.unwrap().access.unwrap().clients[0].cidr.to_string(), "203.0.113.0/24");
    assert_eq!(scene.desk.groups_view().await.unwrap().rows[0].group.name.as_str(), "office");
}

#[tokio::test]
async fn all_that_is_wrong_with_a_text_is_named_and_no_plan_is_made() {
    let scene = Scene::new().await;
    let wrong = async |text: &str| match scene.desk.import(&caller(), text.to_owned()).await.unwrap_err() {
        Problem::Refused(said) => said,
        other => panic!("{other}"),
    };
    let said = wrong("service: shop/svc-a\nclients: [{cidr: 50.60.0.1/16}, {cidr: x}]\n---\ngroup: Office\nranges: []\n").await;
    assert_eq!(said.lines().count(), 3, "{said}");
    assert!(said.contains("document 1, `clients[0].cidr`: ") && said.contains("document 2, `group`: "), "{said}");
    let said = wrong("service: shop/none\nclients: []\n---\nservice: shop/gone\nclients: []\n").await;
    assert_eq!(said.lines().count(), 2, "{said}");
    assert!(said.contains("there is no Service `shop/none`"), "{said}");
    assert!(wrong("service: shop/svc-a\nclients: []\n").await.contains("say with `hostEndpoints`"));
}

#[tokio::test]
async fn many_services_get_groups_and_ranges_with_their_ports() {
    let scene = Scene::new().await;
    let ranges = vec![GroupRange { cidr: "50.60.0.0/16".parse().unwrap(), note: String::new() }];
    let made = scene.desk.make_plan(&caller(), GroupChange::of("office".parse().unwrap(), Some(ranges)).into()).await.unwrap();
    scene.apply_plan(made).await;
    let other: policy::object::ServiceRef = "shop/svc-b".parse().unwrap();
    for service in [svc_a(), other.clone()] {
        scene.apply(guard(&service, &["203.0.113.0/24"])).await;
    }
    let many = |how, clients: Vec<policy::access::ClientRange>| Bulk {
        services: vec![svc_a(), other.clone()],
        how,
        clients,
        groups: vec!["office".parse().unwrap()],
        group_ports: vec!["TCP/80".parse().unwrap()],
    };
    let added = scene.desk.change_many(&caller(), many(How::Add, Vec::new())).await.unwrap();
    let plan = scene.desk.plan(&caller(), added).await.unwrap().plan;
    assert_eq!(plan.change.changes().len(), 2);
    for change in plan.change.changes() {
        let Intent::Guard(access) = &change.intent else { panic!("{change:#?}") };
        assert_eq!(access.clients.len(), 1, "what was let in stays");
        assert_eq!((access.groups.len(), access.groups[0].ports[0].to_string()), (1, "TCP/80".to_owned()));
    }
    scene.apply_plan(plan.digest).await;
    // One of them is changed again: for the other, what changed both is in force still.
    scene.apply(guard(&svc_a(), &["198.51.100.0/24"])).await;
    let of = policy::view::HistoryQuery { service: Some(other.clone()), ..Default::default() };
    assert!(scene.desk.history(of).await.unwrap().rows[0].latest);
    assert!(scene.desk.service(other.clone()).await.unwrap().revisions[0].latest);
    let removed = scene.desk.change_many(&caller(), many(How::Remove, Vec::new())).await.unwrap();
    scene.apply_plan(removed).await;
    assert_eq!(scene.desk.service(other.clone()).await.unwrap().access.unwrap().groups, []);
    let unknown = Bulk { groups: vec!["nobody".parse().unwrap()], ..many(How::Add, Vec::new()) };
    assert!(scene.desk.change_many(&caller(), unknown).await.unwrap_err().to_string().contains("there is no group `nobody`"));
}
