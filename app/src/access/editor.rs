//! The editor's state, and the tab that shows it.

use super::clients::Clients;
use super::draft::{Draft, Edge};
use super::edge::EdgeChoice;
use super::inside::InsideChoice;
use super::keep;
use super::paste::Paste;
use super::preview::LivePreview;
use super::read::{Said, read};
use crate::api::MakePlan;
use crate::backend::Problem;
use crate::part::{Notice, ProblemView, Tone};
use crate::text::counted;
use leptos::form::ActionForm;
use leptos::prelude::*;
use policy::access::{Change, Intent, Port};
use policy::object::ServiceRef;
use policy::scope::Scope;
use policy::view::{ReachView, ServiceDetail};
use std::time::Duration;

/// Typing rests this long before the preview follows.
const REST: Duration = Duration::from_millis(90);

/// The state of the editor of one Service.
#[derive(Clone, Copy)]
pub(crate) struct Editor {
    /// As typed.
    pub(super) draft: RwSignal<Draft>,
    /// What the draft says.
    pub(super) said: Memo<Said>,
    /// Rows whose rules are lit.
    pub(super) lit: RwSignal<Vec<u32>>,
    /// The ports of the Service.
    pub(super) ports: StoredValue<Vec<Port>>,
    /// Whether the page is alive.
    pub(super) alive: RwSignal<bool>,
    base: RwSignal<Draft>,
    guarded: RwSignal<bool>,
    /// What the preview needs of the cluster.
    pub(super) scope: RwSignal<Scope>,
    service: StoredValue<ServiceRef>,
    /// The change that the preview shows; follows the draft when typing rests.
    settled: RwSignal<Change>,
}

impl Editor {
    /// The editor of a Service as it is. Runs in the first render, on both sides alike.
    pub(crate) fn new(detail: &ServiceDetail) -> Self {
        let base = base(detail);
        let service = detail.row.service.clone();
        let first = read(&base);
        let draft = RwSignal::new(base.clone());
        let settled = change(&service, &first);
        let editor = Self {
            draft,
            said: Memo::new(move |_| draft.with(read)),
            lit: RwSignal::new(Vec::new()),
            ports: StoredValue::new(detail.row.ports.clone()),
            alive: RwSignal::new(false),
            base: RwSignal::new(base),
            guarded: RwSignal::new(detail.access.is_some()),
            scope: RwSignal::new(detail.scope.clone()),
            service: StoredValue::new(service),
            settled: RwSignal::new(settled),
        };
        editor.keep();
        editor.settle();
        editor
    }

    /// The Service has changed in the cluster: an untouched draft follows, a touched one stays.
    pub(crate) fn follow(self, detail: &ServiceDetail) {
        let base = base(detail);
        if !self.draft.with_untracked(|draft| self.base.with_untracked(|old| draft.says_same(old)))
            || base.says_same(&self.base.get_untracked())
        {
            self.base.set(base);
        } else {
            self.base.set(base.clone());
            self.draft.set(base);
        }
        self.guarded.set(detail.access.is_some());
        if self.scope.with_untracked(|scope| *scope != detail.scope) {
            self.scope.set(detail.scope.clone());
        }
    }

    /// Restores the kept draft once the page is alive, and keeps it from then on.
    fn keep(self) {
        Effect::new(move |alive: Option<()>| {
            let service = self.service.get_value();
            if alive.is_none() {
                if let Some(draft) = keep::kept(&service) {
                    self.draft.set(draft);
                }
                self.alive.set(true);
                self.draft.track();
            } else if self.draft.with(|draft| self.base.with(|base| draft.says_same(base))) {
                keep::forget(&service);
            } else {
                self.draft.with(|draft| keep::keep(&service, draft));
            }
        });
    }

    /// Has the preview follow the draft when typing rests.
    fn settle(self) {
        let timer = StoredValue::new(None::<TimeoutHandle>);
        Effect::new(move |_| {
            let change = self.said.with(|said| change(&self.service.get_value(), said));
            if let Some(timer) = timer.get_value() {
                timer.clear();
            }
            if self.settled.with_untracked(|settled| *settled != change) {
                timer.set_value(set_timeout_with_handle(move || self.settled.set(change), REST).ok());
            }
        });
    }

    /// Goes back to what is in force.
    fn discard(self) {
        self.draft.set(self.base.get_untracked());
    }

    /// Whether the change that the preview shows is another than what is in force.
    pub(super) fn drafts(self) -> Memo<bool> {
        let in_force = move || self.base.with(|base| change(&self.service.get_value(), &read(base)));
        Memo::new(move |_| self.settled.with(|settled| *settled != in_force()))
    }

    /// Whether the draft says something else than what is in force.
    fn touched(self) -> bool {
        self.draft.with(|draft| self.base.with(|base| !draft.says_same(base)))
    }
}

/// The draft that says what is in force. Where that stands on HostEndpoints that are gone, which interface gets new ones is asked, not guessed.
fn base(detail: &ServiceDetail) -> Draft {
    let mut base = Draft::of(detail.access.as_ref(), &detail.host_endpoints);
    if base.edge == Edge::Existing && detail.scope.edge.endpoints.is_empty() {
        base.edge = Edge::Named;
    }
    base
}

fn change(service: &ServiceRef, said: &Said) -> Change {
    Change { service: service.clone(), intent: said.intent(), host_endpoints: said.host_endpoints.clone() }
}

/// A change as a form's field.
fn as_field(change: &Change) -> String {
    serde_json::to_string(change).unwrap_or_default()
}

/// The tab: editor on the left, preview on the right.
#[component]
pub(crate) fn AccessTab(editor: Editor, plan: ServerAction<MakePlan>, who: Result<ReachView, Problem>) -> impl IntoView {
    let service = editor.service;
    let wire = move || editor.said.with(|said| as_field(&change(&service.get_value(), said)));
    let problems = Memo::new(move |_| editor.said.with(Said::problems));
    let blocked = move || !editor.alive.get() || problems.get() > 0 || plan.pending().get();
    let failed = move || plan.value().get().and_then(Result::err).map(|problem| view! { <ProblemView problem /> });
    let state = move || match (problems.get(), editor.touched()) {
        (0, false) if !editor.guarded.get() => "Not guarded yet: nothing is in force.".to_owned(),
        (0, false) => "The draft is what is in force.".to_owned(),
        (0, true) => "A draft, kept in this browser until it is applied or discarded.".to_owned(),
        (count, _) => format!("{} to mend before it can be planned.", counted(count, "row or field", "rows or fields")),
    };
    view! {
        <div class="editor">
            <section class="editor-form" aria-label="Access">
                <div class="without-script">
                    <Notice tone=Tone::Unknown title="Editing needs JavaScript">
                        "Without it, " <code>"portcullis plan"</code> " on the command line makes the same plan."
                    </Notice>
                </div>
                <Clients editor />
                <InsideChoice editor />
                <EdgeChoice editor />
                <ActionForm action=plan>
                    <input type="hidden" name="change" value=wire />
                    <div class="acts bar">
                        <button class="button primary" data-key="p" disabled=blocked>"Review plan"</button>
                        <button
                            type="button"
                            class="button quiet"
                            disabled=move || !editor.alive.get() || !editor.touched()
                            on:click=move |_| editor.discard()
                        >
                            "Discard draft"
                        </button>
                        <span class="dim" role="status">{state}</span>
                    </div>
                </ActionForm>
                <div aria-live="assertive">{failed}</div>
                <StopGuarding editor plan />
            </section>
            <LivePreview editor settled=editor.settled problems who />
            <Paste editor />
        </div>
    }
    .into_any()
}

/// A plan that takes away everything that Portcullis wrote for the Service.
#[component]
fn StopGuarding(editor: Editor, plan: ServerAction<MakePlan>) -> impl IntoView {
    let wire = move || {
        let host_endpoints = editor.base.with(|base| read(base).host_endpoints);
        as_field(&Change { service: editor.service.get_value(), intent: Intent::Open, host_endpoints })
    };
    view! {
        <div hidden=move || !editor.guarded.get()>
            <ActionForm action=plan>
                <input type="hidden" name="change" value=wire />
                <p class="acts">
                    <button class="button danger">"Plan to stop guarding"</button>
                    <span class="dim">"Shows what would be taken away; nothing is changed yet."</span>
                </p>
            </ActionForm>
        </div>
    }
    .into_any()
}
