//! Changing a group: its ranges as the rows of a Service's editor, and beside them what becomes of the Services that use it.

use super::list::{held, missing};
use super::preview::LivePreview;
use crate::access::{Clients, Draft, Form, Paste, Said, foot, of_group, read};
use crate::api::MakePlan;
use crate::part::{Notice, Tone};
use crate::text::{counted, len};
use leptos::form::ActionForm;
use leptos::prelude::*;
use policy::access::{Asked, GroupChange, GroupName, GroupRange};
use policy::view::GroupRow;

/// The editor of a group, of one that there is not yet too. An untouched draft follows the cluster, a touched one stays.
#[component]
pub(super) fn GroupEditor(name: GroupName, row: Memo<GroupRow>, plan: ServerAction<MakePlan>) -> impl IntoView {
    let base = move |row: &GroupRow| Draft::of_ranges(&row.group.ranges);
    let form = Form::new(of_group(&name), row.with_untracked(base), None, |draft| read(draft, &[]));
    let moved = RwSignal::new(false);
    Effect::new(move |_| {
        let stays = form.follow(row.with(base));
        moved.update(|moved| *moved |= stays);
    });
    let moved = move || moved.get() && form.touched.get();
    let problems = Memo::new(move |_| form.said.with(Said::problems));
    let defined = move || row.with(|row| row.defined);
    // What is there is written again only where something is other; what is not there can be made without a range.
    let blocked = move || problems.get() > 0 || (defined() && !form.touched.get());
    let used = Memo::new(move |_| row.with(|row| len(&row.services())));
    let state = move || match (problems.get(), form.touched.get(), defined()) {
        (0, false, true) => "The draft is what the cluster has.".to_owned(),
        (0, _, _) if used.get() == 0 => "No Service uses it: the plan changes the group alone.".to_owned(),
        (0, _, _) => format!("One plan changes the group and {}.", counted(used.get(), "Service that uses it", "Services that use it")),
        (count, _, _) => format!("{} to fix before it can be planned.", counted(count, "row", "rows")),
    };
    let asked = name.clone();
    let asked = move || wire(asked.clone(), Some(form.said.with(Said::ranges)));
    let foot = foot(form, plan, asked, blocked, state);
    view! {
        {move || row.with(missing)}
        <div class="editor">
            <section class="editor-form" aria-label="Ranges of the group">
                <div class="without-script">
                    <Notice tone=Tone::Unknown title="Editing needs JavaScript">
                        "Without it, " <code>"portcullis groups import"</code> " on the command line makes the same plan."
                    </Notice>
                </div>
                <div role="status">
                    {move || moved().then(|| view! {
                        <Notice tone=Tone::Changes title="The group has changed in the cluster">
                            <p>{format!("It is now: {}. ", row.with(held))} "The draft stays; discard it to see what the cluster has."</p>
                        </Notice>
                    })}
                </div>
                <Clients form legend="Ranges of the group" hint="Every Service that uses the group lets them in." />
                {foot}
                <Deletion name defined=Signal::derive(defined) used plan />
            </section>
            <LivePreview row form problems />
            <Paste form />
        </div>
    }
    .into_any()
}

/// A plan that deletes the group; not while a Service uses it.
#[component]
fn Deletion(name: GroupName, defined: Signal<bool>, used: Memo<u64>, plan: ServerAction<MakePlan>) -> impl IntoView {
    let why = move || match used.get() {
        0 => "Shows what would be deleted; nothing is changed yet.".to_owned(),
        used => format!("{} it: take the group out of their access first.", counted(used, "Service uses", "Services use")),
    };
    view! {
        <div hidden=move || !defined.get()>
            <ActionForm action=plan>
                <input type="hidden" name="change" value=wire(name, None) />
                <p class="acts">
                    <button class="button danger" disabled=move || used.get() != 0>"Plan to delete"</button>
                    <span class="dim">{why}</span>
                </p>
            </ActionForm>
        </div>
    }
    .into_any()
}

/// What is asked of a group, as a form's field.
fn wire(name: GroupName, ranges: Option<Vec<GroupRange>>) -> String {
    serde_json::to_string(&Asked::from(GroupChange::of(name, ranges))).unwrap_or_default()
}
