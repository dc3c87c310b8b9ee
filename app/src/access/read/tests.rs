//! A draft is read row by row; what is wrong is named and left out, and the rest still counts.

use super::*;
use policy::access::Enforced;

/// A draft with these rows: the range, its ports, its note.
fn draft(rows: &[(&str, &[&str], &str)]) -> Draft {
    let mut draft = Draft::of(None, &HostEndpoints::Existing);
    for (at, (cidr, ports, note)) in rows.iter().enumerate() {
        let id = if at == 0 { draft.rows[0].id } else { draft.add_after(None) };
        draft.edit(id, |row| {
            row.cidr = (*cidr).to_owned();
            row.ports = ports.iter().map(|port| port.parse().expect("a port")).collect();
            row.note = (*note).to_owned();
        });
    }
    draft
}

fn wrong(draft: &Draft) -> Vec<(u32, String)> {
    read(draft, &[]).wrong.into_iter().collect()
}

#[test]
fn rows_become_clients_in_their_order_and_blank_rows_nothing() {
    let said = read(&draft(&[(" 50.60.0.0/16 ", &[], " office "), ("", &[], ""), ("2001:db8::/32", &["TCP/443"], "")]), &[]);
    let clients: Vec<(String, usize, &str)> =
        said.access.clients.iter().map(|client| (client.cidr.to_string(), client.ports.len(), &*client.note)).collect();
    assert_eq!(clients, [("50.60.0.0/16".to_owned(), 0, "office"), ("2001:db8::/32".to_owned(), 1, "")]);
    assert_eq!(said.rows, [0, 2]);
    assert_eq!(said.problems(), 0);
}

#[test]
fn a_wrong_row_is_named_and_the_others_still_count() {
    let draft = draft(&[("50.60.1.2/16", &[], ""), ("50.70.0.0/16", &[], "")]);
    let said = read(&draft, &[]);
    assert_eq!(said.access.clients.len(), 1);
    assert_eq!(
        wrong(&draft),
        [(
            0,
            "`50.60.1.2/16` has bits set behind its prefix: write 50.60.0.0/16 for the range, or 50.60.1.2/32 for the one address."
                .to_owned()
        )]
    );
}

#[test]
fn a_range_stands_once_for_each_port() {
    assert_eq!(
        wrong(&draft(&[("50.60.0.0/16", &[], ""), ("50.60.0.0/16", &["TCP/443"], "")])),
        [(1, "`50.60.0.0/16` stands in row 1 already: remove one of the two.".to_owned())]
    );
    assert_eq!(wrong(&draft(&[("50.60.0.0/16", &["TCP/80"], ""), ("50.60.0.0/16", &["TCP/443"], "")])), []);
}

#[test]
fn a_covered_row_is_said_to_change_nothing_only_where_its_ports_are_covered_too() {
    let idle = |rows| read(&draft(rows), &[]).idle.into_keys().collect::<Vec<_>>();
    assert_eq!(idle(&[("50.60.7.0/24", &[], ""), ("50.60.0.0/16", &[], "")]), [0]);
    assert_eq!(idle(&[("50.60.7.0/24", &[], ""), ("50.60.0.0/16", &["TCP/443"], "")]), [0; 0]);
    assert_eq!(idle(&[("50.60.7.0/24", &["TCP/443"], ""), ("50.60.0.0/16", &["TCP/443", "TCP/80"], "")]), [0]);
    assert_eq!(idle(&[("10.0.0.0/8", &[], ""), ("11.0.0.0/8", &[], ""), ("11.1.0.0/16", &[], ""), ("10.9.0.0/16", &[], "")]), [2, 3]);
}

#[test]
fn a_long_note_is_refused_with_its_length() {
    assert_eq!(
        wrong(&draft(&[("50.60.0.0/16", &[], &"n".repeat(121))])),
        [(0, "The note has 121 characters: 120 is the most.".to_owned())]
    );
}

#[test]
fn namespaces_and_interfaces_are_checked_as_they_are_chosen() {
    let mut typed = draft(&[]);
    typed.inside = Inside::Namespaces;
    assert_eq!(read(&typed, &[]).namespaces.as_deref(), Some("No namespace is named: name at least one, or choose nobody."));
    typed.namespaces = "web, Web".to_owned();
    assert!(read(&typed, &[]).namespaces.is_some_and(|why| why.starts_with("`Web` is not the name of a namespace")));
    typed.namespaces = "web,api web".to_owned();
    let said = read(&typed, &[]);
    assert_eq!(said.access.in_cluster, InCluster::Namespaces(vec!["api".to_owned(), "web".to_owned()]));
    assert_eq!(said.problems(), 0);

    typed.edge = Edge::Named;
    typed.interface = "eth0/1".to_owned();
    assert!(read(&typed, &[]).interface.is_some_and(|why| why.starts_with("`eth0/1` is not the name of an interface")));
}

#[test]
fn load_balancers_are_ranges_and_the_first_that_is_none_is_named() {
    let mut typed = draft(&[]);
    typed.balancers = "203.0.113.0/24,198.51.100.0/24 198.51.100.0/24".to_owned();
    let said = read(&typed, &[]);
    assert_eq!(said.access.load_balancers.iter().map(ToString::to_string).collect::<Vec<_>>(), ["198.51.100.0/24", "203.0.113.0/24"]);
    assert_eq!(said.problems(), 0);
    typed.balancers = "198.51.100.0/24, 203.0.113.9/24".to_owned();
    let said = read(&typed, &[]);
    assert!(said.balancers.as_deref().is_some_and(|why| why.starts_with("`203.0.113.9/24` has bits set")), "{:?}", said.balancers);
    assert_eq!(said.problems(), 1);
}

#[test]
fn a_draft_of_an_access_says_that_access() {
    let access = Access {
        clients: vec![ClientRange { cidr: "50.60.0.0/16".parse().expect("a range"), ports: vec![], note: "office".to_owned() }],
        in_cluster: InCluster::Namespaces(vec!["api".to_owned(), "web".to_owned()]),
        groups: Vec::new(),
        load_balancers: vec!["198.51.100.0/24".parse().expect("a range"), "203.0.113.0/24".parse().expect("a range")],
        enforced: Enforced::NodesAndPods,
    };
    assert_eq!(read(&Draft::of(Some(&access), &HostEndpoints::Automatic), &[]).access, access);
    let alone = Access { enforced: Enforced::PodsAlone, ..access };
    let mut typed = Draft::of(Some(&alone), &HostEndpoints::Existing);
    // On which interface is not asked then, whatever stands in the field.
    typed.edge = Edge::Named;
    let said = read(&typed, &[]);
    assert_eq!((said.problems(), said.access, said.host_endpoints), (0, alone, HostEndpoints::Existing));
}
