//! Too long, too slow, broken: the answer still says what happened.

use super::*;
use app::backend::Problem;
use http::StatusCode;

fn call() -> http::request::Builder {
    request(Method::POST, &function("cluster")).header(header::CONTENT_TYPE, "application/json")
}

#[tokio::test]
async fn a_panic_is_an_answer_that_names_the_log() {
    let browser = Browser::signed_in(Mood::Panics).await;
    for _ in 0..2 {
        let answer = browser.send_with(call(), Body::from("{}")).await;
        let id = answer.headers()["x-request-id"].to_str().expect("text").to_owned();
        let problem: Problem = serde_json::from_str(&text(answer).await).expect("a problem");
        assert_eq!(problem, Problem::Internal(id));
    }
}

#[tokio::test]
async fn an_answer_that_does_not_come_is_given_up() {
    let browser = Browser::signed_in(Mood::Hangs).await;
    let answer = browser.send_with(call(), Body::from("{}")).await;
    assert_eq!(answer.status(), StatusCode::GATEWAY_TIMEOUT);

    let browser = Browser::signed_in(Mood::Knows).await;
    let trickle = Body::from_stream(futures::stream::pending::<Result<&str, std::io::Error>>());
    assert_eq!(browser.send_with(call(), trickle).await.status(), StatusCode::GATEWAY_TIMEOUT);
}

#[tokio::test]
async fn a_body_without_a_length_is_cut_too() {
    let browser = Browser::signed_in(Mood::Panics).await;
    let endless = Body::from_stream(futures::stream::repeat_with(|| Ok::<_, std::io::Error>("          ".repeat(1000))));
    let answer = browser.send_with(call(), endless).await;
    assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert!(text(answer).await.contains("longer than 4194304 bytes"));
}

#[tokio::test]
async fn a_body_that_breaks_off_is_said() {
    let browser = Browser::signed_in(Mood::Panics).await;
    let broken = Body::from_stream(futures::stream::iter([Ok("{"), Err(std::io::Error::other("reset"))]));
    let answer = browser.send_with(call(), broken).await;
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    assert!(text(answer).await.contains("reset"));
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_by_name() {
    let browser = Browser::signed_in(Mood::Panics).await;
    for (name, body) in [
        ("service", "{"),
        ("service", "{}"),
        ("run", r#"{"run":"x"}"#),
        ("services", r#"{"query":{"rows":-1}}"#),
        ("plan", r#"{"plan":"x"}"#),
    ] {
        let call = request(Method::POST, &function(name)).header(header::CONTENT_TYPE, "application/json");
        let answer = browser.send_with(call, Body::from(body)).await;
        assert!(answer.status().is_client_error(), "{name} {body}: {}", answer.status());
        let problem: Problem = serde_json::from_str(&text(answer).await).expect("a problem");
        assert!(matches!(problem, Problem::Refused(_)), "{name} {body}: {problem:?}");
    }
}
