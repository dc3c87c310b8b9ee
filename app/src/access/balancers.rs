//! Load balancers that send with their own addresses: asked of Services that have NodePorts.

use super::editor::Editor;
use crate::part::prose;
use leptos::prelude::*;

/// The ranges that load balancers send from.
#[component]
pub(super) fn Balancers(editor: Editor) -> impl IntoView {
    let wrong = move || editor.said.with(|said| said.balancers.clone());
    let needless =
        move || editor.draft.with(|draft| draft.balancers.trim().is_empty()) && !editor.scope.with(|scope| scope.service.has_node_ports());
    view! {
        <fieldset class="part" hidden=needless>
            <legend>"Load balancers"</legend>
            <p class="dim hint" id="balancers-hint">
                "Ranges that a load balancer sends or checks from with its own addresses. They may use the NodePorts alone."
            </p>
            <label class="field">
                <span>"Ranges"</span>
                <input
                    class="mono"
                    placeholder="198.51.100.0/24"
                    autocomplete="off"
                    spellcheck="false"
                    aria-describedby="balancers-hint balancers-message"
                    aria-invalid=move || wrong().is_some().then_some("true")
                    value=editor.draft.with_untracked(|draft| draft.balancers.clone())
                    prop:value=move || editor.draft.with(|draft| draft.balancers.clone())
                    on:input=move |event| editor.draft.update(|draft| draft.balancers = event_target_value(&event))
                />
            </label>
            <p class="message denied" id="balancers-message" aria-live="polite">
                {move || wrong().map(|why| prose(&why))}
            </p>
        </fieldset>
    }
    .into_any()
}
