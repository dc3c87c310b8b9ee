//! Addresses, ports and names: monospace, copied by a click.

use leptos::prelude::*;
use policy::access::Port;
use policy::cidr::Cidr;
use policy::object::ObjectKey;
use policy::view::{Address, AddressKind};

/// A range of addresses that a click copies.
#[component]
pub(crate) fn CidrChip(#[prop(into)] text: String) -> impl IntoView {
    let (copied, title) = (text.clone(), format!("Copy {text}"));
    view! {
        <button type="button" class="chip plain" data-copy=copied title=title>
            {text}
        </button>
    }
}

/// The same for each of some ranges, as the items of a list, in one piece of HTML: a set has many, and is written with every key that somebody
/// types. A range has digits, letters, `.`, `:` and `/`: nothing that HTML reads as its own.
pub(crate) fn cidr_chips(ranges: &[Cidr]) -> String {
    let chip = |range: &Cidr| {
        format!(r#"<li><button type="button" class="chip plain" data-copy="{range}" title="Copy {range}">{range}</button></li>"#)
    };
    ranges.iter().map(chip).collect()
}

/// The addresses of a Service: solid where advertised, hollow where not.
#[component]
pub(crate) fn AddressChips(addresses: Vec<Address>) -> impl IntoView {
    if addresses.is_empty() {
        return view! { <span class="dim">"no address"</span> }.into_any();
    }
    let chips = addresses.into_iter().map(|address| view! { <li>{address_chip(&address)}</li> }).collect_view();
    view! { <ul class="chips">{chips}</ul> }.into_any()
}

fn address_chip(address: &Address) -> impl IntoView + use<> {
    let kind = match address.kind {
        AddressKind::ClusterIp => "cluster IP",
        AddressKind::ExternalIp => "external IP",
        AddressKind::LoadBalancerIp => "load-balancer IP",
        AddressKind::NodePort => "NodePort",
    };
    let (class, word) = match (address.exposed, address.kind) {
        (Some(true), AddressKind::NodePort) => ("chip solid", "on every node's address"),
        (Some(true), _) => ("chip solid", "advertised"),
        (Some(false), AddressKind::NodePort) => ("chip hollow", "no node has an address"),
        (Some(false), _) => ("chip hollow", "not advertised"),
        (None, _) => ("chip unsure", "not known whether advertised"),
    };
    let (text, copied) = (address.text.clone(), address.text.clone());
    let (title, spoken) = (format!("{kind}, {word}. Click to copy."), format!(", {kind}, {word}"));
    view! {
        <button type="button" class=class data-copy=copied title=title>
            {text}
            <span class="unseen">{spoken}</span>
        </button>
    }
}

/// Ports of a Service.
#[component]
pub(crate) fn PortChips(ports: Vec<Port>) -> impl IntoView {
    let text = ports.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    view! { <span class="ports">{text}</span> }
}

/// The identity of an object: its kind in words, its name in monospace.
#[component]
pub(crate) fn ObjectName(key: ObjectKey) -> impl IntoView {
    view! {
        <span class="object-name">
            <span class="object-kind">{key.kind.title()}</span>
            " "
            <code>{key.path()}</code>
        </span>
    }
}
