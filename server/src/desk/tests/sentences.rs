//! What must stay true, on the sandbox.

use super::scene::{Scene, guard, open_up, svc_a};
use crate::history::fixtures::caller;
use app::backend::Problem;
use policy::finding::{Finding, Severity};
use policy::plan::PlanDigest;
use policy::view::{RevisionId, RunState, SentenceState, Standing};

const GUESTS: &str = "10.9.0.0/16 must never reach `shop/svc-a`";
const PARTNERS: &str = "50.60.0.0/16 must always reach `shop/svc-a` on TCP 80";

async fn add(scene: &Scene, sentence: &str) -> Result<(), Problem> {
    scene.desk.add_sentence(&caller(), sentence.to_owned(), "because".to_owned()).await
}

async fn about_sentences(scene: &Scene, plan: &PlanDigest) -> Vec<Finding> {
    let view = scene.desk.plan(&caller(), plan.clone()).await.unwrap();
    assert_eq!(view.standing, Standing::Fresh);
    view.plan.findings.into_iter().filter(|finding| finding.id.starts_with("invariant")).collect()
}

#[tokio::test]
async fn a_sentence_is_listed_with_whether_it_holds() {
    let scene = Scene::new().await;
    add(&scene, "10.9.0.0/16 must never reach shop/svc-a.").await.unwrap();
    add(&scene, PARTNERS).await.unwrap();
    let view = scene.desk.sentences().await.unwrap();
    let texts: Vec<String> = view.rows.iter().map(|row| row.sentence.to_string()).collect();
    assert_eq!(texts, [GUESTS, PARTNERS]);
    assert_eq!((view.rows[0].caller.as_str(), view.rows[0].reason.as_str(), view.most), ("Ada", "because", 200));
    let SentenceState::Broken { what, packet } = &view.rows[0].state else { panic!("{view:#?}") };
    assert!(what.starts_with("It fails for 65,536 addresses: a packet of `10.9.0.0` on TCP 80 gets there by"), "{what}");
    // The packet that is shown is one for which Ask says the same.
    let asked = scene.desk.ask(packet.clone().unwrap(), None).await.unwrap();
    assert_eq!(asked.now.verdict, policy::reach::verdict::Overall::Allowed);
    assert_eq!(view.rows[1].state, SentenceState::Holds);
    let broken = scene.desk.checks().await.unwrap();
    assert!(broken.iter().any(|finding| finding.id == "invariant-broken"), "{broken:#?}");

    scene.desk.take_back_sentence(&caller(), GUESTS.to_owned(), "they moved".to_owned()).await.unwrap();
    assert_eq!(scene.desk.sentences().await.unwrap().rows.len(), 1);
    assert!(scene.desk.checks().await.unwrap().iter().all(|finding| finding.id != "invariant-broken"), "checks are made anew");
    let scene = scene.restart().await;
    assert_eq!(scene.desk.sentences().await.unwrap().rows[0].sentence.to_string(), PARTNERS);
}

#[tokio::test]
async fn a_draft_is_held_to_what_its_plan_will_be_held_to() {
    let scene = Scene::new().await;
    scene.apply(guard(&svc_a(), &["50.60.0.0/16"])).await;
    add(&scene, PARTNERS).await.unwrap();
    let draft = guard(&svc_a(), &["203.0.113.0/24"]);
    let held = scene.desk.held_against(&caller(), draft.clone()).await.unwrap();
    let digest = scene.desk.make_plan(&caller(), draft.into()).await.unwrap();
    let planned = about_sentences(&scene, &digest).await;
    assert!(!planned.is_empty() && planned.iter().all(|finding| held.contains(finding)), "{held:#?}");
    assert_eq!(scene.desk.held_against(&caller(), guard(&svc_a(), &["50.0.0.0/8"])).await.unwrap(), [], "one that holds is not said");
}

#[tokio::test]
async fn what_is_no_sentence_is_refused() {
    let scene = Scene::new().await;
    add(&scene, GUESTS).await.unwrap();
    for (sentence, said) in [
        ("everyone must reach shop/svc-a", "`everyone must reach shop/svc-a` is no invariant: write CIDR must never reach NAMESPACE/NAME"),
        ("10.9.0.0/16 must never reach shop/none", "There is no Service `shop/none`"),
        ("10.9.0.0/16 must never reach shop/svc-a", "is kept already"),
    ] {
        let refused = add(&scene, sentence).await.unwrap_err();
        assert!(refused.to_string().contains(said), "{refused}");
    }
    let silent = scene.desk.add_sentence(&caller(), PARTNERS.to_owned(), " ".to_owned()).await.unwrap_err();
    assert!(matches!(&silent, Problem::Refused(said) if said.contains("reason")), "{silent}");
    let never = scene.desk.take_back_sentence(&caller(), PARTNERS.to_owned(), "because".to_owned()).await.unwrap_err();
    assert!(matches!(&never, Problem::NotFound(said) if said.contains("is not kept")), "{never}");
}

#[tokio::test]
async fn a_plan_that_would_break_a_sentence_is_not_applied() {
    let scene = Scene::new().await;
    add(&scene, PARTNERS).await.unwrap();
    let digest = scene.desk.make_plan(&caller(), guard(&svc_a(), &["50.61.0.0/16"]).into()).await.unwrap();
    let found = about_sentences(&scene, &digest).await;
    assert_eq!((found[0].severity, found[0].packet.as_ref().unwrap().client.as_str()), (Severity::Blocker, "50.60.0.0"), "{found:#?}");
    let refused = scene.desk.apply(&caller(), digest.clone(), "because".into()).await.unwrap_err();
    assert!(matches!(&refused, Problem::Refused(said) if said.contains("does not hold: a packet of `50.60.0.0`")), "{refused}");
    // Taken back, the same plan goes.
    scene.desk.take_back_sentence(&caller(), PARTNERS.to_owned(), "the contract ended".to_owned()).await.unwrap();
    assert_eq!(about_sentences(&scene, &digest).await, []);
    assert_eq!(scene.apply_plan(digest).await.state, RunState::Done);
}

#[tokio::test]
async fn a_sentence_that_is_added_after_planning_counts_and_so_does_a_roll_back() {
    let scene = Scene::new().await;
    scene.apply(guard(&svc_a(), &["50.60.0.0/16", "10.9.0.0/16"])).await;
    scene.apply(guard(&svc_a(), &["50.60.0.0/16"])).await;
    let digest = scene.desk.make_plan(&caller(), open_up(&svc_a()).into()).await.unwrap();
    assert_eq!(about_sentences(&scene, &digest).await, []);
    add(&scene, GUESTS).await.unwrap();
    let refused = scene.desk.apply(&caller(), digest.clone(), "because".into()).await.unwrap_err();
    assert!(matches!(&refused, Problem::Refused(said) if said.contains(GUESTS)), "{refused}");
    assert_eq!(about_sentences(&scene, &digest).await[0].severity, Severity::Blocker, "the page of the plan says so too");
    let back = scene.desk.roll_back(&caller(), RevisionId(1)).await.unwrap();
    let found = about_sentences(&scene, &back).await;
    assert_eq!((found[0].severity, found[0].packet.as_ref().unwrap().client.as_str()), (Severity::Blocker, "10.9.0.0"));
}

#[tokio::test]
async fn a_plan_about_something_else_goes_though_a_sentence_is_broken() {
    let scene = Scene::new().await;
    add(&scene, GUESTS).await.unwrap();
    let digest = scene.desk.make_plan(&caller(), guard(&"shop/svc-b".parse().unwrap(), &["50.60.0.0/16"]).into()).await.unwrap();
    let found = about_sentences(&scene, &digest).await;
    assert_eq!((found[0].severity, found[0].id.as_str()), (Severity::Warning, "invariant-broken-already"));
    assert_eq!(scene.apply_plan(digest).await.state, RunState::Done);
}

#[tokio::test]
async fn guarding_any_service_of_the_sandbox_cuts_nothing_that_it_lives_by() {
    let scene = Scene::new().await;
    let window = scene.desk.services(policy::view::ServiceQuery::default()).await.unwrap();
    assert!(window.rows.len() > 5);
    for row in window.rows {
        let digest = scene.desk.make_plan(&caller(), guard(&row.service, &["50.60.0.0/16"]).into()).await.unwrap();
        let plan = scene.desk.plan(&caller(), digest).await.unwrap().plan;
        assert!(plan.findings.iter().all(|finding| finding.id != "locked-out"), "{}: {:#?}", row.service, plan.findings);
    }
}
