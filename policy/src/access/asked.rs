//! What is asked for in one plan: a change of one Service, of several, made together, of a client group and all Services that use it, or of
//! what the whole cluster shares.

use super::{Baseline, Change, GroupChange, Intent, counted};
use crate::object::ServiceRef;
use serde::de::Error;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt;

/// The most Services that one plan changes.
pub const MOST_CHANGES: u32 = 200;

/// What a plan is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, try_from = "Value")]
pub enum Asked {
    /// A change of one Service.
    Service(Change),
    /// Changes of several Services, in one run.
    Services(Several),
    /// What the whole cluster shares, as it is to be.
    Baseline {
        /// The baseline.
        baseline: Baseline,
    },
    /// A change of a client group, in one run with those of the Services that use it.
    Group(OfGroup),
    /// A change of one Service that is tried at one node before the others.
    Canary(Canary),
}

/// A change of one Service that is tried at one node before the others: the run waits there until somebody says that it may go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Canary {
    /// The change.
    #[serde(flatten)]
    pub change: Change,
    /// The name of the node.
    pub canary: String,
}

/// [`GroupChange`] as it is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfGroup {
    /// What is asked of the group.
    pub group: GroupChange,
}

/// Changes of at least two Services, each of another one: guards first, so that nothing is taken away that a later one puts back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(into = "Together")]
pub struct Several(Vec<Change>);

/// [`Several`] as it is written.
#[derive(Clone, Serialize, Deserialize)]
struct Together {
    changes: Vec<Change>,
}

/// Why changes are not made together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotTogether {
    /// There is none.
    #[error("no Service is named: name at least one")]
    None,
    /// One Service is named twice.
    #[error("`{0}` is changed twice: name each Service once")]
    Twice(ServiceRef),
    /// There are too many.
    #[error("{0} Services are too many for one plan: at most {MOST_CHANGES}")]
    TooMany(u64),
}

impl Asked {
    /// One plan of all these changes.
    ///
    /// # Errors
    /// There is none, there are more than [`MOST_CHANGES`], or a Service is named twice.
    pub fn together(mut changes: Vec<Change>) -> Result<Self, NotTogether> {
        if changes.len() > MOST_CHANGES as usize {
            return Err(NotTogether::TooMany(changes.len() as u64));
        }
        changes.sort_by(|a, b| (a.intent == Intent::Open, &a.service).cmp(&(b.intent == Intent::Open, &b.service)));
        let mut services: Vec<&ServiceRef> = changes.iter().map(|change| &change.service).collect();
        services.sort();
        if let Some(pair) = services.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(NotTogether::Twice(pair[0].clone()));
        }
        match <[Change; 1]>::try_from(changes) {
            Ok([change]) => Ok(Self::Service(change)),
            Err(none) if none.is_empty() => Err(NotTogether::None),
            Err(several) => Ok(Self::Services(Several(several))),
        }
    }

    /// The same with every access as it is written and read back.
    #[must_use]
    pub(crate) fn normalised(&self) -> Self {
        match self {
            Self::Service(change) => Self::Service(change.normalised()),
            Self::Services(Several(changes)) => Self::Services(Several(changes.iter().map(Change::normalised).collect())),
            Self::Baseline { .. } => self.clone(),
            Self::Group(of) => Self::Group(of.clone()),
            Self::Canary(of) => Self::Canary(Canary { change: of.change.normalised(), ..of.clone() }),
        }
    }

    /// The changes of Services, in the order in which they are made.
    #[must_use]
    pub fn changes(&self) -> &[Change] {
        match self {
            Self::Service(change) | Self::Canary(Canary { change, .. }) => std::slice::from_ref(change),
            Self::Services(Several(changes)) => changes,
            Self::Baseline { .. } => &[],
            Self::Group(of) => &of.group.changes,
        }
    }

    /// The baseline, where it is about that.
    #[must_use]
    pub const fn baseline(&self) -> Option<&Baseline> {
        match self {
            Self::Baseline { baseline } => Some(baseline),
            Self::Service(_) | Self::Services(_) | Self::Group(_) | Self::Canary(_) => None,
        }
    }

    /// What is asked of a client group, where it is one.
    #[must_use]
    pub const fn of_group(&self) -> Option<&GroupChange> {
        match self {
            Self::Group(of) => Some(&of.group),
            Self::Service(_) | Self::Services(_) | Self::Baseline { .. } | Self::Canary(_) => None,
        }
    }

    /// The same with its changes as they are resolved by now.
    #[must_use]
    pub(crate) fn with(self, resolved: Vec<Change>) -> Self {
        match self {
            Self::Service(_) | Self::Baseline { .. } | Self::Canary(_) => self,
            Self::Services(_) => Self::Services(Several(resolved)),
            Self::Group(of) => Self::Group(OfGroup { group: GroupChange { changes: resolved, ..of.group } }),
        }
    }

    /// The change, where it is of one Service.
    #[must_use]
    pub const fn only(&self) -> Option<&Change> {
        match self {
            Self::Service(change) | Self::Canary(Canary { change, .. }) => Some(change),
            Self::Services(_) | Self::Group(_) | Self::Baseline { .. } => None,
        }
    }

    /// The node at which it is tried first, where it is.
    #[must_use]
    pub fn canary(&self) -> Option<&str> {
        match self {
            Self::Canary(of) => Some(&of.canary),
            Self::Service(_) | Self::Services(_) | Self::Group(_) | Self::Baseline { .. } => None,
        }
    }

    /// The Service that it is about, where it is one.
    #[must_use]
    pub fn in_hand(&self) -> Option<&ServiceRef> {
        self.only().map(|change| &change.service)
    }

    /// The Services that it is about.
    pub fn services(&self) -> impl Iterator<Item = &ServiceRef> {
        self.changes().iter().map(|change| &change.service)
    }
}

impl fmt::Display for Asked {
    /// `shop/svc-a`, `3 Services`, `the group office`, `the baseline`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Service(change) | Self::Canary(Canary { change, .. }) => change.service.fmt(f),
            Self::Services(Several(changes)) => f.write_str(&counted(changes.len(), "Service")),
            Self::Baseline { .. } => f.write_str("the baseline"),
            Self::Group(of) => write!(f, "the group {}", of.group.name),
        }
    }
}

impl TryFrom<Value> for Asked {
    type Error = serde_json::Error;
    /// By its shape, so that an error is about what is meant.
    fn try_from(value: Value) -> Result<Self, serde_json::Error> {
        if let Some(baseline) = value.get("baseline") {
            return serde_json::from_value(baseline.clone()).map(|baseline| Self::Baseline { baseline });
        }
        if value.get("group").is_some() {
            return serde_json::from_value(value).map(Self::Group);
        }
        if value.get("changes").is_some() {
            return serde_json::from_value(value)
                .map(|Together { changes }| Self::together(changes))
                .and_then(|asked| asked.map_err(Error::custom));
        }
        if value.get("canary").is_some() {
            return serde_json::from_value(value).map(Self::Canary);
        }
        serde_json::from_value(value).map(Self::Service)
    }
}

impl From<Change> for Asked {
    fn from(change: Change) -> Self {
        Self::Service(change)
    }
}

impl From<Baseline> for Asked {
    fn from(baseline: Baseline) -> Self {
        Self::Baseline { baseline }
    }
}

impl From<GroupChange> for Asked {
    fn from(group: GroupChange) -> Self {
        Self::Group(OfGroup { group })
    }
}

impl From<Several> for Together {
    fn from(Several(changes): Several) -> Self {
        Self { changes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::{Access, Adoption, HostEndpoints};
    use serde_json::json;

    fn change(service: &str, intent: Intent) -> Change {
        Change { service: service.parse().unwrap(), intent, host_endpoints: HostEndpoints::Existing, adoption: Adoption::default() }
    }

    fn guard(service: &str) -> Change {
        change(service, Intent::Guard(Access::default()))
    }

    #[test]
    fn guards_come_first_and_each_service_once() {
        let asked = Asked::together(vec![change("a/a", Intent::Open), guard("b/b"), guard("a/b")]).unwrap();
        assert_eq!(asked.services().map(ToString::to_string).collect::<Vec<_>>(), ["a/b", "b/b", "a/a"]);
        assert_eq!(asked.to_string(), "3 Services");
        assert_eq!(Asked::together(vec![guard("a/a")]), Ok(Asked::Service(guard("a/a"))));
        assert_eq!(Asked::together(Vec::new()), Err(NotTogether::None));
        let twice = Asked::together(vec![guard("a/a"), change("a/a", Intent::Open)]);
        assert_eq!(twice, Err(NotTogether::Twice("a/a".parse().unwrap())));
        let many = Asked::together((0..=MOST_CHANGES).map(|n| guard(&format!("a/s{n}"))).collect());
        assert_eq!(many, Err(NotTogether::TooMany(201)));
    }

    #[test]
    fn one_is_written_as_ever_and_several_as_a_list() {
        let one = Asked::from(guard("a/a"));
        assert_eq!(serde_json::to_value(&one).unwrap(), serde_json::to_value(guard("a/a")).unwrap());
        let several = Asked::together(vec![guard("a/a"), guard("b/b")]).unwrap();
        let written = serde_json::to_value(&several).unwrap();
        assert_eq!(written["changes"].as_array().map(Vec::len), Some(2));
        let canary = Asked::Canary(Canary { change: guard("a/a"), canary: "node-a".to_owned() });
        for asked in [one, several, canary] {
            assert_eq!(serde_json::from_value::<Asked>(serde_json::to_value(&asked).unwrap()).unwrap(), asked);
        }
        let refused = |value| serde_json::from_value::<Asked>(value).unwrap_err().to_string();
        assert!(refused(json!({ "changes": [guard("a/a"), guard("a/a")] })).contains("`a/a` is changed twice"));
        assert!(refused(json!({ "service": "a" })).contains('a'), "as for one change");
    }
}
