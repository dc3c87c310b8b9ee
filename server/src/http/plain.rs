//! Pages that stand without script, and with a style sheet of their own: those who see them have no session, and so get nothing of the others.

use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, HeaderName};

/// Where their style sheet is; no session is asked for there.
pub(super) const STYLE: &str = "/plain.css";

/// The style sheet: what the other pages call their colours and sizes, and the few rules that these need.
pub(super) async fn style() -> Response {
    let css = concat!(include_str!("../../../style/tokens.css"), include_str!("plain.css"));
    ([(CONTENT_TYPE, "text/css; charset=utf-8")], css).into_response()
}

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
         <meta name=\"color-scheme\" content=\"light dark\">{head}<link rel=\"stylesheet\" href=\"{STYLE}\"><link rel=\"icon\" href=\"data:,\"><title>{title} · Portcullis</title></head>\
         <body><main><p class=\"brand\">Portcullis</p><h1>{title}</h1>{body}</main></body></html>"
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
