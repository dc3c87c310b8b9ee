//! Clients inside the cluster.

use super::draft::Inside;
use super::editor::Editor;
use super::field::Field;
use crate::part::prose;
use leptos::prelude::*;
use policy::access::InCluster;

/// The choice of clients inside the cluster.
#[component]
pub(super) fn InsideChoice(editor: Editor) -> impl IntoView {
    let options = [
        (Inside::Unchanged, "Unchanged", "every pod and node keeps the verdict it had"),
        (Inside::Namespaces, "Chosen namespaces", "only the pods of these, and the nodes"),
        (Inside::Nobody, "Nobody", "no pod may call it"),
    ];
    let radios = options.into_iter().map(|(mode, word, more)| radio(editor, mode, word, more)).collect_view();
    let wrong = move || editor.form.said.with(|said| said.namespaces.clone());
    let unheard = move || {
        let InCluster::Namespaces(names) = editor.form.said.with(|said| said.access.in_cluster.clone()) else { return None };
        let missing = editor.scope.with(|scope| names.into_iter().filter(|name| !scope.namespaces.contains(name)).collect::<Vec<_>>());
        let names = missing.join("`, `");
        (!missing.is_empty()).then(|| format!("The cluster has no namespace `{names}`: its pods will count once there is one."))
    };
    let field = Field {
        label: "Namespaces",
        example: "web, api",
        described_by: "namespaces-message",
        read: |draft| &draft.namespaces,
        write: |draft| &mut draft.namespaces,
    };
    view! {
        <fieldset class="part">
            <legend>"Clients in the cluster"</legend>
            <div class="radios">{radios}</div>
            <div class="sub" hidden=move || editor.form.draft.with(|draft| draft.inside != Inside::Namespaces)>
                {field.view(editor, wrong)}
                <p class="message" id="namespaces-message" aria-live="polite">
                    {move || wrong().map(|why| view! { <span class="denied">{prose(&why)}</span> })}
                    {move || unheard().map(|why| view! { <span class="changes">{prose(&why)}</span> })}
                </p>
            </div>
        </fieldset>
    }
    .into_any()
}

fn radio(editor: Editor, mode: Inside, word: &'static str, more: &'static str) -> impl IntoView {
    let first = editor.form.draft.with_untracked(|draft| draft.inside == mode);
    view! {
        <label class="check">
            <input
                type="radio"
                name="inside"
                checked=first
                prop:checked=move || editor.form.draft.with(|draft| draft.inside == mode)
                on:change=move |_| editor.form.draft.update(|draft| draft.inside = mode)
            />
            <span>{word} <span class="dim">" – " {more}</span></span>
        </label>
    }
    .into_any()
}
