//! `portcullis services`.

use super::source::Source;
use super::{Answer, Output, text};
use policy::object::Kind;
use policy::view::{ServiceRow, ServiceState, rows};

/// Arguments of `services`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    source: Source,
    /// How the list is written.
    #[arg(long, value_enum, default_value_t = Output::Text)]
    output: Output,
}

pub(super) async fn run(args: Args) -> anyhow::Result<Answer> {
    let read = args.source.read().await?;
    if let Some(why) = read.snapshot.unknown(Kind::Service) {
        anyhow::bail!("Services are not known: {why}");
    }
    let rows = rows(&read.snapshot);
    let unreadable = read.snapshot.unreadable().filter(|(key, _)| key.kind == Kind::Service);
    let left_out = unreadable.map(|(key, error)| format!("{key} cannot be read, and is left out: {error}"));
    let err = read.remarks.iter().cloned().chain(left_out).map(|remark| format!("{}\n", text::plain(&remark))).collect();
    let out = match args.output {
        Output::Json => serde_json::to_string_pretty(&rows)? + "\n",
        Output::Text => table(&rows),
    };
    Ok(Answer { out, err, code: 0 })
}

fn table(rows: &[ServiceRow]) -> String {
    let head = ["SERVICE", "TYPE", "STATE", "ADDRESSES", "PORTS", "CLIENTS"].map(str::to_owned);
    let mut lines = vec![head];
    lines.extend(rows.iter().map(line));
    text::table(&lines)
}

fn line(row: &ServiceRow) -> [String; 6] {
    let list = |items: Vec<String>| if items.is_empty() { "-".to_owned() } else { items.join(",") };
    let addresses = row.addresses.iter().map(|address| {
        let mark = match address.exposed {
            Some(true) => "",
            Some(false) => " (not advertised)",
            None => " (?)",
        };
        format!("{}{mark}", text::plain(&address.text))
    });
    let state = match row.state {
        ServiceState::Guarded => "guarded",
        ServiceState::Open => "open",
        ServiceState::Closed => "closed",
        ServiceState::Internal => "internal",
        ServiceState::Drifted => "drifted",
        ServiceState::Changing => "changing",
        ServiceState::Unknown => "unknown",
    };
    [
        row.service.to_string(),
        text::plain(&row.kind),
        state.to_owned(),
        list(addresses.collect()),
        list(row.ports.iter().map(ToString::to_string).collect()),
        if row.clients.is_empty() { "-".to_owned() } else { row.clients.clone() },
    ]
}
