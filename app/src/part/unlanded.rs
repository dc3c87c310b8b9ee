//! Runs that did not land, as an event of the history and as a notice.

use super::{Notice, RunStateWord, Tone, When, failure, prose};
use crate::api::TakeBackRun;
use crate::view::UnlandedRun;
use leptos::form::ActionForm;
use leptos::prelude::*;
use policy::plan::PlanDigest;
use policy::view::{RunId, RunState};

/// An event of the timeline, with what it was about where that is not clear by the page.
pub(crate) fn unlanded_event(run: UnlandedRun, with_subject: bool) -> AnyView {
    let subject = with_subject.then(|| match run.services.as_slice() {
        [service] => view! { <a href=format!("/services/{service}")><code>{run.subject.clone()}</code></a> }.into_any(),
        _ => view! { <span>{run.subject.clone()}</span> }.into_any(),
    });
    let open =
        run.unresolved.then(|| view! { <p><a href=format!("/runs/{}", run.id)>"Nothing was applied since: see the ways on"</a></p> });
    let message = (!run.message.is_empty()).then(|| view! { <p class="event-message">{prose(&run.message)}</p> });
    view! {
        <li class="event unlanded">
            <p><a href=format!("/runs/{}", run.id) data-row="">{prose(&run.summary)}</a></p>
            <p class="event-facts">
                <span class="dim">{format!("run {}", run.id)}</span>
                <RunStateWord state=run.state />
                {subject}
                <span>{run.caller}</span>
                <When at=run.at />
            </p>
            {message}
            {open}
            <p class="event-reason">{run.reason}</p>
        </li>
    }
    .into_any()
}

/// That the last change of a Service did not land, where nothing was applied since.
pub(crate) fn unlanded_notice(run: UnlandedRun, take_back: ServerAction<TakeBackRun>) -> AnyView {
    let (title, left) = match run.state {
        RunState::Failed => (
            "The last change failed, and something of it is left",
            "Some objects are as the change wants them, others as they were before.",
        ),
        _ => ("The last change did not land", "What it had changed was put back: who may reach the Service is as it was before."),
    };
    view! {
        <Notice tone=Tone::Denied title=title>
            <p><a href=format!("/runs/{}", run.id)>{format!("Run {}", run.id)}</a> ", " <When at=run.at /> ": " {prose(&run.message)}</p>
            <p class="dim">{left}</p>
            {ways_on(run.id, &run.plan, run.returns, take_back)}
        </Notice>
    }
    .into_any()
}

/// What can be done about a run that did not land: the same change again, or, where something of it is left, back to what it found.
pub(crate) fn ways_on(run: RunId, plan: &PlanDigest, returns: bool, take_back: ServerAction<TakeBackRun>) -> AnyView {
    let back = returns.then(|| {
        view! {
            <ActionForm action=take_back>
                <input type="hidden" name="run" value=run.to_string() />
                <button class="button">"Plan to go back to what was there before it"</button>
            </ActionForm>
        }
    });
    view! {
        <div class="acts">
            <a class="button primary" href=format!("/plans/{plan}")>"Review its plan again"</a>
            {back}
        </div>
        {failure(move || take_back.value().get().and_then(Result::err))}
    }
    .into_any()
}
