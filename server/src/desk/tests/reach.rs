//! Who gets what: questions, sets and the picture, before and after a plan, on the sandbox.

use super::scene::{Scene, guard, svc_a};
use crate::cluster::Objects;
use crate::history::fixtures::caller;
use app::backend::Problem;
use policy::reach::template::Shape;
use policy::reach::verdict::{Overall, PathKind, Stage};
use policy::reach::written::Written;
use policy::view::{PathView, ReachView};

fn question(client: &str) -> Written {
    let text = str::to_owned;
    Written { client: text(client), to: text("shop/svc-a"), port: text("80"), protocol: text("TCP"), ..Written::default() }
}

#[tokio::test]
async fn a_question_is_answered_as_it_is_and_as_planned() {
    let scene = Scene::new().await;
    let plan = scene.desk.make_plan(&caller(), guard(&svc_a(), &["50.60.0.0/16"]).into()).await.unwrap();
    for (client, planned) in [("50.60.1.2", Overall::Allowed), ("198.51.100.7", Overall::Denied)] {
        let view = scene.desk.ask(question(client), Some(plan.clone())).await.unwrap();
        assert_eq!((view.now.verdict, view.planned.unwrap().verdict), (Overall::Allowed, planned), "{client}: {view:#?}");
        assert!(view.routes.iter().all(|route| route.now.is_some() && route.planned.is_some()), "{client}: {:#?}", view.routes);
        assert!(!view.settings.is_empty());
    }
    scene.apply_plan(plan).await;
    let view = scene.desk.ask(question("198.51.100.7"), None).await.unwrap();
    assert_eq!(view.now.verdict, Overall::Denied);
    let hops = &view.routes[0].now.as_ref().unwrap().hops;
    let last = hops.last().unwrap();
    assert_eq!(last.stage, Stage::PreDnat, "the edge denies: {hops:#?}");
    assert!(last.object.is_some() && last.rule.is_some());
}

#[tokio::test]
async fn what_is_no_question_is_refused_by_field() {
    let scene = Scene::new().await;
    let refused = scene.desk.ask(question("50.60.1"), None).await.unwrap_err();
    assert!(matches!(&refused, Problem::Refused(why) if why.contains("the client `50.60.1`")), "{refused:?}");
    let missing = scene.desk.ask(question("50.60.1.2"), Some("0".repeat(64).parse().unwrap())).await.unwrap_err();
    assert!(matches!(missing, Problem::NotFound(_)), "{missing:?}");
}

#[tokio::test]
async fn the_sets_before_and_after() {
    let scene = Scene::new().await;
    let now = scene.desk.reach(svc_a()).await.unwrap();
    assert!(now.sentence.starts_with("Everybody outside can reach `shop/svc-a`"), "{now:#?}");
    let change = guard(&svc_a(), &["50.60.0.0/16"]);
    let typed = scene.desk.reach_of_change(change.clone()).await.unwrap();
    let plan = scene.desk.make_plan(&caller(), change.into()).await.unwrap();
    let planned = scene.desk.reach_of_plan(plan).await.unwrap();
    for ReachView { rows, .. } in [&typed, &planned] {
        assert!(
            rows.iter().all(|row| row.after.count.to_string() == "65,536" && row.lost.ranges > 0 && row.gained.ranges == 0),
            "{rows:#?}"
        );
    }
    assert_eq!((&typed.rows, &typed.sentence), (&planned.rows, &planned.sentence), "what is typed and what is planned come to the same");
    assert!(planned.sentence.starts_with("Denies `shop/svc-a` to"), "{}", planned.sentence);
}

#[tokio::test]
async fn who_narrows_is_told_of_open_connections_by_the_plan_and_by_the_run() {
    let scene = Scene::new().await;
    let plan = scene.desk.make_plan(&caller(), guard(&svc_a(), &["50.60.0.0/16"]).into()).await.unwrap();
    let told = scene.desk.reach_of_plan(plan.clone()).await.unwrap().open_connections.unwrap();
    assert!(told.cuts.iter().all(|cut| cut.commands.iter().all(|line| line.starts_with("conntrack -D ") && line.contains(" --orig-src "))));
    let run = scene.apply_plan(plan).await;
    assert_eq!(run.open_connections, Some(told.clone()), "the run says what the plan said");
    // Whatever is done later: the run is about what it did.
    let wider = scene.desk.make_plan(&caller(), guard(&svc_a(), &["50.0.0.0/8"]).into()).await.unwrap();
    assert_eq!(scene.desk.reach_of_plan(wider.clone()).await.unwrap().open_connections, None);
    assert_eq!(scene.apply_plan(wider).await.open_connections, None);
    assert_eq!(scene.desk.run(run.id).await.unwrap().open_connections, Some(told));
}

#[tokio::test]
async fn a_template_says_what_the_server_says_of_a_draft() {
    let scene = Scene::new().await;
    let first = guard(&svc_a(), &["50.60.0.0/16"]);
    let template = scene.desk.reach_template(Shape::of(&first).unwrap()).await.unwrap().unwrap();
    let bytes = serde_json::to_vec(&template).unwrap().len();
    assert!(bytes < 50 * 1024, "{bytes} bytes");
    assert_eq!(template.now(), scene.desk.reach(svc_a()).await.unwrap());
    for ranges in [&["50.60.0.0/16"][..], &["203.0.113.0/24", "10.0.0.0/8"], &[]] {
        let change = guard(&svc_a(), ranges);
        let told = scene.desk.reach_of_change(change.clone()).await.unwrap();
        assert_eq!(template.complete(&change), Some(told), "{ranges:?}");
    }
    let missing =
        scene.desk.reach_template(Shape { service: "shop/none".parse().unwrap(), ..Shape::of(&first).unwrap() }).await.unwrap_err();
    assert!(matches!(missing, Problem::NotFound(_)), "{missing:?}");
}

#[tokio::test]
async fn the_picture_before_and_after() {
    let scene = Scene::new().await;
    let plan = scene.desk.make_plan(&caller(), guard(&svc_a(), &["50.60.0.0/16"]).into()).await.unwrap();
    let view = scene.desk.paths_of_plan(plan.clone(), None).await.unwrap().unwrap();
    let shape = |view: &PathView| (view.clients.len(), view.entries.len(), view.addresses.len());
    assert_eq!(shape(&view), (2, 1, 1), "{view:#?}");
    let kinds: Vec<PathKind> = view.backends.iter().map(|group| group.kind).collect();
    assert!(view.planned && kinds.starts_with(&[PathKind::SameNode]) && kinds.contains(&PathKind::OtherNode), "{kinds:?}");
    assert!(view.flows.iter().all(|flow| flow.now.is_some() && flow.planned.is_some()));
    scene.apply_plan(plan).await;
    let view = scene.desk.paths(svc_a(), None).await.unwrap();
    assert!(!view.planned && view.clients.len() == 2, "{view:#?}");
    let missing = scene.desk.paths("shop/none".parse().unwrap(), None).await.unwrap_err();
    assert!(matches!(missing, Problem::NotFound(_)), "{missing:?}");
}

#[tokio::test]
async fn every_service_of_the_sandbox_has_sets_and_a_picture() {
    let scene = Scene::new().await;
    let window = scene.desk.services(policy::view::ServiceQuery::default()).await.unwrap();
    for row in window.rows {
        scene.desk.reach(row.service.clone()).await.unwrap_or_else(|problem| panic!("{}: {problem}", row.service));
        for port in row.ports.iter().copied().map(Some).chain([None]) {
            scene.desk.paths(row.service.clone(), port).await.unwrap_or_else(|problem| panic!("{}: {problem}", row.service));
        }
    }
}

#[tokio::test]
async fn what_the_page_would_have_done_is_told_beside_a_plan() {
    let scene = Scene::new().await;
    let plan = scene.desk.make_plan(&caller(), guard(&svc_a(), &["50.60.0.0/16"]).into()).await.unwrap();
    for when in ["before", "after"] {
        let page = scene.desk.page_of_plan(plan.clone()).await.unwrap().unwrap();
        assert!(
            page.sentence.starts_with("Followed by hand, the page would have cut off 65,536 addresses of the allowed"),
            "{when}: {page:#?}"
        );
        assert!(page.sentence.contains("and let in"), "{when}: {}", page.sentence);
        // A pod on the node where a client enters sees the client, whom the page's last policy does not let through; one on another node
        // sees the entry node, whoever sent.
        let (same, other): (Vec<_>, Vec<_>) = page.rows.iter().partition(|row| row.kinds == [PathKind::SameNode]);
        assert!(!same.is_empty() && same.iter().all(|row| row.lost.count.to_string() == "65,536"), "{when}: {same:#?}");
        assert!(!other.is_empty() && other.iter().all(|row| row.gained.ranges > 0 && row.lost.ranges == 0), "{when}: {other:#?}");
        if when == "before" {
            scene.apply_plan(plan.clone()).await;
        }
    }
    let opening = policy::access::Change { intent: policy::access::Intent::Open, ..guard(&svc_a(), &[]) };
    let opening = scene.desk.make_plan(&caller(), opening.into()).await.unwrap();
    assert_eq!(scene.desk.page_of_plan(opening).await.unwrap(), None);
}

#[tokio::test]
async fn what_moves_under_a_guard_is_said_on_the_page_and_in_the_checks_with_a_plan_that_makes_up_for_it() {
    let scene = Scene::new().await;
    scene.apply(guard(&svc_a(), &["50.60.0.0/16"])).await;
    assert_eq!(scene.desk.service(svc_a()).await.unwrap().moved, None);
    let mut object = scene.live(&svc_a().key()).await.unwrap();
    let version = object["metadata"]["resourceVersion"].as_str().unwrap().to_owned();
    object["spec"]["externalIPs"] = serde_json::json!(["203.0.113.70"]);
    let began = std::time::Instant::now();
    scene.elsewhere().replace(&svc_a().key(), &object, &version).await.unwrap();
    scene.until("what moved", async |desk| desk.service(svc_a()).await.unwrap().moved.is_some()).await;
    assert!(began.elapsed().as_secs() < 5, "{:?}", began.elapsed());
    let detail = scene.desk.service(svc_a()).await.unwrap();
    let why = detail.moved.unwrap().why;
    assert!(why.contains("more addresses reach `shop/svc-a` on TCP"), "{why}");
    let said = |findings: &[policy::finding::Finding]| findings.iter().any(|finding| finding.id == "guard-outdated" && finding.why == why);
    assert!(said(&scene.desk.checks().await.unwrap()));

    scene.apply(guard(&svc_a(), &["50.60.0.0/16"])).await;
    scene.until("it is made up for", async |desk| desk.service(svc_a()).await.unwrap().moved.is_none()).await;
    assert!(!said(&scene.desk.checks().await.unwrap()));
}
