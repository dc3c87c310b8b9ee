//! One watch a kind: list, watch, and again after an error, for ever.

use super::hearing::hearing;
use super::identity::version;
use super::requests::meaning;
use super::watched::Watched;
use super::{RequestError, health::Trouble};
use futures::StreamExt;
use kube::core::Status;
use kube::runtime::utils::Backoff;
use kube::runtime::watcher::{self, DefaultBackoff, Event};
use kube::runtime::{WatchStreamExt, watcher as watch};
use kube::{Api, Client};
use policy::object::{
    AdminNetworkPolicy, AnyObject, BaselineAdminNetworkPolicy, BgpConfiguration, BgpPeer, ClusterInformation, EndpointSlice,
    FelixConfiguration, GlobalNetworkPolicy, GlobalNetworkSet, HostEndpoint, IpPool, Kind, KubeControllersConfiguration,
    KubernetesNetworkPolicy, Namespace, NetworkPolicy, NetworkSet, Node, Object, ObjectKey, Pod, Service, ServiceAccount,
    StagedGlobalNetworkPolicy, Tier, Unreadable,
};
use std::time::Duration;
use tokio::sync::mpsc;

/// What is heard of the cluster.
#[derive(Debug)]
pub(super) enum News {
    /// All objects of a kind.
    Listed(Kind, Vec<Result<AnyObject, Unreadable>>),
    /// An object is new, or changed.
    Applied(Result<AnyObject, Unreadable>),
    /// An object is gone.
    Deleted(ObjectKey),
    /// The watch of a kind stands.
    Heard(Kind),
    /// The watch of a kind broke.
    Lost(Kind, Trouble),
    /// The API server was asked whether it is there.
    Pulse(Result<(), RequestError>),
}

/// How long the API server keeps one watch: what is shown is at most this much older than a link that went silent.
const WATCH_SECONDS: u32 = 60;

/// How long to wait where there is nothing to hear.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// How often the API server is asked whether it is there.
    pub(super) pulse: Duration,
    /// The longest pause between two tries of a watch. client-go waits up to 30 s; a page that says "disconnected" half a minute after
    /// the cluster is back helps nobody, and sixteen requests every 8 s burden no API server.
    pub(super) longest_pause: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self { pulse: Duration::from_secs(5), longest_pause: Duration::from_secs(8) }
    }
}

/// kube's pauses after errors, cut.
struct Pauses {
    inner: DefaultBackoff,
    longest: Duration,
}

impl Iterator for Pauses {
    type Item = Duration;
    fn next(&mut self) -> Option<Duration> {
        self.inner.next().map(|pause| pause.min(self.longest))
    }
}

impl Backoff for Pauses {
    fn reset(&mut self) {
        self.inner.reset();
    }
}

/// Watches every kind; returns when nobody listens any more.
pub(super) async fn every_kind(client: &Client, news: &mpsc::Sender<News>, pace: Pace) {
    tokio::join!(
        kind::<Namespace>(client, news, pace),
        kind::<ServiceAccount>(client, news, pace),
        kind::<Node>(client, news, pace),
        kind::<Pod>(client, news, pace),
        kind::<Service>(client, news, pace),
        kind::<EndpointSlice>(client, news, pace),
        kind::<KubernetesNetworkPolicy>(client, news, pace),
        kind::<AdminNetworkPolicy>(client, news, pace),
        kind::<BaselineAdminNetworkPolicy>(client, news, pace),
        kind::<ClusterInformation>(client, news, pace),
        kind::<KubeControllersConfiguration>(client, news, pace),
        kind::<FelixConfiguration>(client, news, pace),
        kind::<BgpConfiguration>(client, news, pace),
        kind::<BgpPeer>(client, news, pace),
        kind::<IpPool>(client, news, pace),
        kind::<GlobalNetworkSet>(client, news, pace),
        kind::<NetworkSet>(client, news, pace),
        kind::<HostEndpoint>(client, news, pace),
        kind::<NetworkPolicy>(client, news, pace),
        kind::<GlobalNetworkPolicy>(client, news, pace),
        kind::<Tier>(client, news, pace),
        kind::<StagedGlobalNetworkPolicy>(client, news, pace),
        pulse(client, news, pace),
    );
}

async fn kind<T: Object>(client: &Client, news: &mpsc::Sender<News>, pace: Pace) {
    let api: Api<Watched<T>> = Api::all(hearing(client, T::KIND, news.clone()));
    let config = watcher::Config::default().timeout(WATCH_SECONDS);
    let pauses = || Pauses { inner: DefaultBackoff::default(), longest: pace.longest_pause };
    let mut events = std::pin::pin!(watch(api.clone(), config.clone()).backoff(pauses()));
    let mut listed = Vec::new();
    while let Some(event) = events.next().await {
        let one = match event {
            Ok(Event::Init) => {
                listed.clear();
                continue;
            }
            Ok(Event::InitApply(watched)) => {
                listed.push(watched.object);
                continue;
            }
            Ok(Event::InitDone) => News::Listed(T::KIND, std::mem::take(&mut listed)),
            Ok(Event::Apply(watched)) => News::Applied(watched.object),
            Ok(Event::Delete(watched)) => News::Deleted(watched.key),
            Err(watcher::Error::WatchError(status)) if has_expired(&status) => {
                events.set(watch(api.clone(), config.clone()).backoff(pauses()));
                continue;
            }
            Err(error) => match trouble(T::KIND, error) {
                Some(trouble) => News::Lost(T::KIND, trouble),
                None => continue,
            },
        };
        if news.send(one).await.is_err() {
            return;
        }
    }
}

/// Whether a watch stopped because its resourceVersion is too old, where kube does not see it: Calico's API server hides the 410 of the
/// API behind it (measured on 3.28.5), and kube would ask for the same version for ever.
fn has_expired(status: &Status) -> bool {
    status.code != 410 && status.message.starts_with("too old resource version")
}

/// What an error of a watch means; none where the watcher mends it at once by listing anew.
fn trouble(kind: Kind, error: watcher::Error) -> Option<Trouble> {
    let error = match error {
        watcher::Error::WatchError(status) if status.code == 410 => return None,
        watcher::Error::WatchStartFailed(kube::Error::Api(status)) if status.code == 410 => return None,
        watcher::Error::InitialListFailed(error) | watcher::Error::WatchStartFailed(error) | watcher::Error::WatchFailed(error) => error,
        watcher::Error::WatchError(status) => kube::Error::Api(status),
        watcher::Error::NoResourceVersion => return Some(Trouble::Broken("its list has no resourceVersion".to_owned())),
    };
    Some(match meaning(error) {
        RequestError::NotFound | RequestError::MissingApi { .. } | RequestError::Refused { status: 404, .. } => {
            Trouble::Missing(format!("the cluster has no API {}", kind.api_version()))
        }
        error @ RequestError::Forbidden { .. } => Trouble::Forbidden(error.to_string()),
        other => Trouble::Broken(other.to_string()),
    })
}

/// Asks the API server again and again whether it is there: a link that went silent breaks no watch for a while.
async fn pulse(client: &Client, news: &mpsc::Sender<News>, pace: Pace) {
    loop {
        let answer = match version(client).await {
            // Whoever refuses has been reached.
            Ok(_) => Ok(()),
            Err(error) if error.unclear() => Err(error),
            Err(_refusal) => Ok(()),
        };
        if news.send(News::Pulse(answer)).await.is_err() {
            return;
        }
        tokio::time::sleep(pace.pulse).await;
    }
}
