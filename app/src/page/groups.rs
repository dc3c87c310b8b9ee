//! Client groups: ranges with a name, used by several Services, changed in one place with one plan over all of them. The URL says which of
//! them is in hand.

mod editor;
mod list;
mod preview;

use super::params::query;
use crate::api::{self, MakePlan};
use crate::backend::Problem;
use crate::live::Live;
use crate::part::{Notice, Tone, loaded_page, yaml_link};
use editor::GroupEditor;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_meta::Title;
use list::{NewGroup, list};
use policy::access::GroupName;
use policy::view::{GroupRow, GroupsView};

/// The page.
#[component]
pub(crate) fn GroupsPage() -> impl IntoView {
    let plan = ServerAction::<MakePlan>::new();
    let chosen = query("group");
    // Loaded once: what changes later is written into the page, so that the draft and the focus stay.
    let first: Resource<Result<GroupsView, Problem>> = Resource::new(|| (), |()| api::groups());
    let title = move || chosen.with(|name| if name.is_empty() { "Client groups".to_owned() } else { format!("Group {name}") });
    view! {
        <Title text=title />
        {loaded_page("Client groups", first, move |view| view! { <Shown view chosen plan /> }.into_any())}
    }
    .into_any()
}

#[component]
fn Shown(view: GroupsView, chosen: Memo<String>, plan: ServerAction<MakePlan>) -> impl IntoView {
    let now = RwSignal::new(view);
    follow(now);
    move || chosen.with(|name| if name.is_empty() { all(now) } else { one(now, name, plan) })
}

/// Reads the groups again whenever the cluster moves.
fn follow(now: RwSignal<GroupsView>) {
    let tick = expect_context::<Live>().tick;
    Effect::new(move |before: Option<()>| {
        tick.track();
        if before.is_some() {
            spawn_local(async move {
                if let Ok(view) = api::groups().await
                    && now.try_with_untracked(|now| *now != view) == Some(true)
                {
                    _ = now.try_set(view);
                }
            });
        }
    });
}

fn all(now: RwSignal<GroupsView>) -> AnyView {
    view! {
        <p class="crumbs"><a href="/services">"Services"</a></p>
        <h1>"Client groups"</h1>
        <p class="dim">
            "A client group is a list of ranges with a name, such as an office or a partner. Services let a group in by its name. When it changes, one plan changes every Service that uses it."
        </p>
        {move || now.with(list)}
        <section class="card" aria-label="New group">
            <h2>"New group"</h2>
            <NewGroup now />
        </section>
    }
    .into_any()
}

/// The group of this name, or one that there is not yet.
fn one(now: RwSignal<GroupsView>, name: &str, plan: ServerAction<MakePlan>) -> AnyView {
    let crumbs = view! { <p class="crumbs"><a href="/services">"Services"</a> " / " <a href="/groups">"Client groups"</a></p> };
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
    let holds = move || row.with(GroupRow::holds);
    let defined = Memo::new(move |_| row.with(|row| row.defined));
    view! {
        {crumbs}
        <h1>{heading} " " <span class="dim">{holds}</span></h1>
        <p><a href=past>"History of this group"</a></p>
        {move || defined.get().then(|| yaml_link(yaml.clone()))}
        <GroupEditor name row plan />
    }
    .into_any()
}
