//! `rig up --api`, `rig down`, `rig status`: a real Kubernetes API with Calico's own API server. Called by `cargo xtask rig`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use end2end::rig::{self, Options, Programs, Status};
use server::sandbox::Sandbox;

const USAGE: &str = "\
rig up --api [--run FOLDER] [--until PID]   bring up etcd, kube-apiserver and the Calico API server
rig down [--run FOLDER]                     take it away, with all that it made
rig env [--run FOLDER]                      print KUBECONFIG and KUBECTL, for a program that uses the API
rig status [--run FOLDER]                   say whether it is up: exit code 0 up, 1 not
";

fn main() -> ExitCode {
    match dispatch(std::env::args().skip(1).collect()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(mut words: Vec<String>) -> Result<ExitCode> {
    let command = if words.is_empty() { String::new() } else { words.remove(0) };
    let run = value(&mut words, "--run")?.map_or_else(default_run_folder, |folder| Ok(PathBuf::from(folder)))?;
    let until = number(&mut words, "--until")?;
    match command.as_str() {
        "up" => {
            let api = words.iter().position(|word| word == "--api").map(|at| words.remove(at));
            finish(&words)?;
            if api.is_none() {
                bail!("`rig up` brings up the API alone so far: say `rig up --api`");
            }
            up(Options { program: std::env::current_exe()?, run, until })
        }
        "down" => {
            finish(&words)?;
            rig::down(&run)?;
            println!("the rig is down");
            Ok(ExitCode::SUCCESS)
        }
        "status" => {
            finish(&words)?;
            status(&run)
        }
        "env" => {
            finish(&words)?;
            println!("KUBECONFIG={}", run.join("kubeconfig").display());
            println!("KUBECTL={}", Programs::ensure(&mut std::io::stderr())?.program("kubectl").display());
            Ok(ExitCode::SUCCESS)
        }
        "hold" => {
            let programs = programs(&mut words)?;
            finish(&words)?;
            rig::run_holder(&run, &programs, until)?;
            Ok(ExitCode::SUCCESS)
        }
        "box" => {
            let programs = programs(&mut words)?;
            let port = number(&mut words, "--port")?.context("`rig box` takes --port")?;
            finish(&words)?;
            rig::run_box(&run, programs, u16::try_from(port)?)?;
            Ok(ExitCode::SUCCESS)
        }
        "" => bail!("the rig takes a command\n\n{USAGE}"),
        other => bail!("`{other}` is not a command of the rig\n\n{USAGE}"),
    }
}

fn up(options: Options) -> Result<ExitCode> {
    let kubeconfig = rig::up(&options, &Sandbox::seed()?, &mut std::io::stdout())?;
    println!("kubeconfig: {}", kubeconfig.display());
    Ok(ExitCode::SUCCESS)
}

fn status(run: &Path) -> Result<ExitCode> {
    Ok(match rig::status(run)? {
        Status::Up => {
            println!("the rig is up; kubeconfig: {}", run.join("kubeconfig").display());
            ExitCode::SUCCESS
        }
        Status::Partial => {
            println!("the rig is not ready: it is on its way up, or was cut short (`rig down` clears it away)");
            ExitCode::FAILURE
        }
        Status::Down => {
            println!("the rig is down");
            ExitCode::FAILURE
        }
    })
}

/// `target/rig` of the checkout: there is one rig for each.
fn default_run_folder() -> Result<PathBuf> {
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("the crate's folder has no parent")?;
    Ok(checkout.join("target/rig"))
}

fn programs(words: &mut Vec<String>) -> Result<PathBuf> {
    value(words, "--programs")?.map(PathBuf::from).context("this command is for the rig itself, which says --programs")
}

fn number(words: &mut Vec<String>, flag: &str) -> Result<Option<u32>> {
    value(words, flag)?.map(|text| text.parse().with_context(|| format!("`{flag} {text}` is not a number"))).transpose()
}

fn value(words: &mut Vec<String>, flag: &str) -> Result<Option<String>> {
    let Some(at) = words.iter().position(|word| word == flag) else { return Ok(None) };
    if at + 1 >= words.len() {
        bail!("`{flag}` takes a value, and none follows");
    }
    words.remove(at);
    Ok(Some(words.remove(at)))
}

fn finish(words: &[String]) -> Result<()> {
    match words.first() {
        Some(word) => bail!("`{word}` is not understood here\n\n{USAGE}"),
        None => Ok(()),
    }
}
