//! `rig up`, `rig down`, `rig status`: a real Kubernetes with Calico, and packets. Called by `cargo xtask rig`.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::str::FromStr;

use anyhow::{Context, Result, bail};
use end2end::agent::{self, Outcome};
use end2end::bench;
use end2end::proof::Matrix;
use end2end::rig::{self, From, Options, Programs, Question, Scene, Status};
use end2end::world::{Line, World};
use policy::access::{Port, Protocol};
use server::sandbox::Sandbox;

/// What `matrix` is kept as, below the checkout.
const PROOF: &str = "docs/proof.md";

const USAGE: &str = "\
rig up [--world FILE] [--calico RELEASE] [--data-plane NAME]
                               bring up a world: the API, and nodes, pods and clients with Felix and kube-proxy at work; on another line of
                               Calico (3.28.5, 3.30.1) or data plane (iptables-legacy, iptables-nft, and nftables on 3.30.1) than it says
rig up --api                   bring up etcd, kube-apiserver and the Calico API server alone
rig down                       take it away, with all that it made
rig status                     say whether it is up: exit code 0 up, 1 not
rig env [--calico RELEASE]     print KUBECONFIG and KUBECTL, for a program that uses the API; programs that are missing are built
rig shell NODE [COMMAND...]    a shell (or a command) in the network of a node, of `outside`, or of `pod.NAMESPACE.NAME`
rig probe [--udp] [--via NODE] FROM ADDRESS:PORT
                               send one packet and say what became of it; FROM is a client, NAMESPACE/POD, or node:NAME
rig kill PROGRAM               kill a program of the cluster, as `kube-apiserver`: that one is started again
rig matrix [--write FILE | --check FILE]
                               print what the last run of the tests proved, write it as a document, or compare it with one
rig bench [--services N] [--write FILE] [--peer FILE --portcullis FILE]
                               measure what a packet pays for being guarded, with up to N guarded Services (1,000), and how soon changes decide;
                               with `nca` of network-config-analyzer and an optimised `portcullis`, compare what both make of two folders;
                               with 0 Services that alone
All of them take [--run FOLDER]; `up` takes [--until PID], the process with which the rig ends.
";

fn main() -> ExitCode {
    match dispatch(std::env::args().skip(1).collect()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(mut words: Vec<String>) -> Result<ExitCode> {
    let command = if words.is_empty() { String::new() } else { words.remove(0) };
    let run = value(&mut words, "--run")?.map_or_else(default_run_folder, |folder| Ok(PathBuf::from(folder)))?;
    let until = number(&mut words, "--until")?;
    match command.as_str() {
        "up" => {
            let api = words.iter().position(|word| word == "--api").map(|at| words.remove(at));
            let world = value(&mut words, "--world")?.map_or_else(default_world, |file| Ok(PathBuf::from(file)))?;
            let on = (read(&mut words, "--calico")?, read(&mut words, "--data-plane")?);
            finish(&words)?;
            let options = Options { program: std::env::current_exe()?, run, until };
            let kubeconfig = if api.is_some() {
                if on != (None, None) {
                    bail!("`--calico` and `--data-plane` are for a world: the API alone is that of {}", Line::default());
                }
                rig::up(&options, &Sandbox::seed()?, &mut std::io::stdout())?
            } else {
                rig::up_with(&options, &World::open(&world)?.on(on.0, on.1)?, &mut std::io::stdout())?
            };
            println!("kubeconfig: {}", kubeconfig.display());
            Ok(ExitCode::SUCCESS)
        }
        "down" => {
            finish(&words)?;
            rig::down(&run)?;
            println!("the rig is down");
            Ok(ExitCode::SUCCESS)
        }
        "status" => {
            finish(&words)?;
            status(&run)
        }
        "env" => {
            let line = read(&mut words, "--calico")?.unwrap_or_default();
            finish(&words)?;
            println!("KUBECONFIG={}", run.join("kubeconfig").display());
            println!("KUBECTL={}", Programs::ensure(line, &mut std::io::stderr())?.program("kubectl").display());
            Ok(ExitCode::SUCCESS)
        }
        "shell" => {
            let node = if words.is_empty() { bail!("`rig shell` takes the name of a node") } else { words.remove(0) };
            rig::shell(&run, &node, &words)
        }
        "probe" => {
            let protocol = if let Some(at) = words.iter().position(|word| word == "--udp") {
                words.remove(at);
                Protocol::Udp
            } else {
                Protocol::Tcp
            };
            let via = value(&mut words, "--via")?;
            let [from, to] = words.as_slice() else { bail!("`rig probe` takes who asks and where to\n\n{USAGE}") };
            let question = Question {
                from: From::read(from, via.as_deref())?,
                protocol,
                to: to.parse().with_context(|| format!("`{to}` is not ADDRESS:PORT"))?,
            };
            probe(&run, &question)
        }
        "kill" => {
            let [program] = words.as_slice() else { bail!("`rig kill` takes the name of one program\n\n{USAGE}") };
            rig::kill(&run, program)?;
            Ok(ExitCode::SUCCESS)
        }
        "matrix" => {
            let (write, check) = (value(&mut words, "--write")?, value(&mut words, "--check")?);
            finish(&words)?;
            matrix(write, check)
        }
        "bench" => {
            let services = number(&mut words, "--services")?.unwrap_or(1_000);
            let write = value(&mut words, "--write")?;
            let peers = match (value(&mut words, "--peer")?, value(&mut words, "--portcullis")?) {
                (Some(peer), Some(portcullis)) => Some(bench::Programs { peer: peer.into(), portcullis: portcullis.into() }),
                (None, None) => None,
                _ => bail!("`--peer` and `--portcullis` go together"),
            };
            finish(&words)?;
            bench(&run, usize::try_from(services)?, write, peers.as_ref())
        }
        "agent" => {
            let name = value(&mut words, "--name")?.context("`rig agent` takes --name")?;
            let socket = value(&mut words, "--socket")?.context("`rig agent` takes --socket")?;
            let mut ports = Vec::new();
            while let Some(port) = value(&mut words, "--port")? {
                ports.push(port.parse::<Port>()?);
            }
            finish(&words)?;
            agent::run(&name, Path::new(&socket), &ports)?;
            Ok(ExitCode::SUCCESS)
        }
        "healthy" => {
            let [address, path] = words.as_slice() else { bail!("`rig healthy` takes ADDRESS:PORT and a path") };
            Ok(if rig::is_healthy(address, path) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        "hold" => {
            let programs = programs(&mut words)?;
            finish(&words)?;
            rig::run_holder(&run, &programs, until)?;
            Ok(ExitCode::SUCCESS)
        }
        "box" => {
            let programs = programs(&mut words)?;
            let port = number(&mut words, "--port")?.context("`rig box` takes --port")?;
            finish(&words)?;
            rig::run_box(&run, programs, u16::try_from(port)?)?;
            Ok(ExitCode::SUCCESS)
        }
        "" => bail!("the rig takes a command\n\n{USAGE}"),
        other => bail!("`{other}` is not a command of the rig\n\n{USAGE}"),
    }
}

/// One packet, and what became of it.
fn probe(run: &Path, question: &Question) -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let scene = runtime.block_on(Scene::open(run, run.join("kubeconfig")))?;
    let outcomes = scene.ask(std::slice::from_ref(question))?;
    let allowed = outcomes.iter().all(Outcome::is_allowed);
    for outcome in outcomes {
        println!("{outcome}");
    }
    Ok(if allowed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What was proved. It fails when packets said otherwise than a fact, or the document does.
fn matrix(write: Option<String>, check: Option<String>) -> Result<ExitCode> {
    let matrix = Matrix::read()?;
    // What longer runs add stands in the document alone where the last run was none.
    let file =
        write.clone().or_else(|| check.clone()).map_or_else(|| checkout().map(|it| it.join(PROOF)), |file| Ok(PathBuf::from(file)))?;
    let written = match fs::read_to_string(&file) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == ErrorKind::NotFound && check.is_none() => None,
        Err(error) => return Err(error).with_context(|| format!("reading {}", file.display())),
    };
    let document = matrix.document(written.as_deref())?;
    match (write, check) {
        (Some(file), _) => fs::write(&file, document).with_context(|| format!("writing {file}"))?,
        (None, Some(file)) => {
            if written.as_deref() != Some(document.as_str()) {
                bail!(
                    "{file} is not what the last run proved: `cargo xtask rig matrix --write {file}` makes it so, and the change is to be read"
                );
            }
        }
        (None, None) => print!("{document}"),
    }
    let differences = matrix.differences();
    for difference in &differences {
        eprintln!("packets say otherwise: {difference}");
    }
    Ok(if differences.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The figures, printed or written as a document.
fn bench(run: &Path, services: usize, write: Option<String>, peers: Option<&bench::Programs>) -> Result<ExitCode> {
    let folder = run.with_file_name("bench");
    if folder.exists() {
        for rig in bench::RIGS {
            rig::down(&folder.join(rig))?;
        }
        fs::remove_dir_all(&folder).with_context(|| format!("clearing {}", folder.display()))?;
    }
    fs::create_dir_all(&folder)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let report = runtime.block_on(bench::measure(&std::env::current_exe()?, &folder, services, peers))?;
    match write {
        Some(file) => fs::write(&file, report.to_string()).with_context(|| format!("writing {file}"))?,
        None => print!("{report}"),
    }
    Ok(ExitCode::SUCCESS)
}

fn status(run: &Path) -> Result<ExitCode> {
    Ok(match rig::status(run)? {
        Status::Up => {
            println!("the rig is up; kubeconfig: {}", run.join("kubeconfig").display());
            ExitCode::SUCCESS
        }
        Status::Partial => {
            println!("the rig is not ready: it is on its way up, or was cut short (`rig down` clears it away)");
            ExitCode::FAILURE
        }
        Status::Down => {
            println!("the rig is down");
            ExitCode::FAILURE
        }
    })
}

/// `target/rig` of the checkout: there is one rig for each.
fn default_run_folder() -> Result<PathBuf> {
    Ok(checkout()?.join("target/rig"))
}

fn checkout() -> Result<&'static Path> {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("the crate's folder has no parent")
}

/// The sandbox's cluster, with clients around it.
fn default_world() -> Result<PathBuf> {
    Ok(Path::new(env!("CARGO_MANIFEST_DIR")).join("worlds/sandbox.yaml"))
}

fn programs(words: &mut Vec<String>) -> Result<PathBuf> {
    value(words, "--programs")?.map(PathBuf::from).context("this command is for the rig itself, which says --programs")
}

fn number(words: &mut Vec<String>, flag: &str) -> Result<Option<u32>> {
    value(words, flag)?.map(|text| text.parse().with_context(|| format!("`{flag} {text}` is not a number"))).transpose()
}

fn read<T: FromStr<Err = anyhow::Error>>(words: &mut Vec<String>, flag: &str) -> Result<Option<T>> {
    value(words, flag)?.map(|text| text.parse()).transpose()
}

fn value(words: &mut Vec<String>, flag: &str) -> Result<Option<String>> {
    let Some(at) = words.iter().position(|word| word == flag) else { return Ok(None) };
    if at + 1 >= words.len() {
        bail!("`{flag}` takes a value, and none follows");
    }
    words.remove(at);
    Ok(Some(words.remove(at)))
}

fn finish(words: &[String]) -> Result<()> {
    match words.first() {
        Some(word) => bail!("`{word}` is not understood here\n\n{USAGE}"),
        None => Ok(()),
    }
}
