//! `/events`: what changes, as server-sent events. An event names what changed; pages then ask for it again.

use super::session::Visit;
use axum::Extension;
use axum::extract::State;
use axum::response::sse::{Event as Sent, KeepAlive, Sse};
use futures::{Stream, StreamExt as _};
use policy::view::Event;
use std::time::Duration;
use tokio::sync::broadcast;
use tokio_stream::wrappers::BroadcastStream;
use tokio_util::sync::CancellationToken;

/// Where the events come from.
#[derive(Clone)]
pub(super) struct Source {
    pub(super) events: broadcast::Sender<Event>,
    pub(super) ending: CancellationToken,
}

/// After this time a browser connects again to a stream that ended.
const RETRY: Duration = Duration::from_secs(1);
/// A comment is sent when nothing else was for this time, so that both ends notice a dead connection.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// The stream; it ends with the session and with the server. It ends too when the browser fell behind and events were lost: the browser
/// connects again, and a page that is connected again asks for everything again.
pub(super) async fn stream(
    State(source): State<Source>,
    Extension(visit): Extension<Visit>,
) -> Sse<impl Stream<Item = Result<Sent, axum::Error>>> {
    let Source { events, ending } = source;
    let over = async move {
        tokio::select! {
            () = ending.cancelled() => {}
            () = visit.ended.cancelled() => {}
            () = tokio::time::sleep_until(visit.until.into()) => {}
        }
    };
    // Sent at once, so that the head of the answer is too.
    let hello = futures::stream::iter([Ok(Sent::default().retry(RETRY))]);
    let news = BroadcastStream::new(events.subscribe())
        .take_while(|news| std::future::ready(news.is_ok()))
        .filter_map(|news| std::future::ready(news.ok()))
        .map(|event| Sent::default().json_data(event));
    Sse::new(hello.chain(news).take_until(over)).keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
}
