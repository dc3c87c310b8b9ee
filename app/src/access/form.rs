//! A draft that somebody edits: what it says, whether that is other than what is in force, and where it is kept.

use super::draft::Draft;
use super::keep;
use super::read::Said;
use leptos::ev;
use leptos::prelude::*;
use policy::access::Port;
use std::time::Duration;

/// Typing rests this long before what takes longer follows.
pub(super) const REST: Duration = Duration::from_millis(90);

/// The state of an editor: of the access of a Service, or of the ranges of a client group.
#[derive(Clone, Copy)]
pub(crate) struct Form {
    /// As typed.
    pub(crate) draft: RwSignal<Draft>,
    /// What the draft says.
    pub(crate) said: Memo<Said>,
    /// Rows whose rules are lit.
    pub(super) lit: RwSignal<Vec<u32>>,
    /// The ports that a row may choose among; none: rows have no ports.
    pub(super) ports: StoredValue<Option<Vec<Port>>>,
    /// Whether the page is alive.
    pub(crate) alive: RwSignal<bool>,
    /// Whether the draft says something else than what is in force.
    pub(crate) touched: Memo<bool>,
    /// What is in force, as a draft.
    pub(super) base: RwSignal<Draft>,
    /// The name by which the draft is kept.
    name: StoredValue<String>,
}

impl Form {
    /// The form that says what is in force, kept by this name. Runs in the first render, on both sides alike.
    pub(crate) fn new(
        name: String,
        base: Draft,
        ports: Option<Vec<Port>>,
        read: impl Fn(&Draft) -> Said + Copy + Send + Sync + 'static,
    ) -> Self {
        let (base, draft) = (RwSignal::new(base.clone()), RwSignal::new(base));
        let form = Self {
            draft,
            said: Memo::new(move |_| draft.with(read)),
            lit: RwSignal::new(Vec::new()),
            ports: StoredValue::new(ports),
            alive: RwSignal::new(false),
            touched: Memo::new(move |_| draft.with(|draft| base.with(|base| !draft.says_same(base)))),
            base,
            name: StoredValue::new(name),
        };
        form.keep();
        form
    }

    /// What is in force has become other: an untouched draft follows, a touched one stays. Whether one stays that was begun on another base.
    pub(crate) fn follow(self, base: Draft) -> bool {
        if self.base.with_untracked(|old| base.says_same(old)) {
            self.base.set(base);
            return false;
        }
        let touched = self.touched.get_untracked();
        self.base.set(base.clone());
        if !touched {
            self.draft.set(base);
        }
        touched
    }

    /// Goes back to what is in force.
    pub(crate) fn discard(self) {
        self.draft.set(self.base.get_untracked());
    }

    /// Restores the kept draft once the page is alive, and keeps it from then on: when typing rests, or the page is left before.
    fn keep(self) {
        let waits = StoredValue::new(None::<TimeoutHandle>);
        let keep_now = move || {
            if let Some(waits) = waits.try_update_value(Option::take).flatten() {
                waits.clear();
                let name = self.name.get_value();
                if self.touched.get_untracked() {
                    self.draft.with_untracked(|draft| keep::keep(&name, draft));
                } else {
                    keep::forget(&name);
                }
            }
        };
        Effect::new(move |alive: Option<()>| {
            self.draft.track();
            self.base.track();
            if alive.is_none() {
                if let Some(draft) = keep::kept(&self.name.get_value()) {
                    self.draft.set(draft);
                }
                self.alive.set(true);
                return;
            }
            if let Some(waits) = waits.get_value() {
                waits.clear();
            }
            waits.set_value(set_timeout_with_handle(keep_now, REST).ok());
        });
        Effect::new(move |_| {
            let leaves = window_event_listener(ev::pagehide, move |_| keep_now());
            on_cleanup(move || {
                leaves.remove();
                keep_now();
            });
        });
    }
}
