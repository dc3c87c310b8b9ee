//! A difference in one sentence.

use super::moves::{Moves, moves};
use super::service::ServiceDiff;
use crate::access::{Port, counted};
use crate::cidr::{AddressCount, CidrSet, Family};
use crate::object::ServiceRef;

/// `Lets 256 more addresses reach `shop/svc-a` on TCP 443; denies nobody.`
pub(crate) fn of_service(name: &ServiceRef, moves: &[Moves]) -> String {
    let allowed = by_clients(moves, |moves| &moves.allowed);
    let denied = by_clients(moves, |moves| &moves.denied);
    let unknown = moves.iter().fold(CidrSet::new(), |all, moves| all.union(&moves.unknown));
    let lets_in = || spelled(&allowed, |clients, first| if first { format!("{} reach `{name}`", more(clients)) } else { more(clients) });
    let shuts_out = || spelled(&denied, |clients, _| clients.counted());
    let mut parts = Vec::new();
    match (allowed.is_empty(), denied.is_empty()) {
        (false, true) => {
            parts.push(format!("Lets {}", lets_in()));
            parts.push("denies nobody".to_owned());
        }
        (false, false) => {
            parts.push(format!("Lets {}", lets_in()));
            parts.push(format!("denies {}", shuts_out()));
        }
        (true, false) => {
            parts.push(format!("Denies `{name}` to {}", shuts_out()));
            parts.push("lets nobody else in".to_owned());
        }
        (true, true) => parts.push(format!("Lets nobody else reach `{name}` and denies nobody")),
    }
    if !unknown.is_empty() {
        parts.push(format!("it cannot be told any more for {}", unknown.counted()));
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
        several if in_hand.is_none() => Some(of_several(several)),
        [one, rest @ ..] => Some(format!("{} Changes who reaches {} too.", one.summary, counted(rest.len(), "more Service"))),
    };
    own.into_iter().chain(rest).collect::<Vec<_>>().join(" ")
}

/// Several Services of which none is in hand: what each comes to stands beside it.
fn of_several(diffs: &[&ServiceDiff]) -> String {
    let moved: Vec<Vec<Moves>> = diffs.iter().map(|diff| moves(diff)).collect();
    let count = |of: fn(&Moves) -> &CidrSet| moved.iter().filter(|moves| moves.iter().any(|moves| !of(moves).is_empty())).count();
    let (let_in, denied) = (count(|moves| &moves.allowed), count(|moves| &moves.denied));
    let services = counted(diffs.len(), "Service");
    match (let_in, denied) {
        (0, 0) => format!("It cannot be told any more who reaches {services}."),
        (_, 0) => format!("Lets more addresses reach {}; denies nobody.", of(let_in, &services, diffs)),
        (0, _) => format!("Denies {} to addresses that reach them now; lets nobody else in.", of(denied, &services, diffs)),
        (_, _) => {
            let them = if denied == 1 { "it" } else { "them" };
            format!(
                "Changes who reaches {services}: lets more addresses reach {let_in} of them, and denies {denied} to some that reach {them} now."
            )
        }
    }
}

/// `13 Services`, or `4 of 13 Services`.
fn of(count: usize, services: &str, all: &[&ServiceDiff]) -> String {
    if count == all.len() { services.to_owned() } else { format!("{count} of {services}") }
}

/// Who comes to a state on some path, with the ports that it is for: ports of which it is the same clients come together. The moves are in the
/// order of their ports.
fn by_clients(moves: &[Moves], of: fn(&Moves) -> &CidrSet) -> Vec<(CidrSet, Vec<Port>)> {
    let mut found: Vec<(CidrSet, Vec<Port>)> = Vec::new();
    for moved in moves.iter().filter(|moves| !of(moves).is_empty()) {
        match found.iter_mut().find(|(clients, _)| clients == of(moved)) {
            Some((_, ports)) => ports.push(moved.port),
            None => found.push((of(moved).clone(), vec![moved.port])),
        }
    }
    found
}

/// Clients with their ports, each kind of them; of more kinds than can be read, all together.
fn spelled(of: &[(CidrSet, Vec<Port>)], words: impl Fn(&CidrSet, bool) -> String) -> String {
    if of.len() > KINDS {
        let all = of.iter().fold(CidrSet::new(), |all, (clients, _)| all.union(clients));
        let ports: usize = of.iter().map(|(_, ports)| ports.len()).sum();
        return format!("{} on some of {ports} ports", words(&all, true));
    }
    let each = of.iter().enumerate().map(|(at, (clients, ports))| format!("{}{}", words(clients, at == 0), on(ports)));
    each.collect::<Vec<_>>().join(", and ")
}

/// So many kinds of clients are told apart by their ports in a sentence.
const KINDS: usize = 3;

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

#[cfg(test)]
mod tests {
    use super::of_service;
    use crate::reach::diff::Moves;

    #[test]
    fn ports_with_other_clients_are_told_apart() {
        let moved = |port: &str, allowed: &[&str], denied: &[&str]| Moves {
            port: port.parse().unwrap(),
            allowed: allowed.iter().map(|cidr| cidr.parse::<crate::cidr::Cidr>().unwrap()).collect(),
            denied: denied.iter().map(|cidr| cidr.parse::<crate::cidr::Cidr>().unwrap()).collect(),
            unknown: crate::cidr::CidrSet::new(),
        };
        let said = |moves: &[Moves]| of_service(&"shop/svc-a".parse().unwrap(), moves);
        let three =
            [moved("TCP/80", &[], &["10.0.0.0/8"]), moved("TCP/443", &[], &["10.0.0.0/9"]), moved("TCP/5432", &[], &["10.0.0.0/8"])];
        assert_eq!(
            said(&three),
            "Denies `shop/svc-a` to 16,777,216 addresses on TCP 80 and TCP 5432, and 8,388,608 addresses on TCP 443; lets nobody else in."
        );
        let both = [moved("TCP/80", &["1.2.3.0/24"], &[]), moved("TCP/443", &["1.2.3.4/32"], &["10.0.0.0/8"])];
        assert_eq!(
            said(&both),
            "Lets 256 more addresses reach `shop/svc-a` on TCP 80, and 1 more address on TCP 443; denies 16,777,216 addresses on TCP 443."
        );
        let many: Vec<Moves> = (1_u32..6).map(|n| moved(&format!("TCP/{n}"), &[], &[&format!("10.{n}.0.0/16")])).collect();
        assert!(said(&many).contains("to 327,680 addresses on some of 5 ports; "), "{}", said(&many));
    }
}
