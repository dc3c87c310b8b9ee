//! History: who changed what, when and why; any two of a Service can be compared.

use super::params::query;
use crate::api;
use crate::backend::Problem;
use crate::live::Live;
use crate::part::{Notice, Tone, When, loaded, prose};
use crate::text::in_query;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::Form;
use policy::view::{HistoryQuery, HistoryWindow, RevisionRow};

/// The page.
#[component]
pub(crate) fn HistoryPage() -> impl IntoView {
    let tick = expect_context::<Live>().tick;
    let (service, before) = (query("service"), query("before"));
    let window = Resource::new(
        move || (service.get(), before.get(), tick.get()),
        |(service, before, _)| async move {
            let query = HistoryQuery {
                service: (!service.is_empty())
                    .then(|| service.parse())
                    .transpose()
                    .map_err(|e: policy::object::NotAServiceRef| Problem::Refused(e.to_string()))?,
                before: before.parse().ok(),
            };
            api::history(query).await
        },
    );
    view! {
        <Title text="History" />
        <h1>"History"</h1>
        <Form method="GET" action="/history">
            <div class="filters" role="search">
                <label class="field">
                    <span>"Service"</span>
                    <input name="service" type="search" placeholder="namespace/name" value=service.get_untracked() prop:value=service data-key="/" />
                </label>
                <button class="button">"Filter"</button>
            </div>
        </Form>
        {loaded(window, move |window| show(window, service.get_untracked()))}
    }
    .into_any()
}

fn show(window: HistoryWindow, service: String) -> AnyView {
    let older = window.more.then(|| window.rows.last().map(|row| row.id)).flatten().map(|id| {
        let service = in_query(&service);
        view! { <p class="pager"><a class="button" href=format!("/history?service={service}&before={id}")>"Older"</a></p> }
    });
    view! {
        {timeline(window.rows, &service)}
        {older}
    }
    .into_any()
}

/// Revisions, newest first: of `service`, or of all where it is empty. Those of one Service can be chosen two at a time and compared.
pub(super) fn timeline(rows: Vec<RevisionRow>, service: &str) -> AnyView {
    let (of_one_service, service) = (!service.is_empty(), service.to_owned());
    if rows.is_empty() {
        return view! {
            <Notice tone=Tone::Plain title="No revisions">
                <p>"Each change that lands is kept here, with who made it, why, and what it did. Start from " <a href="/services">"a Service"</a> "."</p>
            </Notice>
        }
        .into_any();
    }
    let comparable = of_one_service && rows.len() > 1;
    let items = rows.into_iter().enumerate().map(|(at, row)| event(row, comparable.then_some(at), !of_one_service)).collect_view();
    if !comparable {
        return view! { <ol class="timeline">{items}</ol> }.into_any();
    }
    view! {
        <Form method="GET" action="/compare">
            <p class="compare-bar">
                <input type="hidden" name="service" value=service />
                <button class="button">"Compare the two chosen"</button>
            </p>
            <ol class="timeline">{items}</ol>
        </Form>
    }
    .into_any()
}

/// `at`: its place among those that can be compared.
fn event(row: RevisionRow, at: Option<usize>, with_service: bool) -> impl IntoView {
    let id = row.id;
    let choice = at.map(|at| {
        view! {
            <span class="choice">
                <label title="Compare from this one">
                    <input type="radio" name="from" value=id.to_string() checked=at == 1 />
                    <span>"from"<span class="unseen">{format!(" revision {id}")}</span></span>
                </label>
                <label title="Compare to this one">
                    <input type="radio" name="to" value=id.to_string() checked=at == 0 />
                    <span>"to"<span class="unseen">{format!(" revision {id}")}</span></span>
                </label>
            </span>
        }
    });
    let service = with_service.then(|| match row.services.as_slice() {
        [service] => view! { <a href=format!("/services/{service}")><code>{service.to_string()}</code></a> }.into_any(),
        [] if row.of_baseline => view! { <a href="/cluster#baseline">{row.subject()}</a> }.into_any(),
        [] => view! { <a href="/groups">{row.subject()}</a> }.into_any(),
        _ => view! { <span>{row.subject()}</span> }.into_any(),
    });
    view! {
        <li class="event">
            <p>
                <a href=format!("/revisions/{id}") data-row="">{prose(&row.summary)}</a>
                {row.latest.then(|| view! { " " <span class="badge quiet">"in force"</span> })}
            </p>
            <p class="event-facts">
                <span class="dim">{format!("#{id}")}</span>
                {service}
                <span>{row.caller}</span>
                <When at=row.at />
                {choice}
            </p>
            <p class="event-reason">{row.reason}</p>
        </li>
    }
    .into_any()
}
