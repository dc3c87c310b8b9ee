//! The objects: read from memory, written to disk first.

use super::auto_host_endpoints;
use super::file::{File, SandboxError};
use super::seed::Seed;
use super::state::{Draft, Limits, State};
use super::status::ApiError;
use super::{seed, write};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};
use tokio::sync::{Mutex, watch};

/// The objects of the sandbox.
#[derive(Debug)]
pub(super) struct Store {
    /// Whoever holds it is the only writer.
    file: Mutex<File>,
    state: RwLock<State>,
    revision: watch::Sender<u64>,
}

impl Store {
    /// Opens the file at `path`; a new one gets the seed.
    pub(super) async fn open(path: &Path, limits: Limits, seed: Seed) -> Result<Arc<Self>, SandboxError> {
        let (mut file, kept) = File::open(path).await?;
        let state = match kept {
            Some(kept) => State::new(kept.revision, kept.objects, limits),
            None => {
                let empty = State::new(0, BTreeMap::new(), limits);
                let mut draft = Draft::new(&empty);
                write::seed(&mut draft, seed::objects(seed)?)?;
                let events = draft.into_events();
                file.create(&events).await?;
                // The seed was always there: no watch is told of it.
                let revision = events.last().map_or(0, |event| event.revision);
                let objects = events.into_iter().filter_map(|event| Some((event.key, event.after?))).collect();
                State::new(revision, objects, limits)
            }
        };
        let revision = watch::Sender::new(state.revision());
        Ok(Arc::new(Self { file: Mutex::new(file), state: RwLock::new(state), revision }))
    }

    /// Looks at the objects as they are now.
    pub(super) fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.state.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Makes a change: all of it is on disk, with what the controllers make of it, before anybody sees it. It goes on to its end also when
    /// the caller is gone.
    pub(super) async fn write<T: Send + 'static>(
        self: &Arc<Self>,
        change: impl FnOnce(&mut Draft<'_>) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let store = self.clone();
        let writing = tokio::spawn(async move {
            let mut file = store.file.lock().await;
            let (answer, events) = store.read(|state| {
                let mut draft = Draft::new(state);
                let answer = change(&mut draft)?;
                auto_host_endpoints::follow(&mut draft);
                Ok((answer, draft.into_events()))
            })?;
            if let Some(last) = events.last() {
                let revision = last.revision;
                file.save(&events).await.map_err(|error| ApiError::Internal(error.to_string()))?;
                store.state.write().unwrap_or_else(PoisonError::into_inner).apply(events);
                store.revision.send_replace(revision);
            }
            Ok(answer)
        });
        writing.await.map_err(|error| ApiError::Internal(error.to_string()))?
    }

    /// Tells when there is a new revision.
    pub(super) fn subscribe(&self) -> watch::Receiver<u64> {
        self.revision.subscribe()
    }
}
