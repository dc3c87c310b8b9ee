//! Which part may know what: the promises of `docs/ARCHITECTURE.md`, read from cargo and from the sources.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};

fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The names of all crates below `package`, itself included.
fn crates_below(package: &str) -> Result<Vec<String>> {
    let output = Command::new(env!("CARGO"))
        .current_dir(checkout())
        .args([
            "tree",
            "--offline",
            "--package",
            package,
            "--edges",
            "normal,build",
            "--all-features",
            "--prefix",
            "none",
            "--format",
            "{p}",
        ])
        .output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout)?;
    let mut names: Vec<String> = text.lines().filter_map(|line| Some(line.split_whitespace().next()?.to_owned())).collect();
    names.sort();
    names.dedup();
    ensure!(names.iter().any(|name| name == package), "cargo lists no `{package}`:\n{text}");
    Ok(names)
}

fn assert_free_of(package: &str, forbidden: &[&str]) -> Result<()> {
    let found: Vec<String> = crates_below(package)?.into_iter().filter(|name| forbidden.iter().any(|family| is_of(name, family))).collect();
    assert!(found.is_empty(), "`{package}` may not depend on {found:?}");
    Ok(())
}

/// Whether a crate is `family` or one of its parts: `kube-client` is of `kube`, `server_fn` is not of `server`.
fn is_of(name: &str, family: &str) -> bool {
    name.strip_prefix(family).is_some_and(|rest| rest.is_empty() || rest.starts_with('-') || (family == "leptos" && rest.starts_with('_')))
}

#[test]
fn the_domain_knows_no_framework() -> Result<()> {
    assert_free_of("policy", &["leptos", "kube", "k8s-openapi", "sqlx", "tokio", "axum", "app", "server"])
}

#[test]
fn the_pages_know_no_server() -> Result<()> {
    assert_free_of("app", &["kube", "k8s-openapi", "sqlx", "server"])
}

#[test]
fn the_task_runner_builds_before_everything_else() -> Result<()> {
    assert_eq!(crates_below("xtask")?, ["anyhow", "xtask"]);
    Ok(())
}

#[test]
fn only_the_cluster_and_the_sandbox_speak_kubernetes() -> Result<()> {
    let mut sources = Vec::new();
    for folder in ["policy/src", "app/src", "server/src"] {
        collect(&checkout().join(folder), &mut sources)?;
    }
    let allowed = ["server/src/cluster", "server/src/sandbox"].map(|folder| checkout().join(folder));
    let mut speaking = 0;
    for source in sources {
        let text = fs::read_to_string(&source)?;
        let Some(line) = text.lines().find(|line| speaks_kubernetes(line)) else { continue };
        let inside = allowed.iter().any(|folder| source.starts_with(folder) || source == folder.with_extension("rs"));
        assert!(inside, "{} uses kube outside its two modules: {line}", source.display());
        speaking += 1;
    }
    assert!(speaking > 0, "no source uses kube: this test looks at the wrong folders");
    Ok(())
}

fn speaks_kubernetes(line: &str) -> bool {
    let code = line.split("//").next().unwrap_or_default();
    ["kube::", "use kube;", "k8s_openapi::"]
        .iter()
        .any(|word| code.match_indices(word).any(|(at, _)| !code[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_')))
}

fn collect(folder: &Path, sources: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, sources)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            sources.push(path);
        }
    }
    Ok(())
}
