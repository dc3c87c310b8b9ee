//! Every door is knocked on by somebody who is not signed in.

use super::super::{events, own_routes, sign_in};
use super::*;
use app::backend::Problem;
use http::StatusCode;

/// Every page, server function, route and asset; and paths where nothing is, which must not say so.
fn doors() -> Vec<(Method, String)> {
    let mut doors = Vec::new();
    // `{name}` and `{*rest}` stand for anything.
    let named = |path: &str| path.split('/').map(|part| if part.starts_with('{') { "x" } else { part }).collect::<Vec<_>>().join("/");
    doors.extend(app::routes().iter().map(|page| (Method::GET, named(page.path()))));
    let pages = doors.len();
    assert!(pages > 0, "the list of pages is empty");

    doors.extend(server_fn::axum::server_fn_paths().map(|(path, method)| (method, path.to_owned())));
    assert!(doors.len() >= pages + 14, "a server function for each use case");

    doors.extend(
        ASSETS.iter().chain(&["/pkg/", "/pkg/none.js", "/nothing/here", "/api/none"]).map(|path| (Method::GET, (*path).to_owned())),
    );
    doors.push((Method::POST, "/nothing/here".to_owned()));

    let door = sign_in::Door::new(Arc::new(Sessions::new("ada").0), address());
    let source = events::Source { events: broadcast::channel(1).0, ending: CancellationToken::new() };
    let backend: Arc<dyn app::backend::Backend> = Arc::new(Fake(Mood::Panics));
    doors.extend(own_routes(&door, source, &backend).into_iter().map(|(method, path, _)| (method, named(path))));
    doors
}

#[tokio::test]
async fn nothing_answers_without_a_session() {
    let mut browser = Browser::new(Mood::Panics);
    let forged = [None, Some("portcullis-8787=".to_owned()), Some(format!("portcullis-8787={}", "0".repeat(64)))];
    for cookie in forged {
        browser.cookie = cookie;
        for (method, path) in doors() {
            let head = browser.send(request(Method::HEAD, &path)).await;
            assert_eq!(head.status(), StatusCode::UNAUTHORIZED, "HEAD {path}");

            let call = browser.send(request(method.clone(), &path)).await;
            assert_eq!(call.status(), StatusCode::UNAUTHORIZED, "{method} {path}");
            let problem: Problem = serde_json::from_str(&text(call).await).expect("a problem");
            assert_eq!(problem, Problem::Anonymous, "{method} {path}");

            let page = browser.send(request(method.clone(), &path).header(header::ACCEPT, "text/html")).await;
            assert_eq!(page.status(), StatusCode::UNAUTHORIZED, "{method} {path}");
            assert_eq!(page.headers()[header::CONTENT_TYPE], "text/html; charset=utf-8", "{method} {path}");
            assert!(text(page).await.contains("<h1>Not signed in</h1>"), "{method} {path}");
        }
    }
}

#[tokio::test]
async fn the_same_doors_open_to_a_session() {
    for (method, path) in doors() {
        let browser = Browser::signed_in(Mood::Knows).await;
        let answer = browser.send(request(method.clone(), &path)).await;
        assert_ne!(answer.status(), StatusCode::UNAUTHORIZED, "{method} {path}");
    }
}
