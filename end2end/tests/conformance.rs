//! The sandbox and a real API server, by one suite.

use anyhow::{Context, Result};
use end2end::conformance::{Api, suite};
use end2end::rig::{self, Options};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use server::sandbox::Sandbox;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Runs every case, also after one that fails.
async fn conforms(client: Client) {
    let api = Api::new(client);
    let mut failed = Vec::new();
    for case in suite() {
        let begun = Instant::now();
        match case.run(&api).await {
            Ok(()) => println!("{:6.1} s  {}", begun.elapsed().as_secs_f32(), case.name),
            Err(error) => failed.push(format!("{}: {error:#}", case.name)),
        }
    }
    assert!(failed.is_empty(), "{} of {} cases fail:\n{}", failed.len(), suite().count(), failed.join("\n"));
}

async fn client(kubeconfig: &Path) -> Result<Client> {
    let kubeconfig = Kubeconfig::read_from(kubeconfig).with_context(|| format!("reading {}", kubeconfig.display()))?;
    Ok(Client::try_from(Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await?)?)
}

#[tokio::test]
async fn the_sandbox_conforms() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let sandbox = Sandbox::open(&folder.path().join("sandbox.db")).await?;
    conforms(sandbox.client()).await;
    Ok(())
}

/// On the API that `PORTCULLIS_RIG_KUBECONFIG` names, which holds the sandbox's seed; else on a rig of this test alone.
#[tokio::test]
#[ignore = "needs the rig: root, and Go for its first build"]
async fn a_real_api_conforms() -> Result<()> {
    if let Some(kubeconfig) = std::env::var_os("PORTCULLIS_RIG_KUBECONFIG") {
        conforms(client(Path::new(&kubeconfig)).await?).await;
        return Ok(());
    }
    let folder = tempfile::tempdir()?;
    let options =
        Options { program: PathBuf::from(env!("CARGO_BIN_EXE_rig")), run: folder.path().join("rig"), until: Some(std::process::id()) };
    let kubeconfig = rig::up(&options, &Sandbox::seed()?, &mut std::io::stdout())?;
    conforms(client(&kubeconfig).await?).await;
    rig::down(&options.run)?;
    Ok(())
}
