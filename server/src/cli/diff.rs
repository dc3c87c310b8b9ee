//! `portcullis diff`: the live objects of a Service with those planned, or who reaches what in two sets of files.

use super::change::Asked;
use super::compare;
use super::meaning::Meaning;
use super::plan;
use super::reading::Reading;
use super::sentences::Sentences;
use super::source::Source;
use super::{Answer, Report, markdown, text};
use std::fmt::Write;
use std::path::PathBuf;

/// Arguments of `diff`. Without --allow and --in-cluster the access in force is what is planned.
#[derive(Debug, clap::Args)]
#[command(
    mut_arg("service", |service| service.required(false).required_unless_present("before")),
    mut_group("Source", |source| source.required(false))
)]
pub struct Args {
    /// Files or folders with the objects before; with AFTER, who reaches what is compared. Exit 1 when anybody gains or loses access, 0
    /// when only text differs.
    #[arg(value_name = "BEFORE", requires = "after", conflicts_with_all = ["service", "objects", "kubeconfig", "file"])]
    before: Option<PathBuf>,
    /// Files or folders with the objects after.
    #[arg(value_name = "AFTER", requires = "before")]
    after: Option<PathBuf>,
    #[command(flatten)]
    reading: Reading,
    #[command(flatten)]
    source: Option<Source>,
    #[command(flatten)]
    asked: Option<Asked>,
    #[command(flatten)]
    sentences: Sentences,
    /// How the differences are written.
    #[arg(long, value_enum, default_value_t = Report::Text)]
    output: Report,
}

pub(super) async fn run(args: Args) -> anyhow::Result<Answer> {
    match (args.before, args.after, args.source, args.asked) {
        (Some(before), Some(after), _, _) => compare::files(&before, &after, &args.reading, args.output),
        (_, _, Some(source), Some(asked)) => with_plan(&source, &asked, &args.sentences, &args.reading, args.output).await,
        _ => anyhow::bail!("say BEFORE and AFTER, or --service with --objects or --kubeconfig: `portcullis diff --help` tells more"),
    }
}

async fn with_plan(source: &Source, asked: &Asked, sentences: &Sentences, reading: &Reading, output: Report) -> anyhow::Result<Answer> {
    let plan::Held { plan, known, mut remarks } =
        plan::held_to(source, sentences, reading, |snapshot| asked.change_or_in_force(snapshot)).await?;
    remarks.push_str(&text::findings(&plan.findings));
    let err = remarks;
    let meaning = || Meaning::of_plan(&known, &plan);
    let mut out = String::new();
    match output {
        Report::Json => {
            let steps: Vec<_> = plan
                .steps
                .iter()
                .map(|step| serde_json::json!({"object": step.key, "action": step.write.verb(), "fields": step.diff.fields}))
                .collect();
            out = serde_json::to_string_pretty(&steps)? + "\n";
        }
        Report::Text if plan.steps.is_empty() => {
            let _written = writeln!(out, "No object of `{}` differs.", plan.change);
        }
        Report::Text => {
            for step in &plan.steps {
                let _written = write!(out, "{} {}\n{}\n", step.write.verb(), step.key, text::changed_lines(&step.diff));
            }
            out.push_str(&text::meaning(&meaning()));
        }
        Report::Markdown => {
            let meaning = meaning();
            out = markdown::sentence(&plan.summary);
            out.push_str(&markdown::reachability(meaning.as_ref().map(|meaning| &meaning.reachability)));
            out.push_str(&markdown::findings(&plan.findings));
            out.push_str(&markdown::open_connections(meaning.ok().and_then(|meaning| meaning.open_connections).as_ref()));
            out.push_str(&markdown::objects(&markdown::of_steps(&plan)));
            out.push_str(&markdown::assumed(&known.assumed));
        }
    }
    Ok(Answer { out, err, code: u8::from(!plan.steps.is_empty()) })
}
