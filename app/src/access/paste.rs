//! Pasting a list of ranges: what can be read of it, and each line that cannot, with the rule it breaks.

use super::form::Form;
use crate::frame::dialog;
use crate::part::{Icon, IconName, prose};
use crate::text::{counted, len};
use leptos::prelude::*;
use policy::cidr::list::{Parsed, Problem, parse};

/// Problems that are listed; the rest is counted.
const LISTED: usize = 200;

/// The dialog. What is wrong stays in it, to be mended; what is right goes into the draft.
#[component]
pub(crate) fn Paste(form: Form) -> impl IntoView {
    let text = RwSignal::new(String::new());
    let parsed = Memo::new(move |_| text.with(|text| if text.trim().is_empty() { Parsed::default() } else { parse(text) }));
    let entries = move || parsed.with(|parsed| len(&parsed.entries));
    let take = move |replace: bool| {
        let Parsed { entries, problems } = parsed.get_untracked();
        form.draft.update(|draft| draft.paste(entries.into_iter().map(|entry| (entry.cidr, entry.note)), replace));
        text.update(|text| *text = left(text, &problems));
        if problems.is_empty()
            && let Some(dialog) = dialog("paste")
        {
            dialog.close();
        }
    };
    let nothing = move || entries() == 0;
    let summary = move || {
        parsed.with(|parsed| match (parsed.entries.len(), parsed.problems.len()) {
            (0, 0) => {
                "One range on each line, or several with commas between: 50.60.0.0/16, 50.60.1.2, 50.60.1.2-50.60.1.9. What follows a # is a note."
                    .to_owned()
            }
            (_, 0) => counted(len(&parsed.entries), "range, all lines read.", "ranges, all lines read."),
            _ => format!(
                "{}; {} below.",
                counted(len(&parsed.entries), "range can be taken", "ranges can be taken"),
                counted(len(&parsed.problems), "entry is left out, for the reason", "entries are left out, for the reasons")
            ),
        })
    };
    view! {
        <dialog id="paste" class="dialog" aria-labelledby="paste-title">
            <header>
                <h2 id="paste-title">"Paste a list of ranges"</h2>
                <button type="button" class="button quiet icon-only" data-closes="paste" aria-label="Close">
                    <Icon name=IconName::Close />
                </button>
            </header>
            <textarea
                aria-label="List of ranges"
                aria-describedby="paste-summary"
                rows="10"
                spellcheck="false"
                prop:value=move || text.get()
                on:input=move |event| text.set(event_target_value(&event))
            ></textarea>
            <p id="paste-summary" role="status">{summary}</p>
            {move || parsed.with(|parsed| problems(&parsed.problems))}
            <div class="acts">
                <button type="button" class="button primary" disabled=nothing on:click=move |_| take(false)>
                    {move || format!("Add {}", counted(entries(), "range", "ranges"))}
                </button>
                <button type="button" class="button" disabled=nothing on:click=move |_| take(true)>
                    {move || format!("Replace all rows with {}", counted(entries(), "range", "ranges"))}
                </button>
            </div>
        </dialog>
    }
    .into_any()
}

fn problems(problems: &[Problem]) -> AnyView {
    if problems.is_empty() {
        return ().into_any();
    }
    let more = len(problems.get(LISTED..).unwrap_or_default());
    let items = problems
        .iter()
        .take(LISTED)
        .map(|problem| {
            let place = if problem.line == 0 { "the list".to_owned() } else { format!("line {}", problem.line) };
            view! {
                <li>
                    <span class="dim">{place}</span>
                    <span>{prose(&problem.rule.to_string())}</span>
                </li>
            }
        })
        .collect_view();
    let rest = (more > 0).then(|| view! { <li>{format!("and {}", counted(more, "more", "more"))}</li> });
    view! {
        <ol class="problems" tabindex="0" aria-label="Entries that are left out">
            {items}
            {rest}
        </ol>
    }
    .into_any()
}

/// What is left in the field once the ranges are taken: the entries that could not be, each with its note.
fn left(text: &str, problems: &[Problem]) -> String {
    if problems.iter().any(|problem| problem.line == 0) {
        return text.to_owned();
    }
    let line = |problem: &Problem| match (problem.text.as_str(), problem.note.as_str()) {
        (text, "") => text.to_owned(),
        (text, note) => format!("{text} # {note}"),
    };
    // A range from one address to another is several entries of one text.
    let mut left: Vec<&Problem> = problems.iter().filter(|problem| !problem.text.is_empty()).collect();
    left.dedup_by_key(|problem| (problem.line, problem.text.as_str()));
    left.into_iter().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::left;
    use policy::cidr::list::parse;

    #[test]
    fn what_could_not_be_taken_is_left_once() {
        let text = "84.7.0.0/16 # audit\n84.7.9.0-84.7.9.12\nnonsense # why";
        assert_eq!(left(text, &parse(text).problems), "84.7.9.0-84.7.9.12\nnonsense # why");
    }
}
