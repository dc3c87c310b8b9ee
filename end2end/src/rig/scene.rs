//! A world that is up: written to through its API, asked by probes, and gone with this value.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use policy::access::Protocol;
use serde_json::Value;
use server::cluster;
use tokio::task::JoinSet;

use super::folder::RunFolder;
use super::network::OUTSIDE;
use super::{Options, Status, down, enter, marker, up_with};
use crate::agent::{Agent, Held, Load, Outcome, PATIENCE, Probe};
use crate::conformance::Api;
use crate::world::World;

/// How many objects are written at a time.
const AT_ONCE: usize = 16;

/// A world that is up.
pub struct Scene {
    run: RunFolder,
    kubeconfig: PathBuf,
    world: World,
    api: Api,
    turn: AtomicU32,
    /// Whether it ends with this value.
    owned: bool,
}

/// Who sends a probe.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum From {
    /// A client of the world, by its name, by the node that it enters by.
    Client(String),
    /// A client of the world that enters by `NODE` or `NODE/INTERFACE`.
    ClientBy(String, String),
    /// A pod, `NAMESPACE/NAME`.
    Pod(String),
    /// A node itself.
    Node(String),
}

/// A question to the data plane.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Question {
    /// Who asks.
    pub from: From,
    /// TCP or UDP.
    pub protocol: Protocol,
    /// Where the packet goes.
    pub to: SocketAddr,
}

impl From {
    /// Reads `NAMESPACE/POD`, `node:NAME`, or the name of a client, which may enter by another way than its own.
    ///
    /// # Errors
    /// When a pod or a node is to enter the cluster.
    pub fn read(text: &str, entry: Option<&str>) -> Result<Self> {
        let inside = match text.strip_prefix("node:") {
            Some(name) => Some(Self::Node(name.to_owned())),
            None => text.contains('/').then(|| Self::Pod(text.to_owned())),
        };
        match (inside, entry) {
            (Some(_), Some(entry)) => bail!("`{text}` is in the cluster and does not enter it by `{entry}`"),
            (Some(inside), None) => Ok(inside),
            (None, Some(entry)) => Ok(Self::ClientBy(text.to_owned(), entry.to_owned())),
            (None, None) => Ok(Self::Client(text.to_owned())),
        }
    }
}

impl Scene {
    /// Brings up a world for as long as this process lives. `program` is the `rig` command.
    ///
    /// # Errors
    /// As [`super::up_with`].
    pub async fn up(program: &Path, folder: &Path, world: &World) -> Result<Self> {
        let options = Options { program: program.to_owned(), run: folder.join("rig"), until: Some(std::process::id()) };
        let kubeconfig = up_with(&options, world, &mut std::io::stdout())?;
        let mut scene = Self::open(&options.run, kubeconfig).await?;
        scene.owned = true;
        scene.settle().await?;
        Ok(scene)
    }

    /// The world that is up in `run`, which stays up.
    ///
    /// # Errors
    /// When none is.
    pub async fn open(run: &Path, kubeconfig: PathBuf) -> Result<Self> {
        ensure!(super::status(run)? == Status::Up, "the rig is not up: `rig up` brings it up");
        let run = RunFolder::new(run)?;
        let world = run.world()?.context("this rig is the API alone: there is nobody to send packets")?;
        let api = Api::new(cluster::connect(&kubeconfig, None).await?.client);
        Ok(Self { run, kubeconfig, world, api, turn: AtomicU32::new(0), owned: false })
    }

    /// The world, with the rig's own pods.
    #[must_use]
    pub const fn world(&self) -> &World {
        &self.world
    }

    /// Its API, for plain requests.
    #[must_use]
    pub const fn api(&self) -> &Api {
        &self.api
    }

    /// The kubeconfig of its administrator.
    #[must_use]
    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// The agent of a pod (`NAMESPACE/NAME`), of a node, or of `outside`.
    #[must_use]
    pub fn agent(&self, name: &str) -> Agent {
        Agent::at(self.run.agent(name))
    }

    /// Why the rig ended, if it did.
    #[must_use]
    pub fn failure(&self) -> Option<String> {
        std::fs::read_to_string(self.run.failure()).ok()
    }

    /// Kills a program of the rig, by the name of its file.
    ///
    /// # Errors
    /// When no such program runs.
    pub fn kill(&self, program: &str) -> Result<()> {
        super::kill(self.run.path(), program)
    }

    /// Waits until every node decides by all that was written before.
    ///
    /// # Errors
    /// When a node does not, in 30 s, or a program of the rig has ended.
    pub async fn settle(&self) -> Result<()> {
        let settled = marker::settle(self, self.turn.fetch_add(1, Ordering::Relaxed)).await;
        match self.failure() {
            Some(why) => bail!("the rig failed: {why}"),
            None => settled,
        }
    }

    /// Creates an object, or puts it in the place of the one that is there.
    ///
    /// # Errors
    /// When the API refuses it.
    pub async fn write(&self, object: &Value) -> Result<()> {
        let (list, name) = path(object)?;
        let there = self.api.get(&format!("{list}/{name}")).await?;
        let mut object = object.clone();
        if there.code == 404 {
            // An object that was read before it was deleted is created anew.
            if let Some(metadata) = object["metadata"].as_object_mut() {
                metadata.retain(|field, _| !["resourceVersion", "uid", "creationTimestamp", "managedFields"].contains(&field.as_str()));
            }
            self.api.post(&list, &object).await?.accepted()?;
            return Ok(());
        }
        for field in ["resourceVersion", "uid", "creationTimestamp"] {
            object["metadata"][field] = there.body["metadata"][field].clone();
        }
        self.api.put(&format!("{list}/{name}"), &object).await?.accepted().map(|_| ())
    }

    /// Creates objects that are not there yet, many at a time and in no order.
    ///
    /// # Errors
    /// When the API refuses one.
    pub async fn create(&self, objects: Vec<Value>) -> Result<()> {
        let post = |api: Api, object: Value| async move {
            let (list, _) = path(&object)?;
            api.post(&list, &object).await?.accepted().map(|_| ())
        };
        self.many(objects, post).await
    }

    /// Deletes objects, many at a time and in no order.
    ///
    /// # Errors
    /// When the API refuses.
    pub async fn remove_all(&self, objects: Vec<Value>) -> Result<()> {
        let clear = |api: Api, object: Value| async move {
            let (list, name) = path(&object)?;
            api.clear(&format!("{list}/{name}")).await
        };
        self.many(objects, clear).await
    }

    async fn many<F: Future<Output = Result<()>> + Send + 'static>(
        &self,
        objects: Vec<Value>,
        what: impl Fn(Api, Value) -> F,
    ) -> Result<()> {
        let mut objects = objects.into_iter();
        let mut writing = JoinSet::new();
        loop {
            while writing.len() < AT_ONCE {
                let Some(object) = objects.next() else { break };
                writing.spawn(what(self.api.clone(), object));
            }
            let Some(written) = writing.join_next().await else { return Ok(()) };
            written??;
        }
    }

    /// Deletes an object, if it is there.
    ///
    /// # Errors
    /// When the API refuses.
    pub async fn remove(&self, object: &Value) -> Result<()> {
        let (list, name) = path(object)?;
        self.api.clear(&format!("{list}/{name}")).await
    }

    /// Sends all of them at once and gives what became of each, in their order.
    ///
    /// # Errors
    /// When the world has no such client, pod or node, or a program of the rig has ended.
    pub fn ask(&self, questions: &[Question]) -> Result<Vec<Outcome>> {
        self.ask_for(questions, PATIENCE)
    }

    /// As [`Scene::ask`], with less patience.
    ///
    /// # Errors
    /// As [`Scene::ask`].
    pub fn ask_for(&self, questions: &[Question], patience: Duration) -> Result<Vec<Outcome>> {
        let outcomes = self.send(questions, patience);
        // A program that ended is the reason of whatever else went wrong.
        match self.failure() {
            Some(why) => bail!("the rig failed: {why}"),
            None => outcomes,
        }
    }

    /// Opens one new connection after the other for `span`, and gives what they cost.
    ///
    /// # Errors
    /// As [`Scene::ask`], and when a connection does not come about.
    pub fn load(&self, question: &Question, span: Duration) -> Result<Load> {
        let (agent, probe) = self.probe(question)?;
        self.agent(&agent).load(probe, span)
    }

    fn send(&self, questions: &[Question], patience: Duration) -> Result<Vec<Outcome>> {
        let mut by_agent: BTreeMap<String, Vec<(usize, Probe)>> = BTreeMap::new();
        for (at, question) in questions.iter().enumerate() {
            let (agent, mut probe) = self.probe(question)?;
            probe.patience_ms = u64::try_from(patience.as_millis())?;
            by_agent.entry(agent).or_default().push((at, probe));
        }
        let mut outcomes = vec![Outcome::Denied; questions.len()];
        std::thread::scope(|scope| {
            let running: Vec<_> = by_agent
                .into_iter()
                .map(|(name, probes)| {
                    let agent = self.agent(&name);
                    scope.spawn(move || {
                        let (places, probes): (Vec<usize>, Vec<Probe>) = probes.into_iter().unzip();
                        agent.send(&probes).map(|outcomes| std::iter::zip(places, outcomes).collect::<Vec<_>>())
                    })
                })
                .collect();
            for thread in running {
                let Ok(answers) = thread.join() else { bail!("a thread that probes has panicked") };
                for (at, outcome) in answers? {
                    outcomes[at] = outcome;
                }
            }
            Ok(())
        })?;
        Ok(outcomes)
    }

    /// Opens a TCP connection that stays open, and gives what became of that.
    ///
    /// # Errors
    /// As [`Scene::ask`].
    pub fn open_connection(&self, question: &Question) -> Result<(Held, Outcome)> {
        let (agent, probe) = self.probe(question)?;
        self.agent(&agent).open(probe)
    }

    /// Runs a command on a node and gives what it prints.
    ///
    /// # Errors
    /// When it fails: the message ends with what it says.
    pub fn run_on(&self, node: &str, command: &[&str]) -> Result<String> {
        let output = enter::inside(&self.run, node)?.args(command).output().context("starting `nsenter`")?;
        if !output.status.success() {
            bail!("`{}` failed on `{node}`: {}", command.join(" "), String::from_utf8_lossy(&output.stderr).trim());
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// The agent that sends it, and what it sends.
    fn probe(&self, question: &Question) -> Result<(String, Probe)> {
        let probe = Probe::new(question.protocol, question.to);
        let outside = |name: &str, entry: Option<&str>| {
            let client = self.world.client(name)?;
            let entry = self.world.layout.entry(entry.unwrap_or(&client.enters))?;
            Ok((OUTSIDE.to_owned(), Probe { source: Some(client.address), entry: Some(entry), ..probe }))
        };
        match &question.from {
            From::Client(name) => outside(name, None),
            From::ClientBy(name, entry) => outside(name, Some(entry)),
            From::Pod(name) => {
                let there = self.world.layout.pods.iter().any(|pod| pod.full_name() == *name);
                if there { Ok((name.clone(), probe)) } else { bail!("the world has no pod `{name}`") }
            }
            From::Node(name) => Ok((self.world.layout.node(name)?.name.clone(), probe)),
        }
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        if self.owned {
            // Where this fails the rig ends with the process all the same.
            down(self.run.path()).ok();
        }
    }
}

/// The path of the list that an object belongs to, and its name.
fn path(object: &Value) -> Result<(String, &str)> {
    let text = |value: &'_ Value| value.as_str().map(str::to_owned);
    let (version, kind) = (text(&object["apiVersion"]), text(&object["kind"]));
    let (version, kind) = version.zip(kind).context("an object has an apiVersion and a kind")?;
    let name = object["metadata"]["name"].as_str().context("an object has a name")?;
    let group = if version.contains('/') { format!("/apis/{version}") } else { format!("/api/{version}") };
    let plural = match kind.to_lowercase() {
        kind if kind.ends_with('y') => format!("{}ies", &kind[..kind.len() - 1]),
        kind if kind.ends_with("ss") => format!("{kind}es"),
        kind => format!("{kind}s"),
    };
    let namespace = object["metadata"]["namespace"].as_str().map_or(String::new(), |namespace| format!("/namespaces/{namespace}"));
    Ok((format!("{group}{namespace}/{plural}"), name))
}
