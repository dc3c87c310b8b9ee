//! The folder of the built pages.

use std::path::{Path, PathBuf};

/// The folder that holds `pkg` with what the browser loads, as built by `cargo xtask`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site(PathBuf);

/// What a site must have; a build that was cut short lacks one.
const FILES: [&str; 5] = ["portcullis.js", "portcullis.wasm", "portcullis.css", "__wasm_split.js", "split_later.wasm"];

/// Why a folder is not a [`Site`].
#[derive(Debug, thiserror::Error)]
pub enum NoSite {
    /// A file is missing.
    #[error("the pages are not built: there is no `{0}`. Build them with `cargo xtask run`, or name their folder with --site")]
    Missing(PathBuf),
    /// Nothing was named, and there is none where one is looked for.
    #[error(
        "the pages are not built: there is no `pkg/portcullis.wasm` in {0}. Build them with `cargo xtask run`, or name their folder with --site"
    )]
    NotFound(String),
}

impl Site {
    /// The site in this folder.
    ///
    /// # Errors
    /// When a file is missing.
    pub fn open(folder: &Path) -> Result<Self, NoSite> {
        let site = Self(folder.to_owned());
        match FILES.iter().map(|name| site.pkg().join(name)).find(|file| !file.is_file()) {
            None => Ok(site),
            Some(missing) => Err(NoSite::Missing(missing)),
        }
    }

    /// The site beside the executable: in `site` of its own folder, as installed, or of the folder above, as cargo builds it.
    ///
    /// # Errors
    /// When neither has one.
    pub fn beside(executable: &Path) -> Result<Self, NoSite> {
        let folders: Vec<PathBuf> = executable.ancestors().skip(1).take(2).map(|folder| folder.join("site")).collect();
        folders.iter().find_map(|folder| Self::open(folder).ok()).ok_or_else(|| {
            let looked: Vec<String> = folders.iter().map(|folder| format!("`{}`", folder.display())).collect();
            NoSite::NotFound(looked.join(" or "))
        })
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.0
    }

    /// What is served under `/pkg`.
    #[must_use]
    pub fn pkg(&self) -> PathBuf {
        self.0.join("pkg")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_is_whole_and_found_beside_the_executable() {
        let target = tempfile::tempdir().expect("a folder");
        let executable = target.path().join("debug/portcullis");
        let error = Site::beside(&executable).expect_err("nothing is built").to_string();
        assert!(error.contains("debug/site` or `") && error.contains("cargo xtask run"), "{error}");

        let pkg = target.path().join("site/pkg");
        std::fs::create_dir_all(&pkg).expect("a folder");
        for name in &FILES[..4] {
            std::fs::write(pkg.join(name), "").expect("a file");
        }
        let error = Site::open(&target.path().join("site")).expect_err("a file is missing").to_string();
        assert!(error.contains("site/pkg/split_later.wasm"), "{error}");

        std::fs::write(pkg.join(FILES[4]), "").expect("a file");
        assert_eq!(Site::beside(&executable).expect("it is whole").folder(), target.path().join("site"));
    }
}
