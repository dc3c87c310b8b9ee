//! Two revisions of one Service, compared.

use super::params::{diff_view, query};
use super::revision::{accesses, changes};
use crate::api;
use crate::backend::Problem;
use crate::part::{DiffView, ObjectDiffs, When, loaded_page, prose};
use leptos::prelude::*;
use leptos_meta::Title;
use policy::view::{Comparison, RevisionRow};

/// The page.
#[component]
pub(crate) fn ComparePage() -> impl IntoView {
    let (from, to, service) = (query("from"), query("to"), query("service"));
    let comparison = Resource::new(
        move || (from.get(), to.get(), service.get()),
        |(from, to, service)| async move {
            match (from.parse(), to.parse()) {
                (Ok(from), Ok(to)) => api::compare(from, to, service.parse().ok()).await,
                _ => Err(Problem::Refused(
                    "Two revisions are compared by their numbers, as `/compare?from=1&to=2`: choose them in the history of a Service."
                        .to_owned(),
                )),
            }
        },
    );
    let layout = diff_view();
    view! {
        <Title text=move || format!("Revisions {} and {}", from.get(), to.get()) />
        {loaded_page("Comparison", comparison, move |comparison| show(comparison, layout.get()))}
    }
    .into_any()
}

fn show(view: Comparison, layout: DiffView) -> AnyView {
    let Comparison { service, from, to, access_from, access_to, objects } = view;
    let query = format!("from={}&to={}&service={service}&", from.id, to.id);
    let title = format!("Revision {} to revision {}", from.id, to.id);
    view! {
        <p class="crumbs">
            <a href="/history">"History"</a>
            " / "
            <a href=format!("/history?service={service}")>{service.to_string()}</a>
        </p>
        <h1>{title}</h1>
        <p class="lead">"What differs between the objects of " <code>{service.to_string()}</code> " as each revision left them."</p>
        <div class="two">{side(from)} {side(to)}</div>
        <section>
            <h2>"Who may reach it"</h2>
            {accesses(("As the first left it", access_from), ("As the second left it", access_to))}
        </section>
        <section>
            <h2>"Objects"</h2>
            <ObjectDiffs objects=changes(objects) view=layout query />
        </section>
    }
    .into_any()
}

fn side(row: RevisionRow) -> impl IntoView {
    view! {
        <section class="card">
            <h2>
                <a href=format!("/revisions/{}", row.id)>{format!("Revision {}", row.id)}</a>
            </h2>
            <p>{prose(&row.summary)}</p>
            <p class="event-facts"><span>{row.caller}</span> <When at=row.at /></p>
            <p class="event-reason">{row.reason}</p>
        </section>
    }
    .into_any()
}
