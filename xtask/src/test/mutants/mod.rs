//! Faults that are put into the engine of reachability, one line at a time: a law or a fact of `policy/tests/reach` must fail by each.
//!
//! It happens in a copy of the `policy` crate below `target/mutants`, which is kept: only what a fault changes is built again.

mod copy;
mod faults;

use std::collections::BTreeSet;
use std::time::Instant;

use anyhow::{Result, bail};

use super::tally::Tally;
use crate::paths::Paths;
use crate::say;
use copy::{Copy, Ended};
use faults::MUTANTS;

/// Puts each fault in, and sees it caught. The crate as it is passes the same tests first.
pub(super) fn caught(paths: &Paths) -> Result<Tally> {
    let copy = Copy::of(paths)?;
    let tests: BTreeSet<&str> = MUTANTS.iter().map(|mutant| mutant.caught_by).collect();
    match copy.test(&tests.into_iter().collect::<Vec<_>>())? {
        Ended::Passed => {}
        Ended::Failed(test) => bail!("`{test}` fails without any fault: `cargo test --package policy --test reach` says why"),
        Ended::Broken(text) => bail!("the copy of `policy` cannot be tested:\n{text}"),
    }
    let mut tally = Tally::default();
    for mutant in MUTANTS {
        let begin = Instant::now();
        let (held, how) = match copy.with(mutant, |copy| copy.test(&[mutant.caught_by]))? {
            Ended::Failed(test) => (true, format!("caught by `{test}`")),
            Ended::Passed => (false, format!("NOT CAUGHT: no test of `{}` fails", mutant.caught_by)),
            Ended::Broken(text) => (false, format!("NOT TRIED: with it the crate cannot be tested:\n{text}")),
        };
        say::detail(format_args!("{} ({}): {how}, {}", mutant.name, mutant.file, say::duration(begin.elapsed())));
        tally = tally + Tally::of(held);
    }
    Ok(tally)
}
