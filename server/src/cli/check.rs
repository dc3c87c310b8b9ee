//! `portcullis check`.

use super::reading::Reading;
use super::sentences::{self, Sentences};
use super::source::Source;
use super::{Answer, Report, markdown, text};
use policy::checks;
use policy::finding::Severity;
use policy::reach::diff::Side;
use policy::reach::safety;

/// Arguments of `check`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    sentences: Sentences,
    #[command(flatten)]
    reading: Reading,
    /// How the findings are written.
    #[arg(long, value_enum, default_value_t = Report::Text)]
    output: Report,
}

pub(super) async fn run(args: Args) -> anyhow::Result<Answer> {
    let safeguards = args.sentences.read()?;
    let read = args.source.read().await?;
    let mut findings = checks::cluster(&read.snapshot);
    let mut err: String = read.remarks.iter().map(|remark| format!("{}\n", text::plain(remark))).collect();
    let known = args.reading.of(read, args.source.is_files());
    sentences::known(&known.snapshot, &safeguards)?;
    if args.sentences.any() {
        err = known.remarks().map(|remark| format!("{}\n", text::plain(remark))).collect();
    }
    safety::check(Side { snapshot: &known.snapshot, settings: &known.settings }, &safeguards.sentences, &mut findings);
    let out = match args.output {
        Report::Json => serde_json::to_string_pretty(&findings)? + "\n",
        Report::Text if findings.is_empty() => "Nothing found.\n".to_owned(),
        Report::Text => text::findings(&findings),
        Report::Markdown => {
            let found = markdown::gravest(&findings).unwrap_or_else(|| "Nothing found that needs something to be done".to_owned());
            markdown::sentence(&format!("{found}.")) + &markdown::findings(&findings) + &markdown::assumed(&known.assumed)
        }
    };
    let matters = findings.iter().any(|finding| matches!(finding.severity, Severity::Blocker | Severity::Warning));
    Ok(Answer { out, err, code: u8::from(matters) })
}
