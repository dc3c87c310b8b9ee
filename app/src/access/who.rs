//! Who can reach the Service: as it is in the first render, and before and after the draft from then on.
//!
//! What a draft comes to is put together here, as one types, from a template that the server made once: it holds for any client
//! addresses. Where typing rests the server is asked too, for it alone sees what becomes other for the rest of the cluster.

use super::editor::Editor;
use crate::api;
use crate::backend::Problem;
use crate::live::Live;
use crate::part::{prose, reach};
use leptos::prelude::*;
use leptos::task::spawn_local;
use policy::access::Change;
use policy::reach::template::{Shape, Template};
use policy::view::ReachView;
use std::time::Duration;

/// Typing rests this long before the server is asked about the rest of the cluster.
const REST: Duration = Duration::from_millis(700);

/// The template at hand.
enum Held {
    /// None was asked for yet, or none has come.
    Nothing,
    /// One, as the cluster was at this tick.
    Made(u32, Box<Template>),
    /// The server has none for drafts of this shape: it is asked about each.
    Without(Shape),
}

/// The state of the card.
#[derive(Clone, Copy)]
struct Card {
    settled: RwSignal<Change>,
    /// Whether that is another change than what is in force.
    drafts: Memo<bool>,
    blocked: Memo<bool>,
    tick: RwSignal<u32>,
    held: RwSignal<Held>,
    shown: RwSignal<Result<ReachView, Problem>>,
    /// Whether an answer is on its way.
    waits: RwSignal<bool>,
    /// The number of the newest question; an answer to an older one is let go.
    asked: StoredValue<u32>,
    rests: StoredValue<Option<TimeoutHandle>>,
}

/// The first card of the preview. While an answer is on its way the one before stays, dimmed; of several the newest counts.
#[component]
pub(super) fn Who(editor: Editor, settled: RwSignal<Change>, blocked: Memo<bool>, first: Result<ReachView, Problem>) -> impl IntoView {
    let card = Card {
        settled,
        drafts: editor.drafts(),
        blocked,
        tick: expect_context::<Live>().tick,
        held: RwSignal::new(Held::Nothing),
        shown: RwSignal::new(first),
        waits: RwSignal::new(false),
        asked: StoredValue::new(0),
        rests: StoredValue::new(None),
    };
    card.keep_template();
    card.follow();
    let Card { shown, waits, .. } = card;
    view! {
        <article class="card who" class:waits=move || waits.get() aria-busy=move || waits.get().then_some("true")>
            <h3>"Who can reach it"</h3>
            {move || match shown.get() {
                Ok(view) => reach(view),
                Err(problem) => view! { <p class="dim">{prose(&problem.to_string())}</p> }.into_any(),
            }}
        </article>
    }
    .into_any()
}

impl Card {
    /// Has a template at hand: once the page is alive, and for a draft one that fits it and the cluster as it is.
    fn keep_template(self) {
        let shape = Memo::new(move |_| self.settled.with(Shape::of));
        let asked = StoredValue::new(0_u32);
        Effect::new(move |_| {
            let (tick, drafts) = (self.tick.get(), self.drafts.get());
            let Some(shape) = shape.get() else { return };
            let at_hand = self.held.with_untracked(|held| match held {
                Held::Nothing => false,
                Held::Made(of, template) => template.is_for(&shape) && (*of == tick || !drafts),
                Held::Without(of) => *of == shape,
            });
            if at_hand {
                return;
            }
            let number = asked.try_update_value(|asked| {
                *asked += 1;
                *asked
            });
            spawn_local(async move {
                let answer = api::reach_template(shape.clone()).await;
                if asked.try_get_value() == number {
                    _ = self.held.try_set(match answer {
                        Ok(Some(template)) => Held::Made(tick, Box::new(template)),
                        Ok(None) | Err(_) => Held::Without(shape),
                    });
                }
            });
        });
    }

    /// Follows the draft, the template and the cluster.
    fn follow(self) {
        Effect::new(move |before: Option<()>| {
            let (tick, drafts) = (self.tick.get(), self.drafts.get());
            let blocked = self.blocked.get();
            self.settled.track();
            self.held.track();
            if let Some(rests) = self.rests.get_value() {
                rests.clear();
            }
            // What the server rendered is the answer to the first draft, if that is what is in force.
            if before.is_none() && !drafts {
                return;
            }
            // A plan with a blocker may write over objects of others: only the server knows what they say.
            let told = self.held.with_untracked(|held| match held {
                Held::Made(of, template) if !drafts && *of == tick => Some(template.now()),
                Held::Made(_, template) if drafts && !blocked => self.settled.with_untracked(|change| template.complete(change)),
                _ => None,
            });
            match told {
                Some(view) => {
                    self.tell(view);
                    if drafts {
                        self.rests.set_value(set_timeout_with_handle(move || self.ask(true), REST).ok());
                    }
                }
                None if drafts && !blocked && self.is_on_its_way() => self.waits.set(true),
                None => self.ask(drafts),
            }
        });
    }

    /// Whether a template for the change will come.
    fn is_on_its_way(self) -> bool {
        let Some(shape) = self.settled.with_untracked(Shape::of) else { return false };
        self.held.with_untracked(|held| match held {
            Held::Nothing => true,
            Held::Made(_, template) => !template.is_for(&shape),
            Held::Without(of) => *of != shape,
        })
    }

    fn tell(self, view: ReachView) {
        self.asked.update_value(|asked| *asked += 1);
        self.shown.set(Ok(view));
        self.waits.set(false);
    }

    /// Asks the server, about a draft or about what is in force.
    fn ask(self, draft: bool) {
        let Some(change) = self.settled.try_get_untracked() else { return };
        let number = self.asked.try_update_value(|asked| {
            *asked += 1;
            *asked
        });
        self.waits.set(true);
        spawn_local(async move {
            let answer = if draft { api::reach_of_change(change).await } else { api::reach(change.service).await };
            if self.asked.try_get_value() == number {
                _ = self.shown.try_set(answer);
                _ = self.waits.try_set(false);
            }
        });
    }
}
