//! What is asked about rights, and what the answers mean.

use super::fake::{Answer, Fake};
use crate::cluster::rights::refused;
use http::Method;
use policy::plan::rights::{Refused, Right};
use serde_json::{Value, json};

fn right(names: &[&str]) -> Right {
    Right {
        verb: "update",
        resource: "networkpolicies".to_owned(),
        namespace: "shop".to_owned(),
        names: names.iter().map(ToString::to_string).collect(),
        objects: Vec::new(),
    }
}

fn says(status: Value) -> Answer {
    Answer::Json(201, json!({"kind": "SelfSubjectAccessReview", "apiVersion": "authorization.k8s.io/v1", "status": status}))
}

#[tokio::test]
async fn a_right_is_asked_for_as_the_request_would_need_it() {
    let fake = Fake::answering([says(json!({"allowed": true}))]);
    assert_eq!(refused(&fake.client(), vec![right(&["x"])]).await, []);
    let seen = fake.seen();
    assert_eq!((seen[0].method.clone(), seen[0].uri.as_str()), (Method::POST, "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"));
    assert_eq!(
        seen[0].body.as_ref().unwrap()["spec"]["resourceAttributes"],
        json!({"group": "projectcalico.org", "resource": "networkpolicies", "verb": "update", "namespace": "shop", "name": "x"})
    );
}

#[tokio::test]
async fn answers_mean() {
    let denied = |why: &str| Some(Refused::Denied(why.to_owned()));
    let no = || says(json!({"allowed": false, "reason": "not yours"}));
    let cases = [
        ("no", &["x"][..], vec![no()], denied("not yours")),
        ("no, without a reason", &["x"], vec![says(json!({"allowed": false}))], denied("")),
        ("an error", &["x"], vec![says(json!({"evaluationError": "role not found"}))], denied("role not found")),
        ("the second name has it", &["default.*", "x"], vec![no(), says(json!({"allowed": true}))], None),
        ("neither has it", &["default.*", "x"], vec![no(), no()], denied("not yours")),
        ("no rights at all", &["x"], vec![Answer::Text(404, "404 page not found")], None),
    ];
    for (case, names, answers, expected) in cases {
        let found = refused(&Fake::answering(answers).client(), vec![right(names)]).await;
        assert_eq!(found.into_iter().map(|(_, why)| why).next(), expected, "{case}");
    }
    let broken = refused(&Fake::answering([Answer::Break]).client(), vec![right(&["x"])]).await;
    assert!(matches!(broken.as_slice(), [(_, Refused::Unknown(_))]), "{broken:?}");
}

#[tokio::test]
async fn a_right_on_each_object_by_its_name_will_do() {
    let no = || says(json!({"allowed": false, "reason": "not yours"}));
    let yes = || says(json!({"allowed": true}));
    let wanted = || Right { objects: vec!["a".to_owned(), "b".to_owned()], ..right(&[""]) };
    assert_eq!(refused(&Fake::answering([yes()]).client(), vec![wanted()]).await, [], "whatever the name");
    assert_eq!(refused(&Fake::answering([no(), yes(), yes()]).client(), vec![wanted()]).await, [], "each by its name");
    let found = refused(&Fake::answering([no(), yes(), no()]).client(), vec![wanted()]).await;
    assert_eq!(found, [(Right { objects: vec!["b".to_owned()], ..right(&[""]) }, Refused::Denied("not yours".to_owned()))]);
}
