//! A client from a kubeconfig.

use kube::config::{KubeConfigOptions, Kubeconfig, KubeconfigError};
use kube::{Client, Config};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a connection may take to be made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// A client, and what it is a client of.
pub struct Connected {
    /// The client. Nothing was sent yet.
    pub client: Client,
    /// The context's name.
    pub name: String,
    /// The API server's address.
    pub server: String,
}

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The file cannot be read as a kubeconfig.
    #[error("The kubeconfig `{file}` cannot be read: {why}.")]
    File {
        /// The file.
        file: PathBuf,
        /// Why.
        why: String,
    },
    /// It has no such context.
    #[error("The kubeconfig `{file}` has no context `{context}`; it has: {known}. Choose one with --context.")]
    NoContext {
        /// The file.
        file: PathBuf,
        /// The context that was asked for.
        context: String,
        /// Those there are.
        known: String,
    },
    /// It names no current context, and none was asked for.
    #[error("The kubeconfig `{file}` has no current context: choose one of {known} with --context.")]
    NoCurrentContext {
        /// The file.
        file: PathBuf,
        /// Those there are.
        known: String,
    },
    /// The context cannot be used.
    #[error("The context `{context}` of the kubeconfig `{file}` cannot be used: {why}.")]
    Context {
        /// The file.
        file: PathBuf,
        /// The context.
        context: String,
        /// Why.
        why: String,
    },
}

/// Makes a client of `context`, or of the current context, of the kubeconfig `file`.
///
/// # Errors
/// The file cannot be read, or the context is absent or cannot be used. That the API server answers is not tried here.
pub async fn connect(file: &Path, context: Option<&str>) -> Result<Connected, ConnectError> {
    // Fails only if a provider is there already, which is as good.
    let _installed = rustls::crypto::ring::default_provider().install_default();
    let kubeconfig = Kubeconfig::read_from(file).map_err(|error| ConnectError::File { file: file.to_owned(), why: unreadable(&error) })?;
    let known = || {
        let names: Vec<_> = kubeconfig.contexts.iter().map(|c| format!("`{}`", c.name)).collect();
        if names.is_empty() { "none".to_owned() } else { names.join(", ") }
    };
    let name = match context.map(str::to_owned).or_else(|| kubeconfig.current_context.clone().filter(|name| !name.is_empty())) {
        Some(name) if kubeconfig.contexts.iter().any(|c| c.name == name) => name,
        Some(context) => return Err(ConnectError::NoContext { file: file.to_owned(), context, known: known() }),
        None => return Err(ConnectError::NoCurrentContext { file: file.to_owned(), known: known() }),
    };
    let unusable = |why: String| ConnectError::Context { file: file.to_owned(), context: name.clone(), why };
    let options = KubeConfigOptions { context: Some(name.clone()), ..KubeConfigOptions::default() };
    let mut config = Config::from_custom_kubeconfig(kubeconfig, &options).await.map_err(|error| unusable(error.to_string()))?;
    config.connect_timeout = Some(CONNECT_TIMEOUT);
    // The client would send a write again by itself after 503 or 504, behind the journal's back: a write that had been done would then
    // answer `AlreadyExists` or `Conflict`, as if it had not.
    config.default_retry = false;
    let server = address(&config.cluster_url);
    let client = Client::try_from(config).map_err(|error| unusable(error.to_string()))?;
    Ok(Connected { client, name, server })
}

fn unreadable(error: &KubeconfigError) -> String {
    match error {
        KubeconfigError::ReadConfig(source, _file) => source.to_string(),
        other => other.to_string(),
    }
}

/// The address without user and password, which a URL can carry.
fn address(url: &http::Uri) -> String {
    let host = url.host().unwrap_or_default();
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}://{host}{port}{}", url.scheme_str().unwrap_or("https"), url.path().trim_end_matches('/'))
}
