//! Groups as text, JSON and Markdown.

use crate::cli::{markdown, text};
use policy::access::{GroupRange, Port};
use policy::cidr::{AddressCount, CidrSet};
use policy::object::ServiceRef;
use policy::view::{GroupRow, GroupUser};
use serde::Serialize;
use std::fmt::Write;

/// A group as JSON.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Json<'a> {
    name: &'a str,
    /// Whether the cluster has it; a Service may use one that somebody has deleted.
    defined: bool,
    ranges: &'a [GroupRange],
    /// How many, as a text of decimal digits.
    addresses: AddressCount,
    used_by: Vec<JsonUser<'a>>,
}

#[derive(Debug, Serialize)]
struct JsonUser<'a> {
    service: &'a ServiceRef,
    /// All of them where none is named.
    ports: &'a [Port],
    note: &'a str,
    /// Whether the Service lets in what the group holds, and nothing else of it.
    current: bool,
}

fn user(user: &GroupUser) -> JsonUser<'_> {
    let GroupUser { service, ports, note, other, .. } = user;
    JsonUser { service, ports, note, current: other.is_none() }
}

fn of(row: &GroupRow) -> Json<'_> {
    let addresses: CidrSet = row.group.cidrs().into_iter().collect();
    Json {
        name: row.group.name.as_str(),
        defined: row.defined,
        ranges: &row.group.ranges,
        addresses: addresses.count(),
        used_by: row.used_by.iter().map(user).collect(),
    }
}

pub(super) fn json(rows: &[GroupRow]) -> anyhow::Result<String> {
    Ok(serde_json::to_string_pretty(&rows.iter().map(of).collect::<Vec<_>>())? + "\n")
}

pub(super) fn json_of(row: &GroupRow) -> anyhow::Result<String> {
    Ok(serde_json::to_string_pretty(&of(row))? + "\n")
}

pub(super) fn table(rows: &[GroupRow]) -> String {
    let mut lines = vec![["GROUP", "HOLDS", "USED BY"].map(str::to_owned)];
    lines.extend(rows.iter().map(|row| [row.group.name.to_string(), row.holds(), used_by(row)]));
    text::table(&lines)
}

pub(super) fn list_as_markdown(rows: &[GroupRow]) -> String {
    let mut out = markdown::sentence(&format!("{}.", markdown::counted(rows.len(), "client group", "client groups")));
    let line = |row: &GroupRow| [markdown::code(row.group.name.as_str()), row.holds(), used_by(row)];
    if !rows.is_empty() {
        let _written = write!(out, "\n{}", markdown::table(["Group", "Holds", "Used by"], &rows.iter().map(line).collect::<Vec<_>>()));
    }
    out
}

/// `2 Services`; `-` where none uses it.
fn used_by(row: &GroupRow) -> String {
    match row.services().len() {
        0 => "-".to_owned(),
        count => markdown::counted(count, "Service", "Services"),
    }
}

fn ports(user: &GroupUser) -> String {
    match user.ports.as_slice() {
        [] => "all ports".to_owned(),
        ports => ports.iter().map(ToString::to_string).collect::<Vec<_>>().join(","),
    }
}

/// What is to be said of a use besides its note.
fn outdated(user: &GroupUser) -> Option<String> {
    let lets_in = user.other.as_ref()?;
    Some(format!("lets in {} of it, which is not what the group holds", lets_in.counted()))
}

pub(super) fn in_words(row: &GroupRow) -> String {
    let mut out = format!("{}: {}\n", row.group.name, row.holds());
    let ranges: Vec<[String; 3]> =
        row.group.ranges.iter().map(|range| [String::new(), range.cidr.to_string(), text::plain(&range.note)]).collect();
    out.push_str(&text::table(&ranges));
    let used = used_by(row);
    let _written = writeln!(out, "used by {}", if used == "-" { "no Service" } else { &used });
    let line = |user: &GroupUser| {
        let note = [text::plain(&user.note), outdated(user).unwrap_or_default()];
        let note = note.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("; ");
        [String::new(), user.service.to_string(), ports(user), note]
    };
    out + &text::table(&row.used_by.iter().map(line).collect::<Vec<_>>())
}

pub(super) fn as_markdown(row: &GroupRow) -> String {
    let mut out = markdown::sentence(&format!("`{}`: {}.", row.group.name, row.holds()));
    let range = |range: &GroupRange| [markdown::code(&range.cidr.to_string()), markdown::prose(&range.note)];
    if !row.group.ranges.is_empty() {
        let ranges: Vec<_> = row.group.ranges.iter().map(range).collect();
        let _written = write!(out, "\n{}", markdown::table(["Range", "Note"], &ranges));
    }
    let user = |user: &GroupUser| {
        let note = outdated(user).map(|said| format!(" *{said}*")).unwrap_or_default();
        [markdown::code(&user.service.to_string()), ports(user), format!("{}{note}", markdown::prose(&user.note))]
    };
    if row.used_by.is_empty() {
        out.push_str("\nNo Service uses it.\n");
    } else {
        let users: Vec<_> = row.used_by.iter().map(user).collect();
        let _written = write!(out, "\n{}", markdown::table(["Used by", "Ports", "Note"], &users));
    }
    out
}
