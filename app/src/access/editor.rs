//! The editor's state, and the tab that shows it.

use super::balancers::Balancers;
use super::clients::Clients;
use super::draft::{Draft, Edge};
use super::edge::EdgeChoice;
use super::foot::foot;
use super::form::{Form, REST};
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
use crate::part::{Notice, Tone};
use crate::text::{counted, len};
use leptos::form::ActionForm;
use leptos::prelude::*;
use policy::access::{Access, Adoption, Change, Intent};
use policy::object::ServiceRef;
use policy::reach::pods_alone::Offer;
use policy::reach::safety::ByHand;
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
    /// Whether the pods alone guard it as it is.
    pub(super) alone_in_force: RwSignal<bool>,
    /// Whether they can.
    pub(super) offer: RwSignal<Offer>,
    /// What there is to be taken over of what somebody made by hand.
    pub(super) adoption: RwSignal<Adoption>,
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
        let adoption = adoption(detail);
        let settled = change(&service, &read(&base, &detail.scope.groups), &adoption);
        let said = move |draft: &Draft| scope.with(|scope| read(draft, &scope.groups));
        let editor = Self {
            form: Form::new(keep::of_service(&service), base, Some(detail.row.ports.clone()), said),
            in_force: RwSignal::new(in_force(detail)),
            guarded: RwSignal::new(detail.access.is_some()),
            alone_in_force: RwSignal::new(at_pods_alone(detail.access.as_ref())),
            offer: RwSignal::new(detail.pods_alone.clone()),
            adoption: RwSignal::new(adoption),
            scope,
            service: StoredValue::new(service),
            settled: RwSignal::new(settled),
        };
        editor.settle();
        editor
    }

    /// The Service has changed in the cluster: an untouched draft follows, a touched one stays.
    pub(crate) fn follow(self, detail: &ServiceDetail) {
        self.in_force.set(in_force(detail));
        let adoption = adoption(detail);
        if self.adoption.with_untracked(|old| *old != adoption) {
            self.adoption.set(adoption);
        }
        self.form.follow(base(detail));
        self.guarded.set(detail.access.is_some());
        self.alone_in_force.set(at_pods_alone(detail.access.as_ref()));
        if self.offer.with_untracked(|offer| *offer != detail.pods_alone) {
            self.offer.set(detail.pods_alone.clone());
        }
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

    /// Whether there is something to be taken over.
    pub(super) fn by_hand(self) -> bool {
        self.adoption.with(|adoption| !adoption.is_empty())
    }

    /// The change that the draft asks for.
    fn asked(self) -> Change {
        self.form.said.with(|said| self.adoption.with(|adoption| change(&self.service.get_value(), said, adoption)))
    }

    /// Whether the change that the preview shows is another than what is in force.
    pub(super) fn drafts(self) -> Memo<bool> {
        Memo::new(move |_| self.settled.with(|settled| self.in_force.with(|in_force| settled != in_force)))
    }
}

/// The draft to begin with: what is in force, or else what policies say that somebody made by hand. Where it stands on HostEndpoints that are
/// gone, which interface gets new ones is asked, not guessed.
fn base(detail: &ServiceDetail) -> Draft {
    let access = detail.access.as_ref().or(by_hand(detail).map(|found| &found.hand_made.access));
    let mut base = of(detail, access);
    base.adopt = !adoption(detail).is_empty();
    base
}

fn of(detail: &ServiceDetail, access: Option<&Access>) -> Draft {
    let mut base = Draft::of(access, &detail.host_endpoints);
    if base.edge == Edge::Existing && detail.scope.edge.endpoints.is_empty() {
        base.edge = Edge::Named;
    }
    base
}

fn at_pods_alone(access: Option<&Access>) -> bool {
    access.is_some_and(|access| access.enforced.at_pods_alone())
}

/// What somebody made by hand where nothing of Portcullis is in force; beside a guard, the head of the page has it.
fn by_hand(detail: &ServiceDetail) -> Option<&ByHand> {
    detail.by_hand.as_ref().filter(|_| detail.access.is_none())
}

fn adoption(detail: &ServiceDetail) -> Adoption {
    by_hand(detail).map(|found| found.change.adoption.clone()).unwrap_or_default()
}

/// What is in force, as a change: of a Service that is not guarded, that nobody is let in by Portcullis.
fn in_force(detail: &ServiceDetail) -> Change {
    change(&detail.row.service, &read(&of(detail, detail.access.as_ref()), &detail.scope.groups), &Adoption::default())
}

fn change(service: &ServiceRef, said: &Said, adoption: &Adoption) -> Change {
    let adoption = if said.adopt { adoption.clone() } else { Adoption::default() };
    Change { service: service.clone(), intent: said.intent(), host_endpoints: said.host_endpoints.clone(), adoption }
}

/// A change as a form's field. What its client groups hold is the cluster's to say, and would make it long.
pub(crate) fn as_field(change: &Change) -> String {
    serde_json::to_string(&change.resolved(&[])).unwrap_or_default()
}

/// The tab: editor on the left, preview on the right.
#[component]
pub(crate) fn AccessTab(editor: Editor, plan: ServerAction<MakePlan>, who: Result<ReachView, Problem>) -> impl IntoView {
    let problems = Memo::new(move |_| editor.form.said.with(Said::problems));
    let state = move || match (problems.get(), editor.form.touched.get()) {
        (0, false) if editor.by_hand() => {
            "The draft is what the policies made by hand were meant to do; the plan takes them over.".to_owned()
        }
        (0, false) if !editor.guarded.get() => "Not guarded yet: nothing is in force.".to_owned(),
        (0, false) => "The draft is what is in force.".to_owned(),
        (0, true) => "A draft, kept in this browser until it is applied or discarded.".to_owned(),
        (count, _) => format!("{} to fix before it can be planned.", counted(count, "row or field", "rows or fields")),
    };
    let foot = foot(editor.form, plan, move || as_field(&editor.asked()), move || problems.get() > 0, state);
    view! {
        <div class="editor">
            <section class="editor-form" aria-label="Access">
                <div class="without-script">
                    <Notice tone=Tone::Unknown title="Editing needs JavaScript">
                        "Without it, " <code>"portcullis plan"</code> " on the command line makes the same plan."
                    </Notice>
                </div>
                <TakeOver editor />
                <Clients
                    form=editor.form
                    legend="Clients outside the cluster"
                    hint="Ranges that may reach the Service. Without any, nobody outside may."
                />
                <Groups editor />
                <Balancers editor />
                <InsideChoice editor />
                <PlaceChoice editor />
                <EdgeChoice editor />
                {foot}
                <AsYaml editor />
                <StopGuarding editor plan />
            </section>
            <LivePreview editor settled=editor.settled problems who />
            <Paste form=editor.form />
        </div>
    }
    .into_any()
}

/// Whether what somebody made by hand is taken over.
#[component]
fn TakeOver(editor: Editor) -> impl IntoView {
    let draft = editor.form.draft;
    let policies = move || counted(editor.adoption.with(|adoption| len(&adoption.taken)), "policy", "policies");
    view! {
        <fieldset class="part" hidden=move || !editor.by_hand()>
            <legend>"Made by hand"</legend>
            <label class="check">
                <input
                    type="checkbox"
                    checked=draft.with_untracked(|draft| draft.adopt)
                    prop:checked=move || draft.with(|draft| draft.adopt)
                    on:change=move |event| draft.update(|draft| draft.adopt = event_target_checked(&event))
                />
                <span>
                    {move || format!("Take over {}", policies())}
                    <span class="dim">" – they go last, once what is below is in force"</span>
                </span>
            </label>
        </fieldset>
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
