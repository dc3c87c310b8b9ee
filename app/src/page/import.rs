//! Access of many Services, and client groups, from one text of YAML: one plan over all Services, and one for each group.

use crate::access::{keep_text, kept_text, read_file, too_long};
use crate::api::Import;
use crate::backend::Problem;
use crate::frame::focus;
use crate::part::{Notice, Tone, prose};
use crate::text::counted;
use crate::view::Imported;
use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_meta::Title;
use std::time::Duration;
use web_sys::{HtmlInputElement, MouseEvent};

/// The name by which the text is kept.
const KEPT: &str = "of an import";

/// An example of each kind.
const EXAMPLE: &str = "group: office\nranges:\n- cidr: 50.60.0.0/16\n  note: Berlin\n---\nservice: shop/svc-a\ngroups:\n- name: office\nclients:\n- cidr: 203.0.113.0/24\n  ports: [TCP/443]";

/// The page.
#[component]
pub(crate) fn ImportPage() -> impl IntoView {
    let action = ServerAction::<Import>::new();
    let (text, long) = (RwSignal::new(String::new()), RwSignal::new(None::<String>));
    // Nothing is lost on the way to a plan and back.
    Effect::new(move |alive: Option<()>| {
        let typed = text.get();
        if alive.is_some() {
            keep_text(KEPT, &typed);
        } else if let Some(kept) = kept_text(KEPT) {
            text.set(kept);
        }
    });
    let answer = move || long.get().map(|why| Err(Problem::Refused(why))).or_else(|| action.value().get());
    Effect::new(move |_| {
        if answer().is_some() {
            set_timeout(|| focus("import-answer"), Duration::ZERO);
        }
    });
    let alive = RwSignal::new(false);
    Effect::new(move |_| alive.set(true));
    let check = move |event: MouseEvent| {
        let why = too_long(&text.read_untracked());
        if why.is_some() {
            event.prevent_default();
        }
        long.set(why);
    };
    view! {
        <Title text="Import YAML" />
        <p class="crumbs"><a href="/services">"Services"</a> " / " <a href="/groups">"Client groups"</a></p>
        <h1>"Import YAML"</h1>
        <p class="dim">
            "Documents with three dashes between, each about a Service or a client group, as " <code>"portcullis access export"</code> " and "
            <code>"portcullis groups export"</code> " write them, and as the pages offer them for download. All Services come into one plan, each group into one of its own. Nothing is changed before a plan is applied."
        </p>
        <ActionForm action=action>
            <section class="card">
                <label class="field" hidden=move || !alive.get()>
                    <span>"A file"</span>
                    <input type="file" accept=".yaml,.yml,.json" on:change=move |event| read_file(&event_target::<HtmlInputElement>(&event), text) />
                </label>
                <label class="field">
                    <span>"YAML"</span>
                    <textarea
                        class="mono"
                        name="yaml"
                        rows="16"
                        required
                        spellcheck="false"
                        placeholder=EXAMPLE
                        data-key="e"
                        prop:value=move || text.get()
                        on:input=move |event| text.set(event_target_value(&event))
                    ></textarea>
                </label>
                <p class="acts">
                    <button class="button primary" data-key="p" prop:disabled=move || action.pending().get() on:click=check>"Review the plans"</button>
                </p>
            </section>
        </ActionForm>
        <div id="import-answer" class="failure" tabindex="-1" aria-live="polite">{move || answer().map(said)}</div>
    }
    .into_any()
}

fn said(answer: Result<Imported, Problem>) -> AnyView {
    match answer {
        Ok(imported) => plans(imported),
        Err(problem) => {
            let (title, faults) = match &problem {
                Problem::Refused(said) => {
                    let lines: Vec<String> = said.lines().map(str::to_owned).collect();
                    let count = u64::try_from(lines.len()).unwrap_or(u64::MAX);
                    (format!("No plan is made: {}", counted(count, "thing to mend", "things to mend")), lines)
                }
                other => ("No plan is made".to_owned(), vec![other.to_string()]),
            };
            let items = faults.iter().map(|line| view! { <li><span>{prose(line)}</span></li> }).collect_view();
            view! {
                <div role="alert">
                    <Notice tone=Tone::Denied title=title>
                        <ol class="problems" tabindex="0" aria-label="What is wrong with the YAML">{items}</ol>
                        <p class="dim">"Nothing was changed, and the text stays as it is: mend what is named and send it again."</p>
                    </Notice>
                </div>
            }
            .into_any()
        }
    }
}

/// The plans, in the order in which they are to be applied: a Service lets in what its groups hold then.
fn plans(imported: Imported) -> AnyView {
    let Imported { groups, services } = imported;
    let groups = groups.into_iter().map(|(name, digest)| {
        view! { <li><a href=format!("/plans/{digest}") data-row="">{format!("Plan for the group {name}")}</a></li> }
    });
    let services = services.map(|(count, digest)| {
        view! { <li><a href=format!("/plans/{digest}") data-row="">{format!("Plan for {}", counted(count, "Service", "Services"))}</a></li> }
    });
    view! {
        <Notice tone=Tone::Allowed title="The plans are made">
            <p>"Review and apply them in this order. One that was made before another was applied says so, and leads to itself made anew."</p>
            <ol class="plain import-plans">{groups.collect_view()} {services}</ol>
        </Notice>
    }
    .into_any()
}
