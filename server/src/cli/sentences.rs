//! Files of sentences that must stay true.

use anyhow::{Context, bail};
use policy::object::{Kind, Service};
use policy::reach::safety::Safeguards;
use policy::snapshot::Snapshot;
use std::path::{Path, PathBuf};

/// The sentences that `check`, `plan` and `diff` take.
#[derive(Debug, clap::Args)]
pub(super) struct Sentences {
    /// A file of sentences that must hold, one a line: `10.9.0.0/16 must never reach shop/svc-a`, `50.60.0.0/16 must always reach shop/svc-a
    /// on TCP 443`. What breaks one is a blocker with a packet. Empty lines and those that begin with `#` are left out.
    #[arg(long = "invariants", value_name = "FILE")]
    file: Option<PathBuf>,
}

impl Sentences {
    /// Whether a file is named.
    pub(super) const fn any(&self) -> bool {
        self.file.is_some()
    }

    /// What the file says; nothing where none is named.
    pub(super) fn read(&self) -> anyhow::Result<Safeguards> {
        let sentences = self.file.as_deref().map(read).transpose()?.unwrap_or_default();
        Ok(Safeguards { sentences, ..Safeguards::default() })
    }
}

/// A sentence about a Service that is not there is a slip of whoever wrote it.
pub(super) fn known(snapshot: &Snapshot, safeguards: &Safeguards) -> anyhow::Result<()> {
    if safeguards.sentences.is_empty() {
        return Ok(());
    }
    if let Some(why) = snapshot.unknown(Kind::Service) {
        bail!("Services are not known: {why}");
    }
    for sentence in &safeguards.sentences {
        let service = &sentence.service;
        snapshot
            .get::<Service>(service.namespace(), service.name())
            .with_context(|| format!("`{sentence}`: there is no Service `{service}`"))?;
    }
    Ok(())
}

fn read(file: &Path) -> anyhow::Result<Vec<policy::reach::invariant::Invariant>> {
    let text = std::fs::read_to_string(file).with_context(|| format!("`{}` cannot be read", file.display()))?;
    let lines = (1_usize..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty() && !line.trim_start().starts_with('#'));
    lines.map(|(number, line)| line.parse().with_context(|| format!("`{}`, line {number}", file.display()))).collect()
}
