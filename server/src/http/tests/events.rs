//! The stream of events.

use super::*;
use policy::view::RunId;
use tokio::time::timeout;

/// What the stream sends next; none when it has ended.
async fn next(stream: &mut Body) -> Option<String> {
    let frame = timeout(Duration::from_secs(5), stream.frame()).await.expect("something is sent")?;
    Some(String::from_utf8(frame.expect("a frame").into_data().expect("data").into()).expect("text"))
}

async fn open(browser: &Browser) -> Body {
    let answer = browser.send(get("/events")).await;
    assert_eq!(answer.headers()[header::CONTENT_TYPE], "text/event-stream");
    let mut stream = answer.into_body();
    assert_eq!(next(&mut stream).await.as_deref(), Some("retry: 1000\n\n"));
    stream
}

#[tokio::test]
async fn it_names_what_changed() {
    let browser = Browser::signed_in(Mood::Knows).await;
    let mut streams = [open(&browser).await, open(&browser).await];
    browser.events.send(Event::Cluster { version: 7 }).expect("it is heard");
    browser.events.send(Event::Run { run: RunId(3) }).expect("it is heard");
    for stream in &mut streams {
        assert_eq!(next(stream).await.as_deref(), Some("data: {\"event\":\"cluster\",\"version\":7}\n\n"));
        assert_eq!(next(stream).await.as_deref(), Some("data: {\"event\":\"run\",\"run\":3}\n\n"));
    }
}

#[tokio::test]
async fn it_ends_with_the_server_with_the_session_and_when_events_were_lost() {
    let browser = Browser::signed_in(Mood::Knows).await;
    let mut stream = open(&browser).await;
    browser.send(request(Method::POST, "/sign-out")).await;
    assert_eq!(next(&mut stream).await, None, "the session ended");

    let browser = Browser::signed_in(Mood::Knows).await;
    let mut stream = open(&browser).await;
    for version in 0..50 {
        browser.events.send(Event::Cluster { version }).expect("it is heard");
    }
    assert_eq!(next(&mut stream).await, None, "events were lost: the browser must connect again");

    let mut stream = open(&browser).await;
    browser.ending.cancel();
    assert_eq!(next(&mut stream).await, None, "the server ended");
}
