//! A difference in one sentence.

use super::moves::Moves;
use super::service::ServiceDiff;
use crate::access::{Port, counted};
use crate::cidr::{AddressCount, CidrSet, Family};
use crate::object::ServiceRef;

/// `Lets 256 more addresses reach `shop/svc-a` on TCP 443; denies nobody.`
pub(crate) fn of_service(name: &ServiceRef, moves: &[Moves]) -> String {
    let allowed = all(moves, |moves| &moves.allowed);
    let denied = all(moves, |moves| &moves.denied);
    let unknown = all(moves, |moves| &moves.unknown);
    let mut parts = Vec::new();
    match (allowed.0.is_empty(), denied.0.is_empty()) {
        (false, true) => {
            parts.push(format!("Lets {} reach `{name}`{}", more(&allowed.0), on(&allowed.1)));
            parts.push("denies nobody".to_owned());
        }
        (false, false) => {
            parts.push(format!("Lets {} reach `{name}`{}", more(&allowed.0), on(&allowed.1)));
            parts.push(format!("denies {}{}", denied.0.counted(), on(&denied.1)));
        }
        (true, false) => {
            parts.push(format!("Denies `{name}` to {}{}", denied.0.counted(), on(&denied.1)));
            parts.push("lets nobody else in".to_owned());
        }
        (true, true) => parts.push(format!("Lets nobody else reach `{name}` and denies nobody")),
    }
    if !unknown.0.is_empty() {
        parts.push(format!("it cannot be told any more for {}", unknown.0.counted()));
    }
    format!("{}.", parts.join("; "))
}

/// The Service in hand, and how many others change.
pub(super) fn of_all(diffs: &[ServiceDiff], in_hand: Option<&ServiceRef>) -> String {
    let own = in_hand.map(|service| match diffs.iter().find(|diff| diff.service == *service) {
        Some(diff) => diff.summary.clone(),
        None => format!("Lets nobody else reach `{service}` and denies nobody."),
    });
    let others: Vec<&ServiceDiff> = diffs.iter().filter(|diff| Some(&diff.service) != in_hand).collect();
    let rest = match others.as_slice() {
        [] if in_hand.is_none() => Some("Nobody outside gains or loses access to any Service.".to_owned()),
        [] => None,
        [one] => Some(one.summary.clone()),
        [one, rest @ ..] => Some(format!(
            "{} Changes who reaches {} too.",
            one.summary,
            counted(rest.len(), if in_hand.is_none() { "other Service" } else { "more Service" })
        )),
    };
    own.into_iter().chain(rest).collect::<Vec<_>>().join(" ")
}

/// Everyone who comes to a state on some path, and the ports it is about. The moves are in the order of their ports.
fn all(moves: &[Moves], of: fn(&Moves) -> &CidrSet) -> (CidrSet, Vec<Port>) {
    let (mut clients, mut ports) = (CidrSet::new(), Vec::new());
    for moved in moves.iter().filter(|moves| !of(moves).is_empty()) {
        clients = clients.union(of(moved));
        ports.push(moved.port);
    }
    (clients, ports)
}

fn more(clients: &CidrSet) -> String {
    let [v4, v6] = [Family::V4, Family::V6].map(|family| clients.family(family).count());
    let count = clients.count();
    if count == AddressCount::ONE {
        "1 more address".to_owned()
    } else if v4.is_zero() || v6.is_zero() {
        format!("{} more addresses", count.in_short())
    } else {
        format!("{} more IPv4 and {} more IPv6 addresses", v4.in_short(), v6.in_short())
    }
}

fn on(ports: &[Port]) -> String {
    let names: Vec<String> = ports.iter().map(|port| format!("{} {}", port.protocol, port.port)).collect();
    match names.as_slice() {
        [] => String::new(),
        [.., _] if names.len() > 4 => format!(" on {} ports", names.len()),
        [one] => format!(" on {one}"),
        [first @ .., last] => format!(" on {} and {last}", first.join(", ")),
    }
}
