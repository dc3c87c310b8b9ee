//! `portcullis plan`.

use super::baseline::{Switch, switch};
use super::change::Asked;
use super::meaning::Meaning;
use super::reading::{Known, Reading};
use super::sentences::{self, Sentences};
use super::source::Source;
use super::{Answer, markdown, text};
use clap::ValueEnum;
use policy::access::Asked as Wanted;
use policy::diff::manifest;
use policy::finding::{Finding, Severity};
use policy::plan::rights::{refused, rights};
use policy::plan::{Plan, plan_of};
use policy::reach::sets::TooMuch;
use policy::snapshot::Snapshot;
use policy::yaml::to_yaml;
use serde::Serialize;
use std::fmt::Write;

/// Arguments of `plan`.
#[derive(Debug, clap::Args)]
#[command(mut_arg("service", |service| service.required(false).required_unless_present("baseline")))]
pub struct Args {
    #[command(flatten)]
    asked: Option<Asked>,
    /// What the whole cluster shares, in place of one Service's: whether advertised ranges are closed by default, and on which HostEndpoints
    /// that stands (`on`: those that the guards of Services stand on), or whether Calico's controller makes HostEndpoints.
    #[arg(
        long,
        value_name = "closed=on|off|existing|auto|named:IFACE, automatic=on|off",
        value_parser = switch,
        conflicts_with_all = ["service", "allow", "load_balancer", "in_cluster", "enforced", "host_endpoints"]
    )]
    baseline: Option<Switch>,
    #[command(flatten)]
    how: How,
}

/// From what it is planned, what it is held to, and how the plan is written.
#[derive(Debug, clap::Args)]
pub(super) struct How {
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    sentences: Sentences,
    #[command(flatten)]
    reading: Reading,
    /// How the plan is written: `yaml` in step order, as `kubectl apply` takes it; `markdown` as a summary for a pull request.
    #[arg(long, value_enum, default_value_t = Output::Text)]
    output: Output,
}

/// How a plan is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Output {
    Text,
    Json,
    Yaml,
    Markdown,
}

/// The plan, with what it means to clients beside it.
#[derive(Debug, Serialize)]
struct Json<'a> {
    #[serde(flatten)]
    plan: &'a Plan,
    /// Nothing where it cannot be told.
    #[serde(flatten)]
    meaning: Option<&'a Meaning>,
}

/// A plan, what it was made from, and what is said of that.
pub(super) struct Held {
    pub(super) plan: Plan,
    pub(super) known: Known,
    pub(super) remarks: String,
}

/// The plan of a change with everything that it is held to among its findings, as pages have it, and what is said of what was read.
pub(super) async fn held_to(
    source: &Source,
    sentences: &Sentences,
    reading: &Reading,
    wanted: impl FnOnce(&Snapshot) -> anyhow::Result<Wanted>,
) -> anyhow::Result<Held> {
    let safeguards = sentences.read()?;
    let mut read = source.read().await?;
    let cluster = read.cluster.take();
    let plan = plan_of(&read.snapshot, &wanted(&read.snapshot)?)?;
    let mut remarks: String = read.remarks.iter().map(|remark| format!("{}\n", text::plain(remark))).collect();
    let known = reading.of(read, source.is_files());
    sentences::known(&known.snapshot, &safeguards)?;
    if sentences.any() {
        remarks = known.remarks().map(|remark| format!("{}\n", text::plain(remark))).collect();
    }
    let mut plan = plan.held_to(&known.snapshot, &known.settings, &safeguards);
    if let Some(cluster) = cluster {
        plan.findings.extend(refused(&cluster.refused(rights(&known.snapshot, &plan.steps)).await));
        plan.findings.sort();
    }
    Ok(Held { plan, known, remarks })
}

pub(super) async fn run(args: Args) -> anyhow::Result<Answer> {
    let Args { asked, baseline, how } = args;
    how.made(|snapshot| match (&baseline, &asked) {
        (Some(switch), _) => switch.of(snapshot).map(Wanted::from),
        (None, Some(asked)) => asked.change(snapshot).map(Wanted::from),
        (None, None) => anyhow::bail!("say --service NAMESPACE/NAME, or --baseline"),
    })
    .await
}

impl How {
    /// The plan of a change, as it is printed.
    pub(super) async fn made(&self, wanted: impl FnOnce(&Snapshot) -> anyhow::Result<Wanted>) -> anyhow::Result<Answer> {
        let Held { plan, known, remarks: mut err } = held_to(&self.source, &self.sentences, &self.reading, wanted).await?;
        // Of YAML, what is said of the plan is for people alone.
        let said = of(&plan, |severity| severity == Severity::Blocker || self.output == Output::Yaml);
        err.push_str(&text::findings(&said));
        let meaning = || Meaning::of_plan(&known, &plan);
        let out = match self.output {
            Output::Text => as_text(&plan, &meaning()),
            Output::Json => serde_json::to_string_pretty(&Json { plan: &plan, meaning: meaning().as_ref().ok() })? + "\n",
            Output::Yaml => plan.export(),
            Output::Markdown => as_markdown(&plan, &meaning(), &known),
        };
        Ok(Answer { out, err, code: u8::from(plan.blocked()) })
    }
}

fn of(plan: &Plan, chosen: impl Fn(Severity) -> bool) -> Vec<Finding> {
    plan.findings.iter().filter(|finding| chosen(finding.severity)).cloned().collect()
}

fn as_text(plan: &Plan, meaning: &Result<Meaning, TooMuch>) -> String {
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
    for caused in &plan.caused {
        let verb = if caused.made { "makes" } else { "deletes" };
        let _written = write!(
            out,
            "\nCalico's controller {verb} HostEndpoint {} on {} ({})\n",
            text::plain(&caused.name),
            text::plain(&caused.node),
            text::plain(&caused.addresses.join(", "))
        );
    }
    out + &text::meaning(meaning)
}

fn as_markdown(plan: &Plan, meaning: &Result<Meaning, TooMuch>, known: &Known) -> String {
    let blockers = of(plan, |severity| severity == Severity::Blocker);
    let barred = markdown::gravest(&blockers).map(|blockers| format!("Cannot be applied: {blockers}. ")).unwrap_or_default();
    let mut out = markdown::sentence(&format!("{barred}{}", plan.summary));
    out.push_str(&markdown::reachability(meaning.as_ref().map(|meaning| &meaning.reachability)));
    out.push_str(&markdown::findings(&plan.findings));
    out.push_str(&markdown::open_connections(meaning.as_ref().ok().and_then(|meaning| meaning.open_connections.as_ref())));
    out.push_str(&markdown::objects(&markdown::of_steps(plan)));
    out.push_str(&markdown::assumed(&known.assumed));
    let _written = writeln!(out, "\nPlan {} for {}.", markdown::code(plan.digest.short()), markdown::code(&plan.change.to_string()));
    out
}
