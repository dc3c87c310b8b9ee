//! The editor's state, and the tab that shows it.

use super::balancers::Balancers;
use super::clients::Clients;
use super::draft::{Draft, Edge};
use super::edge::EdgeChoice;
use super::form::{Form, REST};
use super::groups::Groups;
use super::import::AsYaml;
use super::inside::InsideChoice;
use super::paste::Paste;
use super::preview::LivePreview;
use super::read::{Said, read};
use crate::api::MakePlan;
use crate::backend::Problem;
use crate::part::{Notice, ProblemView, Tone};
use crate::text::counted;
use leptos::form::ActionForm;
use leptos::html::Input;
use leptos::prelude::*;
use policy::access::{Adoption, Change, Intent};
use policy::object::ServiceRef;
use policy::scope::Scope;
use policy::view::{ReachView, ServiceDetail};

/// With so many ranges the preview is there when the key is painted; with more it follows when typing rests.
const AT_ONCE: usize = 2_000;

/// The state of the editor of one Service.
#[derive(Clone, Copy)]
pub(crate) struct Editor {
    /// The draft, and what it says.
    pub(super) form: Form,
    /// What is in force, as a change.
    in_force: RwSignal<Change>,
    /// Whether an access is in force.
    pub(super) guarded: RwSignal<bool>,
    /// What the preview needs of the cluster.
    pub(super) scope: RwSignal<Scope>,
    /// The Service.
    pub(super) service: StoredValue<ServiceRef>,
    /// The change that the preview shows; follows the draft.
    settled: RwSignal<Change>,
}

impl Editor {
    /// The editor of a Service as it is. Runs in the first render, on both sides alike.
    pub(crate) fn new(detail: &ServiceDetail) -> Self {
        let base = base(detail);
        let service = detail.row.service.clone();
        let scope = RwSignal::new(detail.scope.clone());
        let settled = change(&service, &read(&base, &detail.scope.groups));
        let said = move |draft: &Draft| scope.with(|scope| read(draft, &scope.groups));
        let editor = Self {
            form: Form::new(service.to_string(), base, Some(detail.row.ports.clone()), said),
            in_force: RwSignal::new(settled.clone()),
            guarded: RwSignal::new(detail.access.is_some()),
            scope,
            service: StoredValue::new(service),
            settled: RwSignal::new(settled),
        };
        editor.settle();
        editor
    }

    /// The Service has changed in the cluster: an untouched draft follows, a touched one stays.
    pub(crate) fn follow(self, detail: &ServiceDetail) {
        let base = base(detail);
        self.in_force.set(change(&self.service.get_value(), &read(&base, &detail.scope.groups)));
        self.form.follow(base);
        self.guarded.set(detail.access.is_some());
        if self.scope.with_untracked(|scope| *scope != detail.scope) {
            self.scope.set(detail.scope.clone());
        }
    }

    /// Has the preview follow the draft.
    fn settle(self) {
        let timer = StoredValue::new(None::<TimeoutHandle>);
        Effect::new(move |_| {
            let change = self.asked();
            if let Some(timer) = timer.get_value() {
                timer.clear();
            }
            if self.settled.with_untracked(|settled| *settled == change) {
                return;
            }
            if self.form.said.with_untracked(|said| said.access.ranges().count() <= AT_ONCE) {
                self.settled.set(change);
            } else {
                timer.set_value(set_timeout_with_handle(move || self.settled.set(change), REST).ok());
            }
        });
    }

    /// The change that the draft asks for.
    fn asked(self) -> Change {
        self.form.said.with(|said| change(&self.service.get_value(), said))
    }

    /// Whether the change that the preview shows is another than what is in force.
    pub(super) fn drafts(self) -> Memo<bool> {
        Memo::new(move |_| self.settled.with(|settled| self.in_force.with(|in_force| settled != in_force)))
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
    Change { service: service.clone(), intent: said.intent(), host_endpoints: said.host_endpoints.clone(), adoption: Adoption::default() }
}

/// A change as a form's field. What its client groups hold is the cluster's to say, and would make it long.
pub(crate) fn as_field(change: &Change) -> String {
    serde_json::to_string(&change.resolved(&[])).unwrap_or_default()
}

/// The tab: editor on the left, preview on the right.
#[component]
pub(crate) fn AccessTab(editor: Editor, plan: ServerAction<MakePlan>, who: Result<ReachView, Problem>) -> impl IntoView {
    // Written when it is sent: with a thousand ranges it is long.
    let field = NodeRef::<Input>::new();
    let fill = move |_| {
        if let Some(field) = field.get_untracked() {
            field.set_value(&as_field(&untrack(|| editor.asked())));
        }
    };
    let problems = Memo::new(move |_| editor.form.said.with(Said::problems));
    let blocked = move || !editor.form.alive.get() || problems.get() > 0 || plan.pending().get();
    let failed = move || plan.value().get().and_then(Result::err).map(|problem| view! { <ProblemView problem /> });
    let state = move || match (problems.get(), editor.form.touched.get()) {
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
                <Clients
                    form=editor.form
                    legend="Clients outside the cluster"
                    hint="Ranges that may reach the Service. Without any, nobody outside may."
                />
                <Groups editor />
                <Balancers editor />
                <InsideChoice editor />
                <EdgeChoice editor />
                <ActionForm action=plan>
                    <input type="hidden" name="change" node_ref=field />
                    <div class="acts bar">
                        <button class="button primary" data-key="p" disabled=blocked on:click=fill>"Review plan"</button>
                        <button
                            type="button"
                            class="button quiet"
                            disabled=move || !editor.form.alive.get() || !editor.form.touched.get()
                            on:click=move |_| editor.form.discard()
                        >
                            "Discard draft"
                        </button>
                        <span class="dim" role="status">{state}</span>
                    </div>
                </ActionForm>
                <div aria-live="assertive">{failed}</div>
                <AsYaml editor />
                <StopGuarding editor plan />
            </section>
            <LivePreview editor settled=editor.settled problems who />
            <Paste form=editor.form />
        </div>
    }
    .into_any()
}

/// A plan that takes away everything that Portcullis wrote for the Service.
#[component]
fn StopGuarding(editor: Editor, plan: ServerAction<MakePlan>) -> impl IntoView {
    let wire = move || {
        let host_endpoints = editor.form.base.with(|base| read(base, &[]).host_endpoints);
        as_field(&Change { service: editor.service.get_value(), intent: Intent::Open, host_endpoints, adoption: Adoption::default() })
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
