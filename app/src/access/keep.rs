//! Keeping a draft in the browser's session, so that a reload or a look elsewhere loses nothing.

use super::draft::Draft;
use leptos::prelude::window;
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
