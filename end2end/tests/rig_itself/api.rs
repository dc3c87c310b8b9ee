//! The rig's API: it serves Calico's kinds as a cluster would, and nothing of it stays behind.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use end2end::rig::{self, Options, Programs, Status};
use end2end::world::Line;
use serde_json::{Value, json};

use super::machine::{Machine, assert_gone, networks, options, wait};

const POLICY: &str = "globalnetworkpolicies.projectcalico.org/loaded";

/// A pod with a status and a policy: enough to see both API servers work.
fn objects() -> Vec<Value> {
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": { "name": "backend", "namespace": "default", "labels": { "app": "backend" }, "uid": "set by the server" },
        "spec": { "nodeName": "node-a", "containers": [{ "name": "main", "image": "none" }] },
        "status": { "phase": "Running", "podIP": "192.168.1.10", "podIPs": [{ "ip": "192.168.1.10" }] },
    });
    vec![pod, policy("loaded", "all()")]
}

fn policy(name: &str, selector: &str) -> Value {
    json!({
        "apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkPolicy",
        "metadata": { "name": name },
        "spec": { "selector": selector, "types": ["Ingress"] },
    })
}

#[test]
#[ignore = "needs the rig: root, and Go for its first build"]
fn it_serves_calico_and_leaves_nothing() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let options = options(folder.path());
    let machine = Machine::now()?;

    let kubeconfig = rig::up(&options, &objects(), &mut std::io::stdout())?;
    assert_eq!(rig::status(&options.run)?, Status::Up);
    let kubectl = Kubectl::new(kubeconfig, folder.path())?;

    assert_eq!(kubectl.get("pod/backend")?["status"]["podIP"], "192.168.1.10");
    let list = kubectl.get("globalnetworkpolicies.projectcalico.org")?;
    assert_eq!(list["items"][0]["metadata"]["name"], "loaded");
    kubectl.refuses("create", &policy("loaded", "all()"), "already exists")?;
    kubectl.refuses("create", &policy("broken", "all("), "selector")?;

    let old = kubectl.get(POLICY)?;
    let mut new = old.clone();
    new["spec"]["order"] = json!(10);
    kubectl.does("replace", &new)?;
    assert_eq!(kubectl.get(POLICY)?["spec"]["order"], 10);
    kubectl.refuses("replace", &old, "the object has been modified")?;

    let networks = networks(&rig::processes(&options.run)?);
    rig::down(&options.run)?;
    assert_gone(&options)?;
    machine.has_nothing_new(&networks)
}

#[test]
#[ignore = "needs the rig: root, and Go for its first build"]
fn nothing_is_left_when_its_command_is_killed() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let options = options(folder.path());
    Programs::ensure(Line::default(), &mut std::io::stdout())?;
    let mut command = Command::new(&options.program).args(["up", "--api", "--run"]).arg(&options.run).stdout(Stdio::null()).spawn()?;
    wait("kube-apiserver is started", || options.run.join("logs/kube-apiserver.log").exists())?;
    command.kill()?;
    command.wait()?;
    assert_eq!(rig::status(&options.run)?, Status::Partial);
    rig::down(&options.run)?;
    assert_gone(&options)
}

#[test]
#[ignore = "needs the rig: root, and Go for its first build"]
fn it_ends_with_the_process_that_it_was_made_for() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut owner = Command::new("sleep").arg("600").spawn()?;
    let options = Options { until: Some(owner.id()), ..options(folder.path()) };
    rig::up(&options, &[], &mut std::io::stdout())?;
    owner.kill()?;
    owner.wait()?;
    wait("the rig ends with its owner", || rig::status(&options.run).is_ok_and(|status| status == Status::Down))?;
    assert_gone(&options)
}

/// The rig's own kubectl, with its discovery cache in the test's folder.
struct Kubectl {
    program: PathBuf,
    kubeconfig: PathBuf,
    home: PathBuf,
}

impl Kubectl {
    fn new(kubeconfig: PathBuf, home: &Path) -> Result<Self> {
        let program = Programs::ensure(Line::default(), &mut std::io::stdout())?.program("kubectl");
        Ok(Self { program, kubeconfig, home: home.to_owned() })
    }

    fn get(&self, what: &str) -> Result<Value> {
        let output = self.command().args(["get", what, "--output=json"]).output()?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Ok(serde_json::from_slice(&output.stdout)?)
    }

    /// `kubectl VERB` with `object` as its input.
    fn does(&self, verb: &str, object: &Value) -> Result<()> {
        let (succeeded, errors) = self.pipe(verb, object)?;
        ensure!(succeeded, "{errors}");
        Ok(())
    }

    /// The same, refused with a message that says `why`.
    fn refuses(&self, verb: &str, object: &Value, why: &str) -> Result<()> {
        let (succeeded, errors) = self.pipe(verb, object)?;
        ensure!(!succeeded && errors.contains(why), "expected a refusal with {why:?}, got {errors:?}");
        Ok(())
    }

    fn pipe(&self, verb: &str, object: &Value) -> Result<(bool, String)> {
        let mut command = self.command();
        let mut child = command.args([verb, "--filename=-"]).stdin(Stdio::piped()).stderr(Stdio::piped()).stdout(Stdio::null()).spawn()?;
        serde_json::to_writer(child.stdin.take().context("kubectl has no input")?, object)?;
        let output = child.wait_with_output()?;
        Ok((output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned()))
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.env("KUBECONFIG", &self.kubeconfig).env("HOME", &self.home);
        command
    }
}
