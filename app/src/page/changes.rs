//! Changes: runs that go on, wait or were interrupted.

use crate::api;
use crate::live::Live;
use crate::part::{Notice, RunStateWord, Tone, When, loaded, prose, unlanded_event};
use crate::text::{counted, len};
use crate::view::UnlandedRun;
use leptos::prelude::*;
use leptos_meta::Title;
use policy::view::{RunView, StepState};

/// The page.
#[component]
pub(crate) fn ChangesPage() -> impl IntoView {
    let tick = expect_context::<Live>().tick;
    let changes = Resource::new(move || tick.get(), |_| api::changes());
    view! {
        <Title text="Changes" />
        <h1>"Changes"</h1>
        {loaded(changes, |(open, unlanded)| view! { {show(open)} {unresolved(unlanded)} }.into_any())}
    }
    .into_any()
}

/// Runs that did not land and are about what nothing was applied to since.
fn unresolved(runs: Vec<UnlandedRun>) -> AnyView {
    let open: Vec<UnlandedRun> = runs.into_iter().filter(|run| run.unresolved).collect();
    if open.is_empty() {
        return ().into_any();
    }
    let items = open.into_iter().map(|run| unlanded_event(run, true)).collect_view();
    view! {
        <section>
            <h2>"Did not land"</h2>
            <p class="dim">"A step failed, and nothing was applied since to what they are about."</p>
            <ol class="timeline">{items}</ol>
        </section>
    }
    .into_any()
}

fn show(runs: Vec<RunView>) -> AnyView {
    if runs.is_empty() {
        return view! {
            <Notice tone=Tone::Allowed title="Nothing is under way">
                <p>"No change is being applied, none waits, and none was interrupted. What was applied is in " <a href="/history">"History"</a> "."</p>
            </Notice>
        }
        .into_any();
    }
    let count = counted(len(&runs), "run goes on, waits or was interrupted", "runs go on, wait or were interrupted");
    let items = runs.into_iter().map(item).collect_view();
    view! {
        <p class="lead">{count} "."</p>
        <ul class="timeline">{items}</ul>
    }
    .into_any()
}

fn item(run: RunView) -> impl IntoView {
    let done = run.steps.iter().filter(|step| step.state == StepState::Done).count();
    let progress = format!("{done} of {} steps landed", run.steps.len());
    view! {
        <li class="event">
            <p>
                <a href=format!("/runs/{}", run.id) data-row="">{prose(&run.summary)}</a>
            </p>
            <p class="event-facts">
                <RunStateWord state=run.state />
                {super::plan::subject(&run.change)}
                <span>{progress}</span>
                <span>{run.caller}</span>
                <When at=run.started />
            </p>
            <p class="dim">{run.reason}</p>
        </li>
    }
    .into_any()
}
