//! The ranges outside the cluster, in pages of a hundred rows.

use super::form::Form;
use super::row::ClientRow;
use crate::frame::focus;
use crate::part::{Icon, IconName};
use crate::text::{len, thousands};
use leptos::prelude::*;
use std::time::Duration;

/// Rows that are shown at once.
const PAGE: usize = 100;

/// The ranges.
#[component]
pub(crate) fn Clients(form: Form, legend: &'static str, hint: &'static str) -> impl IntoView {
    let page = RwSignal::new(0_usize);
    let count = Memo::new(move |_| form.draft.with(|draft| draft.rows.len()));
    let pages = Memo::new(move |_| count.get().div_ceil(PAGE).max(1));
    let at = Memo::new(move |_| page.get().min(pages.get() - 1));
    let shown = move || {
        let from = at.get() * PAGE;
        form.draft.with(|draft| {
            let rows = draft.rows.iter().enumerate().skip(from).take(PAGE);
            rows.map(|(at, row)| (at, row.id)).collect::<Vec<_>>()
        })
    };
    let add = move |after: Option<u32>| {
        let id = form.draft.try_update(|draft| draft.add_after(after)).unwrap_or_default();
        if after.is_none() {
            page.set(pages.get_untracked() - 1);
        }
        set_timeout(move || focus(&format!("cidr-{id}")), Duration::ZERO);
    };
    let first_wrong = move || {
        let wrong = form.said.with_untracked(|said| said.wrong.keys().copied().collect::<Vec<_>>());
        let place = form.draft.with_untracked(|draft| {
            let place = draft.rows.iter().position(|row| wrong.contains(&row.id));
            place.map(|at| (at, draft.rows[at].id))
        });
        if let Some((at, id)) = place {
            page.set(at / PAGE);
            set_timeout(move || focus(&format!("cidr-{id}")), Duration::ZERO);
        }
    };
    let wrong = Memo::new(move |_| form.said.with(|said| len(&said.wrong.keys().collect::<Vec<_>>())));
    let alive = form.alive;
    let with_ports = form.ports.with_value(Option::is_some);
    view! {
        <fieldset class="part">
            <legend>{legend}</legend>
            <p class="dim hint">{hint}</p>
            <div class="client-heads" class:bare=!with_ports aria-hidden="true">
                <span>"Range"</span>
                {with_ports.then(|| view! { <span>"Ports"</span> })}
                <span>"Note"</span>
            </div>
            <ol class="clients">
                <For each=shown key=|(at, id)| (*at, *id) let((at, id))>
                    <ClientRow form at id add=Callback::new(add) />
                </For>
            </ol>
            <div class="acts">
                <button type="button" class="button" disabled=move || !alive.get() on:click=move |_| add(None)>
                    <Icon name=IconName::Add />
                    "Add a range"
                </button>
                <button type="button" class="button" disabled=move || !alive.get() data-opens="paste">
                    <Icon name=IconName::Paste />
                    "Paste a list"
                </button>
                <Show when=move || { wrong.get() > 0 }>
                    <button type="button" class="button quiet" on:click=move |_| first_wrong()>
                        {move || format!("Go to {}", rows_to_fix(wrong.get()))}
                    </button>
                </Show>
            </div>
            <Show when=move || { pages.get() > 1 }>
                <div class="pager">
                    <button type="button" class="button" disabled=move || at.get() == 0 on:click=move |_| page.set(at.get_untracked().saturating_sub(1))>
                        "Previous"
                    </button>
                    <span>{move || range(at.get(), count.get())}</span>
                    <button type="button" class="button" disabled=move || { at.get() + 1 >= pages.get() } on:click=move |_| page.set(at.get_untracked() + 1)>
                        "Next"
                    </button>
                </div>
            </Show>
        </fieldset>
    }
    .into_any()
}

/// `the row to fix`, `the first of 3 rows to fix`.
fn rows_to_fix(count: u64) -> String {
    if count == 1 { "the row to fix".to_owned() } else { format!("the first of {} rows to fix", thousands(count)) }
}

fn range(page: usize, count: usize) -> String {
    let number = |n: usize| thousands(u64::try_from(n).unwrap_or(u64::MAX));
    format!("Rows {}–{} of {}", number(page * PAGE + 1), number(((page + 1) * PAGE).min(count)), number(count))
}
