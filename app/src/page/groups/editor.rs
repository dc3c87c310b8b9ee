//! Changing a group: its ranges as a list, a line each, with notes behind a `#`; what cannot be read is named as one types.

use crate::api::MakePlan;
use crate::part::prose;
use crate::text::{counted, len};
use leptos::form::ActionForm;
use leptos::html::Input;
use leptos::prelude::*;
use policy::access::{Asked, ClientGroup, GroupChange, GroupName, GroupRange};
use policy::cidr::CidrSet;
use policy::cidr::list::{Parsed, parse};

/// Problems that are listed; the rest is counted.
const LISTED: usize = 50;

/// The editor of a group; of a new one where there is none.
#[component]
pub(super) fn GroupEditor(group: Option<ClientGroup>, used: u64, plan: ServerAction<MakePlan>) -> impl IntoView {
    let known = group.as_ref().map(|group| group.name.clone());
    let key = known.as_ref().map_or_else(|| "new".to_owned(), ToString::to_string);
    let first = group.as_ref().map(as_text).unwrap_or_default();
    let text = RwSignal::new(first.clone());
    let name = RwSignal::new(key.clone());
    if known.is_none() {
        name.set(String::new());
    }
    let parsed = Memo::new(move |_| text.with(|text| if text.trim().is_empty() { Parsed::default() } else { parse(text) }));
    let wrong_name = move || {
        let typed = name.with(|name| name.trim().to_owned());
        if typed.is_empty() { None } else { typed.parse::<GroupName>().err().map(|error| format!("{error}.")) }
    };
    let alive = RwSignal::new(false);
    Effect::new(move |_| alive.set(true));
    let unfit = move || {
        let named = name.with(|name| name.trim().parse::<GroupName>().is_ok());
        !alive.get() || !named || parsed.with(|parsed| !parsed.problems.is_empty()) || plan.pending().get()
    };
    let is_new = known.is_none();
    let same = move || !is_new && text.with(|text| *text == first);
    let summary = move || {
        parsed.with(|parsed| {
            let addresses: CidrSet = parsed.entries.iter().map(|entry| entry.cidr).collect();
            format!("{} · {}", counted(len(&parsed.entries), "range", "ranges"), addresses.count().addresses())
        })
    };
    let problems = move || {
        parsed.with(|parsed| {
            let lines = parsed.problems.iter().take(LISTED).map(|problem| {
                let place = if problem.line == 0 { "the list".to_owned() } else { format!("line {}", problem.line) };
                view! { <li><span class="dim">{place}</span> " " <span>{prose(&problem.rule.to_string())}</span></li> }
            });
            (!parsed.problems.is_empty())
                .then(|| view! { <ol class="problems" tabindex="0" aria-label="Lines to mend">{lines.collect_view()}</ol> })
        })
    };
    // Written when it is sent: with a thousand ranges it is long.
    let field = NodeRef::<Input>::new();
    let fill = move |_| {
        let asked = name.with_untracked(|name| name.trim().parse::<GroupName>()).map(|name| {
            let ranges = parsed.with_untracked(|parsed| {
                parsed.entries.iter().map(|entry| GroupRange { cidr: entry.cidr, note: entry.note.clone() }).collect()
            });
            wire(name, Some(ranges))
        });
        if let (Some(field), Ok(asked)) = (field.get_untracked(), asked) {
            field.set_value(&asked);
        }
    };
    let naming = known.is_none().then(|| {
        view! {
            <label class="field">
                <span>"Name"</span>
                <input
                    class="mono"
                    placeholder="office-berlin"
                    autocomplete="off"
                    spellcheck="false"
                    aria-describedby="group-name-message"
                    aria-invalid=move || wrong_name().is_some().then_some("true")
                    prop:value=move || name.get()
                    on:input=move |event| name.set(event_target_value(&event))
                />
            </label>
            <p class="message denied" id="group-name-message" aria-live="polite">{move || wrong_name().map(|why| prose(&why))}</p>
        }
    });
    let deletion = known.map(|name| {
        let why = if used == 0 {
            "Shows what would be deleted; nothing is changed yet.".to_owned()
        } else {
            format!("{} it: take the group out of their access first.", counted(used, "Service uses", "Services use"))
        };
        view! {
            <ActionForm action=plan>
                <input type="hidden" name="change" value=wire(name, None) />
                <p class="acts">
                    <button class="button danger" disabled=used != 0>"Plan to delete"</button>
                    <span class="dim">{why}</span>
                </p>
            </ActionForm>
        }
    });
    let meant = match used {
        0 => "No Service uses it yet: the plan is about the group alone.".to_owned(),
        _ => format!("One plan for the group and {}.", counted(used, "Service that uses it", "Services that use it")),
    };
    view! {
        {naming}
        <label class="field">
            <span>"Ranges, one a line; behind a # stands a note"</span>
            <textarea
                class="mono"
                rows="8"
                spellcheck="false"
                placeholder="50.60.0.0/16 # Berlin"
                aria-describedby=format!("group-summary-{key}")
                prop:value=move || text.get()
                on:input=move |event| text.set(event_target_value(&event))
            ></textarea>
        </label>
        <p class="dim" id=format!("group-summary-{key}") role="status">{summary}</p>
        {problems}
        <ActionForm action=plan>
            <input type="hidden" name="change" node_ref=field />
            <p class="acts">
                <button class="button primary" disabled=move || unfit() || same() on:click=fill>"Review plan"</button>
                <span class="dim">{meant}</span>
            </p>
        </ActionForm>
        {deletion}
    }
    .into_any()
}

/// What is asked of a group, as a form's field.
fn wire(name: GroupName, ranges: Option<Vec<GroupRange>>) -> String {
    serde_json::to_string(&Asked::from(GroupChange::of(name, ranges))).unwrap_or_default()
}

/// The ranges of a group as they are typed.
fn as_text(group: &ClientGroup) -> String {
    let line = |range: &GroupRange| match range.note.as_str() {
        "" => range.cidr.to_string(),
        note => format!("{} # {note}", range.cidr),
    };
    group.ranges.iter().map(line).collect::<Vec<_>>().join("\n")
}
