//! One style sheet out of `style/*.css`: what the others refer to comes first, then the rest by name.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::stamp::Stamp;

/// In this order, before all others: the values that the rest uses, then the plain elements that components refine.
const FIRST: &[&str] = &["tokens.css", "base.css"];

/// Writes the sheet to `sheet`, if a part of it changed.
pub(super) fn build(source: &Path, site: &Path, sheet: &Path) -> Result<()> {
    let files = parts(source)?;
    let files: Vec<&Path> = files.iter().map(PathBuf::as_path).collect();
    Stamp::of(&files, &[])?.unless_current(&site.join("style.stamp"), || {
        let mut text = String::new();
        for file in &files {
            text += &fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
            text.push('\n');
        }
        fs::write(sheet, text).with_context(|| format!("writing {}", sheet.display()))
    })
}

/// The sheet's files in their order.
fn parts(source: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(source).with_context(|| format!("listing {}", source.display()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "css") {
            files.push(path);
        }
    }
    ensure!(!files.is_empty(), "there is no style sheet in {}", source.display());
    files.sort_by_key(|path| {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        (FIRST.iter().position(|first| *first == name).unwrap_or(FIRST.len()), name)
    });
    Ok(files)
}
