//! `cargo xtask test`: every part in a sensible order, each with its time beside its budget, and one closing line over all of them.

mod beside;
mod browser;
mod lint;
mod mutants;
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
use crate::{say, ui};
use beside::Beside;
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
    /// What takes longer, for `--long`.
    more: Option<More>,
    /// Which runs take it, where it is not named.
    taken: Taken,
}

/// Which runs take a part that `--only` does not name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Taken {
    /// All of them.
    Always,
    /// Those with `--long`.
    WhenLong,
}

/// What a part has besides, with `--long`.
struct More {
    /// What it shows.
    shows: &'static str,
    /// The time that it should take besides.
    budget: Duration,
    /// Runs all of the part, with this.
    run: fn(&Paths) -> Result<Tally>,
}

/// A part as this run runs it.
struct Chosen {
    part: &'static Part,
    shows: String,
    budget: Duration,
    run: fn(&Paths) -> Result<Tally>,
}

impl Part {
    const fn with_long(self, shows: &'static str, seconds: u64, run: fn(&Paths) -> Result<Tally>) -> Self {
        Self { more: Some(More { shows, budget: Duration::from_secs(seconds), run }), ..self }
    }

    const fn only_when_long(self) -> Self {
        Self { taken: Taken::WhenLong, ..self }
    }

    /// Whether a run takes it: one that names parts takes those.
    fn is_taken(&self, only: &[String], long: bool) -> bool {
        if only.is_empty() { long || self.taken == Taken::Always } else { only.iter().any(|name| name == self.name) }
    }

    fn choose(&'static self, long: bool) -> Chosen {
        match self.more.as_ref().filter(|_| long) {
            Some(more) => {
                Chosen { part: self, shows: format!("{}; {}", self.shows, more.shows), budget: self.budget + more.budget, run: more.run }
            }
            None => Chosen { part: self, shows: self.shows.to_owned(), budget: self.budget, run: self.run },
        }
    }
}

/// The parts, cheap ones first.
const PARTS: &[Part] = &[
    part("fmt", "formatting", 10, &[], lint::formatting),
    part("clippy", "lints, native, all targets; in CI they are compiled for the tests too", 420, &[], lint::native),
    part("clippy-wasm", "lints of what runs in the browser", 60, &[], lint::wasm),
    part("deny", "licences, bans and sources of dependencies", 20, &[], lint::dependencies),
    part("unit", "unit, property and HTTP tests", 300, &[], unit::native).with_long(
        "the laws of reachability over 10^6 packets, with a seed of the moment",
        600,
        unit::long,
    ),
    part("mutants", "faults put into the engine of reachability, each of which a test catches", 1800, &[], mutants::caught)
        .only_when_long(),
    part("golden", "golden vectors as wasm", 60, &[&NODE], unit::golden),
    part("ui", "release build of the pages, and its size", 180, &[&NODE, &NPM], browser::release),
    part("browser", "the pages in Chromium, on the sandbox", 180, &[&NODE, &NPM, &CHROMIUM], browser::on_sandbox),
    part("rig", "a real cluster: conformance, the pages, packets", 900, &[&NODE, &NPM, &CHROMIUM], rig::real_api).with_long(
        "all of it on Calico 3.30.1, with iptables and nftables",
        900,
        rig::long,
    ),
];

/// The parts that need the pages as they are released.
const WITH_PAGES: [&str; 3] = ["ui", "browser", "rig"];

/// The parts that only compile: where a run takes some of [`WITH_PAGES`] too, which wait more than they compute, they go on beside those.
const BESIDE: [&str; 2] = ["clippy-wasm", "golden"];

const fn part(name: &'static str, shows: &'static str, seconds: u64, needs: &'static [&Program], run: fn(&Paths) -> Result<Tally>) -> Part {
    Part { name, shows, budget: Duration::from_secs(seconds), needs, run, more: None, taken: Taken::Always }
}

/// `cargo xtask test [--long] [--only PART]... [--list]`.
///
/// # Errors
/// For a command line that is not understood; a part that fails is counted, not an error.
pub(crate) fn command(paths: &Paths, mut args: Args) -> Result<ExitCode> {
    let only = args.values("--only")?;
    let (list, long) = (args.flag("--list"), args.flag("--long"));
    args.finish("`--long`, `--only PART` (repeatable) and `--list`")?;
    if list {
        for Chosen { part, shows, budget, .. } in PARTS.iter().map(|part| part.choose(long)) {
            let taken = if part.taken == Taken::WhenLong { ", only with `--long` or by its name" } else { "" };
            println!("{:12} {shows} (budget {}{taken})", part.name, say::duration(budget));
        }
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(unknown) = only.iter().find(|name| PARTS.iter().all(|part| part.name != name.as_str())) {
        let known = PARTS.iter().map(|part| part.name).collect::<Vec<_>>().join(", ");
        bail!("there is no part `{unknown}`; the parts are {known}");
    }

    let mut total = Tally::default();
    let asked = PARTS.iter().filter(|part| part.is_taken(&only, long));
    let chosen: Vec<Chosen> = asked.map(|part| part.choose(long)).collect();
    let waits = chosen.iter().any(|it| it.part.name == "rig");
    let (beside, chosen): (Vec<_>, Vec<_>) = chosen.into_iter().partition(|it| waits && BESIDE.contains(&it.part.name));
    // All at once and first: nobody waits for half an hour to be told of a missing program.
    debian::install_missing(&chosen.iter().chain(&beside).flat_map(|chosen| chosen.part.needs).copied().collect::<Vec<_>>())?;
    let begin = Instant::now();
    let with_pages = chosen.iter().position(|it| WITH_PAGES.contains(&it.part.name));
    let _begun = with_pages.filter(|at| *at > 0).map(|_| ui::begin(paths)).transpose()?;
    let names: Vec<&str> = beside.iter().map(|it| it.part.name).collect();
    let mut under_way = None;
    let mut report = Vec::new();
    for (at, it) in chosen.iter().enumerate() {
        say::step(format_args!("{} ({} of {}): {}", it.part.name, at + 1, chosen.len(), it.shows));
        if under_way.is_none() && !names.is_empty() && WITH_PAGES.contains(&it.part.name) {
            say::detail(format_args!("beside it, and told at the end: {}", names.join(", ")));
            under_way = Some(Beside::begin(paths, &names)?);
        }
        let begin = Instant::now();
        let tally = (it.run)(paths).unwrap_or_else(|error| {
            println!("error: {error:#}");
            Tally::failed()
        });
        report.push(line(it, tally, begin.elapsed()));
        say::step(report.last().map_or("", String::as_str));
        total = total + tally;
    }
    if let Some(under_way) = under_way {
        let (tally, took) = under_way.end()?;
        report.push(format!("{}: {tally} in {}, beside", names.join(", "), say::duration(took)));
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

fn line(chosen: &Chosen, tally: Tally, took: Duration) -> String {
    let over = if took > chosen.budget { ", OVER BUDGET" } else { "" };
    format!("{}: {tally} in {} (budget {}{over})", chosen.part.name, say::duration(took), say::duration(chosen.budget))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(only: &[&str], long: bool) -> Vec<&'static str> {
        let only: Vec<String> = only.iter().map(ToString::to_string).collect();
        PARTS.iter().filter(|part| part.is_taken(&only, long)).map(|part| part.name).collect()
    }

    #[test]
    fn what_takes_long_is_taken_by_its_name_or_when_there_is_time() {
        assert!(!taken(&[], false).contains(&"mutants") && taken(&[], false).contains(&"unit"));
        assert_eq!(taken(&[], true).len(), PARTS.len());
        assert_eq!(taken(&["mutants", "fmt"], false), ["fmt", "mutants"]);
    }
}
