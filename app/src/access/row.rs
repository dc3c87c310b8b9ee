//! One range: its address, its ports, its note, and what is wrong with it.

use super::draft::Row;
use super::form::Form;
use super::ports::Ports;
use crate::frame::focus;
use crate::part::{Icon, IconName, prose};
use leptos::prelude::*;
use policy::access::NOTE_MAX;
use std::time::Duration;

/// A row of the editor. Pointing at it, or being in it, lights the rules that it made.
#[component]
pub(super) fn ClientRow(form: Form, at: usize, id: u32, add: Callback<Option<u32>>) -> impl IntoView {
    let first = form.draft.with_untracked(|draft| draft.row(id).cloned());
    let Some(Row { cidr, note, .. }) = first else { return ().into_any() };
    let looked = move || {
        let row = form.draft.with(|draft| draft.row(id).cloned());
        form.said.with(|said| (row, said.wrong.get(&id).cloned(), said.idle.get(&id).cloned()))
    };
    // Looked at with every key in any row: by one look for all, and no memo, which would ask all that hangs on it whether it is still the same.
    let row = RwSignal::new(untrack(looked));
    Effect::new(move |_| {
        let looked = looked();
        if row.with_untracked(|row| *row != looked) {
            row.set(looked);
        }
    });
    let typed = move |read: fn(&Row) -> &str| row.with(|(row, ..)| row.as_ref().map(|row| read(row).to_owned()).unwrap_or_default());
    let is_wrong = move || row.with(|(_, wrong, _)| wrong.is_some());
    let lit = move || form.lit.with(|lit| lit.contains(&id));
    let light = move || form.lit.set(vec![id]);
    let dark = move || form.lit.set(Vec::new());
    let remove = move |_| {
        let next =
            form.draft.with_untracked(|draft| draft.rows.iter().map(|row| row.id).filter(|other| *other != id).nth(at.saturating_sub(1)));
        form.draft.update(|draft| draft.remove(id));
        if let Some(next) = next {
            set_timeout(move || focus(&format!("cidr-{next}")), Duration::ZERO);
        }
    };
    let enter = move |event: leptos::ev::KeyboardEvent| {
        if event.key() == "Enter" {
            event.prevent_default();
            add.run(Some(id));
        }
    };
    let chosen = Memo::new(move |_| row.with(|(row, ..)| row.as_ref().map(|row| row.ports.clone()).unwrap_or_default()));
    let message = format!("message-{id}");
    let number = at + 1;
    let ports = form.ports.get_value().map(|ports| {
        let choose = Callback::new(move |ports| form.draft.update(|draft| draft.edit(id, |row| row.ports = ports)));
        view! { <Ports ports of=format!("range {number}") chosen choose /> }
    });
    let bare = ports.is_none();
    view! {
        <li
            class="client"
            class:bare=bare
            class:lit=lit
            class:wrong=is_wrong
            on:mouseenter=move |_| light()
            on:mouseleave=move |_| dark()
            on:focusin=move |_| light()
            on:focusout=move |_| dark()
        >
            <input
                id=format!("cidr-{id}")
                class="mono"
                aria-label=format!("Range {number}")
                aria-invalid=move || is_wrong().then_some("true")
                aria-describedby=message.clone()
                placeholder="50.60.0.0/16"
                autocomplete="off"
                spellcheck="false"
                data-key=(at == 0).then_some("e")
                value=cidr
                prop:value=move || typed(|row| &row.cidr)
                on:input=move |event| form.draft.update(|draft| draft.edit(id, |row| row.cidr = event_target_value(&event)))
                on:keydown=enter
            />
            {ports}
            <input
                aria-label=format!("Note of range {number}")
                placeholder="Note"
                maxlength=NOTE_MAX.to_string()
                autocomplete="off"
                value=note
                prop:value=move || typed(|row| &row.note)
                on:input=move |event| form.draft.update(|draft| draft.edit(id, |row| row.note = event_target_value(&event)))
                on:keydown=enter
            />
            <button type="button" class="button quiet icon-only" aria-label=format!("Remove range {number}") on:click=remove>
                <Icon name=IconName::Close />
            </button>
            <p class="message" id=message aria-live="polite">
                {move || row.get().1.map(|why| view! { <span class="denied"><span class="shape" aria-hidden="true">"✕"</span>{prose(&why)}</span> })}
                {move || row.get().2.map(|why| view! { <span class="changes"><span class="shape" aria-hidden="true">"±"</span>{prose(&why)}</span> })}
            </p>
        </li>
    }
    .into_any()
}
