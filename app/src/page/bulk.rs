//! Many Services, changed in the same way by one plan. Which they are is the URL's query.

mod groups;
mod typed;

use crate::api::{self, ChangeMany};
use crate::backend::Problem;
use crate::part::{Notice, Tone, failure, loaded};
use crate::text::{counted, len};
use crate::view::GroupDrift;
use groups::choice_of_groups;
use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use policy::access::How;
use policy::view::GroupsView;
use typed::Typed;

/// The page.
#[component]
pub(crate) fn BulkPage() -> impl IntoView {
    let query = use_query_map();
    let services = Memo::new(move |_| query.with(|query| query.get_all("service").unwrap_or_default()));
    let action = ServerAction::<ChangeMany>::new();
    let groups: Resource<Result<(GroupsView, Vec<GroupDrift>), Problem>> = Resource::new(|| (), |()| api::groups());
    view! {
        <Title text="Change Services" />
        <p class="crumbs"><a href="/services">"Services"</a></p>
        {move || show(services.get(), action, groups)}
    }
    .into_any()
}

/// What can be done, the word that a form posts for it, and what it means.
const CHOICES: [(How, &str, &str, &str); 4] = [
    (How::Add, "add", "Let these in too", "besides whom each of them lets in already"),
    (How::Remove, "remove", "Stop letting these in", "what is left of a wider range stays"),
    (How::Exactly, "exactly", "Let in exactly these", "and nobody else outside"),
    (How::Open, "open", "Stop guarding them", "everyone outside who is routed to them reaches them again"),
];

fn show(
    services: Vec<String>,
    action: ServerAction<ChangeMany>,
    groups: Resource<Result<(GroupsView, Vec<GroupDrift>), Problem>>,
) -> AnyView {
    if services.is_empty() {
        return view! {
            <h1>"Change Services"</h1>
            <Notice tone=Tone::Plain title="No Service is chosen">
                <p>"Choose some in the " <a href="/services">"list of Services"</a> ", then change them together here."</p>
            </Notice>
        }
        .into_any();
    }
    let count = counted(len(&services), "Service", "Services");
    let names = services.join(" ");
    let typed = Typed::of(&services);
    let list =
        services.iter().map(|name| view! { <li><a href=format!("/services/{name}")><code>{name.clone()}</code></a></li> }).collect_view();
    let choice = move |(how, word, what, means): (How, &'static str, &'static str, &'static str)| {
        view! {
            <label class="check">
                <input
                    type="radio"
                    name="how"
                    value=word
                    checked=how == How::Add
                    prop:checked=move || typed.is(word)
                    on:change=move |_| typed.how(word)
                />
                <span>{what} <span class="dim">" – " {means}</span></span>
            </label>
        }
    };
    let choices = CHOICES.into_iter().map(choice).collect_view();
    view! {
        <h1>{format!("Change {count}")}</h1>
        <ul class="plain chosen">{list}</ul>
        <ActionForm action=action>
            <section class="card">
                <input type="hidden" name="services" value=names />
                <fieldset>
                    <legend>"What to change in each of them"</legend>
                    <div class="radios">{choices}</div>
                </fieldset>
                <label class="field">
                    <span>
                        "Client ranges "
                        <span class="dim">"– one on each line, with its ports behind it where they are not all; what follows a # is its note"</span>
                    </span>
                    <textarea
                        class="mono"
                        name="ranges"
                        rows="8"
                        spellcheck="false"
                        placeholder="50.60.0.0/16 TCP/443 # office"
                        prop:value=move || typed.text()
                        on:input=move |event| typed.set_text(event_target_value(&event))
                    ></textarea>
                </label>
                {loaded(groups, move |(view, _)| choice_of_groups(view, typed))}
                <p class="acts">
                    <button class="button primary" data-key="p" prop:disabled=move || action.pending().get()>
                        {format!("Review the plan for {count}")}
                    </button>
                    <span class="dim">"Nothing is changed yet: the plan shows who is let in and who is shut out, Service by Service."</span>
                </p>
            </section>
        </ActionForm>
        {failure(move || action.value().get().and_then(Result::err))}
    }
    .into_any()
}
