//! What the sandbox holds in memory: the objects, the revision, and the latest events.

use super::packed::Packed;
use super::status::ApiError;
use policy::object::{Kind, ObjectKey};
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};

/// How many events are kept for watches that come back. An older resourceVersion is answered with 410 Expired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Events.
    pub events: usize,
    /// Bytes of the objects in them, about.
    pub bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { events: 8192, bytes: 64 * 1024 * 1024 }
    }
}

/// One change of one object.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Event {
    pub(super) revision: u64,
    pub(super) key: ObjectKey,
    /// As it was; none where it did not exist.
    pub(super) before: Option<Packed>,
    /// As it is; none where it was deleted.
    pub(super) after: Option<Packed>,
    /// Length of its JSON.
    bytes: usize,
}

/// The objects and the latest events.
#[derive(Debug)]
pub(super) struct State {
    revision: u64,
    objects: BTreeMap<ObjectKey, Packed>,
    events: VecDeque<Event>,
    bytes: usize,
    /// Events up to this revision are gone.
    forgotten: u64,
    limits: Limits,
}

impl State {
    /// The objects as a file kept them; it keeps no events.
    pub(super) const fn new(revision: u64, objects: BTreeMap<ObjectKey, Packed>, limits: Limits) -> Self {
        Self { revision, objects, events: VecDeque::new(), bytes: 0, forgotten: revision, limits }
    }

    /// The revision of the last change.
    pub(super) const fn revision(&self) -> u64 {
        self.revision
    }

    /// The object of this name.
    pub(super) fn get(&self, key: &ObjectKey) -> Option<&Packed> {
        self.objects.get(key)
    }

    /// The objects of a kind, in one namespace or (none) in all, by namespace and name.
    pub(super) fn list(&self, kind: Kind, namespace: Option<&str>) -> impl Iterator<Item = (&ObjectKey, &Packed)> {
        self.objects
            .range(ObjectKey::new(kind, namespace.unwrap_or_default(), "")..)
            .take_while(move |(key, _)| key.kind == kind && namespace.is_none_or(|namespace| key.namespace == namespace))
    }

    /// The objects of a kind as they were at `revision`.
    ///
    /// # Errors
    /// [`ApiError::Expired`]: the events since then are not kept any more; [`ApiError::FutureRevision`].
    pub(super) fn list_at(&self, revision: u64, kind: Kind, namespace: Option<&str>) -> Result<BTreeMap<ObjectKey, Packed>, ApiError> {
        let mut objects: BTreeMap<_, _> = self.list(kind, namespace).map(|(key, object)| (key.clone(), object.clone())).collect();
        for event in self.since(revision)?.rev() {
            if event.key.kind == kind && namespace.is_none_or(|namespace| event.key.namespace == namespace) {
                match &event.before {
                    Some(before) => objects.insert(event.key.clone(), before.clone()),
                    None => objects.remove(&event.key),
                };
            }
        }
        Ok(objects)
    }

    /// The events after `revision`, oldest first.
    ///
    /// # Errors
    /// [`ApiError::Expired`]: some of them are not kept any more; [`ApiError::FutureRevision`].
    pub(super) fn since(&self, revision: u64) -> Result<impl DoubleEndedIterator<Item = &Event>, ApiError> {
        if revision > self.revision {
            return Err(ApiError::FutureRevision { asked: revision, current: self.revision });
        }
        if revision < self.forgotten {
            return Err(ApiError::Expired(format!("too old resource version: {revision} ({})", self.forgotten)));
        }
        let first = self.events.partition_point(|event| event.revision <= revision);
        Ok(self.events.range(first..))
    }

    /// Takes in changes that are on disk.
    pub(super) fn apply(&mut self, events: Vec<Event>) {
        for event in events {
            self.revision = event.revision;
            match &event.after {
                Some(after) => self.objects.insert(event.key.clone(), after.clone()),
                None => self.objects.remove(&event.key),
            };
            self.bytes += event.bytes;
            self.events.push_back(event);
        }
        while self.events.len() > self.limits.events || self.bytes > self.limits.bytes {
            let Some(oldest) = self.events.pop_front() else { break };
            self.bytes -= oldest.bytes;
            self.forgotten = oldest.revision;
        }
    }
}

/// Changes that are being made: they see each other, and nobody else sees them.
#[derive(Debug)]
pub(super) struct Draft<'a> {
    state: &'a State,
    events: Vec<Event>,
    changed: BTreeMap<ObjectKey, Option<Packed>>,
}

impl<'a> Draft<'a> {
    pub(super) const fn new(state: &'a State) -> Self {
        Self { state, events: Vec::new(), changed: BTreeMap::new() }
    }

    /// The object of this name.
    pub(super) fn get(&self, key: &ObjectKey) -> Option<Value> {
        self.packed(key).map(Packed::read)
    }

    /// Whether there is an object of this name.
    pub(super) fn has(&self, key: &ObjectKey) -> bool {
        self.packed(key).is_some()
    }

    fn packed(&self, key: &ObjectKey) -> Option<&Packed> {
        match self.changed.get(key) {
            Some(changed) => changed.as_ref(),
            None => self.state.get(key),
        }
    }

    /// The objects of a kind, by namespace and name.
    pub(super) fn list(&self, kind: Kind, namespace: Option<&str>) -> BTreeMap<ObjectKey, Packed> {
        let mut objects: BTreeMap<_, _> = self.state.list(kind, namespace).map(|(key, object)| (key.clone(), object.clone())).collect();
        for (key, changed) in &self.changed {
            if key.kind == kind && namespace.is_none_or(|namespace| key.namespace == namespace) {
                match changed {
                    Some(object) => objects.insert(key.clone(), object.clone()),
                    None => objects.remove(key),
                };
            }
        }
        objects
    }

    /// Creates or replaces an object; gives it the next revision.
    pub(super) fn put(&mut self, key: ObjectKey, mut object: Value) -> Value {
        object["metadata"]["resourceVersion"] = json!(self.next_revision().to_string());
        self.push(key, Some(Packed::of(&object)));
        object
    }

    /// Deletes an object.
    pub(super) fn remove(&mut self, key: &ObjectKey) {
        if self.has(key) {
            self.push(key.clone(), None);
        }
    }

    /// Forgets the changes.
    pub(super) fn abandon(&mut self) {
        self.events.clear();
        self.changed.clear();
    }

    /// Whether an object of this kind was changed.
    pub(super) fn touches(&self, kind: Kind) -> bool {
        self.changed.keys().any(|key| key.kind == kind)
    }

    /// The changes in their order.
    pub(super) fn into_events(self) -> Vec<Event> {
        self.events
    }

    fn next_revision(&self) -> u64 {
        self.events.last().map_or(self.state.revision, |event| event.revision) + 1
    }

    fn push(&mut self, key: ObjectKey, after: Option<Packed>) {
        let before = self.packed(&key).cloned();
        let bytes = after.as_ref().or(before.as_ref()).map_or(0, |object| object.text().len());
        self.events.push(Event { revision: self.next_revision(), key: key.clone(), before, after: after.clone(), bytes });
        self.changed.insert(key, after);
    }
}
