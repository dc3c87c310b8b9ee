//! Where packets meet HostEndpoints: nodes and interfaces, as a grid that is as long with 5,000 nodes as they differ.

use crate::object::Kind;
use crate::scope::{EdgeFacts, NodeGroup, Owner};
use crate::snapshot::Snapshot;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Names of a group that are shown; the rest is counted.
const NAMED: usize = 3;

/// Which HostEndpoint a packet meets, by the node and the interface where it comes in.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CoverageView {
    /// Interfaces that HostEndpoints name, and those that Calico reports of nodes and no HostEndpoint stands on (3.31 and later), in order.
    /// Each row has a cell for each, and one more for every other interface.
    pub interfaces: Vec<String>,
    /// Nodes that are covered alike, the least covered first.
    pub rows: Vec<CoverageRow>,
    /// Why the grid is not known; empty where it is.
    pub unknown: String,
}

/// Nodes that are covered alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CoverageRow {
    /// How many.
    pub nodes: u32,
    /// The first of their names.
    pub named: Vec<String>,
    /// Whether they receive traffic to advertised addresses.
    pub receives: bool,
    /// What stands on each interface, and on every other.
    pub cells: Vec<Cell>,
}

/// What stands on an interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "by", content = "owner")]
pub enum Cell {
    /// Nothing: no policy on HostEndpoints meets what comes in there.
    Nothing,
    /// A HostEndpoint that goes by its addresses may, or may not, be on it.
    ByAddress(Owner),
    /// The HostEndpoint for all interfaces.
    All(Owner),
    /// A HostEndpoint of its own.
    Named(Owner),
    /// Calico reports the interfaces of the node, and this one is not among them.
    Absent,
}

impl CoverageView {
    /// The grid of a cluster.
    #[must_use]
    pub fn of(snapshot: &Snapshot) -> Self {
        let why = [Kind::Node, Kind::HostEndpoint].into_iter().find_map(|kind| Some(format!("{kind}: {}", snapshot.unknown(kind)?)));
        if let Some(unknown) = why {
            return Self { unknown, ..Self::default() };
        }
        let edge = EdgeFacts::of_cluster(snapshot);
        let named = edge.nodes.iter().flat_map(|group| &group.endpoints).map(|endpoint| endpoint.interface.clone());
        let reported = edge.nodes.iter().flat_map(|group| group.interfaces.iter().flatten()).filter(|interface| interface.bare);
        let interfaces: BTreeSet<String> =
            named.filter(|name| !name.is_empty() && name != "*").chain(reported.map(|interface| interface.name.clone())).collect();
        let interfaces = Vec::from_iter(interfaces);
        let mut rows: Vec<CoverageRow> = edge.nodes.iter().map(|group| row(group, &interfaces)).collect();
        rows.sort_by(|a, b| (!a.receives, &a.cells, &a.named).cmp(&(!b.receives, &b.cells, &b.named)));
        Self { interfaces, rows, unknown: String::new() }
    }
}

fn row(group: &NodeGroup, interfaces: &[String]) -> CoverageRow {
    let on = |name: &str| group.endpoints.iter().find(|endpoint| endpoint.interface == name).map(|endpoint| endpoint.owner);
    let elsewhere = on("*").map(Cell::All).or_else(|| on("").map(Cell::ByAddress)).unwrap_or(Cell::Nothing);
    let cell = |name: &String| match (on(name), &group.interfaces) {
        (Some(owner), _) => Cell::Named(owner),
        (None, None) => elsewhere,
        (None, Some(reported)) => match reported.iter().find(|interface| interface.name == *name) {
            None => Cell::Absent,
            // With an address that none of those that go by addresses expects.
            Some(interface) if interface.bare => Cell::Nothing,
            Some(_) => elsewhere,
        },
    };
    let cells = interfaces.iter().map(cell).chain([elsewhere]).collect();
    CoverageRow {
        nodes: u32::try_from(group.names.len()).unwrap_or(u32::MAX),
        named: group.names.iter().take(NAMED).cloned().collect(),
        receives: group.receives,
        cells,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::AnyObject;
    use serde_json::{Value, json};

    #[test]
    fn nodes_that_are_covered_alike_are_one_row() {
        let node = |at: u32| AnyObject::decode(Kind::Node, &json!({"metadata": {"name": format!("n{at:04}")}})).unwrap();
        let endpoint = |name: String, node: String, interface: &str, labels: Value| {
            let object = json!({"metadata": {"name": name, "labels": labels}, "spec": {"node": node, "interfaceName": interface}});
            AnyObject::decode(Kind::HostEndpoint, &object).unwrap()
        };
        let auto = json!({"projectcalico.org/created-by": "calico-kube-controllers"});
        let mut snapshot = Snapshot::default();
        snapshot.set_all(Kind::Node, (0..5_000).map(node).collect());
        let all = (1..5_000).map(|at| endpoint(format!("n{at:04}-auto-hep"), format!("n{at:04}"), "*", auto.clone()));
        let some = (1..3).map(|at| endpoint(format!("n{at:04}-eth0"), format!("n{at:04}"), "eth0", json!({})));
        snapshot.set_all(Kind::HostEndpoint, all.chain(some).collect());
        let view = CoverageView::of(&snapshot);
        assert_eq!(view.interfaces, ["eth0"]);
        let rows: Vec<(u32, &str, &[Cell])> =
            view.rows.iter().map(|row| (row.nodes, row.named[0].as_str(), row.cells.as_slice())).collect();
        let all = Cell::All(Owner::Automatic);
        assert_eq!(
            rows,
            [
                (1, "n0000", &[Cell::Nothing, Cell::Nothing][..]),
                (4_997, "n0003", &[all, all]),
                (2, "n0001", &[Cell::Named(Owner::Other), all]),
            ]
        );
        assert_eq!(view.rows[1].named.len(), 3);
        assert!(CoverageView::of(&Snapshot::default()).unknown.starts_with("Node: "));
    }

    #[test]
    fn an_interface_that_calico_reports_and_nobody_named_has_a_column() {
        let node = |name: &str, interfaces: &[(&str, &str)]| {
            let listed: Vec<Value> = interfaces.iter().map(|(name, address)| json!({"name": name, "addresses": [address]})).collect();
            let annotations = json!({"projectcalico.org/Interfaces": Value::Array(listed).to_string()});
            AnyObject::decode(Kind::Node, &json!({"metadata": {"name": name, "annotations": annotations}})).unwrap()
        };
        let silent = AnyObject::decode(Kind::Node, &json!({"metadata": {"name": "silent"}})).unwrap();
        let endpoint = |node: &str, interface: &str, address: &str| {
            let spec = json!({"node": node, "interfaceName": interface, "expectedIPs": [address]});
            AnyObject::decode(Kind::HostEndpoint, &json!({"metadata": {"name": format!("{node}-{interface}x")}, "spec": spec})).unwrap()
        };
        let mut snapshot = Snapshot::default();
        let two = [("eth0", "10.0.0.1"), ("eth1", "10.1.0.1")];
        snapshot.set_all(Kind::Node, vec![node("a", &two), node("b", &two), node("c", &[("ens3", "10.0.0.3")]), node("d", &two), silent]);
        let named = [endpoint("a", "eth0", "10.0.0.1"), endpoint("silent", "eth0", "10.0.0.5")];
        // One for every interface, and one that goes by the address of the first.
        let other = [endpoint("c", "*", "10.0.0.3"), endpoint("d", "", "10.0.0.1")];
        snapshot.set_all(Kind::HostEndpoint, named.into_iter().chain(other).collect());
        let view = CoverageView::of(&snapshot);
        // `ens3` is under the one for every interface.
        assert_eq!(view.interfaces, ["eth0", "eth1"]);
        let rows: Vec<(&str, &[Cell])> = view.rows.iter().map(|row| (row.named[0].as_str(), row.cells.as_slice())).collect();
        let (own, all, by_address) = (Cell::Named(Owner::Other), Cell::All(Owner::Other), Cell::ByAddress(Owner::Other));
        assert_eq!(
            rows,
            [
                ("b", &[Cell::Nothing, Cell::Nothing, Cell::Nothing][..]),
                ("d", &[by_address, Cell::Nothing, by_address]),
                ("a", &[own, Cell::Nothing, Cell::Nothing]),
                ("silent", &[own, Cell::Nothing, Cell::Nothing]),
                ("c", &[Cell::Absent, Cell::Absent, all]),
            ]
        );
    }
}
