//! Watches: a stream of events, one JSON document a line.

use super::packed::Packed;
use super::read::Params;
use super::resource::is_calico;
use super::selector::Selector;
use super::state::Event;
use super::status::{ApiError, Cause};
use super::store::Store;
use axum::body::{Body, Bytes};
use axum::response::{IntoResponse, Response};
use futures::stream;
use http::header::CONTENT_TYPE;
use policy::object::Kind;
use serde_json::json;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// How long a watch lasts that does not say how long.
const LIFETIME: Duration = Duration::from_secs(30 * 60);
/// How often a watch with bookmarks gets one, as the API server does about.
const BOOKMARK_EVERY: Duration = Duration::from_secs(60);
/// How many events are taken from the ring at once.
const BATCH: usize = 512;

/// Answers a watch of `kind`, in one namespace or (none) in all.
///
/// # Errors
/// A query that cannot be read. What goes wrong later, an expired resourceVersion first of all, is an ERROR event of the stream.
pub(super) fn watch(store: &Arc<Store>, kind: Kind, namespace: Option<String>, params: &Params) -> Result<Response, ApiError> {
    if Params::is_set(&params.send_initial_events) {
        let rule = "sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled";
        return Err(ApiError::InvalidOptions { causes: vec![Cause::forbidden("sendInitialEvents", rule)] });
    }
    let lifetime = if params.timeout_seconds == 0 { LIFETIME } else { Duration::from_secs(params.timeout_seconds.into()) };
    let mut watch = Watch {
        store: store.clone(),
        revision: store.subscribe(),
        view: View { kind, namespace, selector: Selector::parse(kind, &params.label_selector, &params.field_selector)? },
        position: 0,
        lines: VecDeque::new(),
        deadline: Instant::now() + lifetime,
        // Calico's API server sends none.
        bookmark: (Params::is_set(&params.allow_watch_bookmarks) && !is_calico(kind)).then(|| Instant::now() + BOOKMARK_EVERY),
        ended: false,
    };
    match params.revision()? {
        Some(revision) => watch.position = revision,
        None => watch.begin_with_what_there_is(),
    }
    let lines = stream::unfold(watch, |mut watch| async move { watch.next().await.map(|line| (Ok::<_, Infallible>(line), watch)) });
    Ok(([(CONTENT_TYPE, "application/json")], Body::from_stream(lines)).into_response())
}

/// A watch that goes on.
struct Watch {
    store: Arc<Store>,
    revision: tokio::sync::watch::Receiver<u64>,
    view: View,
    /// Everything up to this revision is sent or in `lines`.
    position: u64,
    lines: VecDeque<Bytes>,
    deadline: Instant,
    /// When the next bookmark is due; none if the client wants none.
    bookmark: Option<Instant>,
    ended: bool,
}

/// What a watch wants to see.
struct View {
    kind: Kind,
    namespace: Option<String>,
    selector: Selector,
}

impl Watch {
    fn begin_with_what_there_is(&mut self) {
        let (revision, objects) = self.store.read(|state| {
            let objects: Vec<_> = state.list(self.view.kind, self.view.namespace.as_deref()).map(|(_, object)| object.clone()).collect();
            (state.revision(), objects)
        });
        self.position = revision;
        let wanted = objects.iter().filter(|object| self.view.selector.wants(object));
        self.lines.extend(wanted.map(|object| line("ADDED", object)));
    }

    /// The next line; none at the end.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(line) = self.lines.pop_front() {
                return Some(line);
            }
            if self.ended {
                return None;
            }
            self.revision.borrow_and_update();
            if let Err(error) = self.take_events() {
                self.ended = true;
                self.lines.push_back(line("ERROR", &error.to_watch_error(self.view.kind)));
            }
            if !self.lines.is_empty() {
                continue;
            }
            let alarm = self.bookmark.map_or(self.deadline, |bookmark| bookmark.min(self.deadline));
            tokio::select! {
                changed = self.revision.changed() => self.ended = changed.is_err(),
                () = sleep_until(alarm) => {
                    if self.bookmark.is_some() {
                        self.bookmark = Some(Instant::now() + BOOKMARK_EVERY);
                        self.lines.push_back(self.bookmark_line());
                    }
                    self.ended = Instant::now() >= self.deadline;
                }
            }
        }
    }

    /// Takes events from the ring.
    fn take_events(&mut self) -> Result<(), ApiError> {
        loop {
            let events: Vec<Event> = self.store.read(|state| match state.since(self.position) {
                Ok(events) => Ok(events.take(BATCH).cloned().collect()),
                // A client that is ahead of the sandbox has seen another one: it has to list anew.
                Err(ApiError::FutureRevision { asked, current }) => {
                    Err(ApiError::Expired(format!("unknown resource version: {asked} ({current})")))
                }
                Err(error) => Err(error),
            })?;
            let Some(last) = events.last() else { return Ok(()) };
            self.position = last.revision;
            self.lines.extend(events.iter().filter_map(|event| self.view.show(event)));
            if !self.lines.is_empty() {
                return Ok(());
            }
        }
    }

    fn bookmark_line(&self) -> Bytes {
        let kind = self.view.kind;
        let metadata = json!({"resourceVersion": self.position.to_string(), "creationTimestamp": null});
        line("BOOKMARK", &json!({"kind": kind.name(), "apiVersion": kind.api_version(), "metadata": metadata}))
    }
}

impl View {
    /// What this view sees of an event: an object that comes into the selection is added, one that leaves it is deleted.
    fn show(&self, event: &Event) -> Option<Bytes> {
        if event.key.kind != self.kind || self.namespace.as_ref().is_some_and(|namespace| *namespace != event.key.namespace) {
            return None;
        }
        let wanted = |object: &&Packed| self.selector.wants(object);
        let (before, after) = (event.before.as_ref(), event.after.as_ref());
        // Calico's watch does not know how an object was before a change: with a selector, every change of a selected object reads as an
        // addition, and one that leaves the selection is not told (`buildEventsFromKVPs` in
        // `libcalico-go/lib/backend/k8s/resources/watcher.go` and `apiserver/pkg/storage/calico/watcher.go` at v3.28.5).
        if is_calico(self.kind) && !self.selector.is_empty() && before.is_some() && after.is_some() {
            return after.filter(wanted).map(|object| line("ADDED", object));
        }
        match (before.filter(wanted), after.filter(wanted)) {
            (None, Some(object)) => Some(line("ADDED", object)),
            (Some(_), Some(object)) => Some(line("MODIFIED", object)),
            (Some(object), None) => {
                let mut object = object.read();
                object["metadata"]["resourceVersion"] = json!(event.revision.to_string());
                Some(line("DELETED", &object))
            }
            (None, None) => None,
        }
    }
}

fn line(kind: &str, object: &impl Display) -> Bytes {
    format!("{{\"type\":\"{kind}\",\"object\":{object}}}\n").into()
}
