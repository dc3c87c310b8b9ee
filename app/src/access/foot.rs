//! The foot of an editor: the plan of its draft, or the way back to what is in force.

use super::form::Form;
use crate::api::MakePlan;
use crate::frame::focus;
use crate::part::failure;
use leptos::form::ActionForm;
use leptos::html::Input;
use leptos::prelude::*;
use std::time::Duration;

/// Asks for the plan of what `asked` says, as the field of a form; `state` says how the draft stands. What the server refuses stands below.
pub(crate) fn foot(
    form: Form,
    plan: ServerAction<MakePlan>,
    asked: impl Fn() -> String + Send + Sync + 'static,
    blocked: impl Fn() -> bool + Send + Sync + 'static,
    state: impl Fn() -> String + Send + Sync + 'static,
) -> AnyView {
    // Written when it is sent: with a thousand ranges it is long.
    let field = NodeRef::<Input>::new();
    let fill = move |_| {
        if let Some(field) = field.get_untracked() {
            field.set_value(&untrack(&asked));
        }
    };
    let blocked = move || !form.alive.get() || plan.pending().get() || blocked();
    // The button cannot be pressed any more then.
    let discard = move |_| {
        form.discard();
        if let Some(first) = form.draft.with_untracked(|draft| draft.rows.first().map(|row| row.id)) {
            set_timeout(move || focus(&format!("cidr-{first}")), Duration::ZERO);
        }
    };
    view! {
        <ActionForm action=plan>
            <input type="hidden" name="change" node_ref=field />
            <div class="acts bar">
                <button class="button primary" data-key="p" disabled=blocked on:click=fill>"Review plan"</button>
                <button
                    type="button"
                    class="button quiet"
                    disabled=move || !form.alive.get() || !form.touched.get()
                    on:click=discard
                >
                    "Discard draft"
                </button>
                <span class="dim" role="status">{state}</span>
            </div>
        </ActionForm>
        {failure(move || plan.value().get().and_then(Result::err))}
    }
    .into_any()
}
