//! The HTTP match of a rule, which Calico's application layer policy enforces.

use super::report::{At, Report};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeSet;

#[derive(Deserialize, Default)]
#[serde(default)]
struct HttpMatch {
    methods: Option<Vec<String>>,
    paths: Option<Vec<HttpPath>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct HttpPath {
    exact: Option<String>,
    prefix: Option<String>,
}

/// `validateHTTPRule`.
pub(super) fn http_match(report: &mut Report, at: At<'_>, http: &Value) {
    let http = match HttpMatch::deserialize(http) {
        Ok(http) => http,
        Err(error) => return report.add(at, http, format_args!("an HTTP match has lists of methods and paths: {error}")),
    };
    let mut seen = BTreeSet::new();
    for (index, method) in http.methods.iter().flatten().enumerate() {
        report.check(seen.insert(method), at.field("methods").item(index), method, "a method is named once");
    }
    for (index, path) in http.paths.iter().flatten().enumerate() {
        let at = at.field("paths");
        let at = at.item(index);
        let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        match (given(&path.exact), given(&path.prefix)) {
            (Some(exact), Some(_)) => report.add(at, exact, "a path has either `exact` or `prefix`, not both"),
            (None, None) => report.add(at, "", "a path has either `exact` or `prefix`"),
            (Some(path), None) | (None, Some(path)) => {
                let valid = path.starts_with('/') && !path.contains(['?', ' ', '#']);
                report.check(valid, at, path, "a path starts with `/` and has no `?`, `#` or blank");
            }
        }
    }
}
