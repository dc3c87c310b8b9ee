//! Requests of other names and other origins.

use super::*;
use http::StatusCode;

#[tokio::test]
async fn only_our_own_names_are_answered() {
    let browser = Browser::signed_in(Mood::Knows).await;
    let ask = |uri: &str, hosts: &[&str]| {
        let request = hosts.iter().fold(Request::builder().uri(uri), |request, host| request.header(header::HOST, *host));
        browser.send(request)
    };
    for own in [HOST, "localhost:8787", "LOCALHOST:8787"] {
        assert_eq!(ask(ASSETS[0], &[own]).await.status(), StatusCode::OK, "{own}");
    }
    let others: [&[&str]; 8] = [
        &[],
        &[""],
        &["127.0.0.1"],
        &["localhost"],
        &["127.0.0.1:8788"],
        &["evil.example:8787"],
        &["localhost:8787.evil.example"],
        &[HOST, HOST],
    ];
    for hosts in others {
        assert_eq!(ask(ASSETS[0], hosts).await.status(), StatusCode::MISDIRECTED_REQUEST, "{hosts:?}");
    }
    let line = format!("http://evil.example:8787{}", ASSETS[0]);
    assert_eq!(ask(&line, &[HOST]).await.status(), StatusCode::MISDIRECTED_REQUEST, "the first line names the host too");

    let entering = Request::builder().uri(format!("/enter?secret={}", browser.secret)).header(header::HOST, "evil.example:8787");
    assert_eq!(browser.send(entering).await.status(), StatusCode::MISDIRECTED_REQUEST, "the way in is checked too");

    let page = Request::builder().uri("/").header(header::HOST, "<b>evil").header(header::ACCEPT, "text/html");
    let page = text(browser.send(page).await).await;
    assert!(page.contains("`&lt;b&gt;evil`") && page.contains("http://127.0.0.1:8787/"), "{page}");
}

#[tokio::test]
async fn writes_of_other_origins_are_refused() {
    let browser = Browser::signed_in(Mood::Panics).await;
    let functions = server_fn::axum::server_fn_paths().map(|(path, method)| (method, path.to_owned()));
    for (method, path) in functions.chain([(Method::POST, "/sign-out".to_owned())]) {
        let write = || request(method.clone(), &path);
        let foreign = [
            write().header("sec-fetch-site", "cross-site"),
            // Another port of this machine is the same site: the strict cookie comes along.
            write().header("sec-fetch-site", "same-site"),
            write().header(header::ORIGIN, "http://127.0.0.1:8788"),
            write().header(header::ORIGIN, "null"),
            // A form of another page.
            write().header("sec-fetch-site", "same-site").header("sec-fetch-mode", "navigate").header("sec-fetch-dest", "document"),
        ];
        for request in foreign {
            let answer = browser.send(request).await;
            assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{method} {path}");
            assert!(text(answer).await.contains("another origin"));
        }
    }
    let own = get(ASSETS[0]).header("sec-fetch-site", "same-origin");
    assert_eq!(browser.send(own).await.status(), StatusCode::OK, "no refused write signed the browser out");
}

#[tokio::test]
async fn reads_of_other_origins_are_refused_unless_somebody_followed_a_link() {
    let browser = Browser::signed_in(Mood::Knows).await;
    for path in ["/events", ASSETS[0], "/"] {
        for site in ["cross-site", "same-site"] {
            for mode in ["cors", "no-cors", "websocket"] {
                let answer = browser.send(get(path).header("sec-fetch-site", site).header("sec-fetch-mode", mode)).await;
                assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{path} {site} {mode}");
            }
            let framed = get(path).header("sec-fetch-site", site).header("sec-fetch-mode", "navigate").header("sec-fetch-dest", "iframe");
            assert_eq!(browser.send(framed).await.status(), StatusCode::FORBIDDEN, "{path} {site}");
        }
    }
    let followed =
        visit("/").header("sec-fetch-site", "same-site").header("sec-fetch-mode", "navigate").header("sec-fetch-dest", "document");
    assert_ne!(browser.send(followed).await.status(), StatusCode::FORBIDDEN);
}
