//! Keeping a draft in the browser's session, so that a reload or a look elsewhere loses nothing.

use super::draft::Draft;
use leptos::prelude::window;
use policy::object::ServiceRef;
use web_sys::Storage;

fn storage() -> Option<Storage> {
    window().session_storage().ok().flatten()
}

fn name(service: &ServiceRef) -> String {
    format!("portcullis draft {service}")
}

/// The kept draft of a Service. What an older Portcullis kept, and no longer reads, is as if it were not there.
pub(super) fn kept(service: &ServiceRef) -> Option<Draft> {
    let text = storage()?.get_item(&name(service)).ok().flatten()?;
    serde_json::from_str(&text).ok()
}

/// Keeps a draft. Where the browser has no room, the draft lives as long as the page.
pub(super) fn keep(service: &ServiceRef, draft: &Draft) {
    if let (Some(storage), Ok(text)) = (storage(), serde_json::to_string(draft)) {
        _ = storage.set_item(&name(service), &text);
    }
}

/// Keeps it no more.
pub(super) fn forget(service: &ServiceRef) {
    if let Some(storage) = storage() {
        _ = storage.remove_item(&name(service));
    }
}
