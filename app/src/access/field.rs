//! One line of the draft, typed.

use super::draft::Draft;
use super::editor::Editor;
use leptos::prelude::*;

/// A field for one text of the draft.
pub(super) struct Field {
    /// Its label.
    pub(super) label: &'static str,
    /// An example.
    pub(super) example: &'static str,
    /// The ids of what describes it, its message among them.
    pub(super) described_by: &'static str,
    /// The text.
    pub(super) read: fn(&Draft) -> &String,
    /// The same, to be written.
    pub(super) write: fn(&mut Draft) -> &mut String,
}

impl Field {
    /// The field, marked where `wrong` says why it cannot be read.
    pub(super) fn view(self, editor: Editor, wrong: impl Fn() -> Option<String> + Send + 'static) -> AnyView {
        let Self { label, example, described_by, read, write } = self;
        let text = move |draft: &Draft| read(draft).clone();
        view! {
            <label class="field">
                <span>{label}</span>
                <input
                    class="mono"
                    placeholder=example
                    autocomplete="off"
                    spellcheck="false"
                    aria-describedby=described_by
                    aria-invalid=move || wrong().is_some().then_some("true")
                    value=editor.form.draft.with_untracked(text)
                    prop:value=move || editor.form.draft.with(text)
                    on:input=move |event| editor.form.draft.update(|draft| *write(draft) = event_target_value(&event))
                />
            </label>
        }
        .into_any()
    }
}
