//! `portcullis access`: who may reach Services, as documents for files and for Git.

use super::plan::How;
use super::source::Source;
use super::yaml_file::{cannot, file};
use super::{Answer, text};
use crate::documents;
use anyhow::bail;
use clap::Subcommand;
use policy::access::document::{Document, to_file};
use policy::access::in_force;
use policy::object::{Kind, Service, ServiceRef};
use policy::plan::kept_host_endpoints;
use policy::snapshot::Snapshot;
use std::path::PathBuf;

/// What is done with documents.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Prints the access in force as YAML, a document a Service.
    Export(Export),
    /// Makes the plan that gives Services the access of a file, and prints it as `plan` does.
    Import(Import),
}

/// Arguments of `access export`.
#[derive(Debug, clap::Args)]
pub struct Export {
    #[command(flatten)]
    source: Source,
    /// Only this Service, as NAMESPACE/NAME; may be given again. Without it, every guarded one.
    #[arg(long, value_name = "NS/NAME")]
    service: Vec<ServiceRef>,
}

/// Arguments of `access import`.
#[derive(Debug, clap::Args)]
pub struct Import {
    /// A file as `access export` writes it, or `-` for standard input.
    #[arg(value_name = "FILE")]
    document: PathBuf,
    #[command(flatten)]
    how: How,
}

pub(super) async fn run(command: Command) -> anyhow::Result<Answer> {
    match command {
        Command::Export(args) => export(args).await,
        Command::Import(args) => import(args).await,
    }
}

async fn export(args: Export) -> anyhow::Result<Answer> {
    let read = args.source.read().await?;
    let snapshot = &read.snapshot;
    if let Some(why) = snapshot.unknown(Kind::Service) {
        bail!("Services are not known: {why}");
    }
    let all = || snapshot.iter::<Service>().filter_map(|service| service.reference()).collect();
    let named = !args.service.is_empty();
    let mut services: Vec<ServiceRef> = if named { args.service } else { all() };
    services.sort();
    services.dedup();
    let mut documents = Vec::new();
    for service in services {
        if snapshot.get::<Service>(service.namespace(), service.name()).is_none() {
            bail!("there is no Service `{service}`");
        }
        match in_force(snapshot, &service) {
            Some(access) => {
                let host_endpoints = Some(kept_host_endpoints(snapshot, &service));
                documents.push(Document { service, access, host_endpoints });
            }
            None if named => bail!("`{service}` is not guarded, so there is no access in force to export"),
            None => {}
        }
    }
    if documents.is_empty() {
        bail!("no Service is guarded, so there is no access in force to export");
    }
    let err = read.remarks.iter().map(|remark| format!("{}\n", text::plain(remark))).collect();
    Ok(Answer { out: to_file(&documents), err, code: 0 })
}

async fn import(args: Import) -> anyhow::Result<Answer> {
    let documents = documents::of_text(&file(&args.document)?).map_err(|faults| cannot(&args.document, &faults))?;
    args.how.made(|snapshot: &Snapshot| documents::together(snapshot, documents).map_err(anyhow::Error::msg)).await
}
