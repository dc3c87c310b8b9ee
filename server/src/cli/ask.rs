//! `portcullis ask`.

use super::reading::Reading;
use super::source::Source;
use super::{Answer, Report, markdown, text};
use anyhow::bail;
use policy::reach::packet::{Backend, Question};
use policy::reach::trace;
use policy::reach::verdict::{self, Hop, Journey, Overall, Verdict};
use policy::reach::written::Written;
use policy::view::no_answer;
use serde::Serialize;
use std::fmt::Write;
use std::net::IpAddr;

/// Paths that a row of a summary names.
const PATHS: usize = 4;

/// Arguments of `ask`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    source: Source,
    /// Who sends: an address outside the cluster, `pod:NAMESPACE/NAME` or `node:NAME`.
    #[arg(long, value_name = "IP|pod:NS/NAME|node:NAME")]
    client: String,
    /// To what: a Service, or an address of a Service, a pod or a node.
    #[arg(long, value_name = "NS/NAME|IP")]
    to: String,
    /// The port it is sent to; of ICMP the type, as 8 or 3/4.
    #[arg(long, value_name = "N", default_value = "", hide_default_value = true)]
    port: String,
    /// TCP, UDP, SCTP, ICMP, or a protocol's number.
    #[arg(long, value_name = "P", default_value = "TCP")]
    protocol: String,
    /// The port it is sent from; any that a kernel gives to a client without it.
    #[arg(long, value_name = "N", default_value = "", hide_default_value = true)]
    source_port: String,
    /// The node where a packet from outside comes in; without it every node is a path.
    #[arg(long, value_name = "NODE", default_value = "", hide_default_value = true)]
    node: String,
    /// The interface by which it comes in: a name, `*` for the main one, or an address that it has; without it every one that HostEndpoints tell of.
    #[arg(long, value_name = "IFACE", default_value = "", hide_default_value = true)]
    interface: String,
    #[command(flatten)]
    reading: Reading,
    /// How the answer is written.
    #[arg(long, value_enum, default_value_t = Report::Text)]
    output: Report,
}

/// The answer as JSON.
#[derive(Debug, Serialize)]
struct Json<'a> {
    verdict: Overall,
    paths: Vec<JsonPath<'a>>,
    /// What was taken for granted, as sentences.
    assumed: &'a [String],
}

#[derive(Debug, Serialize)]
struct JsonPath<'a> {
    node: &'a str,
    interface: Option<String>,
    address: IpAddr,
    backend: Option<&'a Backend>,
    verdict: &'static str,
    /// Why it is unknown: the name of the reason, and the sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    unknown: Option<Reason>,
    source_seen_by_pod: Option<IpAddr>,
    hops: Vec<JsonHop<'a>>,
}

#[derive(Debug, Serialize)]
struct Reason {
    reason: &'static str,
    why: String,
}

#[derive(Debug, Serialize)]
struct JsonHop<'a> {
    stage: verdict::Stage,
    node: &'a str,
    object: Option<String>,
    rule: Option<u32>,
    action: verdict::Action,
    #[serde(skip_serializing_if = "str::is_empty")]
    field: &'a str,
    why: &'a str,
}

pub(super) async fn run(args: Args) -> anyhow::Result<Answer> {
    let written = Written {
        client: args.client,
        to: args.to,
        port: args.port,
        protocol: args.protocol,
        node: args.node,
        interface: args.interface,
        source_port: args.source_port,
    };
    let question = written.read()?;
    let read = args.reading.read(&args.source).await?;
    read.knows(&question)?;
    let answer = trace::ask(&read.snapshot, &read.settings, &question);
    if let Some(why) = no_answer(&read.snapshot, &question, &answer) {
        bail!(why);
    }
    let out = match args.output {
        Report::Json => serde_json::to_string_pretty(&json(&answer, &read.assumed))? + "\n",
        Report::Text => in_words(&question, &answer),
        Report::Markdown => summary(&question, &answer) + &markdown::assumed(&read.assumed),
    };
    let err = read.remarks().map(|remark| format!("{}\n", text::plain(remark))).collect();
    Ok(Answer { out, err, code: 0 })
}

fn json<'a>(answer: &'a verdict::Answer, assumed: &'a [String]) -> Json<'a> {
    Json { verdict: answer.verdict, paths: answer.paths.iter().map(json_path).collect(), assumed }
}

fn json_path(journey: &Journey) -> JsonPath<'_> {
    let unknown = match &journey.verdict {
        Verdict::Unknown(unknown) => Some(Reason { reason: unknown.name(), why: unknown.to_string() }),
        _ => None,
    };
    JsonPath {
        node: &journey.path.node,
        interface: journey.path.interface.as_ref().map(ToString::to_string),
        address: journey.path.address,
        backend: journey.path.backend.as_ref(),
        verdict: word(&journey.verdict),
        unknown,
        source_seen_by_pod: journey.source_seen_by_pod,
        hops: journey.hops.iter().map(json_hop).collect(),
    }
}

fn json_hop(hop: &Hop) -> JsonHop<'_> {
    let Hop { stage, node, object, rule, action, field, why } = hop;
    JsonHop { stage: *stage, node, object: object.as_ref().map(ToString::to_string), rule: *rule, action: *action, field, why }
}

/// A verdict in one word.
pub(super) const fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Allowed => "allowed",
        Verdict::Denied => "denied",
        Verdict::Unknown(_) => "unknown",
    }
}

const fn overall(verdict: Overall) -> &'static str {
    match verdict {
        Overall::Allowed => "allowed",
        Overall::Denied => "denied",
        Overall::Mixed => "mixed: it depends on the path",
        Overall::Unknown => "unknown",
    }
}

/// For a pull request: the paths that come to the same by the same rule are a row.
fn summary(question: &Question, answer: &verdict::Answer) -> String {
    let Written { client, to, port, protocol, .. } = Written::from(question);
    let mut rows: Vec<([String; 2], Vec<String>)> = Vec::new();
    for journey in &answer.paths {
        let decided = match &journey.verdict {
            Verdict::Unknown(unknown) => unknown.to_string(),
            _ => journey.hops.iter().rfind(|hop| hop.object.is_some()).or(journey.hops.last()).map(hop_in_brief).unwrap_or_default(),
        };
        let backend = journey.path.backend.as_ref().map(|backend| {
            let name = backend.pod.clone().unwrap_or_else(|| backend.address.to_string());
            let place = backend.node.as_ref().map(|node| format!(" on {}", markdown::code(node))).unwrap_or_default();
            format!(" to {}{place}", markdown::code(&name))
        });
        let path = format!("at {}{}", markdown::code(&journey.path.node), backend.unwrap_or_default());
        let row = [word(&journey.verdict).to_owned(), markdown::prose(&decided)];
        match rows.iter_mut().find(|(other, _)| *other == row) {
            Some((_, paths)) => paths.push(path),
            None => rows.push((row, vec![path])),
        }
    }
    let said = format!("`{client}` to `{to}` on {protocol} {port}: {}.", overall(answer.verdict));
    let mut out = markdown::sentence(&said);
    if !rows.is_empty() {
        let rows: Vec<_> = rows
            .into_iter()
            .map(|([verdict, decided], paths)| {
                let more = paths.len().saturating_sub(PATHS);
                let more = if more == 0 { String::new() } else { format!(" and {more} more") };
                [verdict, paths[..paths.len().min(PATHS)].join("; ") + &more, decided]
            })
            .collect();
        let _written = write!(out, "\n{}", markdown::table(["Verdict", "Paths", "Decided by"], &rows));
    }
    out
}

/// What a hop does, without its node: so that nodes that do the same are one row.
fn hop_in_brief(hop: &Hop) -> String {
    let object = hop.object.as_ref().map(|object| format!("`{object}`: ")).unwrap_or_default();
    format!("{object}{}", hop.why)
}

fn in_words(question: &Question, answer: &verdict::Answer) -> String {
    let mut out = String::new();
    let Written { client, to, port, protocol, .. } = Written::from(question);
    let _written = writeln!(out, "{client} to {to} on {protocol} {port}: {}", overall(answer.verdict));
    for journey in &answer.paths {
        let path = &journey.path;
        let entry = path.interface.as_ref().map(|interface| format!(" by {}", verdict::interface_in_words(interface))).unwrap_or_default();
        let backend = path.backend.as_ref().map(backend_in_words).unwrap_or_default();
        let seen = journey.source_seen_by_pod.map(|seen| format!(", seen as {seen}")).unwrap_or_default();
        let line = format!("{}  at {}{entry}, {}{backend}{seen}", word(&journey.verdict), path.node, path.address);
        let _written = writeln!(out, "\n{}", text::plain(&line));
        if let Verdict::Unknown(unknown) = &journey.verdict {
            let _written = writeln!(out, "  why: {}", text::plain(&unknown.to_string()));
        }
        for hop in &journey.hops {
            let _written = writeln!(out, "  {}", text::plain(&hop_in_words(hop)));
        }
    }
    out
}

fn backend_in_words(backend: &Backend) -> String {
    let Backend { pod, node, address, port } = backend;
    let who = pod.as_ref().map(|pod| format!("{pod} ")).unwrap_or_default();
    let place = node.as_ref().map(|node| format!(" on {node}")).unwrap_or_default();
    format!(" -> {who}{address} port {port}{place}")
}

fn hop_in_words(hop: &Hop) -> String {
    let stage = serde_json::to_value(hop.stage).ok().and_then(|stage| stage.as_str().map(str::to_owned)).unwrap_or_default();
    let rule = hop.rule.map(|rule| format!(", rule {rule}")).unwrap_or_default();
    let object = hop.object.as_ref().map(|object| format!(" [{object}{rule}]")).unwrap_or_default();
    format!("{stage} on {}: {}{object}", hop.node, hop.why)
}
