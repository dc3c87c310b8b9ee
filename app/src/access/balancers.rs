//! Load balancers that send with their own addresses: asked of Services that have NodePorts.

use super::editor::Editor;
use super::field::Field;
use crate::part::prose;
use leptos::prelude::*;

/// The ranges that load balancers send from.
#[component]
pub(super) fn Balancers(editor: Editor) -> impl IntoView {
    let wrong = move || editor.form.said.with(|said| said.balancers.clone());
    let needless = move || {
        editor.form.draft.with(|draft| draft.balancers.trim().is_empty()) && !editor.scope.with(|scope| scope.service.has_node_ports())
    };
    let field = Field {
        label: "Ranges",
        example: "198.51.100.0/24",
        described_by: "balancers-hint balancers-message",
        read: |draft| &draft.balancers,
        write: |draft| &mut draft.balancers,
    };
    view! {
        <fieldset class="part" hidden=needless>
            <legend>"Load balancers"</legend>
            <p class="dim hint" id="balancers-hint">
                "Ranges that a load balancer sends or checks from with its own addresses. They may use the NodePorts alone."
            </p>
            {field.view(editor, wrong)}
            <p class="message denied" id="balancers-message" aria-live="polite">
                {move || wrong().map(|why| prose(&why))}
            </p>
        </fieldset>
    }
    .into_any()
}
