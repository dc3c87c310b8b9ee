//! `portcullis groups`: client groups, who uses them, and the plan of a change.

mod change;
mod shown;

use super::plan::Output;
use super::source::{Read, Source};
use super::{Answer, Report, text};
use anyhow::{anyhow, bail};
use change::{Import, Plan};
use clap::Subcommand;
use policy::access::document::groups_to_file;
use policy::access::{ClientGroup, GroupName};
use policy::object::Kind;
use policy::snapshot::Snapshot;
use policy::view::{GroupRow, GroupsView};

/// What is done with client groups.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Lists them: what they hold, and how many Services use them.
    List(List),
    /// Shows one: its ranges, and how Services use it.
    Show(Show),
    /// Prints them as YAML, a document a group.
    Export(Export),
    /// Makes the plan that has a group hold what a file says, with every Service that uses it, and prints it as `plan` does.
    Import(Import),
    /// Makes the plan that adds ranges to a group, takes some away or deletes it, with every Service that uses it, and prints it as `plan`
    /// does.
    Plan(Plan),
}

/// Arguments of `groups list`.
#[derive(Debug, clap::Args)]
pub struct List {
    #[command(flatten)]
    source: Source,
    /// How the list is written.
    #[arg(long, value_enum, default_value_t = Report::Text)]
    output: Report,
}

/// Arguments of `groups show`.
#[derive(Debug, clap::Args)]
pub struct Show {
    /// Which group.
    #[arg(value_name = "GROUP")]
    name: GroupName,
    #[command(flatten)]
    source: Source,
    /// How it is written: `yaml` as `groups export` has it.
    #[arg(long, value_enum, default_value_t = Output::Text)]
    output: Output,
}

/// Arguments of `groups export`.
#[derive(Debug, clap::Args)]
pub struct Export {
    #[command(flatten)]
    source: Source,
    /// Only this group; may be given again. Without it, every one.
    #[arg(long, value_name = "GROUP")]
    group: Vec<GroupName>,
}

pub(super) async fn run(command: Command) -> anyhow::Result<Answer> {
    match command {
        Command::List(args) => list(args).await,
        Command::Show(args) => show(args).await,
        Command::Export(args) => export(args).await,
        Command::Import(args) => change::import(args).await,
        Command::Plan(args) => change::plan(args).await,
    }
}

async fn list(args: List) -> anyhow::Result<Answer> {
    let (view, err) = read(&args.source).await?;
    let out = match args.output {
        Report::Text => shown::table(&view.rows),
        Report::Json => shown::json(&view.rows)?,
        Report::Markdown => shown::list_as_markdown(&view.rows),
    };
    Ok(Answer { out, err, code: 0 })
}

async fn show(args: Show) -> anyhow::Result<Answer> {
    let (view, err) = read(&args.source).await?;
    let row = view.find(args.name.as_str()).ok_or_else(|| no_group(&args.name, &view))?;
    let out = match args.output {
        Output::Text => shown::in_words(row),
        Output::Json => shown::json_of(row)?,
        Output::Yaml => groups_to_file(&[defined(row)?]),
        Output::Markdown => shown::as_markdown(row),
    };
    Ok(Answer { out, err, code: 0 })
}

async fn export(args: Export) -> anyhow::Result<Answer> {
    let (view, err) = read(&args.source).await?;
    let mut groups: Vec<ClientGroup> = Vec::new();
    if args.group.is_empty() {
        groups.extend(view.rows.iter().filter(|row| row.defined).map(|row| row.group.clone()));
    }
    for name in &args.group {
        groups.push(defined(view.find(name.as_str()).ok_or_else(|| no_group(name, &view))?)?);
    }
    groups.sort_by(|a, b| a.name.cmp(&b.name));
    groups.dedup();
    if groups.is_empty() {
        bail!("the cluster has no client group to export");
    }
    Ok(Answer { out: groups_to_file(&groups), err, code: 0 })
}

/// The groups, and what is said on standard error.
async fn read(source: &Source) -> anyhow::Result<(GroupsView, String)> {
    let Read { snapshot, remarks, .. } = source.read().await?;
    known(&snapshot)?;
    let err = remarks.iter().map(|remark| format!("{}\n", text::plain(remark))).collect();
    Ok((GroupsView::of(&snapshot), err))
}

/// Nothing where client groups are known.
fn known(snapshot: &Snapshot) -> anyhow::Result<()> {
    if let Some(why) = snapshot.unknown(Kind::GlobalNetworkSet) {
        bail!("client groups are not known, for GlobalNetworkSets are not: {why}");
    }
    Ok(())
}

/// The group; an error where Services use it and it is gone.
fn defined(row: &GroupRow) -> anyhow::Result<ClientGroup> {
    if !row.defined {
        bail!("the group `{}` is not in the cluster any more, though Services use it", row.group.name);
    }
    Ok(row.group.clone())
}

fn no_group(name: &GroupName, view: &GroupsView) -> anyhow::Error {
    let names: Vec<String> = view.rows.iter().map(|row| format!("`{}`", row.group.name)).collect();
    let known = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    anyhow!("there is no group `{name}`: the cluster has {known}")
}
