//! The program.

use clap::{Parser, Subcommand};
use server::cli;
use std::io::IsTerminal as _;
use std::process::ExitCode;
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
    #[command(flatten)]
    Read(cli::Command),
}

#[tokio::main]
async fn main() -> ExitCode {
    let Portcullis { command } = Portcullis::parse();
    match command {
        Command::Read(command) => {
            log_to_stderr("warn");
            cli::run(command).await
        }
    }
}

/// What a command has to say is on stdout; the log is beside it. `RUST_LOG` chooses what is logged.
fn log_to_stderr(unless_chosen: &str) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(unless_chosen));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal()).init();
}
