//! The link, the cookie, the way out.

use super::*;
use http::StatusCode;

#[tokio::test]
async fn the_link_opens_one_browser_once() {
    let browser = Browser::new(Mood::Knows);
    let link = format!("/enter?secret={}", browser.secret);
    let head = browser.send(request(Method::HEAD, &link)).await;
    assert_eq!(head.status(), StatusCode::METHOD_NOT_ALLOWED, "a link checker must not use the link up");
    for wrong in ["/enter", "/enter?secret=", "/enter?secret=0"] {
        let answer = browser.send(visit(wrong)).await;
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
        assert!(!answer.headers().contains_key(header::SET_COOKIE));
    }

    let entered = browser.send(visit(&link)).await;
    assert_eq!((entered.status(), &entered.headers()[header::LOCATION]), (StatusCode::SEE_OTHER, &"/".parse().unwrap()));
    let cookie = entered.headers()[header::SET_COOKIE].to_str().expect("text");
    let (pair, attributes) = cookie.split_once("; ").expect("attributes");
    assert_eq!(attributes, "HttpOnly; SameSite=Strict; Path=/");
    let token = pair.strip_prefix("portcullis-8787=").expect("named by the port");
    assert!(token.len() == 64 && token != browser.secret);

    let again = browser.send(visit(&link)).await;
    assert_eq!(again.status(), StatusCode::UNAUTHORIZED);
    let page = text(again).await;
    assert!(page.contains("used already") && page.contains("start it again"), "{page}");
}

#[tokio::test]
async fn a_used_link_still_leads_in_where_it_was_used() {
    let browser = Browser::signed_in(Mood::Knows).await;
    let answer = browser.send(visit(&format!("/enter?secret={}", browser.secret))).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    assert!(!answer.headers().contains_key(header::SET_COOKIE));
}

#[tokio::test]
async fn a_link_followed_from_another_site_gets_past_the_strict_cookie() {
    let from_chat = |path: &str| {
        visit(path).header("sec-fetch-site", "cross-site").header("sec-fetch-mode", "navigate").header("sec-fetch-dest", "document")
    };
    let browser = Browser::new(Mood::Knows);
    let entered = browser.send(from_chat(&format!("/enter?secret={}", browser.secret))).await;
    assert!(entered.headers().contains_key(header::SET_COOKIE));
    assert!(text(entered).await.contains("http-equiv=\"refresh\" content=\"0;url=/\""));

    let page = text(browser.send(from_chat("/services/default/svc-a?tab=%22%3E'&x=1")).await).await;
    assert!(page.contains("<a href=\"/services/default/svc-a?tab=%22%3E&#39;&amp;x=1\">Open this page again</a>"), "{page}");
}

#[tokio::test]
async fn pages_without_a_session_have_a_style_that_needs_none() {
    let browser = Browser::new(Mood::Panics);
    let page = text(browser.send(visit("/services")).await).await;
    assert!(page.contains("<link rel=\"stylesheet\" href=\"/plain.css\">"), "{page}");
    let style = browser.send(get("/plain.css")).await;
    assert_eq!(
        (style.status(), style.headers()[header::CONTENT_TYPE].to_str().expect("text")),
        (StatusCode::OK, "text/css; charset=utf-8")
    );
    let style = text(style).await;
    assert!(style.contains("--accent:") && style.contains("prefers-color-scheme: dark"), "{style}");
}

#[tokio::test]
async fn signing_out_ends_the_session() {
    let browser = Browser::signed_in(Mood::Knows).await;
    assert_eq!(browser.send(get(ASSETS[0])).await.status(), StatusCode::OK);
    let left = browser.send(request(Method::POST, "/sign-out")).await;
    assert_eq!(left.status(), StatusCode::OK);
    assert_eq!(left.headers()[header::SET_COOKIE], "portcullis-8787=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0");
    assert!(text(left).await.contains("signed out"));
    assert_eq!(browser.send(get(ASSETS[0])).await.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn the_cookie_is_found_among_others() {
    let mut browser = Browser::signed_in(Mood::Knows).await;
    let own = browser.cookie.take().expect("a cookie");
    for cookies in [format!("a=b; {own}"), format!("portcullis-9999=x; {own}; c"), format!(";;{own} ;")] {
        assert_eq!(browser.send(get(ASSETS[0]).header(header::COOKIE, cookies)).await.status(), StatusCode::OK);
    }
    let other = own.replace("8787", "8788");
    assert_eq!(browser.send(get(ASSETS[0]).header(header::COOKIE, other)).await.status(), StatusCode::UNAUTHORIZED);
}
