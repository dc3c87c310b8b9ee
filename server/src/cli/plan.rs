//! `portcullis plan`.

use super::change::Asked;
use super::reading::Reading;
use super::sentences::{self, Sentences};
use super::source::Source;
use super::{Answer, text};
use clap::ValueEnum;
use policy::diff::manifest;
use policy::finding::{Finding, Severity};
use policy::plan::{Plan, plan};
use policy::yaml::to_yaml;
use std::fmt::Write;

/// Arguments of `plan`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    asked: Asked,
    #[command(flatten)]
    sentences: Sentences,
    #[command(flatten)]
    reading: Reading,
    /// How the plan is written: `yaml` in step order, as `kubectl apply` takes it.
    #[arg(long, value_enum, default_value_t = Output::Text)]
    output: Output,
}

/// How a plan is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Output {
    Text,
    Json,
    Yaml,
}

pub(super) async fn run(args: Args) -> anyhow::Result<Answer> {
    let safeguards = args.sentences.read()?;
    let read = args.source.read().await?;
    let plan = plan(&read.snapshot, &args.asked.change(&read.snapshot)?)?;
    let mut err: String = read.remarks.iter().map(|remark| format!("{}\n", text::plain(remark))).collect();
    let known = args.reading.of(read, args.source.is_files());
    sentences::known(&known.snapshot, &safeguards)?;
    if args.sentences.any() {
        err = known.remarks().map(|remark| format!("{}\n", text::plain(remark))).collect();
    }
    let plan = plan.held_to(&known.snapshot, &known.settings, &safeguards);
    let out = match args.output {
        Output::Text => {
            err.push_str(&text::findings(&of(&plan, |severity| severity == Severity::Blocker)));
            as_text(&plan)
        }
        Output::Json => {
            err.push_str(&text::findings(&of(&plan, |severity| severity == Severity::Blocker)));
            serde_json::to_string_pretty(&plan)? + "\n"
        }
        Output::Yaml => {
            err.push_str(&text::findings(&of(&plan, |_| true)));
            plan.export()
        }
    };
    Ok(Answer { out, err, code: u8::from(plan.blocked()) })
}

fn of(plan: &Plan, chosen: impl Fn(Severity) -> bool) -> Vec<Finding> {
    plan.findings.iter().filter(|finding| chosen(finding.severity)).cloned().collect()
}

fn as_text(plan: &Plan) -> String {
    let mut out = format!("{}\nplan {}\n", plan.summary, plan.digest.short());
    let said = of(plan, |severity| severity != Severity::Blocker);
    if !said.is_empty() {
        let _written = write!(out, "\n{}", text::findings(&said));
    }
    for (number, step) in (1..).zip(&plan.steps) {
        let _written = write!(out, "\n{number}. {} {}\n   {}\n", step.write.verb(), step.key, step.why);
        if let Some(object) = step.write.after() {
            for line in to_yaml(&manifest(object)).lines() {
                let _written = writeln!(out, "   | {}", text::plain(line));
            }
        }
    }
    out
}
