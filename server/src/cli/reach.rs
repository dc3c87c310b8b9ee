//! `portcullis reach`.

use super::compare::path_kind;
use super::reading::Reading;
use super::source::Source;
use super::{Answer, Output, text};
use anyhow::{anyhow, bail};
use policy::cidr::CidrSet;
use policy::object::{Kind, Service, ServiceRef};
use policy::reach::packet::Backend;
use policy::reach::sets::{AddressKind, AddressReach, Entry, PathGroup, Reach, Seen, of_service};
use policy::reach::verdict::{PathKind, interface_in_words};
use serde::Serialize;
use std::fmt::Write;

/// Arguments of `reach`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    source: Source,
    /// The Service, as NAMESPACE/NAME.
    #[arg(long, value_name = "NS/NAME")]
    service: ServiceRef,
    #[command(flatten)]
    reading: Reading,
    /// How the answer is written.
    #[arg(long, value_enum, default_value_t = Output::Text)]
    output: Output,
}

/// Who reaches a Service, as JSON.
#[derive(Debug, Serialize)]
struct Json<'a> {
    service: &'a ServiceRef,
    addresses: Vec<JsonAddress<'a>>,
    /// What was taken for granted, as sentences.
    assumed: &'a [String],
}

#[derive(Debug, Serialize)]
struct JsonAddress<'a> {
    kind: AddressKind,
    /// None for a NodePort: the addresses stand with the entries.
    address: Option<String>,
    port: u16,
    protocol: &'static str,
    paths: Vec<JsonPaths<'a>>,
}

#[derive(Debug, Serialize)]
struct JsonPaths<'a> {
    kind: PathKind,
    entries: &'a [Entry],
    backends: &'a [Backend],
    allowed: &'a CidrSet,
    denied: &'a CidrSet,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unknown: Vec<JsonUnknown<'a>>,
    source_seen_by_pod: Seen,
}

#[derive(Debug, Serialize)]
struct JsonUnknown<'a> {
    reason: &'static str,
    why: String,
    clients: &'a CidrSet,
}

pub(super) async fn run(args: Args) -> anyhow::Result<Answer> {
    let read = args.reading.read(&args.source).await?;
    if let Some(why) = read.snapshot.unknown(Kind::Service) {
        bail!("Services are not known: {why}");
    }
    if let Some(why) = read.snapshot.unknown(Kind::Node) {
        bail!("Nodes are not known: {why}; packets from outside come in there");
    }
    let Args { service, .. } = &args;
    if read.snapshot.get::<Service>(service.namespace(), service.name()).is_none() {
        bail!("there is no Service `{service}`");
    }
    let reach = of_service(&read.snapshot, &read.settings, service).map_err(|error| anyhow!("{error}"))?;
    let out = match args.output {
        Output::Json => {
            let addresses = reach.addresses.iter().map(|at| json(&reach, at)).collect();
            serde_json::to_string_pretty(&Json { service, addresses, assumed: &read.assumed })? + "\n"
        }
        Output::Text => in_words(&reach),
    };
    let err = read.remarks().map(|remark| format!("{}\n", text::plain(remark))).collect();
    Ok(Answer { out, err, code: 0 })
}

fn json<'a>(reach: &'a Reach, at: &'a AddressReach) -> JsonAddress<'a> {
    JsonAddress {
        kind: at.kind,
        address: at.address.map(|address| address.to_string()),
        port: at.port.port,
        protocol: at.port.protocol.name(),
        paths: at.groups.iter().map(|group| json_paths(reach, group)).collect(),
    }
}

fn json_paths<'a>(reach: &'a Reach, group: &'a PathGroup) -> JsonPaths<'a> {
    let unknown = group.clients.unknown.iter().map(|unknown| JsonUnknown {
        reason: unknown.reason.name(),
        why: unknown.reason.to_string(),
        clients: &unknown.clients,
    });
    JsonPaths {
        kind: group.kind,
        entries: reach.entries(group),
        backends: reach.backends(group),
        allowed: &group.clients.allowed,
        denied: &group.clients.denied,
        unknown: unknown.collect(),
        source_seen_by_pod: group.seen,
    }
}

fn in_words(reach: &Reach) -> String {
    let mut out = String::new();
    if reach.addresses.is_empty() {
        let _written = writeln!(out, "`{}` has no address that a client outside could send to.", reach.service);
    }
    for at in &reach.addresses {
        let address = at.address.map_or_else(|| "every node".to_owned(), |address| address.to_string());
        let _written = writeln!(out, "{address} {} {}", at.port.protocol, at.port.port);
        for group in &at.groups {
            let entries: Vec<String> = reach.entries(group).iter().map(entry_in_words).collect();
            let _written = writeln!(out, "  {}, by {}", path_kind(group.kind), text::plain(&few(&entries)));
            let backends: Vec<String> = reach.backends(group).iter().map(backend_in_words).collect();
            if !backends.is_empty() {
                let _written = writeln!(out, "    to:      {}", text::plain(&few(&backends)));
            }
            let _written = writeln!(out, "    allowed: {}\n    denied:  {}", group.clients.allowed, group.clients.denied);
            for unknown in &group.clients.unknown {
                let _written = writeln!(out, "    unknown: {} ({})", unknown.clients, text::plain(&unknown.reason.to_string()));
            }
        }
    }
    out
}

fn entry_in_words(entry: &Entry) -> String {
    let at = entry.address.map(|address| format!(" at {address}")).unwrap_or_default();
    format!("{} ({}){at}", entry.node, interface_in_words(&entry.interface))
}

fn backend_in_words(backend: &Backend) -> String {
    let name = backend.pod.clone().unwrap_or_else(|| backend.address.to_string());
    backend.node.as_ref().map_or_else(|| name.clone(), |node| format!("{name} on {node}"))
}

/// The first three, and how many more.
fn few(items: &[String]) -> String {
    let (shown, rest) = items.split_at(items.len().min(3));
    let more = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
    shown.join(", ") + &more
}
