//! Summaries for a pull request, in GitHub's Markdown: a sentence first, then what a reviewer must see, and what is long folded.
//!
//! Whatever comes from a cluster or a file goes through `escape`: it can neither end a cell nor begin an element.

mod clients;
mod escape;
mod objects;
#[cfg(test)]
mod tests;

pub(super) use clients::{open_connections, reachability};
pub(super) use escape::{code, entities, prose};
pub(super) use objects::{Changed, objects, of_steps};

use policy::finding::{Finding, Severity};
use std::fmt::Write;

/// Findings of one gravity that are listed.
const LISTED: usize = 30;

/// What comes first: one sentence.
pub(super) fn sentence(text: &str) -> String {
    format!("**{}**\n", prose(text))
}

/// A section that is folded. `title` is HTML.
pub(super) fn folded(title: &str, body: &str) -> String {
    format!("<details><summary>{title}</summary>\n\n{}\n\n</details>\n", body.trim_end())
}

/// Findings by gravity; those that are only worth knowing are folded.
pub(super) fn findings(findings: &[Finding]) -> String {
    if findings.is_empty() {
        return String::new();
    }
    let mut out = "\n### Findings\n\n".to_owned();
    let (known, told): (Vec<&Finding>, Vec<&Finding>) = findings.iter().partition(|finding| finding.severity == Severity::Info);
    for severity in [Severity::Blocker, Severity::Warning, Severity::Unknown] {
        out.push_str(&list(told.iter().copied().filter(|finding| finding.severity == severity)));
    }
    if !known.is_empty() {
        let title = if told.is_empty() {
            counted(known.len(), "thing to know", "things to know")
        } else {
            out.push('\n');
            counted(known.len(), "more thing to know", "more things to know")
        };
        out.push_str(&folded(&title, &list(known.iter().copied())));
    }
    out
}

fn list<'a>(findings: impl Iterator<Item = &'a Finding>) -> String {
    let findings: Vec<&Finding> = findings.collect();
    let mut out = String::new();
    for finding in findings.iter().take(LISTED) {
        let Finding { severity, id, what, action, .. } = finding;
        let _written = writeln!(out, "- **{severity}** {} {} *Do:* {}", code(id), prose(what), prose(action));
    }
    if findings.len() > LISTED {
        let _written = writeln!(out, "- and {} more", findings.len() - LISTED);
    }
    out
}

/// How many findings of each gravity there are: `1 blocker and 2 warnings`; nothing where there is none from warning up.
pub(super) fn gravest(findings: &[Finding]) -> Option<String> {
    let count = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
    let blockers = Some(count(Severity::Blocker)).filter(|n| *n > 0).map(|n| counted(n, "blocker", "blockers"));
    let warnings = Some(count(Severity::Warning)).filter(|n| *n > 0).map(|n| counted(n, "warning", "warnings"));
    let parts: Vec<String> = [blockers, warnings].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(" and "))
}

/// What neither flags nor the cluster say.
pub(super) fn assumed(assumed: &[String]) -> String {
    if assumed.is_empty() {
        return String::new();
    }
    let list: String = assumed.iter().map(|sentence| format!("- {}\n", prose(sentence))).collect();
    format!("\n{}", folded("Taken for granted", &list))
}

/// A table of GitHub's Markdown; the cells are Markdown.
pub(super) fn table<const N: usize>(heads: [&str; N], rows: &[[String; N]]) -> String {
    let mut out = format!("| {} |\n|{}\n", heads.join(" | "), " --- |".repeat(N));
    for row in rows {
        let _written = writeln!(out, "| {} |", row.join(" | "));
    }
    out
}

pub(super) fn counted(count: usize, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {many}") }
}
