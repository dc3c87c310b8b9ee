//! The repository's commands: `cargo xtask run`, `test`, `rig`, `bench`. It builds, installs and starts things; what they
//! do is theirs.

mod args;
mod command;
mod install;
mod paths;
mod rig;
mod run;
mod say;
mod server;
mod test;
mod ui;

use std::process::ExitCode;

use anyhow::{Result, bail};

use args::Args;
use paths::Paths;

const USAGE: &str = "\
The repository's commands:

  cargo xtask run [--kubeconfig FILE [--context NAME]] [--port N] [--metrics ADDRESS:PORT] [--data DIR] [--release-ui] [--watch]
      Builds what changed and starts Portcullis on loopback, with the sandbox unless a kubeconfig is named; it prints the link to open.
      --watch builds again on every change of a source.

  cargo xtask test [--long] [--only PART]... [--list]
      Formatting, lints and every test; the last line is `N passed, N failed, N skipped`. --long adds what takes longer.
      With CI set in the environment a skip is a failure.

  cargo xtask rig up [--world FILE] | up --api | down | status | shell NODE | probe FROM ADDRESS:PORT | matrix [--write FILE]
      A real Kubernetes with Calico on this machine, from programs that are built once (8 minutes): nodes, pods and clients that send
      packets, or the API alone. It needs root. `matrix` prints what the last run of the tests proved with it.

  cargo xtask bench [--services N] [--write FILE]
      What a packet pays for being guarded, with 1, 100 and 1,000 guarded Services, beside an unguarded one, and how soon changes decide.
";

fn main() -> ExitCode {
    match dispatch() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch() -> Result<ExitCode> {
    let mut args = Args::of_process();
    let paths = Paths::find()?;
    match args.command().as_deref() {
        Some("run") => run::command(&paths, args),
        Some("test") => test::command(&paths, args),
        Some("rig") => rig::command(&paths, args.rest()),
        Some("bench") => rig::bench(&paths, args.rest()),
        None | Some("help" | "--help" | "-h") => {
            print!("{USAGE}");
            Ok(ExitCode::SUCCESS)
        }
        Some(other) => bail!("`{other}` is not a command of this repository\n\n{USAGE}"),
    }
}
