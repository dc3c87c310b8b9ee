//! A process that is killed in the middle of a run, and what its killer shares with it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, bail};
use policy::access::{Access, Adoption, Change, ClientRange, HostEndpoints, InCluster, Intent};
use policy::view::{Caller, CallerKind};
use server::cluster::{Client, connect};
use server::desk::{Backend, Desk, Opening, Place};
use server::history::DataFolder;
use server::sandbox::Sandbox;

/// Who acts.
#[must_use]
pub fn caller() -> Caller {
    Caller { id: "test".into(), name: "test".into(), kind: CallerKind::CommandLine, way: None }
}

/// What it is about: it writes objects of every part of the recipe.
///
/// # Errors
/// None: the texts are right.
pub fn guard() -> Result<Change> {
    let client = ClientRange { cidr: "50.60.0.0/16".parse()?, ports: Vec::new(), note: String::new() };
    let access = Access { clients: vec![client], in_cluster: InCluster::Unchanged, ..Access::default() };
    let host_endpoints = HostEndpoints::Named { interface: "eth0".to_owned().try_into()? };
    Ok(Change { service: "shop/svc-a".parse()?, intent: Intent::Guard(access), host_endpoints, adoption: Adoption::default() })
}

/// A client of the cluster that `kubeconfig` leads to, or of the sandbox in `folder`.
///
/// # Errors
/// The kubeconfig or the sandbox cannot be used.
pub async fn client(folder: &Path, kubeconfig: Option<&Path>) -> Result<Client> {
    Ok(match kubeconfig {
        Some(file) => connect(file, None).await?.client,
        None => Sandbox::open(&folder.join("sandbox.db")).await?.client(),
    })
}

/// A desk whose history is in `folder`. It does not wait between steps: nobody kills a pause.
///
/// # Errors
/// The history cannot be used.
pub async fn open(folder: &Path, client: Client) -> Result<Arc<Desk>> {
    let place = Place { name: "test".into(), sandbox: true, server: String::new() };
    let data = DataFolder::open(&folder.join("data"))?;
    Ok(Desk::open(Opening { client, place, folder: data, clock: server::clock::system(), settle: Duration::ZERO }).await?)
}

/// `victim FOLDER [KUBECONFIG]`: plans, prints `planned DIGEST`, begins to apply, prints `begun`, and waits for its end.
///
/// # Errors
/// Anything fails: the killer sees that nothing was planned.
pub async fn run(mut arguments: impl Iterator<Item = PathBuf>) -> Result<()> {
    let Some(folder) = arguments.next() else { bail!("victim FOLDER [KUBECONFIG]") };
    let desk = open(&folder, client(&folder, arguments.next().as_deref()).await?).await?;
    let digest = desk.make_plan(&caller(), guard()?.into()).await?;
    println!("planned {digest}");
    desk.apply(&caller(), digest, "because".into()).await?;
    println!("begun");
    std::future::pending().await
}
