//! Pages that stand without style sheet and script: those who see them have no session, and so get neither.

use http::header::{CONTENT_TYPE, HeaderName};

/// The header of every page here.
pub(super) const HTML: [(HeaderName, &str); 1] = [(CONTENT_TYPE, "text/html; charset=utf-8")];

/// A page: a title that is its heading too, and its body as HTML.
pub(super) fn page(title: &str, body: &str) -> String {
    document(title, "", body)
}

/// A page that goes on to `path` by itself.
pub(super) fn page_that_goes_to(path: &str, title: &str, body: &str) -> String {
    document(title, &format!("<meta http-equiv=\"refresh\" content=\"0;url={}\">", escaped(path)), body)
}

fn document(title: &str, head: &str, body: &str) -> String {
    let title = escaped(title);
    format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\">{head}<link rel=\"icon\" href=\"data:,\"><title>{title} · Portcullis</title></head>\
         <body><main><h1>{title}</h1>{body}</main></body></html>"
    )
}

/// Text for an element or a quoted attribute.
pub(super) fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            c => html.push(c),
        }
    }
    html
}
