//! The program.

use clap::{Parser, Subcommand};
use server::{cli, serve};
use std::io::IsTerminal as _;
use std::process::ExitCode;
use tokio::runtime;
use tracing_subscriber::EnvFilter;

/// Shows who outside a Kubernetes cluster can reach each Service, and changes it with a preview.
#[derive(Debug, Parser)]
#[command(name = "portcullis", version, arg_required_else_help = true)]
struct Portcullis {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serves the pages on this machine.
    Serve(serve::Args),
    #[command(flatten)]
    Read(cli::Command),
}

fn main() -> ExitCode {
    let Portcullis { command } = Portcullis::parse();
    let ended = match command {
        Command::Serve(args) => {
            log_to_stderr("info");
            runtime::Builder::new_multi_thread().enable_all().build().map(|runtime| {
                runtime.block_on(serve::run(args)).unwrap_or_else(|error| {
                    eprintln!("portcullis: {}", in_full(&error));
                    ExitCode::FAILURE
                })
            })
        }
        // One question, one answer: threads would wait for each other.
        Command::Read(command) => {
            log_to_stderr("warn");
            runtime::Builder::new_current_thread().enable_all().build().map(|runtime| runtime.block_on(cli::run(command)))
        }
    };
    ended.unwrap_or_else(|error| {
        eprintln!("portcullis: the system gives no room for it to run: {error}");
        ExitCode::FAILURE
    })
}

/// An error and what caused it, each said once: some errors tell their cause themselves.
fn in_full(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).fold(String::new(), |said, cause| match said.as_str() {
        "" => cause,
        said if said.contains(&cause) => said.to_owned(),
        said => format!("{said}: {cause}"),
    })
}

/// What a command has to say is on stdout; the log is beside it. `RUST_LOG` chooses what is logged.
fn log_to_stderr(unless_chosen: &str) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(unless_chosen));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal()).init();
}
