//! Inside the box: its first process starts the others, in order, and ends with them.

use std::fs;
use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::net::{TcpStream, UnixListener};
use tokio::process::Command;
use tokio::time::{Instant, sleep};

use super::certificates::{ADDRESS, Certificates, FRONT_PROXY};
use super::folder::RunFolder;
use super::kubectl::{self, Kubectl};
use super::process::{Process, all_alive, until};
use super::programs::Programs;
use super::relay;
use super::{SERVICE_RANGES, data_plane};
use crate::world::CALICO_REQUESTS;

/// Where the box keeps what needs no disk: a file system in memory that ends with it.
pub(super) const MEMORY: &str = "/run";
/// kube-apiserver's port.
const PORT: u16 = 6443;
/// How long one program may take until it answers.
const PATIENCE: Duration = Duration::from_secs(60);

/// The aggregation of Calico's API: a Service without a selector, its Endpoints, and the APIService that points at it.
const AGGREGATION: &str = include_str!("aggregation.yaml");

/// `rig box`: brings up the API and stays until a program ends.
///
/// # Errors
/// When a program does not start, does not answer or ends; the reason is also in the run folder.
pub fn run(run: &Path, programs: PathBuf, port: u16) -> Result<()> {
    let run = RunFolder::new(run)?;
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let result = serve(&run, &Programs::at(programs), port).await;
        // While the relay still runs: whose connection ends with it finds the reason.
        if let Err(error) = &result {
            fs::write(run.failure(), format!("{error:#}"))?;
        }
        result
    })
}

async fn serve(run: &RunFolder, programs: &Programs, port: u16) -> Result<()> {
    let mut told = fs::File::create(run.progress())?;
    let mut began = Instant::now();
    let mut tell = |what: &str| -> Result<()> {
        writeln!(told, "  {what}: {:.1} s", began.elapsed().as_secs_f32())?;
        began = Instant::now();
        Ok(())
    };
    std::env::set_current_dir(run.path())?;
    furnish().await?;
    let certificates = Certificates::of(run);
    kubectl::write_config(&run.inner_kubeconfig(), &certificates, &format!("https://{ADDRESS}:{PORT}"))?;
    let kubectl = Kubectl::new(programs, &run.inner_kubeconfig(), run);
    let mut processes = Vec::new();

    processes.push(Process::start("etcd", etcd(programs), &run.logs())?);
    until(&mut processes, "etcd's port", "etcd", PATIENCE, async || TcpStream::connect(("127.0.0.1", 2379)).await.is_ok()).await?;
    tell("etcd")?;

    processes.push(Process::start("kube-apiserver", kube_apiserver(programs, run, &certificates), &run.logs())?.again_where_killed());
    until(&mut processes, "the Kubernetes API", "kube-apiserver", PATIENCE, async || kubectl.succeeds(&["get", "--raw", "/readyz"]))
        .await?;
    tell("kube-apiserver")?;

    let crds = programs.crds();
    kubectl.output(&["create", "-f", &crds.to_string_lossy()]).context("creating Calico's storage definitions")?;
    let aggregation = run.path().join("aggregation.yaml");
    fs::write(&aggregation, AGGREGATION)?;
    kubectl.output(&["create", "-f", &aggregation.to_string_lossy()]).context("announcing the Calico API")?;
    tell("Calico's definitions")?;

    let world = run.world()?;
    let requests = world.as_ref().map_or(Some(CALICO_REQUESTS), |world| world.calico_requests);
    processes.push(Process::start("calico-apiserver", calico_apiserver(programs, run, requests), &run.logs())?);
    until(&mut processes, "the Calico API", "calico-apiserver", PATIENCE, async || {
        kubectl.succeeds(&["get", "--raw", "/apis/projectcalico.org/v3"]) && kubectl.succeeds(&["get", "ippools.projectcalico.org"])
    })
    .await?;
    tell("calico-apiserver")?;

    let listener = UnixListener::bind(RunFolder::socket()).context("opening the box's socket")?;
    let target: SocketAddr = format!("{ADDRESS}:{PORT}").parse()?;
    tokio::spawn(relay::onward(listener, target));
    kubectl::write_config(&run.kubeconfig(), &certificates, &format!("https://127.0.0.1:{port}"))?;
    // kube-proxy asks for its node once, and gives up; and kube-controllers makes a configuration of its own where there is none.
    until(&mut processes, "the objects", "kube-apiserver", PATIENCE, async || run.is_loaded()).await?;
    // It ends when its configuration changes, with any status.
    processes.push(Process::start("kube-controllers", kube_controllers(programs, run), &run.logs())?.always_again());
    if let Some(world) = world {
        tell("objects")?;
        data_plane::start(&world, run, programs, &mut processes).await?;
        tell("network, Felix, kube-proxy")?;
        run.mark_deciding()?;
    }
    loop {
        all_alive(&mut processes)?;
        sleep(Duration::from_millis(200)).await;
    }
}

/// The file system and the network of the box.
async fn furnish() -> Result<()> {
    let address = format!("{ADDRESS}/32");
    for command in [
        &["mount", "-t", "tmpfs", "tmpfs", MEMORY][..],
        &["ip", "link", "set", "lo", "up"],
        // Not one of 127.0.0.0/8: kube-apiserver refuses to aggregate an API that is served there.
        &["ip", "address", "add", &address, "dev", "lo"],
    ] {
        let output = Command::new(command[0]).args(&command[1..]).output().await.with_context(|| format!("starting `{}`", command[0]))?;
        if !output.status.success() {
            bail!("`{}` failed in the box: {}", command.join(" "), String::from_utf8_lossy(&output.stderr).trim());
        }
    }
    Ok(())
}

fn etcd(programs: &Programs) -> Command {
    let mut command = Command::new(programs.program("etcd"));
    command.args([
        &format!("--data-dir={MEMORY}/etcd"),
        "--unsafe-no-fsync",
        "--listen-client-urls=http://127.0.0.1:2379",
        "--advertise-client-urls=http://127.0.0.1:2379",
        "--listen-peer-urls=http://127.0.0.1:2380",
        "--log-level=error",
    ]);
    command
}

fn kube_apiserver(programs: &Programs, run: &RunFolder, certificates: &Certificates) -> Command {
    let mut command = Command::new(programs.program("kube-apiserver"));
    let mut file = |flag: &str, name: &str| {
        command.arg(format!("--{flag}={}", certificates.file(name).display()));
    };
    file("token-auth-file", "tokens.csv");
    file("client-ca-file", "ca.crt");
    file("tls-cert-file", "apiserver.crt");
    file("tls-private-key-file", "apiserver.key");
    file("service-account-key-file", "accounts.pub");
    file("service-account-signing-key-file", "accounts.key");
    file("requestheader-client-ca-file", "ca.crt");
    file("proxy-client-cert-file", "front-proxy.crt");
    file("proxy-client-key-file", "front-proxy.key");
    command.arg(format!("--cert-dir={}", run.path().join("kube-apiserver").display()));
    command.args([
        "--etcd-servers=http://127.0.0.1:2379",
        &format!("--advertise-address={ADDRESS}"),
        &format!("--secure-port={PORT}"),
        &format!("--service-cluster-ip-range={}", SERVICE_RANGES.join(",")),
        "--authorization-mode=RBAC",
        "--service-account-issuer=https://kubernetes.default.svc",
        &format!("--requestheader-allowed-names={FRONT_PROXY}"),
        "--requestheader-username-headers=X-Remote-User",
        "--requestheader-group-headers=X-Remote-Group",
        "--requestheader-extra-headers-prefix=X-Remote-Extra-",
        "--enable-aggregator-routing=true",
        // There is no controller that makes the default account that it asks for.
        "--disable-admission-plugins=ServiceAccount",
    ]);
    command
}

fn calico_apiserver(programs: &Programs, run: &RunFolder, requests: Option<u32>) -> Command {
    let config = run.inner_kubeconfig();
    let mut command = Command::new(programs.program("calico-apiserver"));
    command.env("DATASTORE_TYPE", "kubernetes").env("KUBECONFIG", &config);
    if let Some(requests) = requests {
        // `K8sClientQPS` in libcalico-go/lib/apiconfig/apiconfig.go, which has no name of its own for the environment.
        command.env("CALICO_K8SCLIENTQPS", requests.to_string());
    }
    command.args(["--secure-port=5443", &format!("--bind-address={ADDRESS}")]);
    command.arg(format!("--cert-dir={}", run.path().join("calico-apiserver").display()));
    for flag in ["kubeconfig", "authentication-kubeconfig", "authorization-kubeconfig"] {
        command.arg(format!("--{flag}={}", config.display()));
    }
    command
}

fn kube_controllers(programs: &Programs, run: &RunFolder) -> Command {
    let mut command = Command::new(programs.program("kube-controllers"));
    command.env("DATASTORE_TYPE", "kubernetes").env("ENABLED_CONTROLLERS", "node").env("KUBECONFIG", run.inner_kubeconfig());
    command.env("HEALTH_ENABLED", "false");
    command
}
