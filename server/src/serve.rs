//! `portcullis serve`: puts the parts together, prints the link, and serves until it is told to end.

use crate::clock;
use crate::cluster::{self, Connected};
use crate::desk::{Desk, Opening, Place};
use crate::history::DataFolder;
use crate::http::{self, Limits, Listen, Parts, Sessions, Site};
use crate::sandbox::{Sandbox, Seed};
use anyhow::Context as _;
use policy::plan::SETTLE;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// The sandbox's file in the data folder.
const SANDBOX: &str = "sandbox.db";

/// What `serve` is told.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Work on the sandbox, a small cluster inside Portcullis [the default]
    #[arg(long, conflicts_with = "kubeconfig")]
    sandbox: bool,
    /// What a new sandbox begins with; one that its folder keeps is left as it is
    #[arg(long, value_enum, value_name = "SEED", default_value = "page", conflicts_with = "kubeconfig")]
    seed: Seed,
    /// Work on the cluster that this kubeconfig leads to
    #[arg(long, value_name = "FILE")]
    kubeconfig: Option<PathBuf>,
    /// Use this context of the kubeconfig rather than its current one
    #[arg(long, value_name = "NAME", requires = "kubeconfig")]
    context: Option<String>,
    /// Listen here; only an address of this machine alone is taken, port 0 takes a free port
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8787")]
    listen: Listen,
    /// Answer Prometheus on this address too, at /metrics, without signing in; only an address of this machine alone is taken
    #[arg(long, value_name = "ADDRESS:PORT")]
    metrics: Option<Listen>,
    /// Keep history, plans, runs and the sandbox in this folder [default: a folder for each cluster in .portcullis]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Serve the built pages of this folder [default: the folder `site` beside the program or one above]
    #[arg(long, value_name = "DIR")]
    site: Option<PathBuf>,
}

/// Serves until it is told to end.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let Args { sandbox: _, seed, kubeconfig, context, listen, metrics, data, site } = args;
    // What can be wrong with the command line is told before anything is opened.
    let site = match site {
        Some(folder) => Site::open(&folder)?,
        None => {
            Site::beside(&std::env::current_exe().context("where this program is cannot be told: name the pages' folder with --site")?)?
        }
    };
    let (listener, address) = http::bind(listen).await?;
    let metrics = match metrics {
        Some(listen) => Some(http::bind(listen).await?),
        None => None,
    };
    let ending = CancellationToken::new();
    end_when_told(&ending)?;

    let data = data.unwrap_or_else(|| default_data(kubeconfig.as_deref(), context.as_deref(), seed));
    let opening = opening(kubeconfig.as_deref(), context.as_deref(), seed, &data).await?;
    let desk = Desk::open(opening).await?;

    let (sessions, secret) = Sessions::new(&operator());
    let link = http::link(address, &secret);
    // Not `println!`, which panics when nobody reads.
    writeln!(std::io::stdout(), "Portcullis: {link}").context("the link cannot be printed")?;
    let scraped = async {
        let Some((listener, address)) = metrics else { return Ok(()) };
        tracing::info!("metrics at http://{address}/metrics");
        http::serve(listener, http::metrics(desk.clone()), ending.clone()).await
    };
    let router = http::router(Parts {
        backend: desk.clone(),
        events: desk.events(),
        sessions: Arc::new(sessions),
        address,
        site,
        limits: Limits::default(),
        ending: ending.clone(),
    });
    tokio::try_join!(http::serve(listener, router, ending.clone()), scraped)?;
    desk.close().await;
    Ok(ExitCode::SUCCESS)
}

/// The cluster, and the folder that remembers.
async fn opening(kubeconfig: Option<&Path>, context: Option<&str>, seed: Seed, data: &Path) -> anyhow::Result<Opening> {
    let clock = clock::system();
    if let Some(file) = kubeconfig {
        let Connected { client, name, server } = cluster::connect(file, context).await?;
        let place = Place { name, sandbox: false, server };
        return Ok(Opening { client, place, folder: DataFolder::open(data)?, clock, settle: SETTLE });
    }
    let folder = DataFolder::open(data)?;
    let sandbox = Sandbox::open_seeded(&folder.file(SANDBOX), seed).await?;
    let place = Place { name: "sandbox".to_owned(), sandbox: true, server: "inside Portcullis".to_owned() };
    Ok(Opening { client: sandbox.client(), place, folder, clock, settle: SETTLE })
}

/// A folder for each cluster: a database belongs to one.
fn default_data(kubeconfig: Option<&Path>, context: Option<&str>, seed: Seed) -> PathBuf {
    let name = match (kubeconfig, context) {
        (None, _) if seed == Seed::Big => "sandbox-big".to_owned(),
        (None, _) => "sandbox".to_owned(),
        (Some(_), None) => "cluster-current".to_owned(),
        (Some(_), Some(context)) => {
            let fit = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
            format!("cluster-{}", context.chars().map(fit).collect::<String>())
        }
    };
    Path::new(".portcullis").join(name)
}

/// What history calls whoever brings the link: on loopback that is who started this.
fn operator() -> String {
    ["USER", "LOGNAME"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|name| !name.is_empty()))
        .unwrap_or_else(|| "operator".to_owned())
}

/// Ends at SIGINT or SIGTERM; at the second one at once, whatever is still under way: the journal knows.
fn end_when_told(ending: &CancellationToken) -> anyhow::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt()).context("SIGINT cannot be heard")?;
    let mut terminate = signal(SignalKind::terminate()).context("SIGTERM cannot be heard")?;
    let ending = ending.clone();
    tokio::spawn(async move {
        for last in [false, true] {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            if last {
                std::process::exit(130);
            }
            tracing::info!("ending: requests and runs under way are finished first; a second signal ends at once");
            ending.cancel();
        }
    });
    Ok(())
}
