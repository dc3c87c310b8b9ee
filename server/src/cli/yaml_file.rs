//! Files of documents, as `export` writes and `import` reads them.

use super::text;
use crate::documents::in_lines;
use anyhow::{Context, anyhow, bail};
use policy::access::document::Fault;
use std::io::Read as _;
use std::path::Path;

/// That a file cannot be imported, with every fault in a line of its own.
pub(super) fn cannot(path: &Path, faults: &[Fault]) -> anyhow::Error {
    anyhow!("`{}` cannot be imported:{}", path.display(), listed(&in_lines(faults)))
}

/// Lines below one, without control characters.
fn listed(lines: &str) -> String {
    lines.lines().map(|line| format!("\n  {}", text::plain(line))).collect()
}

/// Most bytes of a file.
const MOST_BYTES: u64 = 64 * 1024 * 1024;

/// The text of a file; of standard input where its name is `-`.
pub(super) fn file(path: &Path) -> anyhow::Result<String> {
    let mut text = String::new();
    let read = if path.as_os_str() == "-" {
        std::io::stdin().take(MOST_BYTES + 1).read_to_string(&mut text)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(MOST_BYTES + 1).read_to_string(&mut text))
    };
    read.with_context(|| format!("`{}` cannot be read as text", path.display()))?;
    if text.len() as u64 > MOST_BYTES {
        bail!("`{}` has more than the {MOST_BYTES} bytes that are read", path.display());
    }
    Ok(text)
}
