//! Who may not make namespaces is told so.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::process::Command;

use anyhow::{Result, ensure};

#[test]
fn without_root_it_says_so_in_one_line() -> Result<()> {
    // A copy, because others may not be let into the folders that the checkout lies in.
    let folder = tempfile::tempdir()?;
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755))?;
    let program = folder.path().join("rig");
    fs::copy(env!("CARGO_BIN_EXE_rig"), &program)?;
    let run = folder.path().join("run");
    let mut command = if fs::metadata("/proc/self")?.uid() == 0 {
        let mut nobody = Command::new("setpriv");
        nobody.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(&program);
        nobody
    } else {
        Command::new(&program)
    };
    let output = command.args(["up", "--api", "--run"]).arg(&run).output()?;
    ensure!(output.status.code() == Some(1), "{output:?}");
    let said = String::from_utf8(output.stderr)?;
    assert_eq!(said, "error: the rig needs root: it makes namespaces for network, mounts and processes\n");
    ensure!(output.stdout.is_empty() && !run.exists(), "it did something all the same, at {}", run.display());
    Ok(())
}
