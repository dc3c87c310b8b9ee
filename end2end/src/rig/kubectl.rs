//! kubectl: how the rig itself speaks to the API.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::certificates::Certificates;
use super::folder::RunFolder;
use super::programs::Programs;

/// kubectl with a kubeconfig, and a home inside the run folder.
pub(super) struct Kubectl {
    program: PathBuf,
    kubeconfig: PathBuf,
    home: PathBuf,
}

impl Kubectl {
    pub(super) fn new(programs: &Programs, kubeconfig: &Path, run: &RunFolder) -> Self {
        Self { program: programs.program("kubectl"), kubeconfig: kubeconfig.to_owned(), home: run.path().to_owned() }
    }

    /// Runs it and gives what it prints.
    pub(super) fn output(&self, arguments: &[&str]) -> Result<String> {
        let output = self.command(arguments).output().context("starting kubectl")?;
        if !output.status.success() {
            bail!("`kubectl {}` failed:\n{}", arguments.join(" "), String::from_utf8_lossy(&output.stderr).trim());
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Whether it succeeds.
    pub(super) fn succeeds(&self, arguments: &[&str]) -> bool {
        self.command(arguments).output().is_ok_and(|output| output.status.success())
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(arguments).env("KUBECONFIG", &self.kubeconfig).env("HOME", &self.home);
        // A proxy for the outside world is none for loopback.
        for name in ["http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"] {
            command.env_remove(name);
        }
        command
    }
}

/// Writes a kubeconfig of the administrator for the API at `server`, whole or not at all.
pub(super) fn write_config(file: &Path, certificates: &Certificates, server: &str) -> Result<()> {
    let authority = certificates.file("ca.crt");
    let token = certificates.token()?;
    let text = format!(
        "apiVersion: v1
kind: Config
clusters:
- name: rig
  cluster:
    server: {server}
    certificate-authority: {}
users:
- name: rig-admin
  user:
    token: {token}
contexts:
- name: rig
  context:
    cluster: rig
    user: rig-admin
current-context: rig
",
        authority.display()
    );
    let partial = file.with_extension("partial");
    fs::write(&partial, text)?;
    fs::rename(&partial, file).with_context(|| format!("writing {}", file.display()))
}
