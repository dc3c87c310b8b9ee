//! What an access becomes: the generated policies with a sentence for each rule. Computed in the browser as one types, and by the
//! server for every plan, by the same code.

use crate::access::{Access, Change, InCluster, Intent, counted};
use crate::checks;
use crate::finding::Finding;
use crate::object::ObjectKey;
use crate::plan::Role;
use crate::recipe::{self, Generated};
use crate::scope::Scope;
use crate::yaml;
use serde::{Deserialize, Serialize};

/// What an access becomes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Preview {
    /// What the change comes to, in one sentence.
    pub summary: String,
    /// The generated objects of this Service in the order of their roles. HostEndpoints and node sets are listed in the plan, not here.
    pub objects: Vec<PreviewObject>,
    /// What to know first; blockers first.
    pub findings: Vec<Finding>,
}

/// One generated object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PreviewObject {
    /// Its part in the recipe.
    pub role: Role,
    /// Its identity.
    pub key: ObjectKey,
    /// Its YAML, cut into blocks so that each rule can carry its sentence. Joined by line ends they are the whole document.
    pub blocks: Vec<YamlBlock>,
}

/// Lines of YAML that belong together.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct YamlBlock {
    /// The lines, without a line end behind the last.
    pub yaml: String,
    /// What the block does; empty where it is no rule.
    pub sentence: String,
    /// The rows of the access editor that made it: indexes into the clients of the access, then into its client groups.
    pub rows: Vec<u32>,
}

impl Preview {
    /// What `change` becomes on the Service of `scope`.
    #[must_use]
    pub fn of(scope: &Scope, change: &Change) -> Self {
        let change = &change.resolved(&scope.groups);
        let objects = match &change.intent {
            Intent::Guard(access) => recipe::generate(scope, access, &change.host_endpoints).into_iter().map(shown).collect(),
            Intent::Open => Vec::new(),
        };
        Self { summary: summary(scope, change), objects, findings: checks::of_change(scope, change) }
    }
}

/// An object as YAML, each rule with its sentence.
fn shown(generated: Generated) -> PreviewObject {
    let Generated { role, key, object, sentence, rules, rows } = generated;
    let mut head = Some((sentence, rows));
    let blocks = yaml::blocks(&object)
        .into_iter()
        .map(|block| {
            let rule =
                block.path.strip_prefix("/spec/ingress/").and_then(|index| index.parse::<usize>().ok()).and_then(|index| rules.get(index));
            let (sentence, rows) = match rule {
                Some(rule) => (rule.sentence.clone(), rule.rows.clone()),
                None => head.take().unwrap_or_default(),
            };
            YamlBlock { yaml: block.text, sentence, rows }
        })
        .collect();
    PreviewObject { role, key, blocks }
}

/// What `change` comes to, in one or two sentences.
pub(crate) fn summary(scope: &Scope, change: &Change) -> String {
    let service = &change.service;
    match &change.intent {
        Intent::Guard(access) => {
            let at = if access.enforced.at_pods_alone() { " Its pods alone decide, by the clients' own addresses." } else { "" };
            format!("{} {}{at}", outside(scope, access), inside(access))
        }
        Intent::Open if scope.closed.is_empty() => {
            format!("Takes away what guards `{service}`: everyone outside who is routed to its addresses can reach it again.")
        }
        Intent::Open => {
            let ranges: Vec<String> = scope.closed.iter().map(ToString::to_string).collect();
            format!(
                "Takes away what guards `{service}`: it is closed then, because {} closed by default, and nobody outside reaches its addresses \
                 there.",
                is_or_are(&ranges)
            )
        }
    }
}

/// `10.20.30.0/24 is`, `10.20.30.0/24 and fd00::/112 are`.
fn is_or_are(names: &[String]) -> String {
    format!("{} {}", checks::few(names), if names.len() == 1 { "is" } else { "are" })
}

fn outside(scope: &Scope, access: &Access) -> String {
    let service = &scope.service.service;
    let balancers = match access.load_balancers.len() {
        0 => String::new(),
        n if access.enforced.at_pods_alone() => format!(" Load balancers ({}) may reach it too.", counted(n, "range")),
        n => format!(" Load balancers ({}) may use its NodePorts.", counted(n, "range")),
    };
    let count = access.ranges().count();
    if count == 0 {
        return format!("Shuts everyone outside the cluster out of `{service}`.{balancers}");
    }
    let ranges = counted(count, "client range");
    let groups: Vec<String> = access.group_names().into_iter().map(|name| format!("`{name}`")).collect();
    let groups = match groups.len() {
        0 => String::new(),
        1 => format!(", with the group {}", groups.concat()),
        _ => format!(", with the groups {}", checks::few(&groups)),
    };
    let addresses = access.addresses().count().addresses();
    let ports: Vec<String> =
        scope.service.service_ports(&[]).into_iter().map(|(protocol, ports)| format!("{protocol} {}", list(&ports))).collect();
    let limited: usize = access.parts().filter(|(ports, _)| !ports.is_empty()).map(|(_, ranges)| ranges.len()).sum();
    let on = match limited {
        0 => format!("on {}", ports.join(" and ")),
        n if n == count => "on the ports each of them names".to_owned(),
        n => format!("on {} ({n} of them only on the ports they name)", ports.join(" and ")),
    };
    format!("Lets {ranges} ({addresses}{groups}) reach `{service}` {on}; everyone else outside is shut out.{balancers}")
}

fn inside(access: &Access) -> String {
    match &access.in_cluster {
        InCluster::Unchanged => "Clients inside the cluster keep what they have.".to_owned(),
        InCluster::Namespaces(names) => format!("Inside the cluster only pods of {} may call it.", names.join(", ")),
        InCluster::Nobody => "Inside the cluster no pod may call it.".to_owned(),
    }
}

fn list(ports: &[u16]) -> String {
    ports.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
