//! The baseline on the sandbox: planned, applied, rolled back.

use super::scene::{Scene, guard, svc_a};
use crate::cluster::Objects;
use crate::history::fixtures::caller;
use policy::access::{Baseline, HostEndpoints};
use policy::object::{Kind, ObjectKey};
use policy::plan::Plan;
use policy::view::{HistoryQuery, RunState, ServiceState};

impl Scene {
    async fn baseline_plan(&self, baseline: Baseline) -> Plan {
        let digest = self.desk.make_plan(&caller(), baseline.into()).await.unwrap();
        self.desk.plan(&caller(), digest).await.unwrap().plan
    }

    async fn baseline_now(&self) -> Baseline {
        self.desk.baseline().await.unwrap().in_force
    }
}

fn named(closed: bool) -> Baseline {
    let eth0 = HostEndpoints::Named { interface: "eth0".to_owned().try_into().unwrap() };
    Baseline { closed: closed.then_some(eth0), automatic_host_endpoints: false }
}

#[tokio::test(flavor = "multi_thread")]
async fn ranges_are_closed_and_opened_again_by_a_roll_back() {
    let scene = Scene::new().await;
    let open = scene.baseline_now().await;
    assert_eq!(open, Baseline::default());
    let plan = scene.baseline_plan(named(true)).await;
    assert!(!plan.blocked(), "{:#?}", plan.findings);
    let reach = scene.desk.reach_of_plan(plan.digest.clone()).await.unwrap();
    assert!(reach.rows.is_empty() && reach.others.iter().any(|other| other.service == svc_a()), "{}", reach.sentence);
    assert!(scene.desk.paths_of_plan(plan.digest.clone(), None).await.unwrap().is_none(), "a plan of no Service has no picture");
    let run = scene.apply_plan(plan.digest.clone()).await;
    assert_eq!(run.state, RunState::Done, "{run:#?}");
    scene.until("it is closed", async |desk| desk.baseline().await.unwrap().in_force == named(true)).await;
    assert_eq!(scene.row(&svc_a()).await.state, ServiceState::Closed);
    let revision = scene.desk.revision(run.revision.unwrap()).await.unwrap();
    assert_eq!((revision.row.services.len(), revision.baseline), (0, Some([open.clone(), named(true)])));
    assert!(revision.row.latest);
    // A Service is opened by guarding it, and the baseline does not drift by that.
    let digest = scene.desk.make_plan(&caller(), guard(&svc_a(), &["50.60.0.0/16"]).into()).await.unwrap();
    assert_eq!(scene.apply_plan(digest).await.state, RunState::Done);
    assert_eq!(scene.row(&svc_a()).await.state, ServiceState::Guarded);
    assert_eq!(scene.desk.baseline().await.unwrap().outdated, None);
    // Open again, and back to closed by its revision.
    let plan = scene.baseline_plan(open.clone()).await;
    assert_eq!(scene.apply_plan(plan.digest).await.state, RunState::Done);
    scene.until("it is open", async |desk| desk.baseline().await.unwrap().in_force == Baseline::default()).await;
    let back = scene.desk.roll_back(&caller(), revision.row.id).await.unwrap();
    let back = scene.desk.plan(&caller(), back).await.unwrap();
    assert_eq!((back.roll_back_to, back.plan.change.baseline()), (Some(revision.row.id), Some(&named(true))));
    assert_eq!(scene.apply_plan(back.plan.digest).await.state, RunState::Done);
    scene.until("it is closed again", async |desk| desk.baseline().await.unwrap().in_force == named(true)).await;
    assert!(!scene.desk.revision(revision.row.id).await.unwrap().row.latest, "others came later");
    // Taken back, it is as the revision found it.
    let taken_back = scene.desk.take_back(&caller(), revision.row.id).await.unwrap();
    assert_eq!(scene.desk.plan(&caller(), taken_back).await.unwrap().plan.change.baseline(), Some(&open));
    let window = scene.desk.history(HistoryQuery::default()).await.unwrap();
    assert_eq!(window.rows.iter().filter(|row| row.services.is_empty()).count(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_controller_makes_the_host_endpoints_that_the_plan_names() {
    let scene = Scene::new().await;
    let on = Baseline { automatic_host_endpoints: true, ..Baseline::default() };
    // A policy of others is there for hosts that had no HostEndpoint: on these it would cut what the cluster lives by.
    let cut = scene.baseline_plan(on.clone()).await;
    assert!(cut.blocked() && cut.findings.iter().any(|finding| finding.id == "locked-out"), "{:#?}", cut.findings);
    let key = ObjectKey::new(Kind::GlobalNetworkPolicy, "", "edge-hosts-ssh");
    let theirs = scene.live(&key).await.unwrap();
    let text = |pointer: &str| theirs.pointer(pointer).and_then(serde_json::Value::as_str).unwrap();
    scene.elsewhere().delete(&key, text("/metadata/uid"), text("/metadata/resourceVersion")).await.unwrap();
    scene.until("it is gone", async |desk| desk.plan(&caller(), cut.digest.clone()).await.is_ok_and(|view| !view.plan.blocked())).await;
    let plan = scene.baseline_plan(on.clone()).await;
    assert!(!plan.blocked(), "{:#?}", plan.findings);
    assert_eq!(plan.steps.iter().map(|step| step.key.kind).collect::<Vec<_>>(), [Kind::KubeControllersConfiguration]);
    assert!(!plan.caused.is_empty());
    assert_eq!(scene.apply_plan(plan.digest.clone()).await.state, RunState::Done);
    scene.until("they are made", async |desk| desk.baseline().await.unwrap().edge.starts_with("automatic ones")).await;
    // What goes if they are switched off is what the plan said would come.
    let off = scene.baseline_plan(Baseline::default()).await;
    let named = |plan: &Plan| plan.caused.iter().map(|one| (one.name.clone(), one.addresses.clone())).collect::<Vec<_>>();
    assert_eq!(named(&off), named(&plan));
    assert!(!off.blocked(), "{:#?}", off.findings);
    assert_eq!(scene.apply_plan(off.digest).await.state, RunState::Done);
    scene.until("they are gone", async |desk| desk.baseline().await.unwrap().edge == "none").await;
    assert_eq!(scene.baseline_now().await, Baseline::default());
}
