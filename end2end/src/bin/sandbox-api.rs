//! The API of a sandbox that no Portcullis has open: `sandbox-api FILE [ADDRESS:PORT]` serves it on loopback, on a free port unless one is
//! named, and prints its address. The browser tests look at a sandbox's objects through it, as they look at a real cluster's through kubectl;
//! and it is a cluster that they can take away and bring back.

use anyhow::{Context as _, Result};
use server::http::{bind, serve};
use server::sandbox::Sandbox;
use std::path::PathBuf;
use tokio_util::sync::CancellationToken;

#[tokio::main]
async fn main() -> Result<()> {
    let mut args = std::env::args().skip(1);
    let file = PathBuf::from(args.next().context("name the sandbox's file: sandbox-api FILE [ADDRESS:PORT]")?);
    let listen = args.next().unwrap_or_else(|| "127.0.0.1:0".to_owned());
    // `open` would make a new sandbox.
    anyhow::ensure!(file.is_file(), "there is no sandbox in `{}`", file.display());
    let sandbox = Sandbox::open(&file).await?;
    let (listener, address) = bind(listen.parse()?).await?;
    println!("http://{address}");
    serve(listener, sandbox.router(), CancellationToken::new()).await?;
    Ok(())
}
