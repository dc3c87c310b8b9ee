//! The editor's state, and the tab that shows it.

use super::balancers::Balancers;
use super::clients::Clients;
use super::draft::{Draft, Edge};
use super::edge::EdgeChoice;
use super::groups::Groups;
use super::import::AsYaml;
use super::inside::InsideChoice;
use super::keep;
use super::paste::Paste;
use super::place::PlaceChoice;
use super::preview::LivePreview;
use super::read::{Said, read};
use crate::api::MakePlan;
use crate::backend::Problem;
use crate::part::{Notice, ProblemView, Tone};
use crate::text::counted;
use leptos::ev;
use leptos::form::ActionForm;
use leptos::html::Input;
use leptos::prelude::*;
use policy::access::{Access, Adoption, Change, Intent, Port};
use policy::object::ServiceRef;
use policy::reach::pods_alone::Offer;
use policy::scope::Scope;
use policy::view::{ReachView, ServiceDetail};
use std::time::Duration;

/// With so many ranges the preview is there when the key is painted; with more it follows when typing rests.
const AT_ONCE: usize = 2_000;

/// Typing rests this long before what takes longer follows.
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
    /// What is in force, as a change.
    in_force: RwSignal<Change>,
    /// Whether the draft says something else than what is in force.
    touched: Memo<bool>,
    /// Whether an access is in force.
    pub(super) guarded: RwSignal<bool>,
    /// Whether the pods alone guard it as it is.
    pub(super) alone_in_force: RwSignal<bool>,
    /// Whether they can.
    pub(super) offer: RwSignal<Offer>,
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
        let in_force = base(detail);
        let service = detail.row.service.clone();
        let scope = RwSignal::new(detail.scope.clone());
        let first = read(&in_force, &detail.scope.groups);
        let (base, draft) = (RwSignal::new(in_force.clone()), RwSignal::new(in_force));
        let settled = change(&service, &first);
        let editor = Self {
            draft,
            said: Memo::new(move |_| scope.with(|scope| draft.with(|draft| read(draft, &scope.groups)))),
            lit: RwSignal::new(Vec::new()),
            ports: StoredValue::new(detail.row.ports.clone()),
            alive: RwSignal::new(false),
            base,
            in_force: RwSignal::new(settled.clone()),
            touched: Memo::new(move |_| draft.with(|draft| base.with(|base| !draft.says_same(base)))),
            guarded: RwSignal::new(detail.access.is_some()),
            alone_in_force: RwSignal::new(at_pods_alone(detail.access.as_ref())),
            offer: RwSignal::new(detail.pods_alone.clone()),
            scope,
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
        self.in_force.set(change(&self.service.get_value(), &read(&base, &detail.scope.groups)));
        if self.touched.get_untracked() || self.base.with_untracked(|old| base.says_same(old)) {
            self.base.set(base);
        } else {
            self.base.set(base.clone());
            self.draft.set(base);
        }
        self.guarded.set(detail.access.is_some());
        self.alone_in_force.set(at_pods_alone(detail.access.as_ref()));
        if self.offer.with_untracked(|offer| *offer != detail.pods_alone) {
            self.offer.set(detail.pods_alone.clone());
        }
        if self.scope.with_untracked(|scope| *scope != detail.scope) {
            self.scope.set(detail.scope.clone());
        }
    }

    /// Restores the kept draft once the page is alive, and keeps it from then on: when typing rests, or the page is left before.
    fn keep(self) {
        let waits = StoredValue::new(None::<TimeoutHandle>);
        let keep_now = move || {
            if let Some(waits) = waits.try_update_value(Option::take).flatten() {
                waits.clear();
                let service = self.service.get_value();
                if self.touched.get_untracked() {
                    self.draft.with_untracked(|draft| keep::keep(&service, draft));
                } else {
                    keep::forget(&service);
                }
            }
        };
        Effect::new(move |alive: Option<()>| {
            self.draft.track();
            self.base.track();
            if alive.is_none() {
                if let Some(draft) = keep::kept(&self.service.get_value()) {
                    self.draft.set(draft);
                }
                self.alive.set(true);
                return;
            }
            if let Some(waits) = waits.get_value() {
                waits.clear();
            }
            waits.set_value(set_timeout_with_handle(keep_now, REST).ok());
        });
        Effect::new(move |_| {
            let leaves = window_event_listener(ev::pagehide, move |_| keep_now());
            on_cleanup(move || {
                leaves.remove();
                keep_now();
            });
        });
    }

    /// Has the preview follow the draft.
    fn settle(self) {
        let timer = StoredValue::new(None::<TimeoutHandle>);
        Effect::new(move |_| {
            let change = self.said.with(|said| change(&self.service.get_value(), said));
            if let Some(timer) = timer.get_value() {
                timer.clear();
            }
            if self.settled.with_untracked(|settled| *settled == change) {
                return;
            }
            if self.said.with_untracked(|said| said.access.ranges().count() <= AT_ONCE) {
                self.settled.set(change);
            } else {
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

fn at_pods_alone(access: Option<&Access>) -> bool {
    access.is_some_and(|access| access.enforced.at_pods_alone())
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
            field.set_value(&editor.said.with_untracked(|said| as_field(&change(&editor.service.get_value(), said))));
        }
    };
    let problems = Memo::new(move |_| editor.said.with(Said::problems));
    let blocked = move || !editor.alive.get() || problems.get() > 0 || plan.pending().get();
    let failed = move || plan.value().get().and_then(Result::err).map(|problem| view! { <ProblemView problem /> });
    let state = move || match (problems.get(), editor.touched.get()) {
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
                <Groups editor />
                <Balancers editor />
                <InsideChoice editor />
                <PlaceChoice editor />
                <EdgeChoice editor />
                <ActionForm action=plan>
                    <input type="hidden" name="change" node_ref=field />
                    <div class="acts bar">
                        <button class="button primary" data-key="p" disabled=blocked on:click=fill>"Review plan"</button>
                        <button
                            type="button"
                            class="button quiet"
                            disabled=move || !editor.alive.get() || !editor.touched.get()
                            on:click=move |_| editor.discard()
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
            <Paste editor />
        </div>
    }
    .into_any()
}

/// A plan that takes away everything that Portcullis wrote for the Service.
#[component]
fn StopGuarding(editor: Editor, plan: ServerAction<MakePlan>) -> impl IntoView {
    let wire = move || {
        let host_endpoints = editor.base.with(|base| read(base, &[]).host_endpoints);
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
