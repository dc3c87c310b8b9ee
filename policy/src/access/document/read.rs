//! Reading documents of Services.

use super::Document;
use super::reader::{Fault, Reader, each_once, excerpt, kind};
use crate::access::{Access, ClientRange, Enforced, GroupName, GroupUse, HostEndpoints, InCluster, Interface, Port};
use crate::cidr::Cidr;
use crate::object::is_dns_label;
use serde_json::{Map, Value};

/// The fields of a document.
const FIELDS: [&str; 7] = ["service", "clients", "groups", "inCluster", "loadBalancers", "enforced", "hostEndpoints"];

/// Reads the documents of a file, each as the JSON that it comes to.
///
/// # Errors
/// Everything that is wrong, in the order of the file.
pub fn read(documents: &[Value]) -> Result<Vec<Document>, Vec<Fault>> {
    each_once(
        documents,
        ("service", "Service"),
        |document: &Document| &document.service,
        |reader: &mut Reader, value: &Value| reader.document(value),
    )
}

impl Reader<'_> {
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
}
