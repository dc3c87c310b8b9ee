//! Counts of tests, and how they are read from what test programs print.

use std::fmt;
use std::ops::Add;

/// How many tests passed, failed, and were skipped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    /// Tests that ran and held.
    pub(super) passed: u32,
    /// Tests that ran and did not hold, and parts that could not run.
    pub(super) failed: u32,
    /// Tests that did not run.
    pub(super) skipped: u32,
}

impl Tally {
    /// A part that is one test: a lint.
    pub(super) fn of(held: bool) -> Self {
        if held { Self { passed: 1, ..Self::default() } } else { Self::failed() }
    }

    /// One failure.
    pub(super) fn failed() -> Self {
        Self { failed: 1, ..Self::default() }
    }

    /// Reads `N passed, N failed, N skipped`, and the same inside libtest's `test result: ok. N passed; N failed; N ignored; ...`.
    pub(super) fn read(line: &str) -> Option<Self> {
        let mut tally = Self::default();
        let mut found = 0;
        for part in line.split([',', ';', '.']) {
            let Some((number, word)) = part.trim().split_once(' ') else { continue };
            let Ok(number) = number.parse() else { continue };
            match word {
                "passed" => tally.passed = number,
                "failed" => tally.failed = number,
                "skipped" | "ignored" => tally.skipped = number,
                _ => continue,
            }
            found += 1;
        }
        (found == 3).then_some(tally)
    }
}

impl Add for Tally {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self { passed: self.passed + other.passed, failed: self.failed + other.failed, skipped: self.skipped + other.skipped }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_libtest() {
        let line = "test result: FAILED. 12 passed; 2 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.05s";
        assert_eq!(Tally::read(line), Some(Tally { passed: 12, failed: 2, skipped: 1 }));
    }

    #[test]
    fn reads_its_own_line() {
        let tally = Tally { passed: 3, failed: 0, skipped: 7 };
        assert_eq!(Tally::read(&tally.to_string()), Some(tally));
    }

    #[test]
    fn other_lines_are_not_counts() {
        for line in ["", "test a ... ok", "3 passed", "running 3 tests", "1 passed, 2 failed", "x passed, 0 failed, 0 skipped"] {
            assert_eq!(Tally::read(line), None, "{line}");
        }
    }
}
