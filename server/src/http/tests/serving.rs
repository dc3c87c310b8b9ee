//! A real server on a real port.

use super::super::{bind, serve};
use super::*;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

#[tokio::test]
async fn an_open_stream_does_not_keep_the_server_from_ending() {
    let browser = Browser::signed_in(Mood::Knows).await;
    let (listener, address) = bind("127.0.0.1:0".parse().expect("an address")).await.expect("a free port");
    let server = tokio::spawn(serve(listener, browser.router.clone(), browser.ending.clone()));

    let mut connection = TcpStream::connect(address).await.expect("a connection");
    let cookie = browser.cookie.as_ref().expect("a cookie");
    // The router was made for HOST; this is about the end of streams.
    let request = format!("GET /events HTTP/1.1\r\nHost: {HOST}\r\nCookie: {cookie}\r\n\r\n");
    connection.write_all(request.as_bytes()).await.expect("it is sent");
    let mut head = [0; 15];
    connection.read_exact(&mut head).await.expect("an answer");
    assert_eq!(&head, b"HTTP/1.1 200 OK");

    browser.ending.cancel();
    let ended = timeout(Duration::from_secs(5), server).await.expect("it ends before its grace does").expect("it does not panic");
    ended.expect("it ends well");
    let mut rest = Vec::new();
    connection.read_to_end(&mut rest).await.expect("the stream ends");
    assert!(rest.ends_with(b"0\r\n\r\n"), "the stream ends whole");
}
