//! The access as YAML: the one in force to be kept, and another to be taken over as a draft. Nothing is changed by that.

use super::draft::Draft;
use super::editor::Editor;
use crate::api;
use crate::frame::{dialog, focus};
use crate::part::{Icon, IconName, prose};
use crate::text::{len, thousands};
use js_sys::{Function, Reflect};
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::time::Duration;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::HtmlInputElement;

/// The two buttons, and the dialog of the second.
#[component]
pub(super) fn AsYaml(editor: Editor) -> impl IntoView {
    let service = editor.service.get_value();
    let href = format!("/services/{service}/access.yaml");
    view! {
        <p class="acts">
            <a class="button quiet" href=href download="" rel="external" hidden=move || !editor.guarded.get()>"Download as YAML"</a>
            <button type="button" class="button quiet" disabled=move || !editor.form.alive.get() data-opens="import">
                <Icon name=IconName::Paste />
                "Import YAML"
            </button>
        </p>
        <Import editor />
    }
    .into_any()
}

/// The dialog. The server reads the text: a browser has no reader of YAML.
#[component]
fn Import(editor: Editor) -> impl IntoView {
    let text = RwSignal::new(String::new());
    let wrong = RwSignal::new(Vec::<String>::new());
    let waits = RwSignal::new(false);
    let take = move |_| {
        if let Some(why) = too_long(&text.read_untracked()) {
            wrong.set(vec![why]);
            set_timeout(|| focus("import-problems"), Duration::ZERO);
            return;
        }
        waits.set(true);
        let (service, yaml) = (editor.service.get_value(), text.get_untracked());
        spawn_local(async move {
            let answer = api::read_access(service, yaml).await;
            _ = waits.try_set(false);
            match answer {
                Ok(document) => {
                    let kept = editor.form.said.with_untracked(|said| said.host_endpoints.clone());
                    let host_endpoints = document.host_endpoints.unwrap_or(kept);
                    editor.form.draft.set(Draft::of(Some(&document.access), &host_endpoints));
                    wrong.set(Vec::new());
                    text.set(String::new());
                    if let Some(dialog) = dialog("import") {
                        dialog.close();
                    }
                }
                Err(problem) => {
                    wrong.set(problem.to_string().lines().map(str::to_owned).collect());
                    set_timeout(|| focus("import-problems"), Duration::ZERO);
                }
            }
        });
    };
    let faults = move || {
        let lines = wrong.get();
        (!lines.is_empty()).then(|| {
            let items = lines.iter().map(|line| view! { <li><span>{prose(line)}</span></li> }).collect_view();
            view! { <ol id="import-problems" class="problems" tabindex="0" aria-label="What is wrong with the YAML">{items}</ol> }
        })
    };
    view! {
        <dialog id="import" class="dialog" aria-labelledby="import-title">
            <header>
                <h2 id="import-title">"Import access from YAML"</h2>
                <button type="button" class="button quiet icon-only" data-closes="import" aria-label="Close">
                    <Icon name=IconName::Close />
                </button>
            </header>
            <p id="import-hint">
                "As a download has it. It takes the place of the draft, and nothing is changed in the cluster before its plan is applied."
            </p>
            <label class="field">
                <span>"A file"</span>
                <input type="file" accept=".yaml,.yml,.json" on:change=move |event| read_file(&event_target::<HtmlInputElement>(&event), text) />
            </label>
            <textarea
                aria-label="YAML"
                aria-describedby="import-hint"
                rows="14"
                spellcheck="false"
                class="mono"
                prop:value=move || text.get()
                on:input=move |event| text.set(event_target_value(&event))
            ></textarea>
            <div role="alert">{faults}</div>
            <div class="acts">
                <button
                    type="button"
                    class="button primary"
                    disabled=move || waits.get() || text.with(|text| text.trim().is_empty())
                    on:click=take
                >
                    "Take over as a draft"
                </button>
            </div>
        </dialog>
    }
    .into_any()
}

/// The longest text that is sent, in bytes: what the server reads of one request, less what stands around it.
const LONGEST: usize = 4_000_000;

/// Why a text is not sent.
pub(crate) fn too_long(text: &str) -> Option<String> {
    (text.len() > LONGEST).then(|| {
        let (has, most) = (thousands(len(text.as_bytes())), thousands(u64::try_from(LONGEST).unwrap_or(u64::MAX)));
        format!("the text has {has} bytes, and at most {most} are read at once: import it in parts, or on the command line")
    })
}

/// Reads the chosen file into `text`; one that cannot be read leaves it as it is.
pub(crate) fn read_file(input: &HtmlInputElement, text: RwSignal<String>) {
    let take = Closure::once_into_js(move |read: JsValue| {
        if let Some(read) = read.as_string() {
            _ = text.try_set(read);
        }
    });
    let read = || -> Result<JsValue, JsValue> {
        let file = Reflect::get_u32(&Reflect::get(input, &"files".into())?, 0)?;
        let promise = method(&file, "text")?.call0(&file)?;
        method(&promise, "then")?.call1(&promise, &take)
    };
    _ = read();
}

/// A method of a value of JavaScript, by its name.
fn method(of: &JsValue, name: &str) -> Result<Function, JsValue> {
    Reflect::get(of, &name.into())?.dyn_into()
}
