//! Client groups: ranges with a name, used by several Services, changed in one place with one plan over all of them.

mod editor;

use crate::api::{self, MakePlan};
use crate::backend::Problem;
use crate::part::{CidrChip, Notice, ProblemView, Tone, loaded};
use crate::text::{counted, len};
use editor::GroupEditor;
use leptos::prelude::*;
use leptos_meta::Title;
use policy::access::ClientGroup;
use policy::view::{GroupRow, GroupsView};

/// The page.
#[component]
pub(crate) fn GroupsPage() -> impl IntoView {
    let plan = ServerAction::<MakePlan>::new();
    // Loaded once: what is typed stays while the cluster moves, and the plan is made of the cluster as it is then.
    let groups: Resource<Result<GroupsView, Problem>> = Resource::new(|| (), |()| api::groups());
    let failed = move || plan.value().get().and_then(Result::err).map(|problem| view! { <ProblemView problem /> });
    view! {
        <Title text="Client groups" />
        <p class="crumbs"><a href="/services">"Services"</a></p>
        <h1>"Client groups"</h1>
        <p class="dim">
            "Ranges with a name, as an office or a partner. Services let a group in by its name; a group is changed here, in one plan with every Service that uses it."
        </p>
        <div aria-live="assertive">{failed}</div>
        {loaded(groups, move |view| show(view, plan))}
        <section class="card" aria-label="New group">
            <h2>"New group"</h2>
            <GroupEditor group=None used=0 plan />
        </section>
    }
    .into_any()
}

fn show(view: GroupsView, plan: ServerAction<MakePlan>) -> AnyView {
    if view.rows.is_empty() {
        return view! {
            <Notice tone=Tone::Plain title="The cluster has no group">
                <p>"The first one is made below."</p>
            </Notice>
        }
        .into_any();
    }
    let rows = view.rows.into_iter().map(|row| one(row, plan)).collect_view();
    view! { <div class="groups">{rows}</div> }.into_any()
}

/// How many ranges of a group are listed; its editor has all.
const LISTED: usize = 20;

fn ranges(group: &ClientGroup) -> AnyView {
    let rest = len(group.ranges.get(LISTED..).unwrap_or_default());
    let items = group.ranges.iter().take(LISTED).map(|range| {
        view! {
            <li>
                <CidrChip text=range.cidr.to_string() />
                " "
                <span class="dim">{range.note.clone()}</span>
            </li>
        }
    });
    let more = (rest > 0).then(|| view! { <li class="dim">{format!("and {}", counted(rest, "more range", "more ranges"))}</li> });
    view! { <ul class="ranges">{items.collect_view()} {more}</ul> }.into_any()
}

/// A group: what it holds, who uses it, and its editor.
fn one(row: GroupRow, plan: ServerAction<MakePlan>) -> AnyView {
    let GroupRow { group, defined, addresses, used_by } = row;
    let name = group.name.to_string();
    let holds = if defined {
        format!("{} · {addresses}", counted(len(&group.ranges), "range", "ranges"))
    } else {
        "not in the cluster".to_owned()
    };
    let used = len(&used_by);
    let services = used_by
        .into_iter()
        .map(|service| view! { <li><a href=format!("/services/{service}")>{service.to_string()}</a></li> })
        .collect_view();
    let users = if used == 0 {
        view! { <p class="dim">"No Service uses it."</p> }.into_any()
    } else {
        view! {
            <p>"Used by " {counted(used, "Service", "Services")} ":"</p>
            <ul class="plain">{services}</ul>
        }
        .into_any()
    };
    let missing = (!defined).then(|| {
        view! {
            <p class="denied">
                <span class="shape" aria-hidden="true">"✕"</span>
                "There is no such group: create it again, or take it out of these Services."
            </p>
        }
    });
    let group = if defined { group } else { ClientGroup { ranges: Vec::new(), ..group } };
    view! {
        <section class="card" aria-label=format!("Group {name}")>
            <h2>{name.clone()} " " <span class="dim">{holds}</span></h2>
            {missing}
            {users}
            {ranges(&group)}
            <details>
                <summary>"Change it"</summary>
                <GroupEditor group=Some(group) used plan />
            </details>
        </section>
    }
    .into_any()
}
