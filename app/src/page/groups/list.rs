//! The groups of the cluster, and the name of another.

use crate::part::{CidrChip, Notice, Tone, prose};
use crate::text::{counted, len};
use leptos::prelude::*;
use leptos_router::components::Form;
use policy::access::{ClientGroup, GroupName};
use policy::cidr::CidrSet;
use policy::view::{GroupRow, GroupsView};

/// How many ranges of a group are listed; its editor has all.
const LISTED: usize = 6;

/// Every group.
pub(super) fn list(view: &GroupsView) -> AnyView {
    if view.rows.is_empty() {
        return view! {
            <Notice tone=Tone::Plain title="The cluster has no group">
                <p>"The first one is made below."</p>
            </Notice>
        }
        .into_any();
    }
    let rows = view.rows.iter().map(one).collect_view();
    view! { <div class="groups">{rows}</div> }.into_any()
}

/// A group: what it holds, and who uses it.
fn one(row: &GroupRow) -> AnyView {
    let name = row.group.name.to_string();
    let (users, missing) = (users(row), missing(row));
    let verb = if row.defined { "Change" } else { "Create" };
    view! {
        <section class="card group" aria-label=format!("Group {name}")>
            <header>
                <h2><a href=format!("/groups?group={name}") data-row="">{name.clone()}</a></h2>
                <span class="dim">{held(row)}</span>
                <a class="button" href=format!("/groups?group={name}")>{verb} <span class="unseen">{format!(" the group {name}")}</span></a>
            </header>
            {missing}
            {users}
            {ranges(&row.group)}
        </section>
    }
    .into_any()
}

/// `2 ranges · 65,792 addresses`, those of IPv4 and of IPv6 each by themselves.
pub(super) fn held(row: &GroupRow) -> String {
    if !row.defined {
        return row.holds();
    }
    let held: CidrSet = row.group.cidrs().into_iter().collect();
    format!("{} · {}", counted(len(&row.group.ranges), "range", "ranges"), held.counted())
}

/// That Services use a group which is gone.
pub(super) fn missing(row: &GroupRow) -> Option<AnyView> {
    let gone = !row.defined && !row.used_by.is_empty();
    gone.then(|| {
        view! {
            <p class="denied">
                <span class="shape" aria-hidden="true">"✕"</span>
                "There is no such group: create it again, or take it out of these Services."
            </p>
        }
        .into_any()
    })
}

fn users(row: &GroupRow) -> AnyView {
    let services = row.services();
    if services.is_empty() {
        return view! { <p class="dim">"No Service uses it."</p> }.into_any();
    }
    let used = counted(len(&services), "Service", "Services");
    let items = services.iter().map(|service| view! { <li><a href=format!("/services/{service}")>{service.to_string()}</a></li> });
    view! {
        <p>"Used by " {used} ":"</p>
        <ul class="plain chosen">{items.collect_view()}</ul>
    }
    .into_any()
}

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

/// Asks for the name of a new group; its ranges are typed on a page of its own.
#[component]
pub(super) fn NewGroup(now: RwSignal<GroupsView>, #[prop(optional)] typed: String) -> impl IntoView {
    let name = RwSignal::new(typed.clone());
    let said = move || {
        let typed = name.with(|name| name.trim().to_owned());
        match typed.parse::<GroupName>() {
            Ok(_) if now.with(|now| now.find(&typed).is_some()) => {
                Some(view! { <span class="dim">"There is a group of this name: this opens it."</span> }.into_any())
            }
            Err(error) if !typed.is_empty() => Some(view! { <span class="denied">{prose(&format!("{error}."))}</span> }.into_any()),
            _ => None,
        }
    };
    view! {
        <Form method="GET" action="/groups">
            <div class="filters">
                <label class="field">
                    <span>"Name"</span>
                    <input
                        class="mono"
                        name="group"
                        required
                        placeholder="office-berlin"
                        autocomplete="off"
                        spellcheck="false"
                        aria-describedby="group-name-message"
                        value=typed
                        prop:value=move || name.get()
                        on:input=move |event| name.set(event_target_value(&event))
                    />
                </label>
                <button class="button">"Add its ranges"</button>
            </div>
        </Form>
        <p class="message" id="group-name-message" aria-live="polite">{said}</p>
    }
    .into_any()
}
