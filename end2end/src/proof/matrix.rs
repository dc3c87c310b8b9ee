//! The matrix of all records: what was run, what packets showed in it, and what cannot be run here.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use super::record::{Record, Run, results_folder};

/// What the rig cannot run, why, and what is said of it all the same.
const NOT_HAD: [(&str, &str, &str); 8] = [
    ("Calico 3.27, the release of the page", "the Go module proxy has no version of it", "source at v3.27.0, and packets of 3.28.5"),
    (
        "Calico 3.29 and 3.31",
        "the Go module proxy has no version of them",
        "packets of 3.28.5 and 3.30.1, and source: the structure is the same",
    ),
    ("eBPF", "Felix is built without cgo, and so without libbpf", "source at v3.27.0 and v3.32.1"),
    ("Calico 3.32 and its own CRDs of `projectcalico.org/v3`", "the Go module proxy has no version of it", "source at v3.32.1"),
    ("kube-proxy with IPVS", "the kernels at hand have no IPVS", "source of Felix at v3.27.0"),
    ("IPIP and WireGuard between nodes", "the kernels at hand have neither", "source of Felix at v3.27.0, and packets in VXLAN"),
    ("SCTP", "the kernels at hand have no SCTP", "the API's own validation: rules are made as those of TCP are"),
    ("routes by real BGP, load balancers of clouds, Windows", "the rig's router has static routes", "nothing: they are not claimed"),
];

/// The part of the document that only runs with `--long` make. A run without keeps it as it stands.
const LONG: &str = "## What longer runs add";
/// What stands behind it.
const NOT_RUN: &str = "## Not run here";

/// A fact with the data planes that were asked, and with their line of Calico where there are several.
struct Shown<'a> {
    name: &'a str,
    places: Vec<String>,
    /// Whether it held on all of them.
    held: bool,
}

/// All records, in a fixed order.
#[derive(Clone, Debug, Default)]
pub struct Matrix(Vec<Record>);

impl Matrix {
    /// The records of the last run.
    ///
    /// # Errors
    /// When a record cannot be read.
    pub fn read() -> Result<Self> {
        Self::read_from(&results_folder())
    }

    fn read_from(folder: &Path) -> Result<Self> {
        let mut records = Vec::new();
        if folder.exists() {
            for entry in fs::read_dir(folder).with_context(|| format!("listing {}", folder.display()))? {
                let file = entry?.path();
                let text = fs::read_to_string(&file).with_context(|| format!("reading {}", file.display()))?;
                records.push(serde_json::from_str(&text).with_context(|| format!("{} is no record", file.display()))?);
            }
        }
        Ok(Self::of(records))
    }

    /// These records.
    #[must_use]
    pub fn of(mut records: Vec<Record>) -> Self {
        records.sort();
        Self(records)
    }

    /// What packets said otherwise, by fact.
    #[must_use]
    pub fn differences(&self) -> Vec<String> {
        let rows = self.0.iter().flat_map(|record| record.rows.iter().map(move |row| (record, row)));
        rows.flat_map(|(record, row)| {
            row.differences.iter().map(move |it| format!("{}, {}: {}: {it}", record.test, record.world, row.name))
        })
        .collect()
    }

    /// The matrix as a document. What longer runs add is kept as it stands in `written`, the document of an earlier run, where this run was
    /// none of them.
    ///
    /// # Errors
    /// When nothing was run.
    pub fn document(&self, written: Option<&str>) -> Result<String> {
        let (every, long) = (self.of_run(Run::Every), self.of_run(Run::Long));
        if every.0.is_empty() {
            bail!("nothing was run: `cargo xtask test --only rig` runs all that there is");
        }
        let mut text = String::from(
            "# What is proven, and how\n\nMade by `cargo xtask rig matrix --write docs/proof.md` from the last run of the tests on the rig: real \
             kube-apiserver, Calico, Felix\nand kube-proxy, and real packets (`docs/decisions/rig.md`). `docs/calico-behaviour.md` says what \
             each behaviour of Calico is needed for.\n\n## What was run\n\n",
        );
        write!(text, "{every}").context("writing the matrix")?;
        text += "\n## Proven by packets\n\nWhile the objects of the fact were in force, every packet met what the fact says.\n";
        every.write_facts(&mut text, |record| record.data_plane.name().to_owned())?;
        writeln!(text, "\n{LONG}")?;
        match (long.0.is_empty(), written.and_then(long_part)) {
            (true, Some(kept)) => text += kept,
            (true, None) => text += "\nNothing: `cargo xtask test --only rig --long` was not run.\n",
            (false, _) => {
                text += "\nMade by the last run of `cargo xtask test --only rig --long`; a run without `--long` keeps this part as it stands.\n\n";
                write!(text, "{long}").context("writing the matrix")?;
                long.write_facts(&mut text, |record| format!("{} {}", record.calico, record.data_plane.name()))?;
            }
        }
        writeln!(text, "\n{NOT_RUN}\n\nNo packet showed these. What Portcullis says of them rests on what stands in the last column.\n")?;
        text += "| what | why not | what is said of it rests on |\n|---|---|---|\n";
        for (what, why, rests) in NOT_HAD {
            writeln!(text, "| {what} | {why} | {rests} |")?;
        }
        Ok(text)
    }

    /// The records of one kind of run.
    fn of_run(&self, run: Run) -> Self {
        Self(self.0.iter().filter(|record| record.run == run).cloned().collect())
    }

    fn write_facts(&self, text: &mut String, place: impl Fn(&Record) -> String) -> Result<()> {
        for ((test, world), rows) in self.facts(place) {
            write!(text, "\n### `{test}`, world \"{world}\"\n\n")?;
            for Shown { name, places, held } in rows {
                writeln!(text, "- {name} ({}){}", places.join(", "), if held { "" } else { ": **packets say otherwise**" })?;
            }
        }
        Ok(())
    }

    /// The facts of each test on each world, in the order in which they were asked, with the places that showed them.
    fn facts(&self, place: impl Fn(&Record) -> String) -> BTreeMap<(&str, &str), Vec<Shown<'_>>> {
        let mut facts: BTreeMap<(&str, &str), Vec<Shown<'_>>> = BTreeMap::new();
        for record in &self.0 {
            let rows = facts.entry((&record.test, &record.world)).or_default();
            for row in &record.rows {
                let place = place(record);
                let held = row.differences.is_empty();
                match rows.iter_mut().find(|shown| shown.name == row.name) {
                    Some(shown) => {
                        shown.places.push(place);
                        shown.held &= held;
                    }
                    None => rows.push(Shown { name: &row.name, places: vec![place], held }),
                }
            }
        }
        facts
    }
}

impl fmt::Display for Matrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| world | Calico | data plane | between nodes | test | facts | packets | held |\n|---|---|---|---|---|---|---|---|")?;
        for record in &self.0 {
            let packets: usize = record.rows.iter().map(|row| row.packets).sum();
            let held = record.rows.iter().filter(|row| row.differences.is_empty()).count();
            let held = if held == record.rows.len() { "all".to_owned() } else { format!("**{held}**") };
            let Record { world, calico, test, rows, data_plane, encapsulation, .. } = record;
            let (plane, between) = (data_plane.name(), encapsulation.name());
            writeln!(f, "| {world} | {calico} | {plane} | {between} | `{test}` | {} | {packets} | {held} |", rows.len())?;
        }
        Ok(())
    }
}

/// What a document has below the heading of what longer runs add, up to the next one.
fn long_part(document: &str) -> Option<&str> {
    let (_, rest) = document.split_once(&format!("\n{LONG}\n"))?;
    rest.split_once(&format!("\n{NOT_RUN}\n")).map(|(part, _)| part)
}
