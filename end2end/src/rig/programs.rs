//! The rig's programs, built from the Go module proxy once for each set of pins: one set for each line of Calico.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::world::Line;

/// The Go modules that pin them.
const MODULE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/rig");
const MODULE_3_30: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/rig/3.30");

/// What runs in the rig: its name here, its package, and how long it takes to build on two cores, in this order, from an empty Go cache.
const PACKAGES: &[(&str, &str, &str)] = &[
    ("etcd", "go.etcd.io/etcd/server/v3", "1 min"),
    ("kubectl", "k8s.io/kubernetes/cmd/kubectl", "1 min"),
    ("kube-apiserver", "k8s.io/kubernetes/cmd/kube-apiserver", "3 min"),
    ("calico-apiserver", "github.com/projectcalico/calico/apiserver/cmd/apiserver", "30 s"),
    ("kube-proxy", "k8s.io/kubernetes/cmd/kube-proxy", "30 s"),
    ("calico-felix", "github.com/projectcalico/calico/felix/cmd/calico-felix", "3 min"),
    ("kube-controllers", "github.com/projectcalico/calico/kube-controllers/cmd/kube-controllers", "30 s"),
];

/// Where Calico's definitions of its own storage are, in its module.
const CRDS: &str = "libcalico-go/config/crd";

/// A folder with every program, and the definitions in `crd`.
#[derive(Clone, Debug)]
pub struct Programs(PathBuf);

impl Programs {
    /// The programs in a folder that [`Programs::ensure`] made.
    #[must_use]
    pub fn at(folder: PathBuf) -> Self {
        Self(folder)
    }

    /// Builds what is not in the cache yet of the programs of a line.
    ///
    /// The cache is outside the checkout, in a folder that is named by the content of `go.mod` and `go.sum`, and complete when it is there.
    ///
    /// # Errors
    /// When Go is missing or a program does not build.
    pub fn ensure(line: Line, progress: &mut dyn Write) -> Result<Self> {
        let module = module(line);
        let folder = folder(module)?;
        if folder.is_dir() {
            return Ok(Self(folder));
        }
        let kubernetes = line.kubernetes();
        writeln!(progress, "building etcd, Kubernetes {kubernetes} and Calico {line} into {} (about 8 min, once)", folder.display())?;
        let partial = folder.with_extension(format!("partial-{}", std::process::id()));
        fs::create_dir_all(&partial).with_context(|| format!("making {}", partial.display()))?;
        let built = build(module, &partial, progress);
        if let Err(error) = built.and_then(|()| fs::rename(&partial, &folder).context("moving the programs to their place")) {
            fs::remove_dir_all(&partial).ok();
            // Another run may have been first.
            if !folder.is_dir() {
                return Err(error);
            }
        }
        Ok(Self(folder))
    }

    pub(super) fn folder(&self) -> &Path {
        &self.0
    }

    /// The path of one of them: `etcd`, `kubectl`, `kube-apiserver` or `calico-apiserver`.
    #[must_use]
    pub fn program(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(super) fn crds(&self) -> PathBuf {
        self.0.join("crd")
    }
}

fn build(module: &str, folder: &Path, progress: &mut dyn Write) -> Result<()> {
    writeln!(progress, "  modules (about 30 s)")?;
    for (at, (name, package, takes)) in PACKAGES.iter().enumerate() {
        writeln!(progress, "  {name} ({} of {}, about {takes})", at + 1, PACKAGES.len())?;
        progress.flush()?;
        let begin = Instant::now();
        let status = go(module)
            .args(["build", "-mod=readonly", "-trimpath", "-ldflags=-s -w", "-o"])
            .arg(folder.join(name))
            .arg(package)
            .stdin(Stdio::null())
            .status()
            .context("Go cannot be started: apt-get install golang-go")?;
        if !status.success() {
            bail!("`{name}` does not build: `go build {package}` in {module} ended with {status}");
        }
        writeln!(progress, "  {name}: {} s", begin.elapsed().as_secs())?;
    }
    let calico = go(module).args(["list", "-mod=readonly", "-m", "-f", "{{.Dir}}", "github.com/projectcalico/calico"]).output()?;
    let source = Path::new(String::from_utf8_lossy(&calico.stdout).trim()).join(CRDS);
    let target = folder.join("crd");
    fs::create_dir(&target)?;
    for entry in fs::read_dir(&source).with_context(|| format!("listing Calico's definitions in {}", source.display()))? {
        let entry = entry?;
        // Read and written, not copied: files of the module cache are read-only, and a copy would be too.
        fs::write(target.join(entry.file_name()), fs::read(entry.path())?)?;
    }
    Ok(())
}

/// Without a setting for checksums: the database has no record of Calico 3.30.1, and `go.sum`, which does, is asked first.
fn go(module: &str) -> Command {
    let mut command = Command::new("go");
    command.current_dir(module).env("CGO_ENABLED", "0");
    command
}

const fn module(line: Line) -> &'static str {
    match line {
        Line::V3_28 => MODULE,
        Line::V3_30 => MODULE_3_30,
    }
}

fn folder(module: &str) -> Result<PathBuf> {
    let mut hasher = DefaultHasher::new();
    for file in ["go.mod", "go.sum"] {
        let path = Path::new(module).join(file);
        fs::read(&path).with_context(|| format!("reading {}", path.display()))?.hash(&mut hasher);
    }
    PACKAGES.hash(&mut hasher);
    let cache = match std::env::var_os("XDG_CACHE_HOME").filter(|folder| !folder.is_empty()) {
        Some(folder) => PathBuf::from(folder),
        None => PathBuf::from(std::env::var_os("HOME").context("neither XDG_CACHE_HOME nor HOME is set")?).join(".cache"),
    };
    Ok(cache.join("portcullis").join(format!("rig-{:016x}", hasher.finish())))
}
