//! What is downloaded of plans, revisions and client groups.

use super::*;
use app::backend::Problem;
use http::StatusCode;
use policy::access::{Adoption, Change, ClientGroup, GroupRange, HostEndpoints, Intent};
use policy::diff::ObjectDiff;
use policy::object::{Kind, ObjectKey};
use policy::plan::{Plan, PlanDigest, Role, Step, Write};
use policy::view::{
    AccessChange, GroupRow, GroupsView, Moment, ObjectChange, PlanView, RevisionId, RevisionRow, RevisionView, RunId, Standing,
};
use serde_json::{Value, json};

const KNOWN: char = 'a';

fn moment() -> Moment {
    Moment { unix_ms: 0, text: "1970-01-01 00:00:00 UTC".to_owned() }
}

/// A set that is written, as a cluster has it, and one that is deleted.
fn objects() -> [(ObjectKey, Value); 2] {
    ["kept", "gone"].map(|name| {
        let meta = json!({"name": name, "uid": "1-2-3", "resourceVersion": "7"});
        let object =
            json!({"apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkSet", "metadata": meta, "spec": {"nets": ["50.60.0.0/16"]}});
        (ObjectKey::new(Kind::GlobalNetworkSet, "", name), object)
    })
}

/// The plan that the fake knows.
pub(super) fn plan(digest: &PlanDigest) -> Option<PlanView> {
    let [(kept, object), (gone, before)] = objects();
    let version = "7".to_owned();
    let writes = [
        (kept, Write::Replace { object: object.clone(), before: object, resource_version: version.clone() }),
        (gone, Write::Delete { before, uid: "1-2-3".to_owned(), resource_version: version }),
    ];
    let step =
        |(key, write)| Step { key, role: Role::ClientSet, part: 0, hold: false, write, why: String::new(), diff: ObjectDiff::default() };
    let change = Change {
        service: "shop/svc-a".parse().expect("a name"),
        intent: Intent::Open,
        host_endpoints: HostEndpoints::Existing,
        adoption: Adoption::default(),
    };
    digest.as_str().starts_with(KNOWN).then(|| PlanView {
        plan: Plan {
            digest: digest.clone(),
            change: change.into(),
            summary: "Takes away what guards `shop/svc-a`.".to_owned(),
            steps: writes.into_iter().map(step).collect(),
            caused: Vec::new(),
            findings: Vec::new(),
            inputs: Vec::new(),
        },
        made: moment(),
        standing: Standing::Fresh,
        run: None,
        roll_back_to: None,
    })
}

/// The revision that the fake knows.
pub(super) fn revision(id: RevisionId) -> Option<RevisionView> {
    let [(kept, object), (gone, before)] = objects();
    let change = |key, before, after| ObjectChange { key, role: Role::ClientSet, before, after, diff: ObjectDiff::default() };
    (id == RevisionId(3)).then(|| RevisionView {
        row: RevisionRow {
            id,
            services: vec!["shop/svc-a".parse().expect("a name")],
            of_baseline: false,
            group: None,
            summary: "Takes away what guards `shop/svc-a`.".to_owned(),
            caller: "ada".to_owned(),
            reason: "because\nkind: Secret".to_owned(),
            at: moment(),
            plan: digest(),
            latest: true,
        },
        run: RunId(4),
        changes: vec![AccessChange { service: "shop/svc-a".parse().expect("a name"), before: None, after: None }],
        baseline: None,
        objects: vec![change(kept, None, Some(object)), change(gone, Some(before), None)],
    })
}

/// A group, and one that Services use and somebody has deleted.
pub(super) fn groups() -> GroupsView {
    let office = ClientGroup {
        name: "office".parse().expect("a name"),
        ranges: vec![
            GroupRange { cidr: "198.51.100.0/24".parse().expect("a range"), note: "Berlin: \"all\"".to_owned() },
            GroupRange { cidr: "2001:db8:40::/48".parse().expect("a range"), note: String::new() },
        ],
    };
    let row = |group, defined| GroupRow { group, defined, addresses: String::new(), used_by: Vec::new() };
    GroupsView { rows: vec![row(ClientGroup { name: "gone".parse().expect("a name"), ranges: Vec::new() }, false), row(office, true)] }
}

fn digest() -> PlanDigest {
    KNOWN.to_string().repeat(64).parse().expect("a digest")
}

#[tokio::test]
async fn a_plan_and_a_revision_come_as_yaml_that_reads_back() {
    let browser = Browser::signed_in(Mood::Knows).await;
    let [(_, mut kept), _] = objects();
    kept["metadata"] = json!({"name": "kept"});
    let files = [
        (format!("/plans/{}/objects.yaml", digest()), "plan-aaaaaaaaaaaa-shop-svc-a.yaml", "Portcullis: plan for shop/svc-a"),
        ("/revisions/3/objects.yaml".to_owned(), "revision-3-shop-svc-a.yaml", "Portcullis: revision 3 of shop/svc-a, by ada"),
    ];
    for (path, name, said) in files {
        let answer = browser.send(visit(&path)).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/yaml", "{path}");
        assert_eq!(answer.headers()[header::CONTENT_DISPOSITION], format!("attachment; filename={name}"), "{path}");
        let yaml = text(answer).await;
        assert!(yaml.starts_with(&format!("# {said}")), "{yaml}");
        assert!(yaml.contains(digest().as_str()), "{yaml}");
        assert!(yaml.contains("\n# kubectl delete globalnetworksets.projectcalico.org gone\n"), "{yaml}");
        let documents: Vec<Value> = serde_saphyr::from_multiple(&yaml).expect("YAML");
        assert_eq!(documents, [kept.clone()], "{yaml}");
    }
}

#[tokio::test]
async fn a_group_comes_as_yaml_that_reads_back() {
    let browser = Browser::signed_in(Mood::Knows).await;
    let answer = browser.send(visit("/groups/office/group.yaml")).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/yaml");
    assert_eq!(answer.headers()[header::CONTENT_DISPOSITION], "attachment; filename=group-office.yaml");
    let yaml = text(answer).await;
    assert!(yaml.starts_with("group: office\n"), "{yaml}");
    let read = crate::documents::groups_of_text(&yaml).expect("a group");
    assert_eq!(read, [groups().rows.remove(1).group], "{yaml}");
}

#[tokio::test]
async fn what_is_not_there_is_named() {
    let browser = Browser::signed_in(Mood::Knows).await;
    for path in [
        format!("/plans/{}/objects.yaml", "b".repeat(64)),
        "/plans/x/objects.yaml".to_owned(),
        "/revisions/x/objects.yaml".to_owned(),
        "/groups/partner/group.yaml".to_owned(),
        "/groups/gone/group.yaml".to_owned(),
        "/groups/The%20Office/group.yaml".to_owned(),
    ] {
        let answer = browser.send(get(&path)).await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
        let problem: Problem = serde_json::from_str(&text(answer).await).expect("a problem");
        assert!(matches!(problem, Problem::NotFound(_)), "{path}: {problem}");
        let page = browser.send(visit(&path)).await;
        assert_eq!(page.status(), StatusCode::NOT_FOUND, "{path}");
        assert!(text(page).await.contains("<h1>No file</h1>"), "{path}");
    }
}
