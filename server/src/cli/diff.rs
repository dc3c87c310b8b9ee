//! `portcullis diff`.

use super::change::Asked;
use super::source::Source;
use super::{Answer, Output, text};
use policy::finding::Severity;
use policy::plan::plan;
use std::fmt::Write;

/// Arguments of `diff`. Without --allow and --in-cluster the access in force is what is planned.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    asked: Asked,
    /// How the differences are written.
    #[arg(long, value_enum, default_value_t = Output::Text)]
    output: Output,
}

pub(super) async fn run(args: Args) -> anyhow::Result<Answer> {
    let read = args.source.read().await?;
    let plan = plan(&read.snapshot, &args.asked.change_or_in_force(&read.snapshot)?)?;
    let mut err: String = read.remarks.iter().map(|remark| format!("{}\n", text::plain(remark))).collect();
    let blockers: Vec<_> = plan.findings.iter().filter(|finding| finding.severity == Severity::Blocker).cloned().collect();
    err.push_str(&text::findings(&blockers));
    let mut out = String::new();
    match args.output {
        Output::Json => {
            let steps: Vec<_> = plan
                .steps
                .iter()
                .map(|step| serde_json::json!({"object": step.key, "action": step.write.verb(), "fields": step.diff.fields}))
                .collect();
            out = serde_json::to_string_pretty(&steps)? + "\n";
        }
        Output::Text if plan.steps.is_empty() => {
            let _written = writeln!(out, "No object of `{}` differs.", plan.change.service);
        }
        Output::Text => {
            for step in &plan.steps {
                let _written = write!(out, "{} {}\n{}\n", step.write.verb(), step.key, text::changed_lines(&step.diff));
            }
        }
    }
    Ok(Answer { out, err, code: u8::from(!plan.steps.is_empty()) })
}
