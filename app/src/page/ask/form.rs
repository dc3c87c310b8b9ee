//! The question as a form that works by itself.

use super::Asked;
use crate::part::prose;
use crate::text::ask;
use leptos::prelude::*;
use leptos_router::components::Form;
use policy::reach::written::Field;

/// The form. What is wrong stands beside its field, and nothing that was typed is lost.
#[component]
pub(super) fn QuestionForm(asked: Memo<Asked>) -> impl IntoView {
    let written = move |read: fn(&Asked) -> &str| move || asked.with(|asked| read(asked).to_owned());
    let field = move |of: Field, name, label, example, read: fn(&Asked) -> &str| text_field(asked, of, name, label, example, read);
    let more = asked.with_untracked(|asked| {
        let written = &asked.written;
        [&written.node, &written.interface, &written.source_port].iter().any(|text| !text.is_empty())
    });
    let plan = move || {
        let digest = asked.with(|asked| asked.plan.clone());
        (!digest.is_empty()).then(|| view! { <input type="hidden" name="plan" value=digest /> })
    };
    // A question without one is about TCP.
    let protocol = written(|asked| match asked.written.protocol.as_str() {
        "" => "TCP",
        written => written,
    });
    let chosen = protocol();
    let protocols = protocols(&chosen);
    view! {
        <Form method="GET" action="/ask" noscroll=true attr:class="question card">
            <div class="question-fields" role="search" aria-label="Question">
                {field(Field::Client, "client", "Client", "50.60.1.2, pod:shop/web-0 or node:node-a", |asked| &asked.written.client)}
                {field(Field::To, "to", "Service or address", "shop/svc-a or 10.20.30.40", |asked| &asked.written.to)}
                {field(Field::Port, "port", "Port", "443", |asked| &asked.written.port)}
                <div class="field">
                    <label for="ask-protocol">"Protocol"</label>
                    <select id="ask-protocol" name="protocol" prop:value=protocol>{protocols}</select>
                    {message(asked, Field::Protocol)}
                </div>
                <button class="button primary">"Ask"</button>
            </div>
            <details class="question-more" open=more>
                <summary>"Where it comes in, and from which port"</summary>
                <div class="question-fields">
                    {field(Field::Node, "node", "Node", "every node", |asked| &asked.written.node)}
                    {field(Field::Interface, "interface", "Interface", "every interface", |asked| &asked.written.interface)}
                    {field(Field::SourcePort, "source_port", "Port of the client", "any", |asked| &asked.written.source_port)}
                </div>
            </details>
            {plan}
            {move || asked.with(compared)}
        </Form>
    }
    .into_any()
}

fn text_field(
    asked: Memo<Asked>,
    of: Field,
    name: &'static str,
    label: &'static str,
    example: &'static str,
    read: fn(&Asked) -> &str,
) -> AnyView {
    let value = move || asked.with(|asked| read(asked).to_owned());
    let wrong = move || asked.with(|asked| asked.wrong().is_some_and(|wrong| wrong.field == of).then_some("true"));
    let id = format!("ask-{name}");
    let key = (of == Field::Client).then_some("/");
    view! {
        <div class=format!("field of-{name}")>
            <label for=id.clone()>{label}</label>
            <input
                id=id.clone()
                class="mono"
                name=name
                placeholder=example
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                data-key=key
                aria-invalid=wrong
                aria-describedby=format!("{id}-message")
                value=value()
                prop:value=value
            />
            {message(asked, of)}
        </div>
    }
    .into_any()
}

/// What is wrong with a field, and the rule that it breaks.
fn message(asked: Memo<Asked>, of: Field) -> AnyView {
    let name = match of {
        Field::Client => "client",
        Field::To => "to",
        Field::Port => "port",
        Field::Protocol => "protocol",
        Field::Node => "node",
        Field::Interface => "interface",
        Field::SourcePort => "source_port",
    };
    let said = move || {
        let wrong = asked.with(Asked::wrong).filter(|wrong| wrong.field == of)?;
        let mut text = wrong.to_string();
        if let Some(first) = text.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        Some(view! {
            <span class="denied">
                <span class="shape" aria-hidden="true">"✕"</span>
                {prose(&text)}
                "."
            </span>
        })
    };
    view! {
        <p class="message" id=format!("ask-{name}-message") aria-live="polite">
            {said}
        </p>
    }
    .into_any()
}

/// The protocols to choose from, and whatever else the URL asks for.
fn protocols(chosen: &str) -> AnyView {
    let known = ["TCP", "UDP", "SCTP", "ICMP"];
    let upper = chosen.trim().to_ascii_uppercase();
    let other = (!upper.is_empty() && !known.contains(&upper.as_str())).then(|| chosen.to_owned());
    let known = known.map(|word| view! { <option value=word selected=upper == word>{word}</option> });
    let other = other.map(|word| view! { <option value=word.clone() selected=true>{word.clone()}</option> });
    view! { {Vec::from(known)} {other} }.into_any()
}

/// With which plan the answer is compared, and the way out of it.
fn compared(asked: &Asked) -> Option<AnyView> {
    let short: String = asked.plan.chars().take(12).collect();
    (!short.is_empty()).then(|| {
        let plan = format!("/plans/{}", asked.plan);
        view! {
            <p class="dim">
                "Now, compared with plan " <a href=plan><code>{short}</code></a> ". "
                <a href=address(asked, "")>"Ask about now alone"</a>
            </p>
        }
        .into_any()
    })
}

/// The page's address for this question.
pub(super) fn address(asked: &Asked, plan: &str) -> String {
    ask(&asked.written, plan)
}
