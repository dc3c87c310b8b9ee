//! On which HostEndpoints the edge stands, where the cluster has none.

use super::draft::Edge;
use super::editor::Editor;
use leptos::prelude::*;

/// The choice of HostEndpoints; nothing to choose where the cluster has them.
#[component]
pub(super) fn EdgeChoice(editor: Editor) -> impl IntoView {
    let chosen_already = move || editor.scope.with(|scope| !scope.edge.endpoints.is_empty());
    let wrong = move || editor.said.with(|said| said.interface.clone());
    let radio = move |edge: Edge, word: &'static str, more: &'static str| {
        let first = editor.draft.with_untracked(|draft| draft.edge == edge);
        view! {
            <label class="check">
                <input
                    type="radio"
                    name="edge"
                    checked=first
                    prop:checked=move || editor.draft.with(|draft| draft.edge == edge)
                    on:change=move |_| editor.draft.update(|draft| draft.edge = edge)
                />
                <span>{word} <span class="dim">" – " {more}</span></span>
            </label>
        }
    };
    view! {
        <fieldset class="part" hidden=chosen_already>
            <legend>"HostEndpoints"</legend>
            <p class="dim hint">"The cluster has none yet, and the edge policy needs one on every node that receives clients."</p>
            <div class="radios">
                {radio(Edge::Named, "Create one on each node", "on the interface where clients arrive")}
                {radio(Edge::Automatic, "Automatic", "Calico's controller has made them, or will once it is switched on")}
            </div>
            <div class="sub" hidden=move || editor.draft.with(|draft| draft.edge != Edge::Named)>
                <label class="field">
                    <span>"Interface"</span>
                    <input
                        class="mono"
                        placeholder="eth0"
                        autocomplete="off"
                        spellcheck="false"
                        aria-describedby="interface-message"
                        aria-invalid=move || wrong().is_some().then_some("true")
                        value=editor.draft.with_untracked(|draft| draft.interface.clone())
                        prop:value=move || editor.draft.with(|draft| draft.interface.clone())
                        on:input=move |event| editor.draft.update(|draft| draft.interface = event_target_value(&event))
                    />
                </label>
                <p class="message denied" id="interface-message" aria-live="polite">{wrong}</p>
            </div>
        </fieldset>
    }
}
