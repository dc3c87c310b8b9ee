//! Objects from files: YAML or JSON, documents, Lists, folders.
//!
//! What many files hold is often the same text, as before and after of a pull request are: each text is read once, and what it says is shared.

mod content;
mod found;
mod json;
mod stream;
#[cfg(test)]
mod tests;

use anyhow::{Context, bail};
use content::Contents;
use found::Found;
use policy::snapshot::Snapshot;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::source::Read;

/// Most bytes of one file, and of all files of a side.
const MOST_BYTES: u64 = 512 * 1024 * 1024;

/// A file that was read.
struct File {
    path: PathBuf,
    text: String,
}

/// Reads every object in `paths`.
pub(super) fn read(paths: &[PathBuf]) -> anyhow::Result<Read> {
    let files = texts(paths)?;
    let mut contents = Contents::default();
    contents.add(&files);
    Ok(Found::in_files(&files, &contents)?.into_read(Snapshot::default()))
}

/// Reads two sides: what is the same in both is read once, and is one object in both snapshots.
pub(super) fn read_both(before: &Path, after: &Path) -> anyhow::Result<[Read; 2]> {
    const SIDES: [&str; 2] = ["the files before", "the files after"];
    let was = texts(&[before.to_owned()]).context(SIDES[0])?;
    let is = texts(&[after.to_owned()]).context(SIDES[1])?;
    let mut contents = Contents::default();
    contents.add(was.iter().chain(&is));
    let was = Found::in_files(&was, &contents).context(SIDES[0])?.into_read(Snapshot::default());
    let is = Found::in_files(&is, &contents).context(SIDES[1])?.into_read(was.snapshot.clone());
    Ok([was, is])
}

/// The texts of the files in `paths`.
fn texts(paths: &[PathBuf]) -> anyhow::Result<Vec<File>> {
    let mut found = Vec::new();
    let mut left = MOST_BYTES;
    for path in paths {
        if path.as_os_str() == "-" {
            let mut text = String::new();
            std::io::stdin().take(left + 1).read_to_string(&mut text).context("standard input cannot be read")?;
            take(&mut left, Path::new("standard input"), text.len() as u64)?;
            found.push(File { path: "standard input".into(), text });
            continue;
        }
        for path in files(path)? {
            let size = std::fs::metadata(&path).with_context(|| format!("`{}` cannot be read", path.display()))?.len();
            take(&mut left, &path, size)?;
            let text = std::fs::read_to_string(&path).with_context(|| format!("`{}` cannot be read as text", path.display()))?;
            found.push(File { path, text });
        }
    }
    Ok(found)
}

/// Counts a file against what may be read in all.
fn take(left: &mut u64, path: &Path, size: u64) -> anyhow::Result<()> {
    let Some(rest) = left.checked_sub(size) else {
        bail!("`{}` cannot be read: it has {size} bytes, and at most {MOST_BYTES} are read from all files together", path.display());
    };
    *left = rest;
    Ok(())
}

/// The file, or the YAML and JSON files of the folder and of those in it, by name.
fn files(path: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let unreadable = || format!("the folder `{}` cannot be read", path.display());
    let mut entries: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(path).with_context(unreadable)? {
        entries.push(entry.with_context(unreadable)?.path());
    }
    entries.sort();
    let mut found = Vec::new();
    for entry in entries {
        let hidden = entry.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if hidden || (entry.is_dir() && entry.is_symlink()) {
            continue;
        }
        if entry.is_dir() {
            found.extend(files(&entry)?);
        } else if entry.extension().is_some_and(|ext| ["yaml", "yml", "json"].iter().any(|known| ext.eq_ignore_ascii_case(known))) {
            found.push(entry);
        }
    }
    Ok(found)
}
