//! What happens when the page's own code breaks: the console says why in a debug build; in a release the page says that it has
//! stopped, because nothing that is clicked will answer any more.

/// Sets the hook.
#[cfg(debug_assertions)]
pub(crate) fn hook() {
    console_error_panic_hook::set_once();
}

/// Sets the hook.
#[cfg(not(debug_assertions))]
pub(crate) fn hook() {
    std::panic::set_hook(Box::new(|_| _ = banner()));
}

#[cfg(not(debug_assertions))]
fn banner() -> Option<()> {
    let document = leptos::prelude::document();
    let banner = document.create_element("div").ok()?;
    banner.set_class_name("stopped");
    banner.set_attribute("role", "alert").ok()?;
    banner.set_text_content(Some("This page has stopped. Nothing was changed in the cluster, and a draft is kept. "));
    let link = document.create_element("a").ok()?;
    link.set_attribute("href", "").ok()?;
    link.set_attribute("rel", "external").ok()?;
    link.set_text_content(Some("Reload the page"));
    banner.append_child(&link).ok()?;
    document.body()?.append_child(&banner).ok()?;
    Some(())
}
