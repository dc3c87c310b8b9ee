//! What listens to the whole document: copying, and opening and closing of dialogs. So a list of ten thousand chips has one handler.

use super::keys::{dialog, open_dialog};
use crate::live::Live;
use leptos::ev;
use leptos::prelude::*;
use leptos_router::hooks::use_location;
use wasm_bindgen::JsCast;
use web_sys::Element;

/// Begins to listen, before the page in the frame is alive: that may wait for its code.
pub(super) fn listen(live: Live) {
    Effect::new(move |_| {
        live.start();
        let handle = window_event_listener(ev::click, |event| {
            let Some(target) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else { return };
            let with = |attribute: &str| {
                let element = target.closest(&format!("[{attribute}]")).ok().flatten()?;
                element.get_attribute(attribute)
            };
            if let Some(text) = with("data-copy") {
                copy(&text);
            } else if let Some(id) = with("data-opens") {
                open_dialog(&id);
            } else if let Some(id) = with("data-closes")
                && let Some(dialog) = dialog(&id)
            {
                dialog.close();
            }
        });
        on_cleanup(move || handle.remove());
    });
}

/// Says on the frame that the page in it is alive (`data-ready`), for tests and whoever else drives a browser.
#[cfg(feature = "hydrate")]
pub(crate) fn alive() {
    if let Ok(Some(frame)) = document().query_selector(".frame") {
        _ = frame.set_attribute("data-ready", "");
    }
}

/// Goes to the new page's part when the path changes, as a browser does when it loads a page.
pub(super) fn follow_pages() {
    let path = use_location().pathname;
    Effect::new(move |before: Option<String>| {
        let path = path.get();
        if before.is_some_and(|before| before != path) {
            focus("main");
        }
        path
    });
}

/// Copies a text, and says so.
pub(crate) fn copy(text: &str) {
    _ = window().navigator().clipboard().write_text(text);
    let short = text.lines().next().unwrap_or_default();
    announce(&if text.contains('\n') { "Copied".to_owned() } else { format!("Copied {short}") });
}

/// Says something to screen readers, and shows it at the foot for a moment (`style/announcer.css`).
fn announce(text: &str) {
    let Some(announcer) = document().get_element_by_id("announcer") else { return };
    announcer.set_text_content(Some(text));
    announcer.set_class_name("announcer");
    set_timeout(
        move || {
            announcer.set_text_content(None);
            announcer.set_class_name("unseen");
        },
        std::time::Duration::from_millis(1800),
    );
}

/// Goes to the element with this id.
pub(crate) fn focus(id: &str) {
    if let Some(element) = document().get_element_by_id(id).and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok()) {
        _ = element.focus();
    }
}
