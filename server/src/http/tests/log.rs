//! What the log says of requests.

use super::*;
use std::io::Write;
use std::sync::{Mutex, PoisonError};
use tracing::subscriber::set_default;

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    fn read(&self) -> String {
        String::from_utf8(self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()).expect("text")
    }
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn it_says_who_and_what_and_never_a_secret() {
    let lines = Lines::default();
    let writer = lines.clone();
    let everything = tracing_subscriber::fmt().with_ansi(false).with_max_level(tracing::Level::TRACE).with_writer(move || writer.clone());
    let _guard = set_default(everything.finish());

    let browser = Browser::signed_in(Mood::Knows).await;
    let token = browser.cookie.clone().expect("a cookie").split_once('=').expect("a pair").1.to_owned();
    browser.send(get(&format!("/enter?secret={}0", "1".repeat(63))).header(header::COOKIE, "portcullis-8787=none")).await;
    browser.send(get(ASSETS[0]).header(header::REFERER, format!("http://{HOST}/enter?secret={}", browser.secret))).await;
    browser.send(request(Method::POST, "/sign-out")).await;
    browser.send(get(&format!("/enter?secret={}", browser.secret))).await;

    let log = lines.read();
    for said in [
        r#"who="nobody" method=GET path="/enter" status=303"#,
        r#"who="nobody" method=GET path="/enter" status=401"#,
        r#"who="link:ada" method=GET path="/pkg/portcullis.js" status=200"#,
        r#"who="link:ada" method=POST path="/sign-out" status=200"#,
    ] {
        assert!(log.contains(said), "{said}\n{log}");
    }
    assert_eq!(log.matches(": answered ").count(), 5, "one line for each request\n{log}");
    assert!(!log.contains(&browser.secret) && !log.contains(&token), "{log}");
}
