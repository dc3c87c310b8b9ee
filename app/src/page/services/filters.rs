//! The filters: a form that works by itself, and that sends itself as one types once the page is alive.

use super::{STATES, Shown};
use crate::backend::Problem;
use crate::part::{Icon, IconName};
use leptos::prelude::*;
use leptos_router::components::Form;
use policy::view::{ServiceQuery, ServiceWindow};
use std::time::Duration;
use wasm_bindgen::JsCast;
use web_sys::{Event, HtmlElement, HtmlFormElement};

/// Typing rests this long before the list follows.
const REST: Duration = Duration::from_millis(200);

/// The filters of the list.
#[component]
pub(super) fn Filters(query: Memo<ServiceQuery>, window: Shown) -> impl IntoView {
    let first = query.get_untracked();
    let timer = StoredValue::new(None::<TimeoutHandle>);
    let send = move |event: Event, rest: Duration| {
        let Some(form) = event.target().and_then(|target| target.dyn_into::<HtmlElement>().ok()).and_then(form) else { return };
        if let Some(timer) = timer.get_value() {
            timer.clear();
        }
        timer.set_value(set_timeout_with_handle(move || _ = form.request_submit(), rest).ok());
    };
    // The address leads when it changes by itself, as by Back; while one types, the field does.
    let field = NodeRef::<leptos::html::Input>::new();
    Effect::new(move |_| {
        let text = query.with(|query| query.text.clone());
        if let Some(field) = field.get_untracked()
            && document().active_element().as_ref() != Some(&field)
        {
            field.set_value(&text);
        }
    });
    let states = STATES
        .into_iter()
        .map(|(word, state)| view! { <option value=word selected=first.state == Some(state)>{word}</option> })
        .collect_view();
    let chosen_state = move || STATES.iter().find(|(_, state)| Some(*state) == query.get().state).map_or("", |(word, _)| word);
    view! {
        <Form method="GET" action="/services" noscroll=true replace=true>
            <div class="filters" role="search" aria-label="Services">
                <label class="search grow">
                    <Icon name=IconName::Search />
                    <span class="unseen">"Name, namespace, address or client range"</span>
                    <input
                        type="search"
                        name="q"
                        placeholder="Name, namespace, address or client range"
                        autocomplete="off"
                        spellcheck="false"
                        data-key="/"
                        node_ref=field
                        value=first.text
                        on:input=move |event| send(event, REST)
                    />
                    <kbd aria-hidden="true">"/"</kbd>
                </label>
                <label class="field inline">
                    <span>"Namespace"</span>
                    <select name="ns" on:change=move |event| send(event, Duration::ZERO) prop:value=move || query.get().namespace>
                        <option value="">"all"</option>
                        <Transition>{move || Suspend::new(async move { namespaces(window.await.map(|(window, _)| window), &query.get_untracked().namespace) })}</Transition>
                    </select>
                </label>
                <label class="field inline">
                    <span>"State"</span>
                    <select name="state" on:change=move |event| send(event, Duration::ZERO) prop:value=chosen_state>
                        <option value="">"all"</option>
                        {states}
                    </select>
                </label>
                <label class="check">
                    <input
                        type="checkbox"
                        name="exposed"
                        value="true"
                        checked=first.exposed
                        prop:checked=move || query.get().exposed
                        on:change=move |event| send(event, Duration::ZERO)
                    />
                    "Exposed only"
                </label>
                <noscript>
                    <button class="button">"Filter"</button>
                </noscript>
            </div>
        </Form>
    }
    .into_any()
}

fn form(element: HtmlElement) -> Option<HtmlFormElement> {
    element.closest("form").ok().flatten()?.dyn_into().ok()
}

/// The namespaces that have a Service, and the chosen one whatever it is.
fn namespaces(window: Result<ServiceWindow, Problem>, chosen: &str) -> AnyView {
    let mut names = window.map(|window| window.namespaces).unwrap_or_default();
    if !chosen.is_empty() && !names.iter().any(|name| name == chosen) {
        names.push(chosen.to_owned());
    }
    names
        .into_iter()
        .map(|name| {
            let selected = name == chosen;
            view! { <option value=name.clone() selected=selected>{name.clone()}</option> }
        })
        .collect_view()
        .into_any()
}
