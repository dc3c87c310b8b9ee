//! Where a command reads from.

use super::files;
use crate::clock;
use crate::cluster::{self, Cluster, KindHealth};
use anyhow::bail;
use policy::reach::settings::Told;
use policy::snapshot::Snapshot;
use std::path::PathBuf;
use std::time::Duration;

/// How long the first lists of a cluster may take.
const FIRST_LISTS: Duration = Duration::from_secs(60);

/// Where a command reads from.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = true)]
pub(super) struct Source {
    /// Files with what `kubectl get ... -o yaml` or `-o json` prints (documents, Lists), folders of such files, or `-` for standard input.
    #[arg(long, value_name = "PATH", num_args = 1.., conflicts_with = "kubeconfig")]
    objects: Vec<PathBuf>,
    /// The cluster of a kubeconfig.
    #[arg(long, value_name = "FILE")]
    kubeconfig: Option<PathBuf>,
    /// A context of the kubeconfig; its current one if absent.
    #[arg(long, value_name = "NAME", requires = "kubeconfig")]
    context: Option<String>,
}

/// What was read.
pub(super) struct Read {
    pub(super) snapshot: Snapshot,
    /// What was left out, a line each, for standard error.
    pub(super) remarks: Vec<String>,
    /// How the programs on the nodes are set.
    pub(super) told: Told,
    /// The cluster itself, which is asked what may be written; none of files.
    pub(super) cluster: Option<Cluster>,
}

impl Source {
    /// Whether files are read.
    pub(super) const fn is_files(&self) -> bool {
        self.kubeconfig.is_none()
    }

    pub(super) async fn read(&self) -> anyhow::Result<Read> {
        match &self.kubeconfig {
            Some(file) => live(file, self.context.as_deref()).await,
            None => files::read(&self.objects),
        }
    }
}

/// The cluster as its first lists say; kinds that it does not have are unknown.
async fn live(file: &std::path::Path, context: Option<&str>) -> anyhow::Result<Read> {
    let connected = cluster::connect(file, context).await?;
    let cluster = Cluster::watch(connected.client, clock::system());
    let mut changes = cluster.changes();
    let waiting = |state: &cluster::ClusterState| -> Vec<String> {
        let not_yet = |health: &KindHealth| matches!(health, KindHealth::Waiting | KindHealth::Lost { .. });
        state.kinds.iter().filter(|(_, health)| not_yet(health)).map(|(kind, _)| kind.to_string()).collect()
    };
    let ready = changes.wait_for(|state| waiting(state).is_empty());
    if tokio::time::timeout(FIRST_LISTS, ready).await.is_err() {
        let state = cluster.state();
        let why = match &state.silent {
            Some((_, why)) => why.clone(),
            None => format!("still waiting for {}", waiting(&state).join(", ")),
        };
        bail!("{} did not answer within {} seconds: {why}", connected.server, FIRST_LISTS.as_secs());
    }
    let (snapshot, told) = (cluster.state().snapshot.clone(), cluster.read_told().await);
    Ok(Read { snapshot, remarks: Vec::new(), told, cluster: Some(cluster) })
}
