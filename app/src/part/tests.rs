//! Small components as the HTML they are rendered to.

use super::*;
use leptos::prelude::*;
use policy::diff::{DiffLine, ObjectDiff, Side};
use policy::finding::{Finding, Severity};
use policy::object::{Kind, ObjectKey};
use policy::plan::Role;
use policy::view::{Address, AddressKind, ServiceState};

/// The HTML, without the marks by which hydration finds its places.
fn html(view: impl FnOnce() -> AnyView) -> String {
    let owner = Owner::new();
    owner.with(|| view().to_html()).replace("<!>", "").replace("<!---->", "")
}

#[test]
fn addresses_say_whether_they_are_advertised() {
    let address = |kind, text: &str, exposed| Address { kind, text: text.to_owned(), exposed };
    let addresses = vec![
        address(AddressKind::ClusterIp, "10.20.30.40", Some(true)),
        address(AddressKind::NodePort, ":30443", Some(false)),
        address(AddressKind::ExternalIp, "2001:db8::1", None),
    ];
    let chip = |class: &str, text: &str, means: &str| {
        format!(
            "<li><button type=\"button\" data-copy=\"{text}\" title=\"{means}. Click to copy.\" class=\"{class}\">{text}\
             <span class=\"unseen\">, {means}</span></button></li>"
        )
    };
    assert_eq!(
        html(|| view! { <AddressChips addresses /> }.into_any()),
        format!(
            "<ul class=\"chips\">{}{}{}</ul>",
            chip("chip solid", "10.20.30.40", "cluster IP, advertised"),
            chip("chip hollow", ":30443", "NodePort, no node has an address"),
            chip("chip unsure", "2001:db8::1", "external IP, not known whether advertised"),
        )
    );
    assert_eq!(html(|| view! { <AddressChips addresses=vec![] /> }.into_any()), "<span class=\"dim\">no address</span>");
}

#[test]
fn a_state_is_a_shape_and_a_word() {
    assert_eq!(
        html(|| view! { <ServiceStateWord state=ServiceState::Drifted /> }.into_any()),
        "<span title=\"The live objects differ from what was applied last\" class=\"state denied\">\
         <span aria-hidden=\"true\" class=\"shape\">≠</span>drifted</span>"
    );
}

#[test]
fn a_difference_marks_lines_by_sign_and_folds_the_rest() {
    let line = |side, text: &str| DiffLine { side, text: text.to_owned() };
    let mut lines = vec![line(Side::Removed, "order: 1"), line(Side::Added, "order: 2")];
    lines.extend((0..8).map(|at| line(Side::Same, &format!("- {at}"))));
    let diff = ObjectDiff { fields: Vec::new(), lines, server_set: 1 };
    let key = ObjectKey::new(Kind::GlobalNetworkPolicy, "", "edge");
    let page = html(|| {
        let objects = vec![(key, Role::EdgePolicy, "Replace", diff)];
        view! { <ObjectDiffs objects view=DiffView::Unified query="" /> }.into_any()
    });
    let body = page.split_once("<div class=\"lines\">").map(|(_, body)| body).unwrap_or_default();
    let same = |at: u32| format!("<div class=\"line\"><span class=\"sign\">\u{a0}</span>- {at}</div>");
    assert_eq!(
        body,
        format!(
            "<del class=\"line\"><span class=\"sign\">−</span><span class=\"yaml-key\">order</span>: 1</del>\
             <ins class=\"line\"><span class=\"sign\">+</span><span class=\"yaml-key\">order</span>: 2</ins>{}{}{}</div>\
             <details class=\"fold\"><summary>5 unchanged lines</summary><div class=\"lines\">{}</div></details></div></article>",
            same(0),
            same(1),
            same(2),
            (3..8).map(same).collect::<String>()
        )
    );
    assert!(page.contains("1 server-set field left out"), "{page}");
}

#[test]
fn a_finding_says_what_why_and_what_to_do_and_links_to_its_service() {
    let finding = Finding {
        severity: Severity::Warning,
        id: "not-advertised".to_owned(),
        what: "`10.0.0.1` is not advertised.".to_owned(),
        objects: vec![ObjectKey::new(Kind::Service, "web", "front")],
        field: String::new(),
        why: "No client has a route to it.".to_owned(),
        action: "Advertise it.".to_owned(),
        packet: None,
    };
    assert_eq!(
        html(|| view! { <Findings findings=vec![finding] /> }.into_any()),
        "<ul class=\"findings\"><li><article class=\"finding changes\"><p class=\"finding-what\"><span class=\"state changes\">\
         <span aria-hidden=\"true\" class=\"shape\">±</span>warning</span> <code>10.0.0.1</code> is not advertised.</p>\
         <p class=\"dim\">No client has a route to it.</p><p class=\"finding-do\"><b>Do: </b>Advertise it.</p>\
         <ul class=\"places\"><li><a href=\"/services/web/front\"><span class=\"object-name\"><span class=\"object-kind\">Service</span> \
         <code>web/front</code></span></a></li></ul></article></li></ul>"
    );
}

#[test]
fn a_hop_says_where_and_by_what_and_marks_what_fares_otherwise() {
    use policy::reach::packet::PathKey;
    use policy::reach::verdict::{Action, Hop, Journey, Stage, Verdict};
    let journey = |verdict: Verdict, rule, action| Journey {
        path: PathKey { node: "node-a".to_owned(), interface: None, address: "10.20.30.40".parse().unwrap(), backend: None },
        verdict,
        source_seen_by_pod: None,
        hops: vec![Hop {
            stage: Stage::PreDnat,
            node: "node-a".to_owned(),
            object: Some(ObjectKey::new(Kind::GlobalNetworkPolicy, "", "edge")),
            rule: Some(rule),
            action,
            field: "source.nets[0]".to_owned(),
            why: "`50.60.0.0/16` holds the client.".to_owned(),
        }],
    };
    let (denied, allowed) = (journey(Verdict::Denied, 1, Action::Deny), journey(Verdict::Allowed, 0, Action::Allow));
    assert_eq!(
        html(|| journey::hops(&denied, Some(&allowed))),
        "<ol class=\"hops\"><li class=\"hop denied differs\"><span aria-hidden=\"true\" class=\"hop-shape\">✕</span>\
         <p class=\"hop-head\"><b>Edge, before translation</b><span class=\"state\">denies</span><code class=\"hop-node\">node-a</code>\
         <span class=\"badge\"><span aria-hidden=\"true\">± </span>differs</span></p>\
         <p class=\"hop-why\"><code>50.60.0.0/16</code> holds the client.</p>\
         <p class=\"hop-place\"><span class=\"object-name\"><span class=\"object-kind\">GlobalNetworkPolicy</span> <code>edge</code></span>\
         <span>rule 2</span><code class=\"dim\">spec.ingress[1].source.nets[0]</code></p></li>\
         <li class=\"hop end denied\"><span aria-hidden=\"true\" class=\"hop-shape\">✕</span>\
         <p class=\"hop-head\"><b>It is dropped here.</b></p></li></ol>"
    );
    assert!(!html(|| journey::hops(&denied, None)).contains("differs"));
}

/// A set of one range, moved by a change at one address.
fn moved_row() -> policy::view::ReachRow {
    let net: policy::cidr::CidrSet = policy::cidr::Cidr::all(policy::cidr::Family::V4).into();
    let list = policy::view::RangeList { first: net.cidrs(), ranges: 1, count: net.count() };
    policy::view::ReachRow {
        address: "10.20.30.40".to_owned(),
        port: "TCP 80".to_owned(),
        kinds: Vec::new(),
        before: policy::view::RangeList::default(),
        after: list.clone(),
        gained: list,
        lost: policy::view::RangeList::default(),
        partly: policy::view::RangeList::default(),
        unknown: policy::view::RangeList::default(),
    }
}

#[test]
fn of_many_services_each_is_a_line_that_opens() {
    let view = |count: usize| {
        let other = |at: usize| policy::view::OtherReach {
            service: format!("shop/s{at}").parse().unwrap(),
            sentence: "Lets 65,536 more addresses in.".to_owned(),
            rows: vec![moved_row()],
        };
        policy::view::ReachView { others: (0..count).map(other).collect(), ..policy::view::ReachView::default() }
    };
    let lines = |count| html(|| reach(view(count))).matches("<li><details><summary>shop/s").count();
    assert_eq!((lines(6), lines(7)), (0, 7));
}

#[test]
fn of_many_objects_each_is_a_line_that_opens() {
    let objects = |count: usize| -> Vec<_> {
        let one = |at: usize| {
            let diff = ObjectDiff { fields: Vec::new(), lines: Vec::new(), server_set: 0 };
            (ObjectKey::new(Kind::GlobalNetworkSet, "", &format!("s{at}")), Role::ClientSet, "Create", diff)
        };
        (0..count).map(one).collect()
    };
    let lines = |count| {
        html(|| view! { <ObjectDiffs objects=objects(count) view=DiffView::Unified query="" /> }.into_any())
            .matches("<details class=\"object-diff\">")
            .count()
    };
    assert_eq!((lines(16), lines(17)), (0, 17));
}
