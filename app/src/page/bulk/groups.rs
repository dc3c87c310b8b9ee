//! The client groups that the change is about too.

use super::typed::Typed;
use crate::text::{counted, len};
use leptos::prelude::*;
use policy::cidr::CidrSet;
use policy::view::{GroupRow, GroupsView};

/// A box for each group of the cluster, and the ports that they may use; nothing where there is none.
pub(super) fn choice_of_groups(view: GroupsView, typed: Typed) -> AnyView {
    let rows: Vec<GroupRow> = view.rows.into_iter().filter(|row| row.defined).collect();
    if rows.is_empty() {
        return ().into_any();
    }
    let boxes = rows.into_iter().map(|row| one(&row, typed)).collect_view();
    view! {
        <fieldset>
            <legend>"Client groups"</legend>
            <div class="radios">{boxes}</div>
            <label class="field">
                <span>"Ports of these groups " <span class="dim">"– as TCP/443, with spaces between; none means all"</span></span>
                <input
                    class="mono"
                    name="ports"
                    autocomplete="off"
                    spellcheck="false"
                    prop:value=move || typed.ports()
                    on:input=move |event| typed.set_ports(event_target_value(&event))
                />
            </label>
        </fieldset>
    }
    .into_any()
}

fn one(row: &GroupRow, typed: Typed) -> AnyView {
    let name = row.group.name.to_string();
    let held: CidrSet = row.group.cidrs().into_iter().collect();
    let holds = format!("{} · {}", counted(len(&row.group.ranges), "range", "ranges"), held.counted());
    let is_chosen = {
        let name = name.clone();
        move || typed.has(&name)
    };
    let choose = {
        let name = name.clone();
        move |event| typed.choose(&name, event_target_checked(&event))
    };
    view! {
        <label class="check">
            <input type="checkbox" name="groups[]" value=name.clone() prop:checked=is_chosen on:change=choose />
            <span>{name} <span class="dim">" – " {holds}</span></span>
        </label>
    }
    .into_any()
}
