//! Keeps the state of the cluster up to date with what the watches bring, and publishes it.

use super::health::{ClusterState, KindHealth, Trouble};
use super::watch::{News, Pace, every_kind};
use crate::clock::SharedClock;
use kube::Client;
use policy::object::{AnyObject, Kind, Unreadable};
use policy::snapshot::Snapshot;
use std::sync::Arc;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

/// News that wait to be worked in: enough that no watch waits for another, few enough to bound the memory.
const BACKLOG: usize = 1024;

/// Starts the watches; they end with `stop`.
pub(super) fn start(client: &Client, clock: SharedClock, pace: Pace, stop: &CancellationToken) -> watch::Receiver<Arc<ClusterState>> {
    let (news, heard) = mpsc::channel(BACKLOG);
    let (publish, state) = watch::channel(Arc::new(ClusterState::default()));
    let client = client.clone();
    let stopped = stop.clone();
    tokio::spawn(async move { stopped.run_until_cancelled(every_kind(&client, &news, pace)).await });
    let stopped = stop.clone();
    tokio::spawn(async move { stopped.run_until_cancelled(keep(heard, publish, clock)).await });
    state
}

async fn keep(mut heard: mpsc::Receiver<News>, publish: watch::Sender<Arc<ClusterState>>, clock: SharedClock) {
    let mut state = ClusterState::default();
    while let Some(first) = heard.recv().await {
        let mut changed = Changed::default();
        let mut next = Some(first);
        // What waits is worked in together: a list of changes costs one publication.
        for _ in 0..BACKLOG {
            let Some(news) = next else { break };
            changed.or(work_in(&mut state, news, &clock));
            next = heard.try_recv().ok();
        }
        if changed.snapshot {
            state.snapshot_version += 1;
        }
        if changed.snapshot || changed.health {
            state.version += 1;
            publish.send_replace(Arc::new(state.clone()));
        }
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Changed {
    snapshot: bool,
    health: bool,
}

impl Changed {
    const SNAPSHOT: Self = Self { snapshot: true, health: false };

    const fn or(&mut self, other: Self) {
        self.snapshot |= other.snapshot;
        self.health |= other.health;
    }
}

fn work_in(state: &mut ClusterState, news: News, clock: &SharedClock) -> Changed {
    match news {
        News::Listed(kind, objects) => {
            list(&mut state.snapshot, kind, objects);
            set_health(state, kind, KindHealth::Heard);
            Changed { snapshot: true, health: true }
        }
        News::Applied(object) => apply(&mut state.snapshot, object),
        News::Deleted(key) => {
            state.snapshot.remove(&key);
            Changed::SNAPSHOT
        }
        News::Heard(kind) => {
            // Heard means up to date only where a list came before.
            let listed = state.snapshot.count(kind).is_some();
            Changed { snapshot: false, health: listed && set_health(state, kind, KindHealth::Heard) }
        }
        News::Lost(kind, trouble) => lose(state, kind, trouble, clock),
        News::Pulse(answer) => {
            let before = state.silent.take();
            state.silent = match answer {
                Ok(()) => None,
                Err(error) => Some((before.as_ref().map_or_else(|| clock.now(), |(since, _)| *since), error.to_string())),
            };
            Changed { snapshot: false, health: before != state.silent }
        }
    }
}

fn list(snapshot: &mut Snapshot, kind: Kind, objects: Vec<Result<AnyObject, Unreadable>>) {
    let mut readable = Vec::with_capacity(objects.len());
    let mut unreadable = Vec::new();
    for object in objects {
        match object {
            Ok(object) => readable.push(object),
            Err(error) => unreadable.push(error),
        }
    }
    snapshot.set_all(kind, readable);
    for error in unreadable {
        snapshot.insert_unreadable(error);
    }
}

fn apply(snapshot: &mut Snapshot, object: Result<AnyObject, Unreadable>) -> Changed {
    match object {
        // A heartbeat: nothing that is read changed.
        Ok(object) if snapshot.find(&object.key()).as_ref() == Some(&object) => return Changed::default(),
        Ok(object) => snapshot.insert(object),
        Err(unreadable) => snapshot.insert_unreadable(unreadable),
    }
    Changed::SNAPSHOT
}

fn lose(state: &mut ClusterState, kind: Kind, trouble: Trouble, clock: &SharedClock) -> Changed {
    match trouble {
        Trouble::Missing(_) if !kind.in_every_line() => no_such_kind(state, kind),
        Trouble::Missing(why) => give_up(state, kind, &why.clone(), KindHealth::Missing { why }),
        Trouble::Forbidden(why) => give_up(state, kind, &why.clone(), KindHealth::Forbidden { why }),
        Trouble::Broken(why) => {
            // What was read before is kept: it may be old, and the connection says so.
            let unknown = state.snapshot.unknown(kind).is_some_and(|known| known != why);
            if unknown {
                state.snapshot.set_unknown(kind, &why);
            }
            let since = match state.kinds.get(&kind) {
                Some(KindHealth::Lost { since, .. }) => *since,
                _ => clock.now(),
            };
            Changed { snapshot: unknown, health: set_health(state, kind, KindHealth::Lost { since, why }) }
        }
    }
}

/// Calico before 3.29 has no tiers. That is known, and no trouble; like every kind that is missing it is asked for again now and then.
fn no_such_kind(state: &mut ClusterState, kind: Kind) -> Changed {
    let news = state.snapshot.count(kind) != Some(0);
    if news {
        state.snapshot.set_all(kind, Vec::new());
    }
    Changed { snapshot: news, health: set_health(state, kind, KindHealth::Heard) }
}

/// The kind cannot be read until somebody changes the cluster: what was read before is no more.
fn give_up(state: &mut ClusterState, kind: Kind, why: &str, health: KindHealth) -> Changed {
    let news = state.snapshot.unknown(kind) != Some(why);
    if news {
        state.snapshot.set_unknown(kind, why);
    }
    Changed { snapshot: news, health: set_health(state, kind, health) }
}

/// Whether it is news.
fn set_health(state: &mut ClusterState, kind: Kind, health: KindHealth) -> bool {
    let before = state.kinds.insert(kind, health);
    before.as_ref() != state.kinds.get(&kind)
}
