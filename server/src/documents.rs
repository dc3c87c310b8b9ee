//! The access of Services, and client groups, as YAML.

use policy::access::ClientGroup;
use policy::access::document::{Document, Fault, read, read_groups};
use policy::object::ServiceRef;
use serde_json::Value;

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

fn values(text: &str) -> Result<Vec<Value>, Vec<Fault>> {
    serde_saphyr::from_multiple(text).map_err(|error| vec![Fault::of_file(format!("is not YAML: {error}"))])
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

/// Faults, a line each.
#[must_use]
pub fn in_lines(faults: &[Fault]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::{of_service, of_text};

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
    fn a_service_has_its_own_document() {
        let text = "service: a/b\nclients: []\n---\nservice: a/c\nclients:\n- cidr: 1.2.3.4\n";
        assert_eq!(of_service(text, &"a/c".parse().unwrap()).unwrap().access.clients.len(), 1);
        let why = of_service(text, &"a/d".parse().unwrap()).unwrap_err();
        assert_eq!(why, "the file has no document with `service: a/d`, but for `a/b`, `a/c`");
        let why = of_service("service: a/b\nclients: [{cidr: x}, {cidr: y}]", &"a/b".parse().unwrap()).unwrap_err();
        assert_eq!(why.lines().count(), 2, "{why}");
    }
}
