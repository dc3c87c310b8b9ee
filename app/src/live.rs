//! What moves while a page is open: the stream of events, and the clock.

use leptos::ev;
use leptos::prelude::*;
use policy::view::{Event, RunId};
use std::cell::RefCell;
use std::time::Duration;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{EventSource, MessageEvent};

/// At most one reload of what a page shows in this time, however fast a cluster moves.
const PAUSE: Duration = Duration::from_millis(700);

/// How often relative times are written anew.
const CLOCK: Duration = Duration::from_secs(5);

/// How the stream of events stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stream {
    /// Not asked for yet: the first render, and pages without JavaScript.
    Unopened,
    /// Events come.
    Open,
    /// It broke; the browser tries again by itself.
    Broken,
}

/// What moves while a page is open. Everything that a page reads of it is at rest in the first render.
#[derive(Clone, Copy)]
pub(crate) struct Live {
    /// Grows when what pages show may have changed: resources depend on it and load again.
    pub(crate) tick: RwSignal<u32>,
    /// The run that made a step last, and how many steps were heard of.
    pub(crate) step: RwSignal<(u32, Option<RunId>)>,
    /// How the stream stands.
    pub(crate) stream: RwSignal<Stream>,
    /// Milliseconds since 1970 as the browser has them; none in the first render.
    pub(crate) now: RwSignal<Option<i64>>,
    /// The last version of the cluster that was heard of or shown.
    version: StoredValue<u64>,
    waiting: StoredValue<bool>,
}

impl Live {
    /// At rest.
    pub(crate) fn new() -> Self {
        Self {
            tick: RwSignal::new(0),
            step: RwSignal::new((0, None)),
            stream: RwSignal::new(Stream::Unopened),
            now: RwSignal::new(None),
            version: StoredValue::new(0),
            waiting: StoredValue::new(false),
        }
    }

    /// Begins to listen; only in effects.
    pub(crate) fn start(self) {
        let tell_time = move || self.now.set(Some(now()));
        tell_time();
        set_interval(tell_time, CLOCK);
        let stream = RefCell::new(self.open());
        window_event_listener(ev::visibilitychange, move |_| {
            let mut stream = stream.borrow_mut();
            if document().hidden() {
                *stream = None;
            } else if stream.is_none() {
                *stream = self.open();
                // What happened while nobody looked was missed.
                self.bump();
            }
        });
    }

    /// Opens the stream. A page that nobody looks at closes its own: a browser has six connections for all its tabs, and a seventh tab
    /// would wait for ever.
    fn open(self) -> Option<OpenStream> {
        let source = EventSource::new("/events").ok()?;
        let heard = Closure::<dyn Fn(MessageEvent)>::new(move |message: MessageEvent| {
            if let Some(Ok(event)) = message.data().as_string().map(|text| serde_json::from_str(&text)) {
                self.hear(event);
            }
        });
        source.set_onmessage(Some(heard.as_ref().unchecked_ref()));
        let opened = Closure::<dyn Fn()>::new(move || {
            // What happened while the stream was broken was missed.
            if self.stream.get_untracked() == Stream::Broken {
                self.bump();
            }
            self.stream.set(Stream::Open);
        });
        source.set_onopen(Some(opened.as_ref().unchecked_ref()));
        let broke = Closure::<dyn Fn()>::new(move || self.stream.set(Stream::Broken));
        source.set_onerror(Some(broke.as_ref().unchecked_ref()));
        Some(OpenStream { source, _heard: heard, _told: [opened, broke] })
    }

    /// A page shows this version of the cluster already.
    pub(crate) fn shown(self, version: u64) {
        self.version.update_value(|known| *known = version.max(*known));
    }

    fn hear(self, event: Event) {
        match event {
            Event::Cluster { version } => {
                if version > self.version.get_value() {
                    self.version.set_value(version);
                    self.bump();
                }
            }
            Event::Run { run } => {
                self.step.update(|(steps, last)| {
                    *steps += 1;
                    *last = Some(run);
                });
                self.bump();
            }
        }
    }

    /// Has pages load again, once in each [`PAUSE`].
    fn bump(self) {
        if self.waiting.get_value() {
            return;
        }
        self.waiting.set_value(true);
        set_timeout(
            move || {
                self.waiting.set_value(false);
                self.tick.update(|tick| *tick += 1);
            },
            PAUSE,
        );
    }
}

/// An open stream, with what it calls; closed when it is dropped.
struct OpenStream {
    source: EventSource,
    _heard: Closure<dyn Fn(MessageEvent)>,
    _told: [Closure<dyn Fn()>; 2],
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        self.source.close();
    }
}

/// Milliseconds since 1970 by the browser's clock; only in effects and handlers.
#[expect(clippy::cast_possible_truncation, reason = "the clock gives whole milliseconds, far below 2^53")]
fn now() -> i64 {
    js_sys::Date::now() as i64
}
