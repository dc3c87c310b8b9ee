//! The record of one test on one world: which facts were asked, with how many packets, and whether they held.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use super::{Comparison, Fact};
use crate::rig::Scene;
use crate::world::{DataPlane, Encapsulation, Line, World};

/// The row that holds what the product said of every packet against what became of it.
const FORETOLD: &str = "every packet became what `portcullis ask` says of it, by the objects read back from the API";

/// What one test found on one world.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Record {
    /// Which runs of the tests make it.
    pub run: Run,
    /// The world, in a few words.
    pub world: String,
    /// The line of Calico.
    pub calico: Line,
    /// How the kernel was programmed.
    pub data_plane: DataPlane,
    /// How packets travelled between nodes.
    pub encapsulation: Encapsulation,
    /// The test: its file, or its file and module, below `end2end/tests`.
    pub test: String,
    /// What was asked, in its order.
    pub rows: Vec<Row>,
    /// How all packets compare with what the product said of them.
    #[serde(skip)]
    foretold: Comparison,
}

/// Which runs of the tests make a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Run {
    /// Every one.
    Every,
    /// Those with `--long`.
    Long,
}

/// One fact in a record.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Row {
    /// Its name.
    pub name: String,
    /// How many packets were sent to learn it.
    pub packets: usize,
    /// What packets said otherwise; empty: it held.
    pub differences: Vec<String>,
}

impl Record {
    /// An empty record of `test` on the world called `name`.
    #[must_use]
    pub fn new(test: &str, name: &str, world: &World, run: Run) -> Self {
        Self {
            run,
            test: test.to_owned(),
            world: name.to_owned(),
            calico: world.calico,
            data_plane: world.data_plane,
            encapsulation: world.encapsulation,
            rows: Vec::new(),
            foretold: Comparison::default(),
        }
    }

    /// Asks a fact and records what came out.
    ///
    /// # Errors
    /// As [`Fact::differences`]; a fact that does not hold is no error yet, so that all of them are asked.
    pub async fn ask(&mut self, scene: &Scene, fact: &Fact) -> Result<()> {
        let begin = Instant::now();
        let (differences, comparison) = fact.differences(scene).await?;
        println!("{}: {:.1} s", fact.name, begin.elapsed().as_secs_f32());
        self.add(&fact.name, fact.packets(), differences);
        self.foretold.add(&fact.name, comparison);
        Ok(())
    }

    /// Counts in how packets compare with what the product said of them.
    pub fn compare(&mut self, name: &str, comparison: Comparison) {
        self.foretold.add(name, comparison);
    }

    /// Records what was learnt in another way.
    pub fn add(&mut self, name: &str, packets: usize, differences: Vec<String>) {
        self.rows.push(Row { name: name.to_owned(), packets, differences });
    }

    /// Keeps the record for `rig matrix`.
    ///
    /// # Errors
    /// When it cannot be written, or a fact did not hold: all that did not are named.
    pub fn finish(mut self) -> Result<()> {
        let Comparison { packets, unknown, mismatches } = std::mem::take(&mut self.foretold);
        if packets > 0 {
            println!("{packets} packets were foretold; it could not be told of {unknown:?}");
            // None was sent for this alone.
            self.add(FORETOLD, 0, mismatches);
        }
        let folder = results_folder();
        fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
        let text = serde_json::to_string_pretty(&self)?;
        let name: String = format!("{}-{}-{}-{}", self.test, self.world, self.calico, self.data_plane.name())
            .chars()
            .map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' })
            .collect();
        let file = folder.join(format!("{name}.json"));
        fs::write(&file, text).with_context(|| format!("writing {}", file.display()))?;
        let wrong: Vec<String> = self.rows.iter().flat_map(|row| row.differences.iter().map(|it| format!("{}: {it}", row.name))).collect();
        ensure!(wrong.is_empty(), "packets say otherwise:\n{}", wrong.join("\n"));
        Ok(())
    }
}

/// Where records are kept: below `target` of the checkout.
#[must_use]
pub fn results_folder() -> PathBuf {
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    crate_folder.parent().unwrap_or(crate_folder).join("target/rig-results")
}
