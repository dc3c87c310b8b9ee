//! One write, sent until it is clear what came of it.

use super::compare::{Standing, standing};
use crate::cluster::{Objects, RequestError};
use policy::object::ObjectKey;
use policy::plan::Write;
use serde_json::Value;
use std::time::Duration;

/// What came of a write.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Settled {
    /// The object is as the write wants it; as the API server has it, none where it is deleted.
    Landed(Option<Value>),
    /// The API server refused it, and did nothing.
    Refused(RequestError),
    /// It cannot be told.
    Unclear(RequestError),
}

/// Sends `write`. After an error that leaves open whether it was done, the object is read first; the write is sent again only where the
/// object is as before. That is safe because every write is conditional: of two that are on their way, one lands at most.
pub(super) async fn settle(objects: &dyn Objects, key: &ObjectKey, write: &Write, pauses: &[Duration]) -> Settled {
    let mut pauses = pauses.iter();
    // Whether an earlier try may have been done.
    let mut in_doubt = false;
    loop {
        let error = match send(objects, key, write).await {
            Ok(object) => return Settled::Landed(object),
            Err(error) => error,
        };
        in_doubt |= error.unclear();
        if !in_doubt && !error.passing() {
            return Settled::Refused(error);
        }
        if in_doubt {
            match objects.get(key).await {
                Ok(live) => match standing(write, live.as_ref()) {
                    Standing::Planned => return Settled::Landed(live),
                    Standing::Before if error.passing() => {}
                    // Nothing was done, and nothing of an earlier try can be on its way: the refusal would meet it too.
                    Standing::Before => return Settled::Refused(error),
                    Standing::Other => return Settled::Unclear(error),
                },
                Err(unread) if unread.passing() => {}
                Err(_) => return Settled::Unclear(error),
            }
        }
        match pauses.next() {
            Some(pause) => tokio::time::sleep(*pause).await,
            None if in_doubt => return Settled::Unclear(error),
            None => return Settled::Refused(error),
        }
    }
}

async fn send(objects: &dyn Objects, key: &ObjectKey, write: &Write) -> Result<Option<Value>, RequestError> {
    match write {
        Write::Create { object } => objects.create(key, object).await.map(Some),
        Write::Replace { object, resource_version, .. } => objects.replace(key, object, resource_version).await.map(Some),
        Write::Delete { uid, resource_version, .. } => objects.delete(key, uid, resource_version).await.map(|()| None),
    }
}

/// Reads an object, again and again while the cluster does not answer.
pub(super) async fn read(objects: &dyn Objects, key: &ObjectKey, pauses: &[Duration]) -> Result<Option<Value>, RequestError> {
    for pause in pauses {
        match objects.get(key).await {
            Err(error) if error.passing() => tokio::time::sleep(*pause).await,
            answer => return answer,
        }
    }
    objects.get(key).await
}
