//! On which HostEndpoints the edge stands: asked where the cluster has none, and otherwise said, with the choice folded below.

use super::draft::Edge;
use super::editor::Editor;
use super::field::Field;
use crate::part::prose;
use leptos::prelude::*;

/// The choice of HostEndpoints.
#[component]
pub(super) fn EdgeChoice(editor: Editor) -> impl IntoView {
    let some = editor.scope.with_untracked(|scope| !scope.edge.endpoints.is_empty());
    let wrong = move || editor.form.said.with(|said| said.interface.clone());
    let existing = some.then(|| radio(editor, Edge::Existing, "Existing", "those that the cluster has, as they are"));
    let field = Field {
        label: "Interface",
        example: "eth0",
        described_by: "interface-message",
        read: |draft| &draft.interface,
        write: |draft| &mut draft.interface,
    };
    view! {
        <fieldset class="part" hidden=move || editor.form.draft.with(|draft| draft.enforced.at_pods_alone())>
            <legend>"HostEndpoints"</legend>
            <details open=!some>
                <summary>{move || editor.form.draft.with(|draft| prose(&said(draft.edge, draft.interface.trim(), some)))}</summary>
                <div class="radios">
                    {existing} {radio(editor, Edge::Named, "Create one on each node", "where it is absent, on the interface where clients arrive")}
                    {radio(editor, Edge::Automatic, "Automatic", "those that Calico's controller makes")}
                </div>
                <div class="sub" hidden=move || editor.form.draft.with(|draft| draft.edge != Edge::Named)>
                    {field.view(editor, wrong)}
                    <p class="message denied" id="interface-message" aria-live="polite">
                        {move || wrong().map(|why| prose(&why))}
                    </p>
                </div>
            </details>
        </fieldset>
    }
    .into_any()
}

fn said(edge: Edge, interface: &str, some: bool) -> String {
    match (edge, some) {
        (Edge::Existing, _) => "The edge stands on the HostEndpoints that the cluster has.".to_owned(),
        (Edge::Automatic, _) => "The edge stands on the HostEndpoints that Calico's controller makes.".to_owned(),
        (Edge::Named, true) => format!("The edge stands on a HostEndpoint on `{interface}` of every node; a node without one gets one."),
        (Edge::Named, false) => "The cluster has none yet, and the edge policy needs one on every node that receives clients.".to_owned(),
    }
}

fn radio(editor: Editor, edge: Edge, word: &'static str, more: &'static str) -> AnyView {
    let first = editor.form.draft.with_untracked(|draft| draft.edge == edge);
    view! {
        <label class="check">
            <input
                type="radio"
                name="edge"
                checked=first
                prop:checked=move || editor.form.draft.with(|draft| draft.edge == edge)
                on:change=move |_| editor.form.draft.update(|draft| draft.edge = edge)
            />
            <span>{word} <span class="dim">" – " {more}</span></span>
        </label>
    }
    .into_any()
}
