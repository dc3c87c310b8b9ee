//! Who can reach the Service: as it is in the first render, and before and after the draft from then on.

use super::editor::Editor;
use crate::api;
use crate::backend::Problem;
use crate::live::Live;
use crate::part::{prose, reach};
use leptos::prelude::*;
use leptos::task::spawn_local;
use policy::access::Change;
use policy::view::ReachView;

/// The first card of the preview. While an answer is on its way the one before stays, dimmed; of several the newest counts.
#[component]
pub(super) fn Who(editor: Editor, settled: RwSignal<Change>, first: Result<ReachView, Problem>) -> impl IntoView {
    let tick = expect_context::<Live>().tick;
    let shown = RwSignal::new(first);
    let asked = StoredValue::new(0_u32);
    let waits = RwSignal::new(false);
    Effect::new(move |before: Option<()>| {
        tick.track();
        let change = settled.get();
        // What the server rendered is the answer to the first draft, if that is what is in force.
        if before.is_none() && !editor.touched_untracked() {
            return;
        }
        let number = asked.try_update_value(|asked| {
            *asked += 1;
            *asked
        });
        waits.set(true);
        spawn_local(async move {
            let answer = if editor.touched_untracked() { api::reach_of_change(change).await } else { api::reach(change.service).await };
            if asked.try_get_value() == number {
                _ = shown.try_set(answer);
                _ = waits.try_set(false);
            }
        });
    });
    view! {
        <article class="card who" class:waits=move || waits.get() aria-busy=move || waits.get().then_some("true")>
            <h3>"Who can reach it"</h3>
            {move || match shown.get() {
                Ok(view) => reach(view),
                Err(problem) => view! { <p class="dim">{prose(&problem.to_string())}</p> }.into_any(),
            }}
        </article>
    }
    .into_any()
}
