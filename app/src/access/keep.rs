//! Keeping a draft in the browser's session, so that a reload or a look elsewhere loses nothing.

use super::draft::Draft;
use super::read::{Said, read};
use leptos::prelude::window;
use policy::access::{Asked, Change, ClientGroup, GroupName, GroupRange, GroupUse, Intent};
use policy::object::ServiceRef;
use web_sys::Storage;

fn storage() -> Option<Storage> {
    window().session_storage().ok().flatten()
}

fn key(name: &str) -> String {
    format!("portcullis draft {name}")
}

/// The draft that is kept by this name. What an older Portcullis kept, and no longer reads, is as if it were not there.
pub(super) fn kept(name: &str) -> Option<Draft> {
    let text = storage()?.get_item(&key(name)).ok().flatten()?;
    serde_json::from_str(&text).ok()
}

/// Keeps a draft. Where the browser has no room, the draft lives as long as the page.
pub(super) fn keep(name: &str, draft: &Draft) {
    if let (Some(storage), Ok(text)) = (storage(), serde_json::to_string(draft)) {
        _ = storage.set_item(&key(name), &text);
    }
}

/// Keeps it no more.
pub(super) fn forget(name: &str) {
    if let Some(storage) = storage() {
        _ = storage.remove_item(&key(name));
    }
}

/// Keeps a draft no more that asks for what was applied: it is in force now, and what comes after it is not what was typed here.
pub(crate) fn applied(asked: &Asked) {
    if let Some(of) = asked.of_group() {
        let holds = |said: &Said| ClientGroup { name: of.name.clone(), ranges: said.ranges() }.normalised().ranges;
        let wanted = of.ranges.clone().unwrap_or_default();
        forget_if(&of_group(&of.name), &[], |said| holds(said) == wanted);
        return;
    }
    let names: Vec<String> = asked.services().map(ToString::to_string).collect();
    forget(&of_many(&names));
    for Change { service, intent, .. } in asked.changes() {
        if let Intent::Guard(access) = intent {
            let known: Vec<ClientGroup> = access.groups.iter().map(held).collect();
            forget_if(&of_service(service), &known, |said| said.access.normalised() == access.normalised());
        }
    }
}

/// A group as the access says what it holds.
fn held(used: &GroupUse) -> ClientGroup {
    let ranges = used.ranges.iter().map(|cidr| GroupRange { cidr: *cidr, note: String::new() });
    ClientGroup { name: used.name.clone(), ranges: ranges.collect() }
}

fn forget_if(name: &str, known: &[ClientGroup], is_applied: impl FnOnce(&Said) -> bool) {
    let said = kept(name).map(|draft| read(&draft, known));
    if said.is_some_and(|said| said.problems() == 0 && is_applied(&said)) {
        forget(name);
    }
}

/// A text that is kept by this name.
pub(crate) fn kept_text(name: &str) -> Option<String> {
    storage()?.get_item(&key(name)).ok().flatten()
}

/// Keeps a text; an empty one is kept no more.
pub(crate) fn keep_text(name: &str, text: &str) {
    match storage() {
        Some(storage) if !text.is_empty() => _ = storage.set_item(&key(name), text),
        _ => forget(name),
    }
}

/// The name by which what is typed for many Services is kept, in whatever order they were chosen.
pub(crate) fn of_many(services: &[String]) -> String {
    let mut names: Vec<&str> = services.iter().map(String::as_str).collect();
    names.sort_unstable();
    format!("of many: {}", names.join(" "))
}

/// The name by which the draft of a Service's access is kept.
pub(crate) fn of_service(service: &ServiceRef) -> String {
    service.to_string()
}

/// The name by which the draft of a client group is kept.
pub(crate) fn of_group(group: &GroupName) -> String {
    format!("of the group {group}")
}
