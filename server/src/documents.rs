//! The access of Services, and client groups, as YAML.

use policy::access::document::{Document, Fault, read, read_groups};
use policy::access::{Adoption, Asked, Change, ClientGroup, HostEndpoints, Intent};
use policy::checks::default_host_endpoints;
use policy::object::{Kind, ServiceRef};
use policy::plan::kept_host_endpoints;
use policy::scope::Scope;
use policy::snapshot::Snapshot;
use serde_json::Value;
use std::collections::BTreeMap;

/// The documents of a text. A text of JSON is one of YAML too.
///
/// # Errors
/// Everything that is wrong with it.
pub fn of_text(text: &str) -> Result<Vec<Document>, Vec<Fault>> {
    read(&values(text)?)
}

/// The client groups of a text.
///
/// # Errors
/// Everything that is wrong with it.
pub fn groups_of_text(text: &str) -> Result<Vec<ClientGroup>, Vec<Fault>> {
    read_groups(&values(text)?)
}

/// What a text has that may be about Services and client groups.
pub struct File {
    /// The access of Services.
    pub services: Vec<Document>,
    /// The client groups.
    pub groups: Vec<ClientGroup>,
}

/// The documents of a text, each about a Service or about a client group, as its field `service` or `group` says.
///
/// # Errors
/// Everything that is wrong with it, by the number that a document has in the text.
pub fn of_both(text: &str) -> Result<File, Vec<Fault>> {
    let (groups, services): (Vec<_>, Vec<_>) =
        (1_u32..).zip(values(text)?).partition(|(_, value)| value.get("group").is_some() && value.get("service").is_none());
    if groups.is_empty() && services.is_empty() {
        return Err(read(&[]).err().unwrap_or_default());
    }
    let mut faults = Vec::new();
    let services = part(services, &mut faults, read);
    let groups = part(groups, &mut faults, read_groups);
    faults.sort_by_key(|fault| fault.document);
    if faults.is_empty() { Ok(File { services, groups }) } else { Err(faults) }
}

/// Reads some of the documents of a text; what is wrong is named by the place in the whole text.
fn part<T>(of: Vec<(u32, Value)>, faults: &mut Vec<Fault>, read: impl Fn(&[Value]) -> Result<Vec<T>, Vec<Fault>>) -> Vec<T> {
    if of.is_empty() {
        return Vec::new();
    }
    let (places, values): (Vec<u32>, Vec<Value>) = of.into_iter().unzip();
    let whole: BTreeMap<u32, u32> = (1_u32..).zip(places).collect();
    match read(&values) {
        Ok(found) => found,
        Err(wrong) => {
            faults.extend(wrong.into_iter().map(|fault| Fault { document: whole.get(&fault.document).copied().unwrap_or(0), ..fault }));
            Vec::new()
        }
    }
}

fn values(text: &str) -> Result<Vec<Value>, Vec<Fault>> {
    // Below the first line the error draws the place, for a terminal.
    let said = |error: serde_saphyr::Error| error.to_string().lines().next().unwrap_or_default().to_owned();
    serde_saphyr::from_multiple(text).map_err(|error| vec![Fault::of_file(format!("is not YAML: {}", said(error)))])
}

/// The document of one Service.
///
/// # Errors
/// Everything that is wrong with the text, a line each, or that it is about other Services.
pub fn of_service(text: &str, service: &ServiceRef) -> Result<Document, String> {
    let documents = of_text(text).map_err(|faults| in_lines(&faults))?;
    let others: Vec<String> = documents.iter().map(|document| format!("`{}`", document.service)).collect();
    documents
        .into_iter()
        .find(|document| document.service == *service)
        .ok_or_else(|| format!("the file has no document with `service: {service}`, but for {}", others.join(", ")))
}

/// Why a document asks for nothing on a cluster.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum NoChange {
    /// There is no such Service.
    #[error("there is no Service `{0}`")]
    NoSuchService(ServiceRef),
    /// Nothing says where the edge policy stands.
    #[error("`{service}`: {why}: say with `hostEndpoints` in its document which ones the edge policy stands on")]
    NoHostEndpoint {
        /// The Service.
        service: ServiceRef,
        /// Why nothing says it.
        why: String,
    },
}

/// The change that a document asks for. Where it does not say on which HostEndpoints, on those that the Service is guarded on, or else may be.
///
/// # Errors
/// As [`NoChange`] says.
fn change(snapshot: &Snapshot, document: Document) -> Result<Change, NoChange> {
    let Document { service, access, host_endpoints } = document;
    let Some(scope) = Scope::of(snapshot, &service) else { return Err(NoChange::NoSuchService(service)) };
    let host_endpoints = match host_endpoints {
        Some(chosen) => Some(chosen),
        None if access.enforced.at_pods_alone() => Some(HostEndpoints::Existing),
        None if scope.in_force.is_some() => Some(kept_host_endpoints(snapshot, &service)),
        None => default_host_endpoints(&scope.edge),
    };
    let Some(host_endpoints) = host_endpoints else { return Err(NoChange::NoHostEndpoint { service, why: no_host_endpoint(snapshot) }) };
    Ok(Change { service, intent: Intent::Guard(access), host_endpoints, adoption: Adoption::default() })
}

/// One change of all these Services; all that hinders it, a line each.
///
/// # Errors
/// As said.
pub fn together(snapshot: &Snapshot, documents: Vec<Document>) -> Result<Asked, String> {
    if let Some(why) = snapshot.unknown(Kind::Service) {
        return Err(format!("The Services of the cluster are not known: {why}."));
    }
    let (mut changes, mut wrong) = (Vec::new(), Vec::new());
    for document in documents {
        match change(snapshot, document) {
            Ok(change) => changes.push(change),
            Err(why) => wrong.push(why.to_string()),
        }
    }
    if !wrong.is_empty() {
        return Err(wrong.join("\n"));
    }
    Asked::together(changes).map_err(|error| format!("No plan can be made: {error}."))
}

/// Why no HostEndpoint is there to stand on.
#[must_use]
pub fn no_host_endpoint(snapshot: &Snapshot) -> String {
    match snapshot.unknown(Kind::HostEndpoint) {
        Some(why) => format!("HostEndpoints are not known ({why})"),
        None => "the cluster has no HostEndpoint".to_owned(),
    }
}

/// Faults, a line each.
#[must_use]
pub fn in_lines(faults: &[Fault]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::{of_both, of_service, of_text};

    #[test]
    fn what_is_no_yaml_is_said_of_the_file() {
        let faults = of_text("clients: [").unwrap_err();
        assert!(faults[0].to_string().starts_with("the file: is not YAML: "), "{}", faults[0]);
        assert_eq!(of_text("").unwrap_err()[0].to_string(), "the file: there is no document: write one for each Service");
        // A field that stands there twice has two meanings.
        let faults = of_text("service: a/b\nclients: []\nclients: []\n").unwrap_err();
        assert!(faults[0].to_string().contains("clients"), "{}", faults[0]);
    }

    #[test]
    fn services_and_groups_stand_in_one_text_and_what_is_wrong_is_named_by_its_place() {
        let file = of_both("group: office\nranges:\n- cidr: 50.60.0.0/16\n---\nservice: a/b\nclients: []\n").unwrap();
        assert_eq!((file.groups.len(), file.services.len()), (1, 1));
        let faults =
            of_both("group: office\nranges: []\n---\nservice: a/b\nclients: [{cidr: x}]\n---\ngroup: Office\nranges: []\n").err().unwrap();
        assert_eq!(faults.iter().map(|fault| fault.document).collect::<Vec<_>>(), [2, 3], "{faults:#?}");
        assert!(of_both("").err().unwrap()[0].to_string().contains("there is no document"));
    }

    #[test]
    fn a_service_has_its_own_document() {
        let text = "service: a/b\nclients: []\n---\nservice: a/c\nclients:\n- cidr: 1.2.3.4\n";
        assert_eq!(of_service(text, &"a/c".parse().unwrap()).unwrap().access.clients.len(), 1);
        let why = of_service(text, &"a/d".parse().unwrap()).unwrap_err();
        assert_eq!(why, "the file has no document with `service: a/d`, but for `a/b`, `a/c`");
        let why = of_service("service: a/b\nclients: [{cidr: x}, {cidr: y}]", &"a/b".parse().unwrap()).unwrap_err();
        assert_eq!(why.lines().count(), 2, "{why}");
    }
}
