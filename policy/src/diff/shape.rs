//! What is known of the fields of the kinds that Portcullis writes: which lists are sets, and where empty means absent.

use serde_json::Value;

/// The kinds whose fields are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// Both kinds of policy of Calico.
    Policy,
    HostEndpoint,
    /// Both kinds of network set.
    NetworkSet,
    Other,
}

impl Class {
    pub(super) fn of(object: &Value) -> Self {
        let text = |key| object.get(key).and_then(Value::as_str).unwrap_or_default();
        if !text("apiVersion").starts_with("projectcalico.org/") {
            return Self::Other;
        }
        match text("kind") {
            "GlobalNetworkPolicy" | "NetworkPolicy" => Self::Policy,
            "HostEndpoint" => Self::HostEndpoint,
            "GlobalNetworkSet" | "NetworkSet" => Self::NetworkSet,
            _ => Self::Other,
        }
    }
}

/// Where a value stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Object(Class),
    Metadata,
    /// Labels or annotations: compared key by key even where one side has none.
    Texts,
    Spec(Class),
    Rules,
    Rule,
    /// `source` or `destination` of a rule.
    Entity,
    /// A list whose order and repetitions mean nothing.
    Set,
    Other,
}

/// What is known of one field.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    pub(super) place: Place,
    /// Whether `""`, `false`, `[]` and `{}` are the same as absent: the field is `omitempty` in Go and no pointer, so that the API
    /// server drops them (`api/pkg/apis/projectcalico/v3/{globalnetworkpolicy,policy_common,hostendpoint,globalnetworkset}.go`).
    pub(super) empty_is_absent: bool,
}

impl Shape {
    pub(super) const OTHER: Self = Self { place: Place::Other, empty_is_absent: false };

    pub(super) fn of_object(object: &Value) -> Self {
        Self { place: Place::Object(Class::of(object)), empty_is_absent: false }
    }

    /// Of the value of this key.
    pub(super) fn of_key(self, key: &str) -> Self {
        let place = match (self.place, key) {
            (Place::Object(_), "metadata") => Place::Metadata,
            (Place::Object(class), "spec") if class != Class::Other => Place::Spec(class),
            (Place::Metadata, "labels" | "annotations") => Place::Texts,
            (Place::Metadata, "name" | "generateName" | "namespace" | "finalizers" | "ownerReferences") => Place::Other,
            (Place::Spec(Class::Policy), "types") => Place::Set,
            (Place::Spec(Class::Policy), "ingress" | "egress") => Place::Rules,
            (
                Place::Spec(Class::Policy),
                "tier" | "selector" | "namespaceSelector" | "serviceAccountSelector" | "preDNAT" | "doNotTrack" | "applyOnForward",
            ) => Place::Other,
            (Place::Spec(Class::HostEndpoint), "expectedIPs") => Place::Set,
            // In order: without a policy that applies, the first profile that decides wins.
            (Place::Spec(Class::HostEndpoint), "node" | "interfaceName" | "profiles" | "ports") => Place::Other,
            (Place::Spec(Class::NetworkSet), "nets") => Place::Set,
            (Place::Rule, "source" | "destination") => Place::Entity,
            (Place::Entity, "nets" | "notNets" | "ports" | "notPorts") => Place::Set,
            (Place::Entity, "selector" | "notSelector" | "namespaceSelector") => Place::Other,
            _ => return Self::OTHER,
        };
        Self { place, empty_is_absent: true }
    }

    /// Of an item of the list.
    pub(super) const fn of_item(self) -> Self {
        match self.place {
            Place::Rules => Self { place: Place::Rule, empty_is_absent: false },
            _ => Self::OTHER,
        }
    }
}
