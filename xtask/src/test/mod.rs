//! `cargo xtask test`: every part in a sensible order, each with its time beside its budget, and one closing line over all of them.

mod browser;
mod lint;
mod rig;
mod tally;
mod unit;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::args::Args;
use crate::command;
use crate::install::debian::{self, CHROMIUM, NODE, NPM, Program};
use crate::paths::Paths;
use crate::say;
use tally::Tally;

/// One part of the tests.
struct Part {
    /// What `--only` calls it.
    name: &'static str,
    /// What it shows, in a few words.
    shows: &'static str,
    /// The time that it should take with warm builds on two cores. Going over is printed, not failed: machines differ.
    budget: Duration,
    /// What of the distribution it needs.
    needs: &'static [&'static Program],
    /// Runs it.
    run: fn(&Paths) -> Result<Tally>,
}

/// The parts, cheap ones first.
const PARTS: &[Part] = &[
    part("fmt", "formatting", 10, &[], lint::formatting),
    part("clippy", "lints, native, all targets", 120, &[], lint::native),
    part("clippy-wasm", "lints of what runs in the browser", 60, &[], lint::wasm),
    part("deny", "licences, bans and sources of dependencies", 20, &[], lint::dependencies),
    part("unit", "unit, property and HTTP tests", 300, &[], unit::native),
    part("golden", "golden vectors as wasm", 60, &[&NODE], unit::golden),
    part("ui", "release build of the pages, and its size", 180, &[&NODE, &NPM], browser::release),
    part("browser", "the pages in Chromium, on the sandbox", 180, &[&NODE, &NPM, &CHROMIUM], browser::on_sandbox),
    part("rig", "a real cluster: conformance, the pages, packets", 720, &[&NODE, &NPM, &CHROMIUM], rig::real_api),
];

const fn part(name: &'static str, shows: &'static str, seconds: u64, needs: &'static [&Program], run: fn(&Paths) -> Result<Tally>) -> Part {
    Part { name, shows, budget: Duration::from_secs(seconds), needs, run }
}

/// `cargo xtask test [--only PART]... [--list]`.
///
/// # Errors
/// For a command line that is not understood; a part that fails is counted, not an error.
pub(crate) fn command(paths: &Paths, mut args: Args) -> Result<ExitCode> {
    let only = args.values("--only")?;
    let list = args.flag("--list");
    args.finish("`--only PART` (repeatable) and `--list`")?;
    if list {
        for part in PARTS {
            println!("{:12} {} (budget {})", part.name, part.shows, say::duration(part.budget));
        }
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(unknown) = only.iter().find(|name| PARTS.iter().all(|part| part.name != name.as_str())) {
        let known = PARTS.iter().map(|part| part.name).collect::<Vec<_>>().join(", ");
        bail!("there is no part `{unknown}`; the parts are {known}");
    }

    let mut total = Tally::default();
    let chosen: Vec<&Part> = PARTS.iter().filter(|part| only.is_empty() || only.iter().any(|name| name == part.name)).collect();
    // All at once and first: nobody waits for half an hour to be told of a missing program.
    debian::install_missing(&chosen.iter().flat_map(|part| part.needs).copied().collect::<Vec<_>>())?;
    let begin = Instant::now();
    let mut report = Vec::new();
    for (at, part) in chosen.iter().enumerate() {
        say::step(format_args!("{} ({} of {}): {}", part.name, at + 1, chosen.len(), part.shows));
        let begin = Instant::now();
        let tally = (part.run)(paths).unwrap_or_else(|error| {
            println!("error: {error:#}");
            Tally::failed()
        });
        report.push(line(part, tally, begin.elapsed()));
        say::step(report.last().map_or("", String::as_str));
        total = total + tally;
    }
    println!();
    say::step(format_args!("all parts, in {}:", say::duration(begin.elapsed())));
    for line in report {
        say::detail(line);
    }
    let failed = total.failed > 0 || (command::in_ci() && total.skipped > 0);
    if total.failed == 0 && failed {
        say::step("with CI set, a skip is a failure");
    }
    println!("{total}");
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn line(part: &Part, tally: Tally, took: Duration) -> String {
    let over = if took > part.budget { ", OVER BUDGET" } else { "" };
    format!("{}: {tally} in {} (budget {}{over})", part.name, say::duration(took), say::duration(part.budget))
}
