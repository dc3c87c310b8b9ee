//! Packets: clients whose addresses are those that rules, sets and machines speak about, their neighbours, and some of nobody's.

use policy::reach::sets::{Clients, Reach};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Clients that are asked about in every cluster.
const ALWAYS: [&str; 22] = [
    "50.60.7.7",
    "50.60.7.8",
    "50.60.200.1",
    "50.61.0.1",
    "70.80.90.1",
    "70.80.91.1",
    "8.8.8.8",
    "200.1.2.3",
    // The cluster's own, as somebody outside who gives them as his.
    "10.0.1.1",
    "10.0.2.1",
    "10.0.0.2",
    "192.168.1.10",
    "192.168.2.11",
    "192.168.77.1",
    "192.168.200.1",
    "10.20.30.40",
    "203.0.113.8",
    "2001:db8::1",
    "2001:db8:7::1",
    "2001:db9::1",
    "fd00:192::1:10",
    "fd00:10::1",
];

pub(crate) fn always() -> Vec<IpAddr> {
    ALWAYS.iter().map(|text| text.parse().unwrap()).collect()
}

/// Any address at all.
pub(crate) fn any_address() -> impl Strategy<Value = IpAddr> {
    let near = (0..ALWAYS.len(), -2_i8..=2).prop_map(|(at, by)| moved(ALWAYS[at].parse().unwrap(), by));
    let v4 = any::<u32>().prop_map(|bits| IpAddr::from(Ipv4Addr::from(bits)));
    let v6 = any::<u128>().prop_map(|bits| IpAddr::from(Ipv6Addr::from(bits | 1 << 125)));
    prop_oneof![4 => near, 3 => v4, 1 => v6]
}

fn moved(address: IpAddr, by: i8) -> IpAddr {
    match address {
        IpAddr::V4(address) => Ipv4Addr::from(u32::from(address).saturating_add_signed(by.into())).into(),
        IpAddr::V6(address) => Ipv6Addr::from(u128::from(address).saturating_add_signed(by.into())).into(),
    }
}

/// The ends of a range, with their neighbours on both sides.
pub(crate) fn ends(first: IpAddr, last: IpAddr) -> [IpAddr; 6] {
    [moved(first, -1), first, moved(first, 1), moved(last, -1), last, moved(last, 1)]
}

/// The boundary addresses of every set of a Service, and one on each side of them.
pub(crate) fn boundaries(reach: &Reach) -> BTreeSet<IpAddr> {
    let groups = reach.addresses.iter().flat_map(|at| &at.groups);
    let distinct: BTreeSet<&Clients> = groups.map(|group| &*group.clients).collect();
    let mut found = BTreeSet::new();
    for clients in distinct {
        let unknown = clients.unknown.iter().map(|unknown| &unknown.clients);
        for set in [&clients.allowed, &clients.denied].into_iter().chain(unknown) {
            found.extend(set.v4().flat_map(|(first, last)| ends(first.into(), last.into())));
            found.extend(set.v6().flat_map(|(first, last)| ends(first.into(), last.into())));
        }
    }
    found
}
