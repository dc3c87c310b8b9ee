//! What the draft becomes, as one types: who can reach the Service, the policies with a sentence beside each rule, findings.

use super::editor::Editor;
use super::who::Who;
use crate::backend::Problem;
use crate::part::{CopyButton, Findings, Notice, ObjectName, Tone, prose, role_name, yaml_line};
use crate::text::{counted, len};
use leptos::prelude::*;
use policy::access::Change;
use policy::finding::Severity;
use policy::preview::{Preview, PreviewObject, YamlBlock};
use policy::view::ReachView;

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
    let blocked = Memo::new(move |_| preview.with(|preview| preview.findings.iter().any(|finding| finding.severity == Severity::Blocker)));
    let left_out = move || {
        let count = problems.get();
        let text = format!("{} left out of this preview.", counted(count, "row or field is", "rows or fields are"));
        (count > 0).then(|| {
            view! {
                <Notice tone=Tone::Changes title="Without the rows that are to be mended">
                    <p>{text}</p>
                </Notice>
            }
        })
    };
    view! {
        <section class="preview" aria-label="Live preview">
            <header class="preview-head">
                <h2>"What it becomes"</h2>
                <p class="sentence" role="status">{move || preview.with(|preview| prose(&preview.summary))}</p>
            </header>
            {left_out}
            <Who editor settled blocked first=who />
            {move || findings(preview.get())}
            {move || preview.get().objects.into_iter().rev().map(|object| show(object, editor)).collect_view()}
        </section>
    }
    .into_any()
}

fn findings(preview: Preview) -> AnyView {
    if preview.findings.is_empty() {
        return ().into_any();
    }
    let count = counted(len(&preview.findings), "finding", "findings");
    let worst = preview.findings.iter().map(|finding| finding.severity).min().unwrap_or(Severity::Info);
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
            <Findings findings=preview.findings />
        </details>
    }
    .into_any()
}

fn show(object: PreviewObject, editor: Editor) -> AnyView {
    let whole = object.blocks.iter().map(|block| block.yaml.as_str()).collect::<Vec<_>>().join("\n") + "\n";
    let title = role_name(object.role);
    let blocks = object.blocks.into_iter().map(|block| show_block(block, editor)).collect_view();
    view! {
        <article class="card generated">
            <header>
                <h3>{title}</h3>
                <ObjectName key=object.key.clone() />
                <CopyButton text=whole label="Copy YAML" of=format!("of {}", object.key) />
            </header>
            <div class="blocks">{blocks}</div>
        </article>
    }
    .into_any()
}

/// A block of lines with its sentence; pointing at it lights the rows that made it.
fn show_block(block: YamlBlock, editor: Editor) -> AnyView {
    let YamlBlock { yaml, sentence, rows } = block;
    let made_by = move || {
        editor.said.with(|said| rows.iter().filter_map(|row| said.rows.get(usize::try_from(*row).ok()?).copied()).collect::<Vec<_>>())
    };
    let of_rows = Memo::new(move |_| made_by());
    let lit = move || editor.lit.with(|lit| of_rows.with(|rows| rows.iter().any(|row| lit.contains(row))));
    let light = move || editor.lit.set(of_rows.get_untracked());
    let dark = move || editor.lit.set(Vec::new());
    let lines: Vec<&str> = yaml.split('\n').collect();
    // What says who and what, and nothing of what it does, is folded.
    let head = lines.iter().position(|line| *line == "spec:").unwrap_or_default();
    let (head, lines) = lines.split_at(head);
    let (shown, rest) = lines.split_at(lines.len().min(LINES));
    let print = |lines: &[&str]| lines.iter().map(|line| view! { <span class="yaml-line">{yaml_line(line)}</span> }).collect_view();
    let head = (!head.is_empty()).then(|| {
        view! {
            <details>
                <summary>"apiVersion, kind, metadata"</summary>
                {print(head)}
            </details>
        }
    });
    let folded = (!rest.is_empty()).then(|| {
        view! {
            <details>
                <summary>{counted(len(rest), "more line", "more lines")}</summary>
                {print(rest)}
            </details>
        }
    });
    let explained = !sentence.is_empty();
    view! {
        <div
            class="block"
            class:explained=explained
            class:lit=lit
            tabindex=explained.then_some("0")
            on:mouseenter=move |_| light()
            on:mouseleave=move |_| dark()
            on:focusin=move |_| light()
            on:focusout=move |_| dark()
        >
            <div class="yaml">{head} {print(shown)} {folded}</div>
            <p class="why">{sentence}</p>
        </div>
    }
    .into_any()
}
