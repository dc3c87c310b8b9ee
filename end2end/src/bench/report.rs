//! What was found, as a document.

use std::fmt;
use std::time::Duration;

use super::machine::Machine;
use super::memory::Memory;
use super::peer::{Compared, Growth};
use crate::agent::Load;

/// All figures of one run.
#[derive(Debug, Default)]
pub struct Report {
    machine: Machine,
    took: Duration,
    pub(super) switches: Vec<Switch>,
    pub(super) rows: Vec<Row>,
    pub(super) creations: Vec<Creation>,
    /// Empty where the peer was not there.
    pub(super) compared: Vec<Compared>,
    /// Empty where the peer was not there.
    pub(super) growth: Vec<Growth>,
    /// Empty where there is no optimised program.
    pub(super) memory: Vec<Memory>,
}

impl Report {
    /// Without figures yet.
    pub(super) fn new(machine: Machine) -> Self {
        Self { machine, ..Self::default() }
    }

    /// Notes how long it all took.
    pub(super) const fn took(&mut self, took: Duration) {
        self.took = took;
    }
}

/// A change, and when packets were decided by it.
#[derive(Debug)]
pub(super) struct Switch {
    pub(super) what: String,
    pub(super) steps: usize,
    /// How long the run took.
    pub(super) applied: Duration,
    /// When the last packet was sent that was decided the old way.
    pub(super) last: Duration,
}

/// A guarded Service beside the unguarded one, on one path.
#[derive(Debug)]
pub(super) struct Row {
    what: String,
    path: &'static str,
    /// Of the connections in a second: the middle one of all pairs.
    ratio: f64,
    /// Between these lies the middle half of the ratios.
    middle_half: (f64, f64),
    open: Load,
    guarded: Load,
}

impl Row {
    /// The row of these pairs (unguarded, guarded); none where there is none.
    pub(super) fn of(what: &str, path: &'static str, pairs: &[(Load, Load)]) -> Option<Self> {
        let ratios = sorted(pairs.iter().map(|(open, guarded)| guarded.per_second / open.per_second));
        let middle = |loads: &[Load]| {
            let of = |figure: fn(&Load) -> f64| sorted(loads.iter().map(figure)).get(loads.len() / 2).copied();
            Some(Load { per_second: of(|it| it.per_second)?, median_us: of(|it| it.median_us)?, p99_us: of(|it| it.p99_us)? })
        };
        let (open, guarded): (Vec<Load>, Vec<Load>) = pairs.iter().copied().unzip();
        Some(Self {
            what: what.to_owned(),
            path,
            ratio: *ratios.get(ratios.len() / 2)?,
            middle_half: (*ratios.get(ratios.len() / 4)?, *ratios.get(ratios.len() * 3 / 4)?),
            open: middle(&open)?,
            guarded: middle(&guarded)?,
        })
    }
}

fn sorted(figures: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_by(f64::total_cmp);
    figures
}

/// How long it took to guard many Services.
#[derive(Debug)]
pub(super) struct Creation {
    /// How many were guarded before, and after.
    pub(super) services: (usize, usize),
    /// How they were guarded.
    pub(super) how: &'static str,
    pub(super) objects: usize,
    /// How long the product took to plan them, one after the other.
    pub(super) planned: Duration,
    /// How long the API took to write the objects, 16 at a time.
    pub(super) written: Duration,
    /// When every node decided by them, from the first write on.
    pub(super) decides: Duration,
}

impl Creation {
    /// This and what came right after it.
    pub(super) fn and(self, next: Self) -> Self {
        Self {
            services: (self.services.0, next.services.1),
            how: self.how,
            objects: self.objects + next.objects,
            planned: self.planned + next.planned,
            written: self.written + next.written,
            decides: self.decides + next.decides,
        }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, path, ratio, middle_half: (low, high), open, guarded } = self;
        let (rate, without) = (guarded.per_second, open.per_second);
        let added = guarded.median_us - open.median_us;
        write!(
            f,
            "| {what} | {path} | {ratio:.2} ({low:.2}-{high:.2}) | {rate:.0} / {without:.0} | {added:+.0} µs | {:.0} / {:.0} µs |",
            guarded.p99_us, open.p99_us
        )
    }
}

impl fmt::Display for Creation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { services: (from, to), how, objects, planned, written, decides } = self;
        write!(
            f,
            "| from {from} to {to}, {how} | {objects} | {:.1} s | {:.1} s | {:.1} s |",
            planned.as_secs_f64(),
            written.as_secs_f64(),
            decides.as_secs_f64()
        )
    }
}

impl fmt::Display for Switch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, steps, applied, last } = self;
        write!(f, "| {what} | {steps} | {:.2} s | {:.2} s |", applied.as_secs_f64(), last.as_secs_f64())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HEAD)?;
        writeln!(f, "Measured on {}; it took {} s.", self.machine, self.took.as_secs())?;
        section(f, CONNECTIONS, &self.rows)?;
        section(f, MANY, &self.creations)?;
        section(f, SWITCHES, &self.switches)?;
        section(f, FILES, &self.compared)?;
        section(f, GROWTH, &self.growth)?;
        section(f, MEMORY, &self.memory)
    }
}

/// A heading with its table; nothing where nothing was measured.
fn section(f: &mut fmt::Formatter<'_>, head: &str, rows: &[impl fmt::Display]) -> fmt::Result {
    if rows.is_empty() {
        return Ok(());
    }
    f.write_str(head)?;
    rows.iter().try_for_each(|row| writeln!(f, "{row}"))
}

const HEAD: &str = "\
# What a packet pays

Written by `cargo xtask bench --write docs/bench.md`. One TCP connection after the other, each new and closed with a reset; conntrack is flushed before each
figure. A guarded Service and an unguarded one of the same cluster are measured in turns, 15 times 0.4 s each; the middle ratio counts, and beside it stand
the bounds of the middle half. All Services exist in every row. In the rows with many of them the one measured comes last. *Guarded alike* they
share one edge policy, whose rules mean sets; *each in a way of its own* every one has its own, whose rules name its address beside its set
(`docs/decisions/edge-groups.md`). The last rows are what the latter would cost if they did not.
Ratios are what counts: rates and times are those of one machine, on which other programs may run.

";

const CONNECTIONS: &str = "
## New connections

| what | path | guarded : unguarded (middle half) | per second, guarded / unguarded | median of a connection | 99th of 100, guarded / unguarded |
|---|---|---|---|---|---|
";

const MANY: &str = "
## Guarding many Services

Each Service is planned by the product, one after the other, twice as its pages do, and by a development build: `policy/examples/guarded.rs` says what a plan
takes in an optimised one. The objects of all plans are written 16 at a time, in the order of their roles.
Calico's API server passes on a hundred requests for objects of a kind and from then on 5 a second (`docs/calico-behaviour.md`): where that is not what the
row is about, it is told to pass on 1,000 (`CALICO_K8SCLIENTQPS`).

| Services | objects | planned by the product | written, 16 at a time | until every node decides by them |
|---|---|---|---|---|
";

const SWITCHES: &str = "
## From Apply to the last packet that is decided the old way

| change | steps | the run | last packet of the old way |
|---|---|---|---|
";

const FILES: &str = "
## The difference between two folders of files

20 Services with 40 pods on 10 nodes, and 400 policies that each let a /16 in; in the second folder one of them lets a /8 in. `portcullis diff BEFORE AFTER`,
optimised, beside network-config-analyzer 2.1.0 on the same files. *The whole command* is its start, reading and parsing the files, and comparing, of both
programs; *comparing alone*, which is told of Portcullis, counts neither start nor reading nor parsing. Of Portcullis the middle of 9. *As JSON*: one document
after the other, as `kubectl get -o json` prints them; *as YAML*: as `kubectl get -o yaml` does. What policies do before translation network-config-analyzer passes over.

| what | network-config-analyzer, the whole command | Portcullis, the whole command | ratio | Portcullis, comparing alone | ratio | network-config-analyzer says | Portcullis says |
|---|---|---|---|---|---|---|---|
";

const GROWTH: &str = "
The same with 100, 1,000 and 10,000 policies, by Portcullis alone. The exponent is that of the power of their number that fits the times best: 1 is linear.

| what | the whole command, parsing included | exponent | comparing alone | exponent |
|---|---|---|---|---|
";

const MEMORY: &str = "
## The memory of the server

`portcullis serve`, optimised, on the cluster of `--sandbox --seed big`: 10,000 Services, 12,000 EndpointSlices, 30,000 pods, 5,000 nodes and 5,000 policies, all
of them read, and no page open. With `--sandbox` the cluster itself, which stands in for an API server, is in the same process; the server alone reads it from
another.

| the cluster's API | resident | of it not pages of files |
|---|---|---|
";

#[cfg(test)]
mod tests {
    use super::*;

    fn load(per_second: f64) -> Load {
        Load { per_second, median_us: 10.0, p99_us: 20.0 }
    }

    #[test]
    fn the_middle_ratio_counts_and_an_odd_one_out_does_not() {
        let pairs: Vec<_> = [50.0, 90.0, 90.0, 95.0, 300.0].map(|guarded| (load(100.0), load(guarded))).into();
        let row = Row::of("1 guarded Service", "a path", &pairs).unwrap();
        assert!(row.to_string().contains("| 0.90 (0.90-0.95) | 90 / 100 |"), "{row}");
        assert!(Row::of("nothing", "a path", &[]).is_none());
    }
}
