//! Laws that go on until they have seen enough packets.

use crate::counts::Counts;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// How many packets a law follows: in every run, and where `PORTCULLIS_LONG` is set.
#[derive(Clone, Copy)]
pub(crate) struct Size {
    pub(crate) packets: u64,
    pub(crate) long: u64,
}

impl Size {
    fn packets(self) -> u64 {
        if let Some(packets) = number("PORTCULLIS_PACKETS") {
            return packets;
        }
        if is_long() { self.long } else { self.packets }
    }
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().and_then(|text| text.parse().ok())
}

fn is_long() -> bool {
    std::env::var_os("PORTCULLIS_LONG").is_some_and(|value| !value.is_empty())
}

/// Whether what breaks a law is told as it was found: to make it smaller takes longer than to find it.
pub(crate) fn as_found() -> bool {
    std::env::var_os("PORTCULLIS_AS_FOUND").is_some_and(|value| !value.is_empty())
}

/// The seed of a run: the one that is given by `PORTCULLIS_SEED`, else always the same in a short run, and one of the moment in a long one.
fn seed() -> u64 {
    let now = || std::time::UNIX_EPOCH.elapsed().map_or(1, |elapsed| elapsed.as_secs());
    number("PORTCULLIS_SEED").unwrap_or_else(|| if is_long() { now() } else { 1 })
}

/// Holds a law for one case after the other, until enough packets were followed. What breaks it is made smaller in up to `shrinking`
/// attempts, unless `PORTCULLIS_AS_FOUND` is set, and printed.
pub(crate) fn law<S: Strategy>(
    size: Size,
    shrinking: usize,
    strategy: S,
    counts: &mut Counts,
    holds: impl Fn(&S::Value, &mut Counts) -> Result<(), TestCaseError>,
) {
    let seed = seed();
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    // A panic of an engine breaks a law too.
    let tried = |case: &S::Value| {
        let mut seen = Counts::default();
        match catch_unwind(AssertUnwindSafe(|| holds(case, &mut seen))) {
            Ok(Ok(())) => Ok(seen),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err("it panics".to_owned()),
        }
    };
    let shrinking = if as_found() { 0 } else { shrinking };
    let enough = size.packets();
    while counts.packets < enough {
        let mut tree = strategy.new_tree(&mut runner).unwrap();
        match tried(&tree.current()) {
            Ok(seen) => counts.add(seen),
            Err(mut why) => {
                let mut further = tree.simplify();
                for _ in 0..shrinking {
                    if !further {
                        break;
                    }
                    further = match tried(&tree.current()) {
                        Ok(_) => tree.complicate(),
                        Err(smaller) => {
                            why = smaller;
                            tree.simplify()
                        }
                    };
                }
                panic!("seed {seed}, after {counts}: {why}");
            }
        }
    }
}
