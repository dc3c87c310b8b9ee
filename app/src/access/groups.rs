//! The client groups that may reach the Service.

use super::draft::GroupRow;
use super::editor::Editor;
use super::ports::Ports;
use crate::frame::focus;
use crate::part::{Icon, IconName, prose};
use crate::text::{counted, len};
use leptos::prelude::*;
use policy::access::NOTE_MAX;
use std::time::Duration;

/// The client groups, and where they are made.
#[component]
pub(super) fn Groups(editor: Editor) -> impl IntoView {
    let form = editor.form;
    let shown = move || form.draft.with(|draft| draft.groups.iter().enumerate().map(|(at, group)| (at, group.id)).collect::<Vec<_>>());
    let names = Memo::new(move |_| editor.scope.with(|scope| scope.groups.iter().map(|group| group.name.to_string()).collect::<Vec<_>>()));
    let add = move |_| {
        // Mostly there is one left that is not chosen yet.
        let free = names.with_untracked(|names| {
            form.draft.with_untracked(|draft| names.iter().find(|name| draft.groups.iter().all(|group| group.name != **name)).cloned())
        });
        let id = form.draft.try_update(|draft| draft.add_group(free.unwrap_or_default())).unwrap_or_default();
        set_timeout(move || focus(&format!("group-{id}")), Duration::ZERO);
    };
    let none = move || names.with(Vec::is_empty);
    view! {
        <fieldset class="part">
            <legend>"Client groups"</legend>
            <p class="dim hint">
                {move || if none() { "The cluster has no group. " } else { "Ranges with a name, shared by Services and changed in one place. " }}
                <a href="/groups">{move || if none() { "Create the first" } else { "All groups" }}</a>
            </p>
            <ol class="clients">
                <For each=shown key=|(at, id)| (*at, *id) let((at, id))>
                    <OneGroup editor names at id />
                </For>
            </ol>
            <div class="acts">
                <button type="button" class="button" disabled=move || !form.alive.get() || none() on:click=add>
                    <Icon name=IconName::Add />
                    "Add a group"
                </button>
            </div>
        </fieldset>
    }
    .into_any()
}

/// A group: which, its ports, its note, and what it holds. Pointing at it lights the rules that it made.
#[component]
fn OneGroup(editor: Editor, names: Memo<Vec<String>>, at: usize, id: u32) -> impl IntoView {
    let form = editor.form;
    let row = Memo::new(move |_| form.draft.with(|draft| draft.groups.iter().find(|group| group.id == id).cloned()));
    let edit = move |change: &dyn Fn(&mut GroupRow)| {
        form.draft.update(|draft| draft.groups.iter_mut().filter(|group| group.id == id).for_each(change));
    };
    let name = Memo::new(move |_| row.with(|row| row.as_ref().map(|row| row.name.clone()).unwrap_or_default()));
    let note = move || row.with(|row| row.as_ref().map(|row| row.note.clone()).unwrap_or_default());
    let first_note = row.with_untracked(|row| row.as_ref().map(|row| row.note.clone()).unwrap_or_default());
    let chosen = Memo::new(move |_| row.with(|row| row.as_ref().map(|row| row.ports.clone()).unwrap_or_default()));
    let wrong = Memo::new(move |_| form.said.with(|said| said.wrong.get(&id).cloned()));
    let holds = move || {
        name.with(|name| {
            editor.scope.with(|scope| {
                let group = scope.groups.iter().find(|group| group.name.as_str() == name)?;
                let held: policy::cidr::CidrSet = group.cidrs().into_iter().collect();
                Some(format!("{} · {}", counted(len(&group.ranges), "range", "ranges"), held.counted()))
            })
        })
    };
    let options = move || {
        let chosen = name.get();
        let mut names = names.get();
        // One that the cluster does not have stays to be seen.
        if !names.contains(&chosen) {
            names.insert(0, chosen.clone());
        }
        let option = |name: String| view! { <option value=name.clone() selected=name == chosen>{name.clone()}</option> };
        names.into_iter().map(option).collect_view()
    };
    let number = at + 1;
    let message = format!("group-message-{id}");
    let light = move || form.lit.set(vec![id]);
    let dark = move || form.lit.set(Vec::new());
    view! {
        <li
            class="client"
            class:lit=move || form.lit.with(|lit| lit.contains(&id))
            class:wrong=move || wrong.with(Option::is_some)
            on:mouseenter=move |_| light()
            on:mouseleave=move |_| dark()
            on:focusin=move |_| light()
            on:focusout=move |_| dark()
        >
            <select
                id=format!("group-{id}")
                aria-label=format!("Group {number}")
                aria-invalid=move || wrong.with(Option::is_some).then_some("true")
                aria-describedby=message.clone()
                prop:value=move || name.get()
                on:change=move |event| {
                    let name = event_target_value(&event);
                    edit(&|row| row.name.clone_from(&name));
                }
            >
                {options}
            </select>
            <Ports
                ports=form.ports.get_value().unwrap_or_default()
                of=format!("group {number}")
                chosen
                choose=Callback::new(move |ports: Vec<_>| edit(&|row| row.ports.clone_from(&ports)))
            />
            <input
                aria-label=format!("Note of group {number}")
                placeholder="Note"
                maxlength=NOTE_MAX.to_string()
                autocomplete="off"
                value=first_note
                prop:value=note
                on:input=move |event| {
                    let note = event_target_value(&event);
                    edit(&|row| row.note.clone_from(&note));
                }
            />
            <button
                type="button"
                class="button quiet icon-only"
                aria-label=format!("Remove group {number}")
                on:click=move |_| form.draft.update(|draft| draft.groups.retain(|group| group.id != id))
            >
                <Icon name=IconName::Close />
            </button>
            <p class="message" id=message aria-live="polite">
                {move || match wrong.get() {
                    Some(why) => view! { <span class="denied"><span class="shape" aria-hidden="true">"✕"</span>{prose(&why)}</span> }.into_any(),
                    None => view! { <span class="dim">{holds()}</span> }.into_any(),
                }}
            </p>
        </li>
    }
    .into_any()
}
