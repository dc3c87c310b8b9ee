//! What the draft becomes, as one types: who can reach the Service, the policies with a sentence beside each rule, findings.

use super::editor::Editor;
use super::read::Said;
use super::who::Who;
use crate::api;
use crate::backend::Problem;
use crate::live::Live;
use crate::part::{CopyButton, Findings, Notice, ObjectName, Tone, live_yaml, prose, role_name, yaml_pieces};
use crate::text::{counted, len};
use leptos::prelude::*;
use leptos::task::spawn_local;
use policy::access::Change;
use policy::finding::{Finding, Severity};
use policy::object::ObjectKey;
use policy::plan::Role;
use policy::preview::{Preview, PreviewObject, YamlBlock};
use policy::view::ReachView;
use std::time::Duration;

/// Typing rests this long before the server is asked what a draft is held to.
const HELD_REST: Duration = Duration::from_millis(700);

/// Lines of one block that are shown; more are folded.
const LINES: usize = 30;

/// The preview. Computed where it is shown: by the server in the first render, by wasm from then on.
#[component]
pub(super) fn LivePreview(
    editor: Editor,
    settled: RwSignal<Change>,
    problems: Memo<u64>,
    who: Result<ReachView, Problem>,
) -> impl IntoView {
    let preview = Memo::new(move |_| editor.scope.with(|scope| settled.with(|change| Preview::of(scope, change))));
    let own = Memo::new(move |_| preview.with(|preview| preview.findings.clone()));
    let blocked = Memo::new(move |_| own.with(|found| found.iter().any(|finding| finding.severity == Severity::Blocker)));
    let held = held(editor, settled);
    let found = Memo::new(move |_| {
        let mut found = held.get();
        found.extend(own.get());
        found.sort();
        found
    });
    let names = Memo::new(move |_| preview.with(|preview| preview.objects.iter().rev().map(name).collect::<Vec<Name>>()));
    view! {
        <section class="preview" aria-label="Live preview">
            <header class="preview-head">
                <h2>"What it becomes"</h2>
                <p class="sentence" role="status">{move || preview.with(|preview| prose(&preview.summary))}</p>
            </header>
            {left_out(problems)}
            <Who editor settled blocked first=who />
            {move || findings(found.get())}
            {move || names.get().into_iter().map(|name| show(preview, name, editor)).collect_view()}
        </section>
    }
    .into_any()
}

/// What a draft is held to that only the server knows, as sentences that must stay true: asked where typing rests.
fn held(editor: Editor, settled: RwSignal<Change>) -> RwSignal<Vec<Finding>> {
    let held = RwSignal::new(Vec::new());
    let (drafts, tick) = (editor.drafts(), expect_context::<Live>().tick);
    let rests = StoredValue::new(None::<TimeoutHandle>);
    Effect::new(move |_| {
        tick.track();
        settled.track();
        let drafts = drafts.get();
        if let Some(rests) = rests.get_value() {
            rests.clear();
        }
        if !drafts {
            held.set(Vec::new());
            return;
        }
        let ask = move || {
            let Some(change) = settled.try_get_untracked() else { return };
            spawn_local(async move {
                // Where it cannot be told now, the plan says it.
                let found = api::held_against(change.clone()).await.unwrap_or_default();
                if settled.try_with_untracked(|settled| *settled == change) == Some(true) {
                    _ = held.try_set(found);
                }
            });
        };
        rests.set_value(set_timeout_with_handle(ask, HELD_REST).ok());
    });
    held
}

/// That the preview is without what is to be mended.
pub(crate) fn left_out(problems: Memo<u64>) -> impl IntoView {
    move || {
        let count = problems.get();
        let text = format!("This preview is without {} to fix.", counted(count, "row or field", "rows or fields"));
        (count > 0).then(|| {
            view! {
                <Notice tone=Tone::Changes title="Rows with errors are left out">
                    <p>{text}</p>
                </Notice>
            }
        })
    }
}

/// What tells an object of the preview from the others: its part in the recipe, and its identity.
type Name = (Role, ObjectKey);

fn name(object: &PreviewObject) -> Name {
    (object.role, object.key.clone())
}

fn findings(findings: Vec<Finding>) -> AnyView {
    if findings.is_empty() {
        return ().into_any();
    }
    let count = counted(len(&findings), "finding", "findings");
    let worst = findings.iter().map(|finding| finding.severity).min().unwrap_or(Severity::Info);
    let tone = Tone::of(worst);
    view! {
        <details class="card" open=worst == Severity::Blocker>
            <summary>
                {count} " "
                <span class=format!("state {}", tone.class())>
                    <span class="shape" aria-hidden="true">{tone.shape()}</span>
                    {worst.to_string()}
                </span>
            </summary>
            <Findings findings />
        </details>
    }
    .into_any()
}

/// An object, for as long as there is one in this role: only those of its blocks that differ are written anew.
fn show(preview: Memo<Preview>, (role, key): Name, editor: Editor) -> AnyView {
    let of = format!("of {key}");
    let name = key.clone();
    let key = StoredValue::new(key);
    let count = Memo::new(move |_| preview.with(|preview| blocks(preview, key).len()));
    let whole =
        move || preview.with(|preview| blocks(preview, key).iter().map(|block| block.yaml.as_str()).collect::<Vec<_>>().join("\n") + "\n");
    let block = move |at: usize| {
        show_block(Memo::new(move |_| preview.with(|preview| blocks(preview, key).get(at).cloned().unwrap_or_default())), editor)
    };
    view! {
        <article class="card generated">
            <header>
                <h3>{role_name(role)}</h3>
                <ObjectName key=name />
                <CopyButton text=Signal::derive(whole) label="Copy YAML" of />
            </header>
            <div class="blocks">
                {move || (0..count.get()).map(block).collect_view()}
            </div>
        </article>
    }
    .into_any()
}

/// The blocks of an object; none where there is no such object any more.
fn blocks(preview: &Preview, key: StoredValue<ObjectKey>) -> &[YamlBlock] {
    let object = key.with_value(|key| preview.objects.iter().find(|object| object.key == *key));
    object.map(|object| object.blocks.as_slice()).unwrap_or_default()
}

/// A block of lines with its sentence; pointing at it lights the rows that made it.
fn show_block(block: Memo<YamlBlock>, editor: Editor) -> AnyView {
    let of_rows = Memo::new(move |_| {
        let row = |said: &Said, row: u32| said.rows.get(usize::try_from(row).ok()?).copied();
        block.with(|block| editor.form.said.with(|said| block.rows.iter().filter_map(|at| row(said, *at)).collect::<Vec<_>>()))
    });
    let lit = move || editor.form.lit.with(|lit| !lit.is_empty() && of_rows.with(|rows| rows.iter().any(|row| lit.contains(row))));
    let light = move || editor.form.lit.set(of_rows.get_untracked());
    let dark = move || editor.form.lit.set(Vec::new());
    let yaml = Memo::new(move |_| block.with(|block| block.yaml.clone()));
    let sentence = Memo::new(move |_| block.with(|block| block.sentence.clone()));
    let explained = move || sentence.with(|sentence| !sentence.is_empty());
    view! {
        <div
            class="block"
            class:explained=explained
            class:lit=lit
            tabindex=move || explained().then_some("0")
            on:mouseenter=move |_| light()
            on:mouseleave=move |_| dark()
            on:focusin=move |_| light()
            on:focusout=move |_| dark()
        >
            <div class="yaml">{lines(yaml)}</div>
            <p class="why">{move || sentence.get()}</p>
        </div>
    }
    .into_any()
}

/// The lines of a block, in pieces. What says who and what, and nothing of what it does, is folded, and so is the end of a long one.
#[derive(Clone, PartialEq, Eq)]
struct Cut {
    head: Vec<String>,
    shown: Vec<String>,
    rest: Vec<String>,
    /// How many lines the rest has.
    more: u64,
}

impl Cut {
    fn of(yaml: &str) -> Self {
        let lines: Vec<&str> = yaml.split('\n').collect();
        let head = lines.iter().position(|line| *line == "spec:").unwrap_or_default();
        let (head, lines) = lines.split_at(head);
        let (shown, rest) = lines.split_at(lines.len().min(LINES));
        Self { head: yaml_pieces(head), shown: yaml_pieces(shown), rest: yaml_pieces(rest), more: len(rest) }
    }
}

fn lines(yaml: Memo<String>) -> AnyView {
    let cut = Memo::new(move |_| yaml.with(|yaml| Cut::of(yaml)));
    let pieces = move |of: fn(&Cut) -> &Vec<String>| live_yaml(move || cut.with(|cut| of(cut).clone()));
    let has_head = Memo::new(move |_| cut.with(|cut| !cut.head.is_empty()));
    let head = move || {
        has_head.get().then(|| {
            view! {
                <details>
                    <summary>"apiVersion, kind, metadata"</summary>
                    {pieces(|cut| &cut.head)}
                </details>
            }
        })
    };
    let more = Memo::new(move |_| cut.with(|cut| cut.more));
    let has_more = Memo::new(move |_| more.get() > 0);
    let rest = move || {
        has_more.get().then(|| {
            view! {
                <details>
                    <summary>{move || counted(more.get(), "more line", "more lines")}</summary>
                    {pieces(|cut| &cut.rest)}
                </details>
            }
        })
    };
    view! { {head} {pieces(|cut| &cut.shown)} {rest} }.into_any()
}
