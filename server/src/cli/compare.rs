//! Who reaches what in two sets of files: `portcullis diff BEFORE AFTER`.

use super::meaning::Meaning;
use super::reading::{Known, Reading};
use super::{Answer, Report, files, markdown, text};
use anyhow::anyhow;
use policy::diff::{ObjectDiff, object_diff};
use policy::object::ObjectKey;
use policy::plan::live;
use policy::reach::diff::{AddressDiff, Change, Diff, PathDiff, Side, State};
use policy::reach::live::OpenConnections;
use policy::reach::verdict::PathKind;
use serde::Serialize;
use std::fmt::Write;
use std::path::Path;
use std::time::Instant;

pub(super) fn files(before: &Path, after: &Path, reading: &Reading, output: Report) -> anyhow::Result<Answer> {
    let begin = Instant::now();
    let [was, is] = files::read_both(before, after)?.map(|read| reading.of(read, true));
    let reading = begin.elapsed();
    let meaning = Meaning::between(
        Side { snapshot: &was.snapshot, settings: &was.settings },
        Side { snapshot: &is.snapshot, settings: &is.settings },
        None,
    )
    .map_err(|error| anyhow!("{error}"))?;
    tracing::info!(reading_us = reading.as_micros(), comparing_us = (begin.elapsed() - reading).as_micros(), "compared");
    let Meaning { reachability: diff, open_connections } = &meaning;
    let open_connections = open_connections.as_ref();
    let out = match output {
        Report::Json => serde_json::to_string_pretty(&Json { diff, open_connections })? + "\n",
        Report::Text => in_words(diff) + &text::open_connections(open_connections),
        Report::Markdown => summary(&was, &is, &meaning),
    };
    let mut remarks: Vec<&str> = was.remarks().chain(is.remarks()).collect();
    remarks.dedup();
    let err = remarks.into_iter().map(|remark| format!("{}\n", text::plain(remark))).collect();
    // The program ends with the answer, and giving back every object by itself takes as long as comparing them.
    std::mem::forget((was, is));
    Ok(Answer { out, err, code: u8::from(!diff.is_empty()) })
}

/// The difference, and what becomes of open connections beside it.
#[derive(Debug, Serialize)]
struct Json<'a> {
    #[serde(flatten)]
    diff: &'a Diff,
    #[serde(rename = "openConnections", skip_serializing_if = "Option::is_none")]
    open_connections: Option<&'a OpenConnections>,
}

/// For a pull request: the objects with their differences where they are of the kinds that Portcullis writes, the others by name.
fn summary(was: &Known, is: &Known, meaning: &Meaning) -> String {
    let differing = was.snapshot.differing(&is.snapshot);
    let (mut shown, mut named): (Vec<(&ObjectKey, &str, ObjectDiff)>, Vec<&ObjectKey>) = (Vec::new(), Vec::new());
    for key in &differing {
        let (before, after) = (live(&was.snapshot, key), live(&is.snapshot, key));
        let verb = match (&before, &after) {
            (None, None) => {
                named.push(key);
                continue;
            }
            (None, Some(_)) => "Create",
            (Some(_), None) => "Delete",
            (Some(_), Some(_)) => "Replace",
        };
        shown.push((key, verb, object_diff(before.as_ref(), after.as_ref())));
    }
    let changed: Vec<_> = shown.iter().map(|(key, verb, diff)| markdown::Changed { verb, key, diff }).collect();
    let mut out = markdown::sentence(&meaning.reachability.summary);
    out.push_str(&markdown::reachability(Ok(&meaning.reachability)));
    out.push_str(&markdown::open_connections(meaning.open_connections.as_ref()));
    out.push_str(&markdown::objects(&changed));
    if !named.is_empty() {
        let list: String = named.iter().map(|key| format!("- {}\n", markdown::code(&key.to_string()))).collect();
        let title = markdown::counted(named.len(), "other object differs", "other objects differ");
        let _written = write!(out, "\n{}", markdown::folded(&title, &list));
    }
    let more = is.assumed.iter().filter(|sentence| !was.assumed.contains(sentence));
    out + &markdown::assumed(&was.assumed.iter().chain(more).cloned().collect::<Vec<_>>())
}

fn in_words(diff: &Diff) -> String {
    let mut out = format!("{}\n", diff.summary);
    for service in &diff.services {
        let _written = writeln!(out, "\n{}", service.summary);
        for at in &service.addresses {
            address(&mut out, at);
        }
    }
    out
}

fn address(out: &mut String, at: &AddressDiff) {
    let name = at.address.map_or_else(|| "every node".to_owned(), |address| address.to_string());
    let _written = writeln!(out, "  {name} {} {}", at.port.protocol, at.port.port);
    for PathDiff { kind, changes, .. } in &at.paths {
        for Change { was, is, clients, count } in changes {
            let (was, is) = (state(*was), state(*is));
            let _written = writeln!(out, "    {}: {was} -> {is}: {clients} ({})", path_kind(*kind), count.addresses());
        }
    }
}

const fn state(state: State) -> &'static str {
    match state {
        State::Allowed => "allowed",
        State::Denied => "denied",
        State::Unknown => "unknown",
    }
}

/// A kind of path in words.
pub(super) const fn path_kind(kind: PathKind) -> &'static str {
    match kind {
        PathKind::SameNode => "backend on the entry node",
        PathKind::OtherNode => "backend on another node",
        PathKind::NoBackend => "nothing behind it",
        PathKind::Direct => "not translated",
    }
}
