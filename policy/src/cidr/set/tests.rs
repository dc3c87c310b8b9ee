//! The laws of sets, against a model that asks every CIDR: membership changes only at the ends of CIDRs, so looking at the addresses
//! around each end, and at those of the whole address space, looks at every case there is.

use super::*;
use ipnet::IpNet;
use proptest::prelude::*;
use std::collections::BTreeSet;

/// Where the small universes begin: 32 addresses at both ends and in the middle of the address space, and inside a prefix.
const V4_BASES: [u32; 4] = [0, 0x7fff_fff0, 0xffff_ffe0, 0x0a14_1e00];
const V6_BASES: [u128; 5] = [0, (1 << 127) - 16, u128::MAX - 31, 0x2001_0db8 << 96, MAPPED.0 - 32];

fn any_cidr() -> impl Strategy<Value = Cidr> {
    let small = prop_oneof![4 => 27..=32_u8, 1 => 0..=32_u8];
    let v4 = (proptest::sample::select(&V4_BASES[..]), 0..32_u32, small.clone())
        .prop_map(|(base, offset, length)| Cidr(IpNet::from(Ipv4Net::new((base + offset).into(), length).unwrap()).trunc()));
    let long = prop_oneof![6 => 123..=128_u8, 1 => 0..=128_u8, 1 => 90..=98_u8];
    let v6 = (proptest::sample::select(&V6_BASES[..]), 0..32_u128, long).prop_filter_map("mapped", |(base, offset, length)| {
        Cidr::try_from(IpNet::from(Ipv6Net::new((base + offset).into(), length).unwrap()).trunc()).ok()
    });
    prop_oneof![v4, v6]
}

fn cidrs() -> impl Strategy<Value = Vec<Cidr>> {
    proptest::collection::vec(any_cidr(), 0..12)
}

fn in_any(cidrs: &[Cidr], address: IpAddr) -> bool {
    cidrs.iter().any(|cidr| cidr.contains(address))
}

/// The addresses around the ends of the CIDRs and of the address space, less the IPv4-mapped ones.
fn probes<'a>(cidrs: impl IntoIterator<Item = &'a Cidr>) -> BTreeSet<IpAddr> {
    let mut probes = BTreeSet::new();
    for cidr in cidrs.into_iter().copied().chain([Family::V4, Family::V6].map(Cidr::all)) {
        for end in [cidr.first(), cidr.last()] {
            match end {
                IpAddr::V4(end) => {
                    let end = u32::from(end);
                    probes.extend([end.saturating_sub(1), end, end.saturating_add(1)].map(|a| IpAddr::V4(a.into())));
                }
                IpAddr::V6(end) => {
                    let end = u128::from(end);
                    probes.extend([end.saturating_sub(1), end, end.saturating_add(1)].map(|a| IpAddr::V6(a.into())));
                }
            }
        }
    }
    probes.retain(|address| !matches!(address, IpAddr::V6(v6) if v6.to_ipv4_mapped().is_some()));
    probes
}

fn set(cidrs: &[Cidr]) -> CidrSet {
    cidrs.iter().copied().collect()
}

fn cidr(text: &str) -> Cidr {
    text.parse().unwrap()
}

/// The number of addresses, one range at a time, without the code under test.
fn count(set: &CidrSet) -> Option<u128> {
    let v4 = set.v4().map(|(first, last)| u128::from(u32::from(last) - u32::from(first)) + 1);
    let mut sum: u128 = v4.sum();
    for (first, last) in set.v6() {
        sum = sum.checked_add((u128::from(last) - u128::from(first)).checked_add(1)?)?;
    }
    Some(sum)
}

proptest! {
    #[test]
    fn operations_are_those_of_sets(a in cidrs(), b in cidrs()) {
        let (left, right) = (set(&a), set(&b));
        let (union, both, less) = (left.union(&right), left.intersection(&right), left.difference(&right));
        let mut subset = true;
        for address in probes(a.iter().chain(&b)) {
            let (in_a, in_b) = (in_any(&a, address), in_any(&b, address));
            prop_assert_eq!(left.contains(address), in_a, "{}", address);
            prop_assert_eq!(union.contains(address), in_a || in_b, "{}", address);
            prop_assert_eq!(both.contains(address), in_a && in_b, "{}", address);
            prop_assert_eq!(less.contains(address), in_a && !in_b, "{}", address);
            subset &= !in_a || in_b;
        }
        prop_assert_eq!(left.is_subset(&right), subset);
        prop_assert_eq!(less.is_empty(), subset);
        prop_assert!(both.is_subset(&left) && both.is_subset(&right) && left.is_subset(&union) && right.is_subset(&union));
        prop_assert!(less.intersection(&right).is_empty());
        prop_assert_eq!(union, [a, b].concat().into_iter().collect::<CidrSet>());
    }

    #[test]
    fn covers_what_lies_inside(a in cidrs(), one in any_cidr()) {
        let all = set(&a);
        prop_assert_eq!(all.covers(one), CidrSet::from(one).is_subset(&all));
        prop_assert!(a.iter().all(|cidr| all.covers(*cidr)));
    }

    #[test]
    fn counts_each_address_once(a in cidrs(), b in cidrs()) {
        let (left, right) = (set(&a), set(&b));
        prop_assert_eq!(left.count().as_u128(), count(&left));
        prop_assert_eq!(left.count() + right.count(), left.union(&right).count() + left.intersection(&right).count());
        prop_assert_eq!(left.count(), left.cidrs().into_iter().map(Cidr::count).sum());
    }

    #[test]
    fn its_cidrs_are_the_fewest_in_order(a in cidrs(), b in cidrs()) {
        for set in [set(&a), set(&a).difference(&set(&b)), set(&a).union(&set(&b))] {
            let fewest = set.cidrs();
            prop_assert_eq!(set.first_cidrs(2), (fewest.iter().copied().take(2).collect(), fewest.len()));
            prop_assert_eq!(&fewest.iter().copied().collect::<CidrSet>(), &set);
            prop_assert!(fewest.is_sorted());
            for pair in fewest.windows(2) {
                prop_assert!(!pair[0].overlaps(pair[1]), "{} {}", pair[0], pair[1]);
                prop_assert!(!pair[0].net().is_sibling(&pair[1].net()), "{} {}", pair[0], pair[1]);
            }
            for cidr in &fewest {
                // A wider one would not fit; with this, no other list of CIDRs is as short.
                prop_assert!(cidr.net().supernet().is_none_or(|net| !set.covers(Cidr(net))), "{}", cidr);
                // And each can be read back.
                prop_assert_eq!(cidr.to_string().parse::<Cidr>(), Ok(*cidr));
            }
        }
    }

    #[test]
    fn aggregates_as_ipnet_does(a in cidrs()) {
        let nets = a.iter().map(|cidr| cidr.net()).collect();
        let theirs: Vec<Cidr> = IpNet::aggregate(&nets).into_iter().map(Cidr).collect();
        prop_assert_eq!(set(&a).cidrs(), theirs);
    }

    #[test]
    fn a_range_is_all_between(base in proptest::sample::select(&V4_BASES[..]), a in 0..32_u32, b in 0..32_u32) {
        let (first, last) = (Ipv4Addr::from(base + a), Ipv4Addr::from(base + b));
        let range = CidrSet::between(first.into(), last.into());
        for offset in 0..32 {
            prop_assert_eq!(range.contains(Ipv4Addr::from(base + offset).into()), a <= offset && offset <= b);
        }
        prop_assert_eq!(range.count().as_u128(), Some(u128::from((b + 1).saturating_sub(a))));
    }

    #[test]
    fn comes_back_from_json(a in cidrs(), b in cidrs()) {
        let set = set(&a).difference(&set(&b));
        prop_assert_eq!(serde_json::from_str::<CidrSet>(&serde_json::to_string(&set).unwrap()).unwrap(), set);
    }
}

#[test]
fn is_right_at_the_ends_of_the_address_space() {
    let all = set(&[Cidr::all(Family::V4), Cidr::all(Family::V6)]);
    assert_eq!(all.count().to_string(), "340,282,366,920,938,463,463,374,607,436,063,178,752");
    let ends = ["0.0.0.0", "255.255.255.255", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"].map(cidr);
    let inner = all.difference(&set(&ends));
    assert_eq!(inner.cidrs().len(), 31 + 31 + 127 + 127);
    assert!(ends.iter().all(|end| !inner.covers(*end)));
    assert_eq!(inner.union(&set(&ends)), all);
    assert_eq!(all.cidrs(), [Cidr::all(Family::V4), Cidr::all(Family::V6)]);
    assert!(all.difference(&all).is_empty());
    assert_eq!(set(&["0.0.0.0/1", "128.0.0.0/1"].map(cidr)).cidrs(), [Cidr::all(Family::V4)]);
    assert_eq!(set(&["::/1", "8000::/1"].map(cidr)).cidrs(), [Cidr::all(Family::V6)]);
}

#[test]
fn mapped_addresses_go_with_their_neighbours() {
    let less = CidrSet::from(cidr("::/0")).difference(&cidr("::fffe:0:0/96").into());
    assert_eq!(less, CidrSet::from(cidr("::/0")).difference(&cidr("::fffe:0:0/95").into()));
    let between = |first: &str, last: &str| CidrSet::between(first.parse().unwrap(), last.parse().unwrap());
    assert!(between("::ffff:10.0.0.1", "::ffff:10.0.0.9").is_empty());
    assert_eq!(between("::ffff:10.0.0.1", "::1:0:0:0").to_string(), "::1:0:0:0/128");
}

#[test]
fn a_range_backwards_or_over_two_families_is_empty() {
    let [one, two, six] = ["10.0.0.1", "10.0.0.2", "::1"].map(|text| text.parse::<IpAddr>().unwrap());
    assert_eq!(CidrSet::between(one, two).to_string(), "10.0.0.1/32, 10.0.0.2/32");
    for (first, last) in [(two, one), (one, six), (six, one)] {
        assert_eq!(CidrSet::between(first, last).to_string(), "none");
    }
}

#[test]
fn a_family_alone() {
    let set = set(&["10.0.0.0/8", "2001:db8::/32"].map(cidr));
    assert_eq!(set.family(Family::V4).to_string(), "10.0.0.0/8");
    assert_eq!(set.family(Family::V6).to_string(), "2001:db8::/32");
}

#[test]
fn addresses_of_both_families_are_counted_apart() {
    let set = |ranges: &[&str]| ranges.iter().map(|range| range.parse::<Cidr>().unwrap()).collect::<CidrSet>();
    assert_eq!(set(&["50.60.0.0/16"]).counted(), "65,536 addresses");
    assert_eq!(set(&["50.60.0.0/16", "2001:db8::/126"]).counted(), "65,536 IPv4 and 4 IPv6 addresses");
    assert_eq!(set(&["192.0.2.1"]).counted(), "1 address");
}
