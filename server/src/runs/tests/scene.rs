//! A plan that creates, replaces and deletes, on a cluster that is ready for it.

use super::world::World;
use crate::history::fixtures::{caller, open, plan, service};
use crate::history::{DataFolder, History, NewRun};
use crate::runs::{Patience, Reason, Runs};
use policy::diff::ObjectDiff;
use policy::object::{Kind, ObjectKey};
use policy::plan::{Plan, Role, Step, Write};
use policy::view::{RunId, RunState, RunView};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast;

pub(super) struct Scene {
    pub(super) world: World,
    pub(super) history: History,
    pub(super) runs: Runs,
    pub(super) plan: Plan,
    pub(super) before: BTreeMap<ObjectKey, Value>,
    pub(super) planned: BTreeMap<ObjectKey, Value>,
    /// Whether the plan writes objects more than once.
    pub(super) again: bool,
    _folder: DataFolder,
    _dir: tempfile::TempDir,
}

pub(super) fn set(name: &str) -> ObjectKey {
    ObjectKey::new(Kind::GlobalNetworkSet, "", name)
}

pub(super) fn policy(name: &str) -> ObjectKey {
    ObjectKey::new(Kind::NetworkPolicy, "shop", name)
}

pub(super) fn object(key: &ObjectKey, says: &str) -> Value {
    json!({ "apiVersion": key.kind.api_version(), "kind": key.kind.name(), "metadata": { "name": key.name }, "spec": { "says": says } })
}

fn step(key: ObjectKey, role: Role, write: Write) -> Step {
    Step { key, role, part: 0, hold: false, write, why: String::new(), diff: ObjectDiff::default() }
}

/// The same steps, and then some that write what earlier ones wrote: as a plan says it, which cannot know what the API server sets.
fn written_again(mut steps: Vec<Step>) -> Vec<Step> {
    let left = |at: usize| steps[at].write.after().unwrap().clone();
    let (made, changed) = (left(0), left(2));
    let mut again = changed.clone();
    again["spec"]["says"] = json!("again");
    let more = [
        (2, Write::Replace { object: again, before: changed, resource_version: String::new() }),
        (0, Write::Delete { before: made.clone(), uid: String::new(), resource_version: String::new() }),
        (0, Write::Create { object: made }),
    ];
    for (of, write) in more {
        steps.push(step(steps[of].key.clone(), steps[of].role, write));
    }
    steps
}

fn text(object: &Value, field: &str) -> String {
    object["metadata"][field].as_str().unwrap().to_owned()
}

/// No pauses: a test has no time.
fn hasty() -> Patience {
    Patience { forward: vec![Duration::ZERO; 2], back: vec![Duration::ZERO; 3], second_look: Duration::ZERO, settle: Duration::ZERO }
}

pub(super) fn engine(world: &World, history: &History) -> Runs {
    Runs::new(Arc::new(world.clone()), history.clone(), broadcast::channel(256).0, hasty())
}

impl Scene {
    pub(super) async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let folder = DataFolder::open(dir.path()).unwrap();
        let history = open(&folder).await;
        let mut scene = Self {
            world: World::default(),
            runs: engine(&World::default(), &history),
            history,
            plan: plan(0, &service("a"), Vec::new()),
            before: BTreeMap::new(),
            planned: BTreeMap::new(),
            again: false,
            _folder: folder,
            _dir: dir,
        };
        scene.reset().await;
        scene
    }

    /// A fresh cluster, engine and plan, with the history of before.
    pub(super) async fn reset(&mut self) {
        let world = World::default();
        let (pods, old, alone) = (policy("pods"), set("old"), set("somebody-elses"));
        world.put(&alone, Some(&object(&alone, "untouched")));
        let pods_before = world.put(&pods, Some(&object(&pods, "before")));
        let old_before = world.put(&old, Some(&object(&old, "old")));
        let mut pods_after = pods_before.clone();
        pods_after["spec"]["says"] = json!("after");
        let create = |key: &ObjectKey| Write::Create { object: object(key, "new") };
        let (clients, node, edge) =
            (set("clients"), ObjectKey::new(Kind::HostEndpoint, "", "node-a"), ObjectKey::new(Kind::GlobalNetworkPolicy, "", "edge"));
        let replace = Write::Replace { object: pods_after, resource_version: text(&pods_before, "resourceVersion"), before: pods_before };
        let delete =
            Write::Delete { uid: text(&old_before, "uid"), resource_version: text(&old_before, "resourceVersion"), before: old_before };
        let steps = vec![
            step(clients.clone(), Role::ClientSet, create(&clients)),
            step(node.clone(), Role::HostEndpoint, create(&node)),
            step(pods, Role::PodPolicy, replace),
            step(old, Role::ClientSet, delete),
            step(edge.clone(), Role::EdgePolicy, create(&edge)),
        ];
        let steps = if self.again { written_again(steps) } else { steps };
        self.before = world.contents();
        let target = World::default();
        for (key, spec) in &self.before {
            target.put(key, Some(&json!({ "metadata": { "name": key.name }, "spec": spec })));
        }
        for step in &steps {
            target.apply(&step.key, &step.write);
        }
        self.planned = target.contents();
        self.plan = plan(1, &service("a"), steps);
        self.history.keep_plan(&self.plan, &caller(), None).await.unwrap();
        self.runs = engine(&world, &self.history);
        self.world = world;
    }

    /// The same engine, with this long between writes that count on each other.
    pub(super) fn slow_nodes(&mut self, settle: Duration) {
        self.runs =
            Runs::new(Arc::new(self.world.clone()), self.history.clone(), broadcast::channel(256).0, Patience { settle, ..hasty() });
    }

    /// Another process takes over: a new engine on the same history and cluster, which has recovered.
    pub(super) async fn restart(&mut self) {
        self.runs = engine(&self.world, &self.history);
        self.runs.recover().await.unwrap();
    }

    pub(super) async fn begin(&self) -> RunId {
        let (caller, reason) = (caller(), reason());
        let new = NewRun { plan: &self.plan, caller: &caller, reason: reason.as_str(), access_before: &[None], reach: None };
        self.runs.begin(&new).await.unwrap()
    }

    /// Runs the plan as far as it comes.
    pub(super) async fn run(&self) -> RunView {
        let run = self.begin().await;
        self.runs.forward(run).await;
        self.view(run).await
    }

    pub(super) async fn view(&self, run: RunId) -> RunView {
        self.runs.view(run).await.unwrap()
    }

    /// What must hold whatever happened: each object is as planned or as before, nobody else's was touched, and the run says which.
    pub(super) fn check(&self, run: &RunView, case: &str) {
        let now = self.world.contents();
        for step in &self.plan.steps {
            let is = now.get(&step.key);
            let between = self.plan.steps.iter().filter(|other| other.key == step.key).map(|other| other.write.after().map(|o| &o["spec"]));
            let left = run.state == RunState::Interrupted && between.into_iter().any(|left| left == is);
            assert!(
                left || is == self.before.get(&step.key) || is == self.planned.get(&step.key),
                "{case}: {} is {is:?}; {run:#?}",
                step.key
            );
        }
        assert_eq!(now.get(&set("somebody-elses")), self.before.get(&set("somebody-elses")), "{case}");
        match run.state {
            RunState::Done => {
                assert_eq!(now, self.planned, "{case}: done means as planned; {run:#?}");
                assert!(run.revision.is_some(), "{case}: done means a revision");
            }
            RunState::PutBack | RunState::Reverted => assert_eq!(now, self.before, "{case}: put back means as before; {run:#?}"),
            RunState::Interrupted | RunState::Held => {}
            RunState::Running | RunState::Failed => panic!("{case}: {run:#?}"),
        }
        assert_eq!(run.revision.is_some(), run.state == RunState::Done, "{case}: a revision is what was done");
    }

    /// The plan has the run wait behind one of its steps.
    pub(super) fn hold(&mut self, step: usize) {
        self.plan.steps[step].hold = true;
    }

    /// Waits until no run is driven any more.
    pub(super) async fn idle(&self) {
        self.runs.0.tasks.close();
        self.runs.0.tasks.wait().await;
    }

    /// Its process was killed: another one takes over, finds what must hold, and reverts where that is offered. Gives the run as it was found.
    pub(super) async fn outlive(&mut self, run: RunId, case: &str) -> RunView {
        self.restart().await;
        let view = self.view(run).await;
        self.check(&view, case);
        self.settle(&view, case).await;
        assert!(self.history.open_run().await.unwrap().is_none(), "{case}: nothing is left open");
        view
    }

    /// The cluster is back: a run that was interrupted or waits is reverted, and then all is as before.
    pub(super) async fn settle(&self, run: &RunView, case: &str) -> RunView {
        if !matches!(run.state, RunState::Interrupted | RunState::Held) {
            return run.clone();
        }
        self.world.heal();
        self.runs.revert(run.id).await.unwrap();
        self.idle().await;
        let reverted = self.view(run.id).await;
        assert_eq!(reverted.state, RunState::Reverted, "{case}: {reverted:#?}");
        self.check(&reverted, case);
        reverted
    }
}

pub(super) fn reason() -> Reason {
    Reason::try_from("because").unwrap()
}
