//! The machine that a rig runs on, before and after.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use end2end::rig::{self, Options, Status};

/// Where the programs of a node write when nobody gives them another place.
const OUTSIDE_THE_RUN_FOLDER: [&str; 5] = ["/run/netns", "/run/calico", "/run/xtables.lock", "/var/lib/calico", "/var/log/calico"];

/// What a rig could leave on the machine.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Machine {
    mounts: String,
    links: String,
    files: Vec<(&'static str, Vec<PathBuf>)>,
}

impl Machine {
    pub(crate) fn now() -> Result<Self> {
        let links = Command::new("ip").args(["-oneline", "link"]).output()?;
        ensure!(links.status.success(), "{}", String::from_utf8_lossy(&links.stderr));
        let listed = |path: &'static str| {
            let entries = fs::read_dir(path).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path()));
            let own = Path::new(path).exists().then(|| PathBuf::from(path));
            (path, entries.chain(own).collect())
        };
        Ok(Self {
            mounts: fs::read_to_string("/proc/self/mountinfo")?,
            links: String::from_utf8_lossy(&links.stdout).into_owned(),
            files: OUTSIDE_THE_RUN_FOLDER.map(listed).into(),
        })
    }

    /// Whether the machine is as it was, and nobody lives in any of the rig's networks.
    ///
    /// A process that ends loses its memory first, and the rig's mark with it, and leaves its network only then: that is waited for.
    pub(crate) fn has_nothing_new(&self, of_the_rig: &Networks) -> Result<()> {
        assert!(!of_the_rig.is_empty(), "the rig had no network of its own");
        wait("no process lives in a network of the rig", || {
            let processes = fs::read_dir("/proc").into_iter().flatten();
            let processes: Vec<u32> = processes.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect();
            networks(&processes).keys().all(|network| !of_the_rig.contains_key(network))
        })?;
        assert_eq!(*self, Self::now()?);
        Ok(())
    }
}

/// A rig of one test alone, which ends with the test.
pub(crate) fn options(folder: &Path) -> Options {
    Options { program: PathBuf::from(env!("CARGO_BIN_EXE_rig")), run: folder.join("rig"), until: Some(std::process::id()) }
}

pub(crate) fn assert_gone(options: &Options) -> Result<()> {
    assert_eq!(rig::processes(&options.run)?, Vec::<u32>::new());
    assert!(!options.run.exists(), "the run folder is still there");
    assert_eq!(rig::status(&options.run)?, Status::Down);
    Ok(())
}

pub(crate) fn wait(what: &str, holds: impl Fn() -> bool) -> Result<()> {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !holds() {
        ensure!(Instant::now() < deadline, "waited for a minute, and it is still not so that {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// Network namespaces by name. The kernel gives the name of one that is gone to the next that is made, by a test beside this one: so each
/// is held open for as long as its name is kept.
pub(crate) type Networks = BTreeMap<PathBuf, File>;

/// The network namespaces of the processes, without this one's own.
pub(crate) fn networks(processes: &[u32]) -> Networks {
    let own = fs::read_link("/proc/self/ns/net").ok();
    let files = processes.iter().filter_map(|id| File::open(format!("/proc/{id}/ns/net")).ok());
    files.filter_map(|file| Some((name(&file)?, file))).filter(|(network, _)| Some(network) != own.as_ref()).collect()
}

/// The name of an open namespace, which is in its own file's link: a process may have ended since it was opened.
fn name(network: &File) -> Option<PathBuf> {
    fs::read_link(format!("/proc/self/fd/{}", network.as_raw_fd())).ok()
}
