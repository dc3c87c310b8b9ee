//! The API of a sandbox that no Portcullis has open: `sandbox-api FILE` serves it on a free port of loopback and prints its address. The
//! browser tests look at a sandbox's objects through it, as they look at a real cluster's through kubectl.

use anyhow::{Context as _, Result};
use server::http::{bind, serve};
use server::sandbox::Sandbox;
use std::path::PathBuf;
use tokio_util::sync::CancellationToken;

#[tokio::main]
async fn main() -> Result<()> {
    let file: PathBuf = std::env::args_os().nth(1).context("name the sandbox's file: sandbox-api FILE")?.into();
    // `open` would make a new sandbox.
    anyhow::ensure!(file.is_file(), "there is no sandbox in `{}`", file.display());
    let sandbox = Sandbox::open(&file).await?;
    let (listener, address) = bind("127.0.0.1:0".parse()?).await?;
    println!("http://{address}");
    serve(listener, sandbox.router(), CancellationToken::new()).await?;
    Ok(())
}
