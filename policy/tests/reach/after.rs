//! Clusters once a plan is carried out, wholly or in part.

use crate::cluster::Cluster;
use policy::access::Change;
use policy::object::{AnyObject, Kind, key_of};
use policy::plan::{Plan, Step, plan};
use policy::snapshot::Snapshot;
use serde_json::Value;

impl Cluster {
    pub(crate) fn plan(&self, change: &Change) -> Plan {
        plan(&self.snapshot(), change).unwrap()
    }

    /// The cluster once these steps are made.
    #[must_use]
    pub(crate) fn after(&self, steps: &[Step]) -> Self {
        let mut cluster = self.clone();
        for step in steps {
            let is_it = |object: &Value| {
                let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
                Kind::find(text("/apiVersion"), text("/kind")).is_some_and(|kind| key_of(kind, object) == step.key)
            };
            cluster.objects.retain(|object| !is_it(object));
            cluster.objects.extend(step.write.after().cloned());
        }
        cluster
    }
}

/// The snapshot once one step more is made.
pub(crate) fn made(snapshot: &Snapshot, step: &Step) -> Snapshot {
    let mut after = snapshot.clone();
    match step.write.after() {
        Some(object) => after.insert(AnyObject::decode(step.key.kind, object).unwrap()),
        None => after.remove(&step.key),
    }
    after
}
