//! A revision: what one change did, and the way back to it.

use super::params::{diff_view, of_url, param};
use crate::api::{self, RollBack, TakeBack};
use crate::part::{AccessSummary, DiffView, ObjectDiffs, When, failure, loaded_page, prose, reach, yaml_link};
use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_meta::Title;
use policy::access::{Access, Baseline};
use policy::view::{AccessChange, ObjectChange, ReachView, RevisionRow, RevisionView};

/// The page.
#[component]
pub(crate) fn RevisionPage() -> impl IntoView {
    let id = param("id");
    let revision = of_url(move || id.get(), "revision", api::revision);
    let layout = diff_view();
    let ways = Ways { to: ServerAction::<RollBack>::new(), before: ServerAction::<TakeBack>::new() };
    view! {
        <Title text=move || format!("Revision {}", id.get()) />
        {loaded_page("Revision", revision, move |(revision, told)| show(revision, told, layout.get(), ways))}
    }
    .into_any()
}

/// The ways back.
#[derive(Clone, Copy)]
struct Ways {
    /// To what the revision left.
    to: ServerAction<RollBack>,
    /// To what it found.
    before: ServerAction<TakeBack>,
}

fn show(view: RevisionView, told: Option<ReachView>, layout: DiffView, ways: Ways) -> AnyView {
    let RevisionView { row, run, changes: accesses_changed, baseline, objects } = view;
    let export = yaml_link(format!("/revisions/{}/objects.yaml", row.id));
    let back = back(&row, Sides::of(&row, &accesses_changed, baseline.as_ref()), ways);
    let subject = if baseline.is_some() || row.group.is_some() {
        "Of"
    } else if accesses_changed.len() > 1 {
        "Services"
    } else {
        "Service"
    };
    let of_cluster = baseline.is_some().then(|| view! { <a href="/cluster#baseline">"the baseline"</a> });
    let of_group =
        row.group.as_ref().map(|group| view! { <a href=format!("/groups?group={group}")>"the group " {group.to_string()}</a> " " });
    let services = row
        .services
        .iter()
        .map(|service| view! { <a href=format!("/services/{service}")><code>{service.to_string()}</code></a> " " })
        .collect_view();
    let several = accesses_changed.len() > 1;
    let who = accesses_changed.into_iter().map(|change| who(change, several)).collect_view();
    let means = match baseline {
        Some([before, after]) => baselines(&before, &after).into_any(),
        None => view! { <section><h2>"Who may reach it"</h2>{who}</section> }.into_any(),
    };
    let history = match (row.services.as_slice(), &row.group) {
        (_, Some(group)) => Some(view! { " / " <a href=format!("/history?group={group}")>{row.subject()}</a> }.into_any()),
        ([service], None) => Some(view! { " / " <a href=format!("/history?service={service}")>{service.to_string()}</a> }.into_any()),
        _ if row.of_baseline => Some(view! { " / " <a href="/history?baseline=true">"the baseline"</a> }.into_any()),
        _ => None,
    };
    view! {
        <p class="crumbs">
            <a href="/history">"History"</a>
            {history}
        </p>
        <h1>{format!("Revision {}", row.id)}{row.latest.then(|| view! { " " <span class="badge quiet">"in force"</span> })}</h1>
        <p class="lead">{prose(&row.summary)}</p>
        <dl class="facts">
            <div><dt>{subject}</dt><dd>{of_group} {services} {of_cluster}</dd></div>
            <div><dt>"Who"</dt><dd>{row.caller}</dd></div>
            <div><dt>"When"</dt><dd><When at=row.at /></dd></div>
            <div><dt>"Why"</dt><dd>{row.reason}</dd></div>
            <div><dt>"Plan"</dt><dd><a href=format!("/plans/{}", row.plan)><code>{row.plan.short().to_owned()}</code></a></dd></div>
            <div><dt>"Run"</dt><dd><a href=format!("/runs/{run}")>{format!("Run {run}")}</a></dd></div>
        </dl>
        {back}
        {told.map(reached)}
        {means}
        <section>
            <h2>"Objects"</h2>
            {export}
            <ObjectDiffs objects=changes(objects) view=layout query="" />
        </section>
    }
    .into_any()
}

/// Who was let in and who was cut, in the words of its plan.
fn reached(view: ReachView) -> AnyView {
    view! {
        <section>
            <h2>"Reachability"</h2>
            <p class="dim">"What it did to clients, as its plan said when it was applied."</p>
            {reach(view)}
        </section>
    }
    .into_any()
}

/// What a revision found and what it left, in a few words.
struct Sides {
    before: String,
    after: String,
}

impl Sides {
    fn of(row: &RevisionRow, changes: &[AccessChange], baseline: Option<&[Baseline; 2]>) -> Self {
        let of_access = |access: &Option<Access>| access.as_ref().map_or_else(|| "not guarded".to_owned(), Access::in_short);
        match (baseline, changes, &row.group) {
            (Some([before, after]), ..) => Self { before: before.in_short(), after: after.in_short() },
            (None, [AccessChange { service, before, after }], None) => {
                Self { before: format!("`{service}`: {}", of_access(before)), after: format!("`{service}`: {}", of_access(after)) }
            }
            _ => Self { before: format!("{} as before it", row.subject()), after: format!("{} as it left them", row.subject()) },
        }
    }
}

/// Two baselines, one after the other.
fn baselines(before: &Baseline, after: &Baseline) -> impl IntoView + use<> {
    view! {
        <section>
            <h2>"The baseline"</h2>
            <dl class="facts">
                <div><dt>"Before"</dt><dd>{before.in_short()}</dd></div>
                <div><dt>"After"</dt><dd>{after.in_short()}</dd></div>
            </dl>
        </section>
    }
    .into_any()
}

/// Who might reach a Service before, and may after.
fn who(change: AccessChange, several: bool) -> impl IntoView {
    let AccessChange { service, before, after } = change;
    let name = several.then(|| view! { <p><code>{service.to_string()}</code></p> });
    view! { {name} {accesses(("Before", before), ("After", after))} }.into_any()
}

/// Two accesses beside each other.
pub(super) fn accesses(from: (&'static str, Option<Access>), to: (&'static str, Option<Access>)) -> impl IntoView {
    view! {
        <div class="two">
            <section class="card"><h3>{from.0}</h3><AccessSummary access=from.1 /></section>
            <section class="card"><h3>{to.0}</h3><AccessSummary access=to.1 /></section>
        </div>
    }
    .into_any()
}

/// As the list of differences takes them.
pub(super) fn changes(
    objects: Vec<ObjectChange>,
) -> Vec<(policy::object::ObjectKey, policy::plan::Role, &'static str, policy::diff::ObjectDiff)> {
    let verb = |change: &ObjectChange| match (&change.before, &change.after) {
        (None, _) => "Create",
        (_, None) => "Delete",
        _ => "Replace",
    };
    objects.into_iter().map(|change| (change.key.clone(), change.role, verb(&change), change.diff)).collect()
}

fn back(row: &RevisionRow, Sides { before, after }: Sides, ways: Ways) -> impl IntoView + use<> {
    let (id, latest) = (row.id, row.latest);
    let to = (!latest).then(|| {
        view! {
            <ActionForm action=ways.to>
                <input type="hidden" name="to" value=id.to_string() />
                <button class="button primary" data-key="p">{format!("Plan to return to revision {id}")}</button>
                <span class="dim">"What it left – " {prose(&after)}</span>
            </ActionForm>
        }
    });
    let class = if latest { "button primary" } else { "button" };
    let failed = move || ways.to.value().get().and_then(Result::err).or_else(|| ways.before.value().get().and_then(Result::err));
    view! {
        <div class="ways-back">
            {to}
            <ActionForm action=ways.before>
                <input type="hidden" name="revision" value=id.to_string() />
                <button class=class data-key=latest.then_some("p")>{format!("Plan to undo revision {id}")}</button>
                <span class="dim">"What was there before it – " {prose(&before)}</span>
            </ActionForm>
            <p class="dim">"Nothing is changed yet: the plan shows what it would do."</p>
        </div>
        {failure(failed)}
    }
    .into_any()
}
