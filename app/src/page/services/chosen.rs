//! The Services that are chosen in the list: they stay chosen by name, whatever rows are shown, filtered or come between.

use super::CHOICE;
use crate::text::counted;
use leptos::prelude::*;
use policy::view::ServiceRow;
use std::collections::BTreeSet;

/// Their names.
#[derive(Clone, Copy, Default)]
pub(super) struct Chosen(RwSignal<BTreeSet<String>>);

impl Chosen {
    pub(super) fn has(self, service: &str) -> bool {
        self.0.with(|chosen| chosen.contains(service))
    }

    pub(super) fn choose(self, service: &str, chosen: bool) {
        self.0.update(|all| {
            if chosen {
                all.insert(service.to_owned());
            } else {
                all.remove(service);
            }
        });
    }

    /// What the button does; without a script the form sends what is ticked, and nothing here knows how many.
    pub(super) fn said(self) -> String {
        match self.0.with(|chosen| u64::try_from(chosen.len()).unwrap_or(u64::MAX)) {
            0 => "Change the chosen".to_owned(),
            count => format!("Change {}", counted(count, "chosen Service", "chosen Services")),
        }
    }

    /// Those of which no row is shown, for the form.
    pub(super) fn beside(self, rows: &[ServiceRow]) -> impl IntoView + use<> {
        let shown: BTreeSet<String> = rows.iter().map(|row| row.service.to_string()).collect();
        move || {
            let beside = self.0.with(|chosen| chosen.difference(&shown).cloned().collect::<Vec<_>>());
            let field = |name: String| view! { <input type="hidden" name="service" value=name form=CHOICE /> };
            beside.into_iter().map(field).collect_view()
        }
    }
}
