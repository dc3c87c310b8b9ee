//! `portcullis plan`.

use super::change::Asked;
use super::reading::Reading;
use super::sentences::{self, Sentences};
use super::source::Source;
use super::{Answer, text};
use clap::ValueEnum;
use policy::access::Change;
use policy::diff::manifest;
use policy::finding::{Finding, Severity};
use policy::plan::{Plan, Write, plan};
use policy::snapshot::Snapshot;
use policy::yaml::to_yaml;
use std::fmt::Write as _;

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

/// The plan of a change with everything that it is held to among its findings, as pages have it, and what is said of what was read.
pub(super) async fn held_to(
    source: &Source,
    sentences: &Sentences,
    reading: &Reading,
    change: impl FnOnce(&Snapshot) -> anyhow::Result<Change>,
) -> anyhow::Result<(Plan, String)> {
    let safeguards = sentences.read()?;
    let read = source.read().await?;
    let plan = plan(&read.snapshot, &change(&read.snapshot)?)?;
    let mut remarks: String = read.remarks.iter().map(|remark| format!("{}\n", text::plain(remark))).collect();
    let known = reading.of(read, source.is_files());
    sentences::known(&known.snapshot, &safeguards)?;
    if sentences.any() {
        remarks = known.remarks().map(|remark| format!("{}\n", text::plain(remark))).collect();
    }
    Ok((plan.held_to(&known.snapshot, &known.settings, &safeguards), remarks))
}

pub(super) async fn run(args: Args) -> anyhow::Result<Answer> {
    let (plan, mut err) = held_to(&args.source, &args.sentences, &args.reading, |snapshot| args.asked.change(snapshot)).await?;
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
            as_yaml(&plan)
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

/// One document a written object. What is deleted stands as a comment: `kubectl apply` deletes nothing.
fn as_yaml(plan: &Plan) -> String {
    let mut out = String::new();
    for step in &plan.steps {
        match &step.write {
            Write::Create { object } | Write::Replace { object, .. } => {
                let _written = writeln!(out, "---\n{}", to_yaml(&manifest(object)).trim_end());
            }
            Write::Delete { .. } => {
                let namespace = if step.key.namespace.is_empty() { String::new() } else { format!(" -n {}", step.key.namespace) };
                let resource = format!("{}.{}", step.key.kind.plural(), step.key.kind.group());
                let _written = writeln!(out, "---\n# kubectl delete {resource}{namespace} {}", step.key.name);
            }
        }
    }
    out
}
