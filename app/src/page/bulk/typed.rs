//! What is typed into the form, kept in the browser's session: going on to the plan and back loses nothing.

use crate::access::{keep_text, kept_text, of_many};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What is typed, for these Services.
#[derive(Clone, Copy)]
pub(super) struct Typed(RwSignal<Fields>, StoredValue<String>);

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Fields {
    how: String,
    text: String,
    groups: BTreeSet<String>,
    ports: String,
}

impl Typed {
    /// Nothing in the first render, on both sides alike; what is kept once the page is alive.
    pub(super) fn of(services: &[String]) -> Self {
        let fields = Fields { how: "add".to_owned(), text: String::new(), groups: BTreeSet::new(), ports: String::new() };
        let typed = Self(RwSignal::new(fields), StoredValue::new(of_many(services)));
        Effect::new(move |alive: Option<()>| {
            let fields = typed.0.get();
            let name = typed.1.get_value();
            if alive.is_some() {
                keep_text(&name, &serde_json::to_string(&fields).unwrap_or_default());
            } else if let Some(kept) = kept_text(&name).and_then(|text| serde_json::from_str(&text).ok()) {
                typed.0.set(kept);
            }
        });
        typed
    }

    pub(super) fn is(self, how: &str) -> bool {
        self.0.with(|fields| fields.how == how)
    }

    pub(super) fn how(self, how: &str) {
        self.0.update(|fields| how.clone_into(&mut fields.how));
    }

    pub(super) fn text(self) -> String {
        self.0.with(|fields| fields.text.clone())
    }

    pub(super) fn set_text(self, text: String) {
        self.0.update(|fields| fields.text = text);
    }

    pub(super) fn has(self, group: &str) -> bool {
        self.0.with(|fields| fields.groups.contains(group))
    }

    pub(super) fn choose(self, group: &str, chosen: bool) {
        self.0.update(|fields| {
            if chosen {
                fields.groups.insert(group.to_owned());
            } else {
                fields.groups.remove(group);
            }
        });
    }

    pub(super) fn ports(self) -> String {
        self.0.with(|fields| fields.ports.clone())
    }

    pub(super) fn set_ports(self, ports: String) {
        self.0.update(|fields| fields.ports = ports);
    }
}
