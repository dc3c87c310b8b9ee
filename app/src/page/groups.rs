//! Client groups: ranges with a name, used by several Services, changed in one place with one plan over all of them. The URL says which of
//! them is in hand.

mod editor;
mod list;
mod preview;

use super::params::query;
use crate::api::{self, MakePlan, RollBack};
use crate::backend::Problem;
use crate::frame::focus;
use crate::live::Live;
use crate::part::{Notice, Tone, failure, loaded_page, prose, yaml_link};
use crate::view::GroupDrift;
use editor::GroupEditor;
use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_meta::Title;
use list::{NewGroup, held, list};
use policy::access::GroupName;
use policy::view::{GroupRow, GroupsView};

/// The page.
#[component]
pub(crate) fn GroupsPage() -> impl IntoView {
    let (plan, undo) = (ServerAction::<MakePlan>::new(), ServerAction::<RollBack>::new());
    let chosen = query("group");
    // Loaded once: what changes later is written into the page, so that the draft and the focus stay.
    let first: Resource<Result<Known, Problem>> = Resource::new(|| (), |()| api::groups());
    let title = move || chosen.with(|name| if name.is_empty() { "Client groups".to_owned() } else { format!("Group {name}") });
    view! {
        <Title text=title />
        {loaded_page("Client groups", first, move |(view, drifts)| view! { <Shown view chosen plan undo drifts /> }.into_any())}
    }
    .into_any()
}

/// The groups, and those that somebody changed in the cluster.
type Known = (GroupsView, Vec<GroupDrift>);

type Drifts = RwSignal<Vec<GroupDrift>>;

#[component]
fn Shown(
    view: GroupsView,
    chosen: Memo<String>,
    plan: ServerAction<MakePlan>,
    undo: ServerAction<RollBack>,
    drifts: Vec<GroupDrift>,
) -> impl IntoView {
    let (now, drifts) = (RwSignal::new(view), RwSignal::new(drifts));
    follow(now, drifts);
    // Another group is another page, at the same path.
    Effect::new(move |before: Option<String>| {
        let chosen = chosen.get();
        if before.is_some_and(|before| before != chosen) {
            focus("main");
        }
        chosen
    });
    move || chosen.with(|name| if name.is_empty() { all(now, undo, drifts) } else { one(now, name, plan, undo, drifts) })
}

/// Reads the groups again whenever the cluster moves.
fn follow(now: RwSignal<GroupsView>, drifts: Drifts) {
    let tick = expect_context::<Live>().tick;
    Effect::new(move |before: Option<()>| {
        tick.track();
        if before.is_some() {
            spawn_local(async move {
                let Ok((view, drifted)) = api::groups().await else { return };
                if now.try_with_untracked(|now| *now != view) == Some(true) {
                    _ = now.try_set(view);
                }
                if drifts.try_with_untracked(|drifts| *drifts != drifted) == Some(true) {
                    _ = drifts.try_set(drifted);
                }
            });
        }
    });
}

fn all(now: RwSignal<GroupsView>, undo: ServerAction<RollBack>, drifts: Drifts) -> AnyView {
    view! {
        <h1>"Client groups"</h1>
        <p class="dim">
            "A client group is a list of ranges with a name, such as an office or a partner. Services let a group in by its name. When it changes, one plan changes every Service that uses it."
        </p>
        <p class="acts"><a class="button" href="/import">"Import YAML"</a></p>
        {move || drifted(drifts.get(), None, undo)}
        {move || now.with(list)}
        <section class="card" aria-label="New group">
            <h2>"New group"</h2>
            <NewGroup now />
        </section>
    }
    .into_any()
}

/// The group of this name, or one that there is not yet.
fn one(now: RwSignal<GroupsView>, name: &str, plan: ServerAction<MakePlan>, undo: ServerAction<RollBack>, drifts: Drifts) -> AnyView {
    let crumbs = view! { <p class="crumbs"><a href="/groups">"Client groups"</a></p> };
    let heading = name.to_owned();
    let past = format!("/history?group={name}");
    let yaml = format!("/groups/{name}/group.yaml");
    let Ok(name) = name.parse::<GroupName>() else {
        return view! {
            {crumbs}
            <h1>"Client groups"</h1>
            <Notice tone=Tone::Unknown title="No name of a group">
                <NewGroup now typed=heading />
            </Notice>
        }
        .into_any();
    };
    let row = {
        let name = name.clone();
        Memo::new(move |_| now.with(|now| now.find(name.as_str()).cloned().unwrap_or_else(|| GroupRow::new(name.clone()))))
    };
    let of = name.clone();
    let holds = move || row.with(held);
    let defined = Memo::new(move |_| row.with(|row| row.defined));
    view! {
        {crumbs}
        <h1>{heading} " " <span class="dim">{holds}</span></h1>
        <p><a href=past>"History of this group"</a></p>
        {move || defined.get().then(|| yaml_link(yaml.clone()))}
        {move || drifted(drifts.get(), Some(&of), undo)}
        <GroupEditor name row plan />
    }
    .into_any()
}

/// That somebody changed groups in the cluster: of all, or of this one.
fn drifted(drifts: Vec<GroupDrift>, of: Option<&GroupName>, undo: ServerAction<RollBack>) -> AnyView {
    let shown: Vec<GroupDrift> = drifts.into_iter().filter(|drift| of.is_none_or(|of| drift.name == *of)).collect();
    if shown.is_empty() {
        return ().into_any();
    }
    let notices = shown.into_iter().map(|drift| drift_notice(drift, undo)).collect_view();
    view! { {notices} {failure(move || undo.value().get().and_then(Result::err))} }.into_any()
}

fn drift_notice(drift: GroupDrift, undo: ServerAction<RollBack>) -> AnyView {
    let GroupDrift { name, revision, what, services } = drift;
    let used = if services.is_empty() {
        "No Service uses it."
    } else {
        "The Services that use it let in what was applied, until a plan gives them the group as it is now."
    };
    view! {
        <Notice tone=Tone::Denied title=format!("The group {name} has drifted")>
            <p>
                {prose(&what)} " It is not as " <a href=format!("/revisions/{revision}")>{format!("revision {revision}")}</a> " left it. " {used}
            </p>
            <ActionForm action=undo>
                <input type="hidden" name="to" value=revision.to_string() />
                <button class="button">{format!("Review the plan that undoes it for {name}")}</button>
            </ActionForm>
        </Notice>
    }
    .into_any()
}
