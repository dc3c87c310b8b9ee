//! The change of a group that is planned.

use crate::cli::Answer;
use crate::cli::plan::How;
use crate::cli::yaml_file::{cannot, file};
use crate::documents;
use anyhow::{Context, anyhow, bail};
use policy::access::{ClientGroup, GroupChange, GroupName, GroupRange, client_groups};
use policy::cidr::{Cidr, CidrSet};
use std::path::PathBuf;

/// Arguments of `groups import`.
#[derive(Debug, clap::Args)]
pub struct Import {
    /// A file as `groups export` writes it, or `-` for standard input.
    #[arg(value_name = "FILE")]
    document: PathBuf,
    /// Which group of the file, where it has several: a plan is of one.
    #[arg(long, value_name = "GROUP")]
    group: Option<GroupName>,
    #[command(flatten)]
    how: How,
}

/// Arguments of `groups plan`.
#[derive(Debug, clap::Args)]
pub struct Plan {
    /// Which group; one that there is not is created by `--add`.
    #[arg(value_name = "GROUP")]
    name: GroupName,
    /// A range or an address that it is to hold as well; may be given again.
    #[arg(long, value_name = "CIDR", value_parser = cidr, required_unless_present_any = ["remove", "delete"])]
    add: Vec<Cidr>,
    /// What is noted of each range that is added.
    #[arg(long, value_name = "TEXT", requires = "add", default_value = "", hide_default_value = true)]
    note: String,
    /// A range or an address that it is to hold no more; what is left of a wider range stays. May be given again.
    #[arg(long, value_name = "CIDR", value_parser = cidr)]
    remove: Vec<Cidr>,
    /// It is to be no more.
    #[arg(long, conflicts_with_all = ["add", "remove"])]
    delete: bool,
    #[command(flatten)]
    how: How,
}

fn cidr(text: &str) -> Result<Cidr, String> {
    text.parse().map_err(|error: policy::cidr::CidrError| error.to_string())
}

pub(super) async fn import(args: Import) -> anyhow::Result<Answer> {
    let path = args.document.display();
    let mut groups = documents::groups_of_text(&file(&args.document)?).map_err(|faults| cannot(&args.document, &faults))?;
    let names: Vec<String> = groups.iter().map(|group| format!("`{}`", group.name)).collect();
    if let Some(name) = &args.group {
        groups.retain(|group| group.name == *name);
    }
    let group = match <[ClientGroup; 1]>::try_from(groups) {
        Ok([group]) => group,
        Err(none) if none.is_empty() => {
            let name = args.group.context("the file has no group")?;
            bail!("`{path}` has no group `{name}`: it has {}", names.join(", "));
        }
        Err(_) => bail!("`{path}` has {}, and a plan is of one group: say which with --group", names.join(", ")),
    };
    args.how.made(|_| Ok(GroupChange::of(group.name, Some(group.ranges)).into())).await
}

pub(super) async fn plan(args: Plan) -> anyhow::Result<Answer> {
    let Plan { name, add, note, remove, delete, how } = args;
    how.made(|snapshot| {
        let group = client_groups(snapshot).into_iter().find(|group| group.name == name);
        if group.is_none() && (delete || !remove.is_empty()) {
            super::known(snapshot)?;
            bail!("there is no group `{name}`, so there is nothing to --{}", if delete { "delete" } else { "remove" });
        }
        if delete {
            return Ok(GroupChange::of(name, None).into());
        }
        let mut group = group.unwrap_or(ClientGroup { name: name.clone(), ranges: Vec::new() });
        let held: CidrSet = group.cidrs().into_iter().collect();
        if let Some(none) = remove.iter().find(|range| !held.meets(**range)) {
            return Err(anyhow!("the group `{name}` holds no address of {none}, so there is nothing to --remove"));
        }
        group = group.without(&remove.into_iter().collect());
        group.ranges.extend(add.into_iter().map(|cidr| GroupRange { cidr, note: note.clone() }));
        Ok(GroupChange::of(name, Some(group.ranges)).into())
    })
    .await
}
