//! The commands for machines: `services`, `check`, `plan`, `diff`, `access`, `groups`, on a cluster or on files. They read and never write.
//!
//! Exit codes: 0 done and nothing to say; 1 a finding that matters (`check`: from warning up, `plan`: a blocker) or a difference (`diff`);
//! 2 unusable input, named on standard error.

mod access;
mod ask;
mod baseline;
mod change;
mod check;
mod compare;
mod diff;
mod files;
mod groups;
mod markdown;
mod meaning;
mod plan;
mod reach;
mod reading;
mod sentences;
mod services;
mod source;
#[cfg(test)]
mod tests;
mod text;
mod yaml_file;

use clap::{Subcommand, ValueEnum};
use std::process::ExitCode;

/// A command that reads a cluster or files.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Says what becomes of the first packet of a connection, on every path, and why.
    Ask(ask::Args),
    /// Says which clients outside reach a Service, address by address and path by path.
    Reach(reach::Args),
    /// Lists the Services: addresses, whether they are advertised, and who may reach them.
    Services(services::Args),
    /// Checks every object and every exposed Service; exit 1 from warning up.
    Check(check::Args),
    /// Makes the plan that guards a Service, or changes what the whole cluster shares; exit 1 where a blocker forbids it.
    Plan(plan::Args),
    /// Compares the live objects of a Service with those planned; exit 1 when they differ.
    Diff(diff::Args),
    /// Prints the access in force as YAML, and plans what such a file says.
    #[command(subcommand)]
    Access(access::Command),
    /// Lists client groups, and plans a change of one with every Service that uses it.
    #[command(subcommand)]
    Groups(groups::Command),
}

/// How a result is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For people.
    Text,
    /// One JSON document.
    Json,
}

/// How what a pull request may show is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Report {
    /// For people.
    Text,
    /// One JSON document.
    Json,
    /// A summary for a pull request.
    Markdown,
}

/// What a command has to say.
struct Answer {
    /// Standard output.
    out: String,
    /// Standard error.
    err: String,
    code: u8,
}

/// The exit code of unusable input.
const UNUSABLE: u8 = 2;

/// Runs a command. Never fails: what is wrong is on standard error, and in the exit code.
pub async fn run(command: Command) -> ExitCode {
    let answer = answer(command).await;
    print(&answer.out, &answer.err);
    ExitCode::from(answer.code)
}

async fn answer(command: Command) -> Answer {
    let answer = match command {
        Command::Ask(args) => ask::run(args).await,
        Command::Reach(args) => reach::run(args).await,
        Command::Services(args) => services::run(args).await,
        Command::Check(args) => check::run(args).await,
        Command::Plan(args) => plan::run(args).await,
        Command::Diff(args) => diff::run(args).await,
        Command::Access(command) => access::run(command).await,
        Command::Groups(command) => groups::run(command).await,
    };
    answer.unwrap_or_else(|error| Answer { out: String::new(), err: format!("portcullis: {error:#}\n"), code: UNUSABLE })
}

/// A reader that went away (`| head`) is no failure of ours.
fn print(out: &str, err: &str) {
    use std::io::Write;
    let _gone = std::io::stderr().write_all(err.as_bytes());
    let mut stdout = std::io::stdout().lock();
    let _gone = stdout.write_all(out.as_bytes()).and_then(|()| stdout.flush());
}
