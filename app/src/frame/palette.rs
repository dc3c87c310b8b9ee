//! The command palette: every place of the product and every Service, by typing.

use super::keys::dialog;
use crate::api;
use crate::backend::Problem;
use crate::part::{Icon, IconName};
use leptos::ev::{KeyboardEvent, SubmitEvent};
use leptos::prelude::*;
use policy::view::{ServiceQuery, ServiceRow};
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

/// The dialog's name for `data-opens`.
pub(super) const ID: &str = "palette";
/// Services that are offered at a time.
const ROWS: u32 = 8;
/// The places, as the rail has them.
const PLACES: [(&str, &str); 8] = [
    ("/services", "Services"),
    ("/groups", "Groups"),
    ("/ask", "Ask"),
    ("/changes", "Changes"),
    ("/history", "History"),
    ("/checks", "Checks"),
    ("/cluster", "Cluster"),
    ("/import", "Import YAML"),
];

/// The dialog that `Ctrl-K` opens.
#[component]
pub(super) fn Palette() -> impl IntoView {
    let text = RwSignal::new(String::new());
    let found: Resource<Result<Vec<ServiceRow>, Problem>> = Resource::new(
        move || text.get().trim().to_owned(),
        |text| async move {
            if text.is_empty() {
                return Ok(Vec::new());
            }
            api::services(ServiceQuery { text, rows: ROWS, ..ServiceQuery::default() }).await.map(|(window, _)| window.rows)
        },
    );
    let places = move || {
        let typed = text.get().trim().to_lowercase();
        PLACES
            .into_iter()
            .filter(|(_, word)| word.to_lowercase().contains(&typed))
            .map(|(href, word)| line(href, word, "page"))
            .collect_view()
    };
    let services = move || {
        Suspend::new(async move {
            match found.await {
                Ok(rows) => rows
                    .into_iter()
                    .map(|row| line(&format!("/services/{}", row.service), &row.service.to_string(), "Service"))
                    .collect_view()
                    .into_any(),
                Err(problem) => view! { <li class="dim">{problem.to_string()}</li> }.into_any(),
            }
        })
    };
    view! {
        <dialog id=ID class="dialog" aria-labelledby="palette-title" on:keydown=walk>
            <header>
                <h2 id="palette-title">"Go to"</h2>
                <button type="button" class="button quiet icon-only" data-closes=ID aria-label="Close">
                    <Icon name=IconName::Close />
                </button>
            </header>
            <form on:submit=first>
                <label>
                    <span class="unseen">"A page or a Service"</span>
                    <input
                        type="text"
                        autocomplete="off"
                        autofocus
                        placeholder="A page or a Service"
                        prop:value=text
                        on:input:target=move |event| text.set(event.target().value())
                    />
                </label>
            </form>
            <ul class="palette" aria-label="Where to">
                {places}
                <Transition>{services}</Transition>
            </ul>
        </dialog>
    }
    .into_any()
}

fn line(href: &str, word: &str, kind: &'static str) -> AnyView {
    view! {
        <li>
            <a href=href.to_owned() data-closes=ID>
                <span>{word.to_owned()}</span>
                <span class="dim">{kind}</span>
            </a>
        </li>
    }
    .into_any()
}

/// Enter in the field goes to the first line.
fn first(event: SubmitEvent) {
    event.prevent_default();
    if let Some(link) = links().into_iter().next() {
        link.click();
    }
}

/// Up and down go through the lines, and from the first one up to the field.
fn walk(event: KeyboardEvent) {
    let by: isize = match event.key().as_str() {
        "ArrowDown" => 1,
        "ArrowUp" => -1,
        _ => return,
    };
    event.prevent_default();
    let links = links();
    let active = document().active_element();
    let at = links.iter().position(|link| active.as_ref().is_some_and(|active| link.is_same_node(Some(active))));
    let next = at.map_or(if by > 0 { Some(0) } else { None }, |at| at.checked_add_signed(by));
    match next {
        Some(next) => {
            if let Some(link) = links.get(next) {
                _ = link.focus();
            }
        }
        None => {
            let field = dialog(ID).and_then(|dialog| dialog.query_selector("input").ok().flatten());
            if let Some(field) = field.and_then(|field| field.dyn_into::<HtmlElement>().ok()) {
                _ = field.focus();
            }
        }
    }
}

fn links() -> Vec<HtmlElement> {
    let Some(found) = dialog(ID).and_then(|dialog| dialog.query_selector_all("a").ok()) else { return Vec::new() };
    (0..found.length()).filter_map(|at| found.get(at)?.dyn_into().ok()).collect()
}
