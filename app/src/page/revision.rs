//! A revision: what one change did, and the way back to it.

use super::params::{diff_view, of_url, param};
use crate::api::{self, RollBack, Undo};
use crate::part::{AccessSummary, DiffView, ObjectDiffs, ProblemView, When, loaded_page, prose, yaml_link};
use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_meta::Title;
use policy::plan::Role;
use policy::view::{ObjectChange, RevisionRow, RevisionView};

/// The page.
#[component]
pub(crate) fn RevisionPage() -> impl IntoView {
    let id = param("id");
    let revision = of_url(move || id.get(), "revision", api::revision);
    let layout = diff_view();
    let roll_back = ServerAction::<RollBack>::new();
    let undo = ServerAction::<Undo>::new();
    view! {
        <Title text=move || format!("Revision {}", id.get()) />
        {loaded_page("Revision", revision, move |revision| show(revision, layout.get(), roll_back, undo))}
    }
    .into_any()
}

fn show(view: RevisionView, layout: DiffView, roll_back: ServerAction<RollBack>, undo: ServerAction<Undo>) -> AnyView {
    let RevisionView { row, run, access_before, access_after, objects } = view;
    let export = yaml_link(format!("/revisions/{}/objects.yaml", row.id));
    let back = (!row.latest).then(|| back(&row, roll_back));
    let before = objects.iter().any(|object| object.role == Role::HandMade).then(|| before(&row, undo));
    view! {
        <p class="crumbs">
            <a href="/history">"History"</a>
            " / "
            <a href=format!("/history?service={}", row.service)>{row.service.to_string()}</a>
        </p>
        <h1>{format!("Revision {}", row.id)}{row.latest.then(|| view! { " " <span class="badge quiet">"in force"</span> })}</h1>
        <p class="lead">{prose(&row.summary)}</p>
        <dl class="facts">
            <div><dt>"Service"</dt><dd><a href=format!("/services/{}", row.service)><code>{row.service.to_string()}</code></a></dd></div>
            <div><dt>"Who"</dt><dd>{row.caller}</dd></div>
            <div><dt>"When"</dt><dd><When at=row.at /></dd></div>
            <div><dt>"Why"</dt><dd>{row.reason}</dd></div>
            <div><dt>"Plan"</dt><dd><a href=format!("/plans/{}", row.plan)><code>{row.plan.short().to_owned()}</code></a></dd></div>
            <div><dt>"Run"</dt><dd><a href=format!("/runs/{run}")>{format!("Run {run}")}</a></dd></div>
        </dl>
        {back}
        {before}
        <section>
            <h2>"Who may reach it"</h2>
            {accesses(("Before", access_before), ("After", access_after))}
        </section>
        <section>
            <h2>"Objects"</h2>
            {export}
            <ObjectDiffs objects=changes(objects) view=layout query="" />
        </section>
    }
    .into_any()
}

/// Two accesses beside each other.
pub(super) fn accesses(
    from: (&'static str, Option<policy::access::Access>),
    to: (&'static str, Option<policy::access::Access>),
) -> impl IntoView {
    view! {
        <div class="two">
            <section class="card"><h3>{from.0}</h3><AccessSummary access=from.1 /></section>
            <section class="card"><h3>{to.0}</h3><AccessSummary access=to.1 /></section>
        </div>
    }
    .into_any()
}

/// As the list of differences takes them.
pub(super) fn changes(objects: Vec<ObjectChange>) -> Vec<(policy::object::ObjectKey, Role, &'static str, policy::diff::ObjectDiff)> {
    let verb = |change: &ObjectChange| match (&change.before, &change.after) {
        (None, _) => "Create",
        (_, None) => "Delete",
        _ => "Replace",
    };
    objects.into_iter().map(|change| (change.key.clone(), change.role, verb(&change), change.diff)).collect()
}

fn back(row: &RevisionRow, roll_back: ServerAction<RollBack>) -> impl IntoView + use<> {
    let id = row.id;
    let failed = move || roll_back.value().get().and_then(Result::err).map(|problem| view! { <ProblemView problem /> });
    view! {
        <ActionForm action=roll_back>
            <input type="hidden" name="to" value=id.to_string() />
            <p class="acts">
                <button class="button primary" data-key="p">
                    {format!("Plan to roll back to revision {id}")}
                </button>
                <span class="dim">"Nothing is changed yet: the plan shows what a roll back would do."</span>
            </p>
        </ActionForm>
        <div aria-live="polite">{failed}</div>
    }
    .into_any()
}

/// The way back to what somebody had made by hand.
fn before(row: &RevisionRow, undo: ServerAction<Undo>) -> impl IntoView + use<> {
    let id = row.id;
    let failed = move || undo.value().get().and_then(Result::err).map(|problem| view! { <ProblemView problem /> });
    view! {
        <ActionForm action=undo>
            <input type="hidden" name="revision" value=id.to_string() />
            <p class="acts">
                <button class="button">{format!("Plan to go back to before revision {id}")}</button>
                <span class="dim">"With the policies that were made by hand as they were then. Nothing is changed yet."</span>
            </p>
        </ActionForm>
        <div aria-live="polite">{failed}</div>
    }
    .into_any()
}
