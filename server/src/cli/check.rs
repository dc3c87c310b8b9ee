//! `portcullis check`.

use super::source::Source;
use super::{Answer, Output, text};
use policy::checks;
use policy::finding::Severity;

/// Arguments of `check`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    source: Source,
    /// How the findings are written.
    #[arg(long, value_enum, default_value_t = Output::Text)]
    output: Output,
}

pub(super) async fn run(args: Args) -> anyhow::Result<Answer> {
    let read = args.source.read().await?;
    let findings = checks::cluster(&read.snapshot);
    let err = read.remarks.iter().map(|remark| format!("{}\n", text::plain(remark))).collect();
    let out = match args.output {
        Output::Json => serde_json::to_string_pretty(&findings)? + "\n",
        Output::Text if findings.is_empty() => "Nothing found.\n".to_owned(),
        Output::Text => text::findings(&findings),
    };
    let matters = findings.iter().any(|finding| matches!(finding.severity, Severity::Blocker | Severity::Warning));
    Ok(Answer { out, err, code: u8::from(matters) })
}
