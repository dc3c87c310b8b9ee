//! What must stay true: each sentence with whether it holds now, and the forms that add one and take one back.

use crate::api::{self, AddSentence, TakeBackSentence};
use crate::backend::Problem;
use crate::frame::focus;
use crate::live::Live;
use crate::part::{Tone, When, failure, loaded, prose};
use crate::text::{REASON_MAX, ask, len, thousands};
use leptos::form::ActionForm;
use leptos::prelude::*;
use policy::view::{SentenceRow, SentenceState, SentencesView};
use std::time::Duration;

/// The heading.
const TITLE: &str = "must-stay-true-title";

/// The longest sentence, in characters: that of the longest names.
const SENTENCE_MAX: u32 = 250;

/// The section.
#[component]
pub(super) fn Sentences() -> impl IntoView {
    let tick = expect_context::<Live>().tick;
    let (add, take_back) = (ServerAction::<AddSentence>::new(), ServerAction::<TakeBackSentence>::new());
    let sentences = Resource::new(move || (tick.get(), add.version().get(), take_back.version().get()), |_| api::sentences());
    // What was pressed is gone, or begins anew.
    Effect::new(move |before: Option<usize>| {
        let done = [add.value().get(), take_back.value().get()].iter().filter(|value| matches!(value, Some(Ok(())))).count();
        let versions = add.version().get() + take_back.version().get();
        if before.is_some_and(|before| before != versions) && done > 0 {
            set_timeout(|| focus(TITLE), Duration::ZERO);
        }
        versions
    });
    view! {
        <section id="must-stay-true" class="sentences">
            <h2 id=TITLE tabindex="-1">"What must stay true"</h2>
            <p class="dim">
                "Every plan is checked against these sentences, a roll back too. One that would break a sentence cannot be applied, and shows the packet for which it would fail."
            </p>
            {loaded(sentences, move |view| show(view, take_back))}
            {problem(take_back)}
            {form(add)}
        </section>
    }
    .into_any()
}

fn show(view: SentencesView, take_back: ServerAction<TakeBackSentence>) -> AnyView {
    let SentencesView { rows, most } = view;
    if rows.is_empty() {
        return view! { <p>"No sentence is kept yet."</p> }.into_any();
    }
    let count = format!("{} of {} sentences", thousands(len(&rows)), thousands(u64::from(most)));
    // By sentence: what is open about one that is taken back is not left open about the next.
    let key = |row: &SentenceRow| row.sentence.to_string();
    view! {
        <p class="count" role="status">{count}</p>
        <ul class="findings">
            <For each=move || rows.clone() key children=move |one| view! { <li>{row(one, take_back)}</li> } />
        </ul>
    }
    .into_any()
}

fn row(row: SentenceRow, take_back: ServerAction<TakeBackSentence>) -> AnyView {
    let SentenceRow { sentence, caller, reason, added, state } = row;
    let (tone, word) = match state {
        SentenceState::Holds => (Tone::Allowed, "holds"),
        SentenceState::Broken { .. } => (Tone::Denied, "does not hold"),
        SentenceState::Unknown { .. } => (Tone::Unknown, "not known"),
    };
    let detail = match state {
        SentenceState::Holds => ().into_any(),
        SentenceState::Broken { what, packet } => {
            let packet = packet.map(|packet| view! { " " <a href=ask(&packet, "")>"Ask about this packet"</a> });
            view! { <p>{prose(&what)} {packet}</p> }.into_any()
        }
        SentenceState::Unknown { why } => view! { <p>{prose(&why)}</p> }.into_any(),
    };
    let text = sentence.to_string();
    view! {
        <article class=format!("finding {}", tone.class())>
            <p class="finding-what">
                <span class=format!("state {}", tone.class())>
                    <span class="shape" aria-hidden="true">{tone.shape()}</span>
                    {word}
                </span>
                " "
                {prose(&text)}
            </p>
            {detail}
            <p class="dim">{format!("Added by {caller}, ")} <When at=added /> {format!(": {reason}")}</p>
            <details>
                <summary>"Take back"</summary>
                <ActionForm action=take_back attr:class="sentence-form">
                    <input type="hidden" name="sentence" value=text />
                    <label class="field">
                        <span>"Reason " <span class="dim">"– kept in the history"</span></span>
                        <input name="reason" required maxlength=REASON_MAX.to_string() autocomplete="off" />
                    </label>
                    <button class="button danger">"Take this sentence back"</button>
                </ActionForm>
            </details>
        </article>
    }
    .into_any()
}

fn form(add: ServerAction<AddSentence>) -> AnyView {
    view! {
        <div class="card">
            <ActionForm action=add attr:class="sentence-form">
                <label class="field grow">
                    <span>"Sentence " <span class="dim">"– CIDR must never reach NAMESPACE/NAME, or must always; “on PROTOCOL PORT” behind it means one port"</span></span>
                    <input
                        name="sentence"
                        class="mono"
                        required
                        maxlength=SENTENCE_MAX.to_string()
                        autocomplete="off"
                        spellcheck="false"
                        placeholder="50.60.0.0/16 must always reach shop/svc-a on TCP 443"
                    />
                </label>
                <label class="field grow">
                    <span>"Reason " <span class="dim">"– kept in the history"</span></span>
                    <input name="reason" required maxlength=REASON_MAX.to_string() autocomplete="off" placeholder="Why this must stay true" />
                </label>
                <button class="button primary" prop:disabled=move || add.pending().get()>"Keep this sentence"</button>
            </ActionForm>
            {problem(add)}
        </div>
    }
    .into_any()
}

/// What was wrong with what was sent last.
fn problem<T>(action: ServerAction<T>) -> impl IntoView
where
    T: server_fn::ServerFn<Output = (), Error = Problem> + Clone + Send + Sync + 'static,
{
    failure(move || action.value().get().and_then(Result::err))
}
