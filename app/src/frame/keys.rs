//! Keyboard: one listener for the document. What a page offers to a key, it marks with `data-key`; rows that `j` and `k` go
//! through, with `data-row`.

use super::palette;
use leptos::ev;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlDialogElement, HtmlElement, HtmlInputElement, KeyboardEvent};

/// Every key and what it does, as the help lists them.
pub(super) const LIST: &[(&str, &str)] = &[
    ("/", "Search"),
    ("Ctrl-K", "Go to a page or a Service"),
    ("g s", "Services"),
    ("g g", "Groups"),
    ("g a", "Ask"),
    ("g c", "Changes"),
    ("g h", "History"),
    ("g k", "Checks"),
    ("g l", "Cluster"),
    ("j k", "Next row, previous row"),
    ("Enter", "Open the row; in a range of the editor: add one below"),
    ("e", "Edit access"),
    ("p", "Review the plan"),
    ("?", "This list"),
    ("Esc", "Leave a field or a dialog"),
];

/// Within this time the second key of `g s` must follow, in milliseconds.
const CHORD: f64 = 1500.0;

/// Begins to listen once the page is alive.
pub(super) fn listen() {
    let navigate = use_navigate();
    let chord = StoredValue::new(f64::NEG_INFINITY);
    Effect::new(move |_| {
        let navigate = navigate.clone();
        let handle = window_event_listener(ev::keydown, move |event| {
            let goes = (event.ctrl_key() || event.meta_key()) && !event.alt_key() && event.key().eq_ignore_ascii_case("k");
            if goes && !event.default_prevented() && document().query_selector("dialog[open]").ok().flatten().is_none() {
                event.prevent_default();
                open_dialog(palette::ID);
                return;
            }
            if event.ctrl_key() || event.meta_key() || event.alt_key() || event.default_prevented() {
                return;
            }
            let key = event.key();
            if typing(&event) {
                if key == "Escape" {
                    blur();
                }
                return;
            }
            if document().query_selector("dialog[open]").ok().flatten().is_some() {
                return;
            }
            let second = event.time_stamp() - chord.get_value() < CHORD;
            chord.set_value(if key == "g" && !second { event.time_stamp() } else { f64::NEG_INFINITY });
            if second && let Some(place) = place(&key) {
                event.prevent_default();
                navigate(place, NavigateOptions::default());
                return;
            }
            if act(&key) {
                event.prevent_default();
            }
        });
        on_cleanup(move || handle.remove());
    });
}

fn place(key: &str) -> Option<&'static str> {
    Some(match key {
        "s" => "/services",
        "g" => "/groups",
        "a" => "/ask",
        "c" => "/changes",
        "h" => "/history",
        "k" => "/checks",
        "l" => "/cluster",
        _ => return None,
    })
}

/// Whether the key was taken.
fn act(key: &str) -> bool {
    match key {
        "?" => open_dialog("help"),
        "j" => step(1),
        "k" => step(-1),
        "/" | "e" | "p" => offered(key),
        _ => false,
    }
}

/// Uses what the page offers to the key: fields are gone to, everything else is clicked.
fn offered(key: &str) -> bool {
    // What the page offers comes before what stands on every page.
    let find = |place: &str| document().query_selector(&format!("{place} [data-key='{key}']")).ok().flatten();
    let Some(element) = find("main").or_else(|| find("body")) else { return false };
    let Some(element) = element.dyn_ref::<HtmlElement>() else { return false };
    if let Some(input) = element.dyn_ref::<HtmlInputElement>() {
        _ = input.focus();
        input.select();
    } else {
        element.click();
    }
    true
}

/// Goes to the next or the previous row.
fn step(by: i32) -> bool {
    let Ok(rows) = document().query_selector_all("main [data-row]") else { return false };
    let current = document().active_element().and_then(|active| active.closest("[data-row]").ok().flatten());
    let count = rows.length();
    if count == 0 {
        return false;
    }
    let at = current.and_then(|current| (0..count).find(|at| rows.get(*at).as_ref() == Some(current.as_ref())));
    let next = match (at, by) {
        (None, _) => 0,
        (Some(at), ..0) => at.saturating_sub(1),
        (Some(at), _) => (at + 1).min(count - 1),
    };
    if let Some(row) = rows.get(next).and_then(|row| row.dyn_into::<HtmlElement>().ok()) {
        _ = row.focus();
        row.scroll_into_view_with_bool(false);
    }
    true
}

/// Opens the dialog with this id; whether there is one.
pub(crate) fn open_dialog(id: &str) -> bool {
    dialog(id).is_some_and(|dialog| dialog.open() || dialog.show_modal().is_ok())
}

/// The dialog with this id.
pub(crate) fn dialog(id: &str) -> Option<HtmlDialogElement> {
    document().get_element_by_id(id)?.dyn_into().ok()
}

fn typing(event: &KeyboardEvent) -> bool {
    let Some(target) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else { return false };
    let kind = target.get_attribute("type").unwrap_or_default();
    let toggles = target.tag_name() == "INPUT" && matches!(kind.as_str(), "checkbox" | "radio");
    matches!(target.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT") && !toggles
}

fn blur() {
    if let Some(element) = document().active_element().and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        _ = element.blur();
    }
}
