//! The headers of every kind of answer.

use super::*;
use http::{HeaderMap, StatusCode};

/// One answer of each kind, refusals and failures among them.
async fn answers() -> Vec<(&'static str, StatusCode, Response)> {
    let stranger = Browser::new(Mood::Knows);
    let browser = Browser::signed_in(Mood::Knows).await;
    let panics = Browser::signed_in(Mood::Panics).await;
    let hangs = Browser::signed_in(Mood::Hangs).await;
    let call = || request(Method::POST, &function("cluster")).header(header::CONTENT_TYPE, "application/json");
    let empty = || Body::from("{}");
    let etag = browser.send(get(ASSETS[0])).await.headers()[header::ETAG].clone();
    vec![
        ("page", StatusCode::OK, browser.send(visit(&a_page())).await),
        ("no page", StatusCode::NOT_FOUND, browser.send(visit("/nothing/here")).await),
        ("nothing", StatusCode::NOT_FOUND, browser.send(get("/nothing/here")).await),
        ("asset", StatusCode::OK, browser.send(get(ASSETS[0])).await),
        ("kept asset", StatusCode::NOT_MODIFIED, browser.send(get(ASSETS[0]).header(header::IF_NONE_MATCH, etag)).await),
        ("no asset", StatusCode::NOT_FOUND, browser.send(get("/pkg/none.js")).await),
        ("stream", StatusCode::OK, browser.send(get("/events")).await),
        ("wrong method", StatusCode::METHOD_NOT_ALLOWED, browser.send(request(Method::POST, "/events")).await),
        ("problem", StatusCode::NOT_FOUND, browser.send_with(request(Method::POST, &function("checks")), empty()).await),
        ("panic", StatusCode::INTERNAL_SERVER_ERROR, panics.send_with(call(), empty()).await),
        ("too slow", StatusCode::GATEWAY_TIMEOUT, hangs.send_with(call(), empty()).await),
        ("too long", StatusCode::PAYLOAD_TOO_LARGE, browser.send_with(call(), Body::from(vec![b' '; 5 << 20])).await),
        ("stranger, page", StatusCode::UNAUTHORIZED, stranger.send(visit("/")).await),
        ("stranger, call", StatusCode::UNAUTHORIZED, stranger.send_with(call(), empty()).await),
        ("stranger, asset", StatusCode::UNAUTHORIZED, stranger.send(get(ASSETS[0])).await),
        ("wrong link", StatusCode::UNAUTHORIZED, stranger.send(visit("/enter?secret=0")).await),
        ("redirect", StatusCode::SEE_OTHER, stranger.send(visit(&format!("/enter?secret={}", stranger.secret))).await),
        ("wrong host", StatusCode::MISDIRECTED_REQUEST, stranger.send(Request::builder().uri("/")).await),
        ("foreign read", StatusCode::FORBIDDEN, browser.send(get("/").header("sec-fetch-site", "cross-site")).await),
        ("foreign write", StatusCode::FORBIDDEN, browser.send(call().header(header::ORIGIN, "null")).await),
    ]
}

fn nonce(headers: &HeaderMap) -> String {
    let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().expect("text");
    policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).expect("a nonce").to_owned()
}

#[tokio::test]
async fn every_answer_carries_them() {
    let mut nonces = std::collections::BTreeSet::new();
    for (name, status, answer) in answers().await {
        assert_eq!(answer.status(), status, "{name}");
        let headers = answer.headers();
        let nonce = nonce(headers);
        assert!(nonce.len() >= 22, "{name}: 128 bits");
        assert_eq!(
            headers[header::CONTENT_SECURITY_POLICY],
            format!(
                "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; \
                 font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'"
            ),
            "{name}"
        );
        assert!(nonces.insert(nonce), "{name}: a nonce was used twice");
        for (header, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(headers[header], value, "{name}: {header}");
        }
        assert!(headers["permissions-policy"].to_str().expect("text").contains("camera=()"), "{name}");
        assert_eq!(headers["x-request-id"].len(), 16, "{name}");
        let cache = match name {
            "asset" | "kept asset" => "private, no-cache",
            "stream" => "no-cache",
            _ => "no-store",
        };
        assert_eq!(headers[header::CACHE_CONTROL], cache, "{name}");
    }
}

#[tokio::test]
async fn the_pages_own_scripts_carry_the_nonce_and_nothing_is_inline() {
    let browser = Browser::signed_in(Mood::Knows).await;
    for path in [a_page().as_str(), "/nothing/here"] {
        let answer = browser.send(visit(path)).await;
        let nonce = nonce(answer.headers());
        let page = text(answer).await;
        let scripts: Vec<&str> = page.split("<script").skip(1).filter_map(|rest| rest.split('>').next()).collect();
        assert!(!scripts.is_empty(), "{path} has no script: it would never come to life");
        for script in scripts {
            assert!(script.contains(&format!("nonce=\"{nonce}\"")), "{path}: <script{script}>");
        }
        for inline in ["<style", " style=", " onclick=", " onload=", "javascript:"] {
            assert!(!page.contains(inline), "{path}: {inline}");
        }
    }
}

#[tokio::test]
async fn assets_have_types_tags_and_twins() {
    let browser = Browser::signed_in(Mood::Knows).await;
    for (path, kind) in ASSETS.iter().zip(["text/javascript", "application/wasm", "text/css", "text/javascript", "application/wasm"]) {
        let plain = browser.send(get(path)).await;
        assert_eq!(plain.headers()[header::CONTENT_TYPE], kind);
        assert_eq!(plain.headers()[header::VARY], "accept-encoding");
        let twin = browser.send(get(path).header(header::ACCEPT_ENCODING, "gzip, br")).await;
        assert_eq!(twin.headers()[header::CONTENT_ENCODING], "br");
        assert_eq!(twin.headers()[header::CONTENT_TYPE], kind);
        assert_ne!(plain.headers()[header::ETAG], twin.headers()[header::ETAG]);
        assert_eq!(text(twin).await, format!("brotli of {path}"));
    }
    for outside in ["/pkg/../secret", "/pkg/%2e%2e/secret", "/pkg/..%2fsecret", "/pkg//etc/passwd"] {
        assert_eq!(browser.send(get(outside)).await.status(), StatusCode::NOT_FOUND, "{outside}");
    }
}

#[tokio::test]
async fn pages_are_compressed_for_those_who_understand_it_and_streams_are_not() {
    let browser = Browser::signed_in(Mood::Knows).await;
    let accepting = |request: http::request::Builder| request.header(header::ACCEPT_ENCODING, "gzip, deflate, br");
    for (path, shortened) in [(a_page().as_str(), true), ("/nothing/here", true), ("/events", false)] {
        let plain = browser.send(visit(path)).await;
        assert!(!plain.headers().contains_key(header::CONTENT_ENCODING), "{path}");
        let packed = browser.send(accepting(visit(path))).await;
        assert_eq!(packed.status(), plain.status(), "{path}");
        assert_eq!(packed.headers().get(header::CONTENT_ENCODING).is_some_and(|coding| coding == "gzip"), shortened, "{path}");
        if shortened {
            assert_eq!(packed.headers()[header::VARY], "accept-encoding", "{path}");
            let (plain, packed) = (bytes(plain).await, bytes(packed).await);
            assert_eq!(packed[..2], [0x1f, 0x8b], "{path}: RFC 1952");
            assert!(packed.len() * 2 < plain.len(), "{path}: {} of {} bytes", packed.len(), plain.len());
        }
    }
}
