//! Who reaches what in two sets of files: `portcullis diff BEFORE AFTER`.

use super::reading::Reading;
use super::{Answer, Output, files, text};
use anyhow::anyhow;
use policy::reach::diff::{AddressDiff, Change, Diff, PathDiff, Side, State, of_snapshots};
use policy::reach::verdict::PathKind;
use std::fmt::Write;
use std::path::Path;
use std::time::Instant;

pub(super) fn files(before: &Path, after: &Path, reading: &Reading, output: Output) -> anyhow::Result<Answer> {
    let begin = Instant::now();
    let [was, is] = files::read_both(before, after)?.map(|read| reading.of(read, true));
    let reading = begin.elapsed();
    let diff = of_snapshots(
        Side { snapshot: &was.snapshot, settings: &was.settings },
        Side { snapshot: &is.snapshot, settings: &is.settings },
        None,
    )
    .map_err(|error| anyhow!("{error}"))?;
    tracing::info!(reading_us = reading.as_micros(), comparing_us = (begin.elapsed() - reading).as_micros(), "compared");
    let out = match output {
        Output::Json => serde_json::to_string_pretty(&diff)? + "\n",
        Output::Text => in_words(&diff),
    };
    let mut remarks: Vec<&str> = was.remarks().chain(is.remarks()).collect();
    remarks.dedup();
    let err = remarks.into_iter().map(|remark| format!("{}\n", text::plain(remark))).collect();
    // The program ends with the answer, and giving back every object by itself takes as long as comparing them.
    std::mem::forget((was, is));
    Ok(Answer { out, err, code: u8::from(!diff.is_empty()) })
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
