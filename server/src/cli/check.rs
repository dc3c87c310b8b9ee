//! `portcullis check`.

use super::reading::{Known, Reading};
use super::source::Source;
use super::{Answer, Output, text};
use anyhow::{Context, anyhow, bail};
use policy::checks;
use policy::finding::{Finding, Severity};
use policy::object::{Kind, Service};
use policy::reach::invariant::Invariant;
use policy::reach::sets::of_service;
use std::path::{Path, PathBuf};

/// Arguments of `check`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    source: Source,
    /// A file of sentences that must hold, one a line: `10.9.0.0/16 must never reach shop/svc-a`, `50.60.0.0/16 must always reach shop/svc-a
    /// on TCP 443`. What breaks one is a blocker with a packet. Empty lines and those that begin with `#` are left out.
    #[arg(long, value_name = "FILE")]
    invariants: Option<PathBuf>,
    #[command(flatten)]
    reading: Reading,
    /// How the findings are written.
    #[arg(long, value_enum, default_value_t = Output::Text)]
    output: Output,
}

pub(super) async fn run(args: Args) -> anyhow::Result<Answer> {
    let invariants = args.invariants.as_deref().map(read).transpose()?.unwrap_or_default();
    let read = args.source.read().await?;
    let mut findings = checks::cluster(&read.snapshot);
    let mut err: String = read.remarks.iter().map(|remark| format!("{}\n", text::plain(remark))).collect();
    if !invariants.is_empty() {
        let known = args.reading.of(read, args.source.is_files());
        err = known.remarks().map(|remark| format!("{}\n", text::plain(remark))).collect();
        for invariant in &invariants {
            findings.extend(broken(&known, invariant)?);
        }
        findings.sort();
    }
    let out = match args.output {
        Output::Json => serde_json::to_string_pretty(&findings)? + "\n",
        Output::Text if findings.is_empty() => "Nothing found.\n".to_owned(),
        Output::Text => text::findings(&findings),
    };
    let matters = findings.iter().any(|finding| matches!(finding.severity, Severity::Blocker | Severity::Warning));
    Ok(Answer { out, err, code: u8::from(matters) })
}

/// The sentences of a file.
fn read(file: &Path) -> anyhow::Result<Vec<Invariant>> {
    let text = std::fs::read_to_string(file).with_context(|| format!("`{}` cannot be read", file.display()))?;
    let lines = (1_usize..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty() && !line.trim_start().starts_with('#'));
    lines.map(|(number, line)| line.parse().with_context(|| format!("`{}`, line {number}", file.display()))).collect()
}

/// The finding that an invariant does not hold.
fn broken(known: &Known, invariant: &Invariant) -> anyhow::Result<Option<Finding>> {
    let Invariant { service, .. } = invariant;
    if let Some(why) = known.snapshot.unknown(Kind::Service) {
        bail!("Services are not known: {why}");
    }
    let object = known.snapshot.get::<Service>(service.namespace(), service.name());
    object.with_context(|| format!("`{invariant}`: there is no Service `{service}`"))?;
    let reach = of_service(&known.snapshot, &known.settings, service).map_err(|error| anyhow!("{error}"))?;
    Ok(invariant.check(&reach).map(|counterexample| invariant.finding(&counterexample)))
}
