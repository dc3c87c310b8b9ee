//! Reading documents: every fault is named by its document, its field and the rule that it breaks.

use super::Document;
use crate::access::{Access, ClientRange, Enforced, GroupName, GroupUse, HostEndpoints, InCluster, Interface, NOTE_MAX, Port};
use crate::cidr::Cidr;
use crate::object::{ServiceRef, is_dns_label};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// What is wrong with a file of documents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Fault {
    /// Which document, from 1; 0 for the file as a whole.
    pub document: u32,
    /// The field, as `clients[0].cidr`; empty for the document as a whole.
    pub field: String,
    /// The rule that it breaks.
    pub rule: String,
}

impl Fault {
    /// What is wrong with the file as a whole.
    #[must_use]
    pub fn of_file(rule: String) -> Self {
        Self { document: 0, field: String::new(), rule }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { document, field, rule } = self;
        match (document, field.as_str()) {
            (0, _) => write!(f, "the file: {rule}"),
            (_, "") => write!(f, "document {document}: {rule}"),
            _ => write!(f, "document {document}, `{field}`: {rule}"),
        }
    }
}

/// The fields of a document.
const FIELDS: [&str; 7] = ["service", "clients", "groups", "inCluster", "loadBalancers", "enforced", "hostEndpoints"];

/// Reads the documents of a file, each as the JSON that it comes to.
///
/// # Errors
/// Everything that is wrong, in the order of the file.
pub fn read(documents: &[Value]) -> Result<Vec<Document>, Vec<Fault>> {
    let mut faults = Vec::new();
    let mut read = Vec::new();
    let mut first: BTreeMap<ServiceRef, u32> = BTreeMap::new();
    for (number, value) in (1_u32..).zip(documents) {
        let mut reader = Reader { document: number, faults: &mut faults };
        let Some(document) = reader.document(value) else { continue };
        match first.get(&document.service) {
            Some(earlier) => {
                reader.fault("service", format!("`{}` has a document already, number {earlier}: put the two together", document.service));
            }
            None => {
                first.insert(document.service.clone(), number);
                read.push(document);
            }
        }
    }
    if documents.is_empty() {
        faults.push(Fault::of_file("there is no document: write one for each Service".to_owned()));
    }
    if faults.is_empty() { Ok(read) } else { Err(faults) }
}

struct Reader<'a> {
    document: u32,
    faults: &'a mut Vec<Fault>,
}

impl Reader<'_> {
    fn fault(&mut self, field: &str, rule: impl Into<String>) {
        self.faults.push(Fault { document: self.document, field: field.to_owned(), rule: rule.into() });
    }

    /// None where it has no Service that could be told; all else that is wrong is among the faults.
    fn document(&mut self, value: &Value) -> Option<Document> {
        let fields = self.fields("", value, &FIELDS, "the access of a Service")?;
        let service = self.needed(fields, "", "service", "NAMESPACE/NAME of the Service").and_then(|value| self.parsed("service", value));
        if !fields.contains_key("clients") && !fields.contains_key("groups") {
            self.fault("clients", "is missing: write who outside may reach the Service, or [] for nobody");
        }
        let mut access = Access::default();
        for (path, item) in self.items(fields, "clients") {
            access.clients.extend(self.client(&path, item));
        }
        for (path, item) in self.items(fields, "groups") {
            access.groups.extend(self.group(&path, item));
        }
        for (path, item) in self.items(fields, "loadBalancers") {
            access.load_balancers.extend(self.parsed::<Cidr>(&path, item));
        }
        if let Some(value) = fields.get("inCluster") {
            access.in_cluster = self.in_cluster(value);
        }
        if let Some(value) = fields.get("enforced") {
            access.enforced = self.parsed("enforced", value).unwrap_or_default();
        }
        let host_endpoints = fields.get("hostEndpoints").and_then(|value| self.host_endpoints(value));
        if access.enforced == Enforced::PodsAlone && host_endpoints.is_some() {
            self.fault("hostEndpoints", "is about a guard at the nodes: leave it out beside `enforced: pods-alone`");
        }
        Some(Document { service: service?, access, host_endpoints })
    }

    fn client(&mut self, path: &str, value: &Value) -> Option<ClientRange> {
        let fields = self.fields(path, value, &["cidr", "ports", "note"], "a range of clients")?;
        let cidr = self.needed(fields, path, "cidr", "a range or an address, as 50.60.0.0/16");
        let cidr = cidr.and_then(|value| self.parsed(&format!("{path}.cidr"), value));
        let (ports, note) = (self.ports(fields, path), self.note(fields, path));
        Some(ClientRange { cidr: cidr?, ports, note })
    }

    fn group(&mut self, path: &str, value: &Value) -> Option<GroupUse> {
        let fields = self.fields(path, value, &["name", "ports", "note"], "a group of clients")?;
        let name = self.needed(fields, path, "name", "the name of a group");
        let name = name.and_then(|value| self.parsed::<GroupName>(&format!("{path}.name"), value));
        let (ports, note) = (self.ports(fields, path), self.note(fields, path));
        Some(GroupUse { name: name?, ports, note, ranges: Vec::new() })
    }

    fn ports(&mut self, fields: &Map<String, Value>, path: &str) -> Vec<Port> {
        let field = format!("{path}.ports");
        if fields.get("ports").and_then(Value::as_array).is_some_and(Vec::is_empty) {
            self.fault(&field, "names no port: name at least one, or leave the field out for all of them");
        }
        let items = self.list(fields.get("ports"), &field);
        items.into_iter().filter_map(|(path, item)| self.parsed(&path, item)).collect()
    }

    fn note(&mut self, fields: &Map<String, Value>, path: &str) -> String {
        let field = format!("{path}.note");
        let Some(value) = fields.get("note") else { return String::new() };
        let Some(note) = self.text(&field, value) else { return String::new() };
        let length = note.trim().chars().count();
        if length > NOTE_MAX as usize {
            self.fault(&field, format!("has {length} characters: {NOTE_MAX} is the most"));
        } else if note.trim().chars().any(char::is_control) {
            self.fault(&field, "has control characters: a note is one line of text");
        }
        note.trim().to_owned()
    }

    fn in_cluster(&mut self, value: &Value) -> InCluster {
        const RULE: &str = "is none of `unchanged`, `nobody` and a list of namespaces";
        match value {
            Value::String(word) if word == "unchanged" => InCluster::Unchanged,
            Value::String(word) if word == "nobody" => InCluster::Nobody,
            Value::Array(items) if items.is_empty() => {
                self.fault("inCluster", "names no namespace: name at least one, or write nobody");
                InCluster::Unchanged
            }
            Value::Array(items) => {
                let mut names = Vec::new();
                for (at, item) in items.iter().enumerate() {
                    let path = format!("inCluster[{at}]");
                    match self.text(&path, item) {
                        Some(name) if is_dns_label(name) => names.push(name.to_owned()),
                        Some(name) => self.fault(
                            &path,
                            format!("`{}` is not the name of a namespace: 1 to 63 lower-case letters, digits and dashes", excerpt(name)),
                        ),
                        None => {}
                    }
                }
                InCluster::Namespaces(names)
            }
            Value::String(word) => {
                self.fault("inCluster", format!("`{}` {RULE}", excerpt(word)));
                InCluster::Unchanged
            }
            other => {
                self.fault("inCluster", format!("{} {RULE}", kind(other)));
                InCluster::Unchanged
            }
        }
    }

    fn host_endpoints(&mut self, value: &Value) -> Option<HostEndpoints> {
        const RULE: &str = "is none of `existing`, `automatic` and an `interface` with its name";
        match value {
            Value::String(word) if word == "existing" => Some(HostEndpoints::Existing),
            Value::String(word) if word == "automatic" => Some(HostEndpoints::Automatic),
            Value::Object(_) => {
                let fields = self.fields("hostEndpoints", value, &["interface"], "HostEndpoints")?;
                let name = self.needed(fields, "hostEndpoints", "interface", "the interface where clients arrive on the nodes, as eth0")?;
                let name = self.text("hostEndpoints.interface", name)?;
                match Interface::try_from(name.to_owned()) {
                    Ok(interface) => Some(HostEndpoints::Named { interface }),
                    Err(why) => {
                        self.fault("hostEndpoints.interface", why.to_string());
                        None
                    }
                }
            }
            Value::String(word) => {
                self.fault("hostEndpoints", format!("`{}` {RULE}", excerpt(word)));
                None
            }
            other => {
                self.fault("hostEndpoints", format!("{} {RULE}", kind(other)));
                None
            }
        }
    }

    /// The fields of an object that has no others than these.
    fn fields<'v>(&mut self, path: &str, value: &'v Value, known: &[&str], what: &str) -> Option<&'v Map<String, Value>> {
        let Value::Object(fields) = value else {
            self.fault(path, format!("{} is not {what}: write its fields, {}", kind(value), known.join(", ")));
            return None;
        };
        for name in fields.keys().filter(|name| !known.contains(&name.as_str())) {
            let field = if path.is_empty() { excerpt(name) } else { format!("{path}.{}", excerpt(name)) };
            self.fault(&field, format!("is no field of {what}: it has {}", known.join(", ")));
        }
        Some(fields)
    }

    fn needed<'v>(&mut self, fields: &'v Map<String, Value>, path: &str, name: &str, what: &str) -> Option<&'v Value> {
        let value = fields.get(name);
        if value.is_none() {
            let field = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
            self.fault(&field, format!("is missing: write {what}"));
        }
        value
    }

    /// The items of a list of the document, each with its path; none where the field is left out.
    fn items<'v>(&mut self, fields: &'v Map<String, Value>, name: &str) -> Vec<(String, &'v Value)> {
        self.list(fields.get(name), name)
    }

    fn list<'v>(&mut self, value: Option<&'v Value>, path: &str) -> Vec<(String, &'v Value)> {
        match value {
            None => Vec::new(),
            Some(Value::Array(items)) => items.iter().enumerate().map(|(at, item)| (format!("{path}[{at}]"), item)).collect(),
            Some(other) => {
                self.fault(path, format!("{} is not a list: write each item behind a dash, or [] for none", kind(other)));
                Vec::new()
            }
        }
    }

    fn text<'v>(&mut self, path: &str, value: &'v Value) -> Option<&'v str> {
        if value.as_str().is_none() {
            self.fault(path, format!("{} is not a text: put it in quotes", kind(value)));
        }
        value.as_str()
    }

    fn parsed<T: FromStr<Err: fmt::Display>>(&mut self, path: &str, value: &Value) -> Option<T> {
        let text = self.text(path, value)?;
        match text.parse() {
            Ok(read) => Some(read),
            Err(why) => {
                self.fault(path, why.to_string());
                None
            }
        }
    }
}

/// What a value is, in words.
const fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a set of fields",
    }
}

/// What somebody wrote, cut to what a sentence has room for.
fn excerpt(text: &str) -> String {
    let mut cut: String = text.chars().take(60).collect();
    if cut.len() < text.len() {
        cut.push('…');
    }
    cut
}
