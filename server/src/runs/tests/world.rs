//! A cluster in memory, with the faults that a test asks for.

use crate::cluster::{Objects, Reply, RequestError};
use policy::object::ObjectKey;
use policy::plan::Write;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::future::Future;
use std::ops::RangeInclusive;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

/// What goes wrong with a request.
#[derive(Debug, Clone)]
pub(super) enum Fault {
    /// It is not done, and fails.
    NotDone(RequestError),
    /// It is done, and the answer is lost.
    AnswerLost(RequestError),
    /// It fails, and is done all the same when `after` further requests have come.
    Late { error: RequestError, after: usize },
}

#[derive(Default)]
struct State {
    objects: BTreeMap<ObjectKey, Value>,
    counter: u64,
    requests: usize,
    faults: Vec<(RangeInclusive<usize>, Fault)>,
    late: Vec<(usize, ObjectKey, Operation)>,
    /// Done once, when this many requests have come: what somebody else does.
    meanwhile: Option<(usize, ObjectKey, Option<Value>)>,
}

#[derive(Debug, Clone)]
enum Operation {
    Get,
    Create(Value),
    Replace(Value, String),
    Delete(String, String),
}

/// A cluster in memory.
#[derive(Clone, Default)]
pub(super) struct World(Arc<Mutex<State>>);

impl World {
    fn with<T>(&self, f: impl FnOnce(&mut State) -> T) -> T {
        f(&mut self.0.lock().unwrap())
    }

    /// Puts an object, or takes it away, as somebody else would. Gives it as it is now.
    pub(super) fn put(&self, key: &ObjectKey, object: Option<&Value>) -> Value {
        self.with(|state| state.put(key, object))
    }

    /// The request with the number `requests` (from 1), and all within it, fail so.
    pub(super) fn fault(&self, requests: RangeInclusive<usize>, fault: Fault) {
        self.with(|state| state.faults.push((requests, fault)));
    }

    /// When the request with the number `request` has come, somebody else does this.
    pub(super) fn meanwhile(&self, request: usize, key: &ObjectKey, object: Option<Value>) {
        self.with(|state| state.meanwhile = Some((request, key.clone(), object)));
    }

    /// All is well again.
    pub(super) fn heal(&self) {
        self.with(|state| {
            state.faults.clear();
            state.requests = 0;
        });
    }

    pub(super) fn requests(&self) -> usize {
        self.with(|state| state.requests)
    }

    /// What the objects say, without what the API server sets.
    pub(super) fn contents(&self) -> BTreeMap<ObjectKey, Value> {
        self.with(|state| state.objects.iter().map(|(key, object)| (key.clone(), object["spec"].clone())).collect())
    }

    pub(super) fn live(&self, key: &ObjectKey) -> Option<Value> {
        self.with(|state| state.objects.get(key).cloned())
    }

    /// What `write` comes to, done by somebody who cannot fail.
    pub(super) fn apply(&self, key: &ObjectKey, write: &Write) {
        self.put(key, write.after());
    }

    fn answer<'a, T: 'static + Send>(&'a self, key: &'a ObjectKey, operation: Operation, read: fn(Option<Value>) -> T) -> Reply<'a, T> {
        Box::pin(async move {
            // On both sides of the request the engine can be dropped.
            tokio::task::yield_now().await;
            let answer = self.with(|state| state.request(key, &operation));
            tokio::task::yield_now().await;
            answer.map(read)
        })
    }
}

impl State {
    fn put(&mut self, key: &ObjectKey, object: Option<&Value>) -> Value {
        self.counter += 1;
        let Some(object) = object else { return self.objects.remove(key).unwrap_or_default() };
        let uid = self.objects.get(key).map_or_else(|| format!("uid-{}", self.counter), |o| o["metadata"]["uid"].as_str().unwrap().into());
        let mut object = object.clone();
        object["metadata"]["uid"] = json!(uid);
        object["metadata"]["resourceVersion"] = json!(self.counter.to_string());
        self.objects.insert(key.clone(), object.clone());
        object
    }

    fn request(&mut self, key: &ObjectKey, operation: &Operation) -> Result<Option<Value>, RequestError> {
        self.requests += 1;
        let now = self.requests;
        while let Some(due) = self.late.iter().position(|(at, ..)| *at <= now) {
            let (_, key, operation) = self.late.remove(due);
            let _nobody_hears = self.perform(&key, &operation);
        }
        if self.meanwhile.as_ref().is_some_and(|(at, ..)| *at <= now) {
            let (_, key, object) = self.meanwhile.take().unwrap();
            self.put(&key, object.as_ref());
        }
        match self.faults.iter().find(|(range, _)| range.contains(&now)).map(|(_, fault)| fault.clone()) {
            None => self.perform(key, operation),
            Some(Fault::NotDone(error)) => Err(error),
            Some(Fault::AnswerLost(error)) => {
                let _lost = self.perform(key, operation);
                Err(error)
            }
            Some(Fault::Late { error, after }) => {
                self.late.push((now + after, key.clone(), operation.clone()));
                Err(error)
            }
        }
    }

    fn perform(&mut self, key: &ObjectKey, operation: &Operation) -> Result<Option<Value>, RequestError> {
        let live = self.objects.get(key);
        let is = |field: &str, expected: &str| live.is_some_and(|o| o["metadata"][field] == expected);
        let moved = || RequestError::Conflict { message: "it has moved".into() };
        match operation {
            Operation::Get => Ok(live.cloned()),
            Operation::Create(_) if live.is_some() => Err(RequestError::AlreadyExists),
            Operation::Create(object) => Ok(Some(self.put(key, Some(object)))),
            Operation::Replace(..) | Operation::Delete(..) if live.is_none() => Err(RequestError::NotFound),
            Operation::Replace(_, version) | Operation::Delete(_, version) if !is("resourceVersion", version) => Err(moved()),
            Operation::Replace(object, _) => Ok(Some(self.put(key, Some(object)))),
            Operation::Delete(uid, _) if !is("uid", uid) => Err(moved()),
            Operation::Delete(..) => Ok(Some(self.put(key, None))),
        }
    }
}

impl Objects for World {
    fn get<'a>(&'a self, key: &'a ObjectKey) -> Reply<'a, Option<Value>> {
        self.answer(key, Operation::Get, |object| object)
    }

    fn create<'a>(&'a self, key: &'a ObjectKey, object: &'a Value) -> Reply<'a, Value> {
        self.answer(key, Operation::Create(object.clone()), Option::unwrap_or_default)
    }

    fn replace<'a>(&'a self, key: &'a ObjectKey, object: &'a Value, resource_version: &'a str) -> Reply<'a, Value> {
        self.answer(key, Operation::Replace(object.clone(), resource_version.into()), Option::unwrap_or_default)
    }

    fn delete<'a>(&'a self, key: &'a ObjectKey, uid: &'a str, resource_version: &'a str) -> Reply<'a, ()> {
        self.answer(key, Operation::Delete(uid.into(), resource_version.into()), |_| ())
    }

    fn seen<'a>(&'a self, _: &'a [(ObjectKey, Option<String>)]) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
        // Whoever looks at it sees it at once.
        Box::pin(std::future::ready(()))
    }
}
