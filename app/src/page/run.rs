//! A run: its steps as they land, then the result. All of it is the server's: a reload shows the same.

use super::params::{of_url, param};
use crate::access;
use crate::api::{self, GoOn, Revert, TakeBackRun};
use crate::frame::focus;
use crate::part::{Notice, PartName, ProblemView, RunStateWord, StepStateWord, Tone, When, loaded_page, open_connections, prose, ways_on};
use crate::text::{counted, thousands};
use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_meta::Title;
use policy::view::{RunState, RunStep, RunView, StepState};
use std::time::Duration;

/// The page.
#[component]
pub(crate) fn RunPage() -> impl IntoView {
    let id = param("id");
    let run = of_url(move || id.get(), "run", api::run);
    let acts = Acts { go_on: ServerAction::new(), revert: ServerAction::new(), take_back: ServerAction::new() };
    // What was pressed is gone once the run goes on.
    Effect::new(move |before: Option<usize>| {
        let done = [acts.go_on.value().get(), acts.revert.value().get()].iter().any(|value| matches!(value, Some(Ok(()))));
        let versions = acts.go_on.version().get() + acts.revert.version().get();
        if done && before.is_some_and(|before| before != versions) {
            set_timeout(|| focus("main"), Duration::ZERO);
        }
        versions
    });
    view! {
        <Title text=move || format!("Run {}", id.get()) />
        {loaded_page("Run", run, move |run| show(run, acts))}
    }
    .into_any()
}

/// What can be done about a run.
#[derive(Clone, Copy)]
struct Acts {
    /// Goes on with one that waits.
    go_on: ServerAction<GoOn>,
    /// Puts back what one changed.
    revert: ServerAction<Revert>,
    /// Plans the way back from one that failed.
    take_back: ServerAction<TakeBackRun>,
}

fn show(run: RunView, acts: Acts) -> AnyView {
    let (done, change) = (run.state == RunState::Done, run.change.clone());
    Effect::new(move |_| {
        if done {
            access::applied(&change);
        }
    });
    let landed = count(&run, |state| matches!(state, StepState::Done | StepState::PutBack | StepState::Kept));
    let total = u64::try_from(run.steps.len()).unwrap_or(u64::MAX);
    let ended = run.ended.clone().map(|at| view! { <div><dt>"Ended"</dt><dd><When at /></dd></div> });
    let outcome = outcome(&run, acts);
    let open = run.open_connections.map(open_connections);
    let steps = run.steps.into_iter().enumerate().map(|(at, step)| row(at, step)).collect_view();
    view! {
        <p class="crumbs">
            <a href="/changes">"Changes"</a>
            {run.change.in_hand().map(|service| view! { " / " <a href=format!("/services/{service}")>{service.to_string()}</a> })}
        </p>
        <h1>{format!("Run {} ", run.id)} <RunStateWord state=run.state /></h1>
        <p class="lead">{prose(&run.summary)}</p>
        <div aria-live="polite">{outcome}</div>
        {open}
        <section>
            <h2>"Steps"</h2>
            <p class="progress">
                <progress max=total.to_string() value=landed.to_string() aria-label="Steps that landed"></progress>
                <span>{format!("{} of {} landed", thousands(landed), counted(total, "step", "steps"))}</span>
            </p>
            <ol class="steps" aria-live="polite">{steps}</ol>
        </section>
        <section>
            <h2>"About this run"</h2>
            <dl class="facts">
                <div><dt>"Who"</dt><dd>{run.caller}</dd></div>
                <div><dt>"Why"</dt><dd>{run.reason}</dd></div>
                <div><dt>"Began"</dt><dd><When at=run.started /></dd></div>
                {ended}
                <div><dt>"Plan"</dt><dd><a href=format!("/plans/{}", run.plan)><code>{run.plan.short().to_owned()}</code></a></dd></div>
            </dl>
        </section>
    }
    .into_any()
}

fn count(run: &RunView, which: impl Fn(StepState) -> bool) -> u64 {
    u64::try_from(run.steps.iter().filter(|step| which(step.state)).count()).unwrap_or(u64::MAX)
}

fn row(at: usize, step: RunStep) -> impl IntoView {
    let message = (!step.message.is_empty()).then(|| view! { <p class="step-message">{prose(&step.message)}</p> });
    view! {
        <li class="step" data-state=format!("{:?}", step.state)>
            <span class="step-number" aria-hidden="true">{at + 1}</span>
            <div>
                <p class="step-what">
                    <b>{step.verb}</b>
                    " "
                    <PartName role=step.role key=step.key />
                </p>
                {message}
            </div>
            <StepStateWord state=step.state />
        </li>
    }
    .into_any()
}

/// What came of it, and what can be done now.
fn outcome(run: &RunView, acts: Acts) -> AnyView {
    let Acts { go_on, revert, take_back } = acts;
    let message = run.message.clone();
    match run.state {
        RunState::Running => view! {
            <Notice tone=Tone::Changes title="Being applied">
                <p>"Steps light up as they land. This page can be left or loaded again: the run goes on."</p>
                <p>{prose(&message)}</p>
            </Notice>
        }
        .into_any(),
        RunState::Held => held(run, go_on, revert),
        RunState::Done => {
            let revision = run.revision.map(|id| {
                view! { <p>"Kept as " <a href=format!("/revisions/{id}")>{format!("revision {id}")}</a> ": it can be taken back from there."</p> }
            });
            view! {
                <Notice tone=Tone::Allowed title="Every step landed">
                    <p>{prose(&message)}</p>
                    {revision}
                </Notice>
            }
            .into_any()
        }
        RunState::PutBack => {
            let on = ways_on(run.id, &run.plan, false, take_back);
            view! {
                <Notice tone=Tone::Denied title="A step failed; what had been changed was put back">
                    <p>{prose(&message)}</p>
                    <p class="dim">"The cluster is as it was before this run. Fix what the step names, then review its plan again."</p>
                    {on}
                </Notice>
            }
            .into_any()
        }
        RunState::Failed => {
            let on = ways_on(run.id, &run.plan, run.change.baseline().is_none(), take_back);
            view! {
                <Notice tone=Tone::Denied title="A step failed, and something could not be put back">
                    <p>{prose(&message)}</p>
                    <p>"The steps below say which objects stay changed. Either way on starts from what is there now."</p>
                    {on}
                </Notice>
            }
            .into_any()
        }
        RunState::Interrupted => interrupted(run, revert),
        RunState::Reverted => view! {
            <Notice tone=Tone::Plain title="Reverted">
                <p>{prose(&message)}</p>
                <p class="dim">"It was stopped before its end, and what it had changed was put back."</p>
            </Notice>
        }
        .into_any(),
    }
}

fn held(run: &RunView, go_on: ServerAction<GoOn>, revert: ServerAction<Revert>) -> AnyView {
    let (id, message) = (run.id, run.message.clone());
    let left = count(run, |state| state == StepState::Waiting);
    let landed = count(run, |state| state == StepState::Done);
    let ask = run.change.in_hand().map(|service| {
        view! { <p><a href=format!("/ask?to={service}")>"Ask about one client, at each node"</a></p> }
    });
    let failed = move || {
        let problem = go_on.value().get().and_then(Result::err).or_else(|| revert.value().get().and_then(Result::err));
        problem.map(|problem| view! { <ProblemView problem /> })
    };
    view! {
        <Notice tone=Tone::Changes title="It waits for you">
            <p>{prose(&message)}</p>
            <p>"Check who gets in at that node, and what its users report. Nothing else can be applied until the run goes on or is taken back."</p>
            {ask}
            <div class="acts">
                <ActionForm action=go_on>
                    <input type="hidden" name="run" value=id.to_string() />
                    <button class="button primary">{format!("Go on with {}", counted(left, "step", "steps"))}</button>
                </ActionForm>
                <ActionForm action=revert>
                    <input type="hidden" name="run" value=id.to_string() />
                    <button class="button danger">{format!("Take back {}", counted(landed, "step", "steps"))}</button>
                </ActionForm>
            </div>
            {failed}
        </Notice>
    }
    .into_any()
}

fn interrupted(run: &RunView, revert: ServerAction<Revert>) -> AnyView {
    let touched = count(run, |state| matches!(state, StepState::Done | StepState::Sent | StepState::Unknown));
    let (id, message) = (run.id, run.message.clone());
    let failed = move || revert.value().get().and_then(Result::err).map(|problem| view! { <ProblemView problem /> });
    let form = (touched > 0).then(|| {
        view! {
            <ActionForm action=revert>
                <input type="hidden" name="run" value=id.to_string() />
                <button class="button danger">{format!("Revert {}", counted(touched, "object", "objects"))}</button>
            </ActionForm>
        }
    });
    view! {
        <Notice tone=Tone::Unknown title="Portcullis ended in the middle of this run">
            <p>{prose(&message)}</p>
            <p>"Each object was read back; the steps below say what was found. Revert puts back what this run changed, and leaves alone what somebody else has changed since."</p>
            {form}
            {failed}
        </Notice>
    }
    .into_any()
}
