//! Ask: what becomes of one packet, and why. The address of the page is the question.

mod answer;
mod form;

use super::params::query;
use crate::api;
use crate::backend::Problem;
use crate::live::Live;
use crate::part::loaded;
use form::QuestionForm;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use policy::plan::PlanDigest;
use policy::reach::written::{NotAQuestion, Written};
use policy::view::AskView;

/// What the URL asks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Asked {
    /// The question as it is written.
    pub(super) written: Written,
    /// The digest of the plan to compare with; empty: none.
    pub(super) plan: String,
    /// Whether a client was asked for: a link to the page may name the Service alone.
    pub(super) complete: bool,
}

impl Asked {
    /// The field that breaks its rule.
    pub(super) fn wrong(&self) -> Option<NotAQuestion> {
        if self.complete { self.written.read().err() } else { None }
    }
}

/// The page.
#[component]
pub(crate) fn AskPage() -> impl IntoView {
    let asked = asked();
    let tick = expect_context::<Live>().tick;
    let answer: Resource<Result<Option<AskView>, Problem>> = Resource::new(
        move || (asked.get(), tick.get()),
        |(asked, _)| async move {
            if !asked.complete || asked.wrong().is_some() {
                return Ok(None);
            }
            api::ask(asked.written, digest(&asked.plan)?).await.map(Some)
        },
    );
    let title = move || {
        asked.with(|asked| match asked.complete {
            true => format!("{} to {}", asked.written.client.trim(), asked.written.to.trim()),
            false => "Ask".to_owned(),
        })
    };
    view! {
        <Title text=title />
        <h1>"Ask"</h1>
        <QuestionForm asked />
        {loaded(answer, |answer| answer.map_or_else(answer::nothing, answer::show))}
    }
    .into_any()
}

/// The question of the URL.
fn asked() -> Memo<Asked> {
    let url = use_query_map();
    let text = |name| query(name);
    let fields = (text("client"), text("to"), text("port"), text("protocol"), text("node"), text("interface"), text("source_port"));
    let plan = query("plan");
    Memo::new(move |_| {
        let (client, to, port, protocol, node, interface, source_port) = &fields;
        Asked {
            written: Written {
                client: client.get(),
                to: to.get(),
                port: port.get(),
                protocol: protocol.get(),
                node: node.get(),
                interface: interface.get(),
                source_port: source_port.get(),
            },
            plan: plan.get(),
            complete: url.with(|url| url.get_str("client").is_some()),
        }
    })
}

fn digest(text: &str) -> Result<Option<PlanDigest>, Problem> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| Problem::NotFound(format!("There is no plan `{text}`.")))
}
