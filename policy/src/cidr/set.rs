//! Sets of addresses of both families.

use super::range::{Range, Ranges};
use super::{AddressCount, Cidr, Family};
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A set of addresses of both families, kept as sorted disjoint ranges: two sets with the same addresses are equal however they
/// came about. Building it from `n` ranges takes `n log n`, each operation on two sets is linear in their ranges.
///
/// The IPv4-mapped addresses `::ffff:0:0/96`, which no packet carries and no [`Cidr`] names alone, are in it only together with
/// their neighbours, as in `::/0`: where an operation would leave them over, they go too.
///
/// In JSON the list of its fewest CIDRs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(from = "Vec<Cidr>", into = "Vec<Cidr>")]
pub struct CidrSet {
    v4: Ranges<u32>,
    v6: Ranges<u128>,
}

impl CidrSet {
    /// No address.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The addresses from `first` to `last`, both included; none where `first` comes after `last` or they are of two families.
    #[must_use]
    pub fn between(first: IpAddr, last: IpAddr) -> Self {
        match (first, last) {
            (IpAddr::V4(first), IpAddr::V4(last)) => Self { v4: Ranges::one(first.into(), last.into()), ..Self::default() },
            (IpAddr::V6(first), IpAddr::V6(last)) => {
                Self { v6: without_orphans(Ranges::one(first.into(), last.into())), ..Self::default() }
            }
            _ => Self::default(),
        }
    }

    /// The addresses of any number of ranges of one family, as numbers, in any order.
    #[must_use]
    pub(crate) fn of_numbers(family: Family, ranges: Vec<(u128, u128)>) -> Self {
        match family {
            Family::V4 => {
                let narrow = |(first, last)| Some((u32::try_from(first).ok()?, u32::try_from(last).ok()?));
                Self { v4: Ranges::from_unsorted(ranges.into_iter().filter_map(narrow).collect()), ..Self::default() }
            }
            Family::V6 => Self { v6: without_orphans(Ranges::from_unsorted(ranges)), ..Self::default() },
        }
    }

    /// Its ranges of one family as numbers, in order.
    pub(crate) fn numbers(&self, family: Family) -> Vec<(u128, u128)> {
        match family {
            Family::V4 => self.v4.as_slice().iter().map(|&(first, last)| (u128::from(first), u128::from(last))).collect(),
            Family::V6 => self.v6.as_slice().to_vec(),
        }
    }

    /// How many ranges it has: what work on it is proportional to.
    pub(crate) fn ranges(&self) -> usize {
        self.v4.as_slice().len() + self.v6.as_slice().len()
    }

    /// The first address in it, of IPv4 where it has both.
    #[must_use]
    pub fn first(&self) -> Option<IpAddr> {
        self.v4().next().map(|(first, _)| IpAddr::V4(first)).or_else(|| self.v6().next().map(|(first, _)| IpAddr::V6(first)))
    }

    /// The addresses of either.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self { v4: self.v4.union(&other.v4), v6: self.v6.union(&other.v6) }
    }

    /// The addresses of both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        Self { v4: self.v4.intersection(&other.v4), v6: self.v6.intersection(&other.v6) }
    }

    /// Its addresses less those of `other`.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        Self { v4: self.v4.difference(&other.v4), v6: without_orphans(self.v6.difference(&other.v6)) }
    }

    /// Whether it has no address.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.v4.as_slice().is_empty() && self.v6.as_slice().is_empty()
    }

    /// Whether the address is in it.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match address {
            IpAddr::V4(address) => self.v4.contains(address.into()),
            IpAddr::V6(address) => self.v6.contains(address.into()),
        }
    }

    /// Whether every address of the range is in it.
    #[must_use]
    pub fn covers(&self, cidr: Cidr) -> bool {
        match cidr.net() {
            IpNet::V4(net) => self.v4.covers(v4_range(net)),
            IpNet::V6(net) => self.v6.covers(v6_range(net)),
        }
    }

    /// Whether an address of the range is in it.
    #[must_use]
    pub fn meets(&self, cidr: Cidr) -> bool {
        match cidr.net() {
            IpNet::V4(net) => self.v4.meets(v4_range(net)),
            IpNet::V6(net) => self.v6.meets(v6_range(net)),
        }
    }

    /// Whether every address of it is in `other`.
    #[must_use]
    pub fn is_subset(&self, other: &Self) -> bool {
        self.v4.is_subset(&other.v4) && self.v6.is_subset(&other.v6)
    }

    /// How many addresses it has.
    #[must_use]
    pub fn count(&self) -> AddressCount {
        self.v4.count() + self.v6.count()
    }

    /// How many, with the noun: `65,792 addresses`. Of both families each by itself, which no one sum says: `65,792 IPv4 and 7.9 × 10^28 IPv6
    /// addresses`.
    #[must_use]
    pub fn counted(&self) -> String {
        let [v4, v6] = [self.v4.count(), self.v6.count()];
        if v4.is_zero() || v6.is_zero() {
            return self.count().addresses();
        }
        format!("{} IPv4 and {} IPv6 addresses", v4.in_short(), v6.in_short())
    }

    /// Its addresses of one family.
    #[must_use]
    pub fn family(&self, family: Family) -> Self {
        match family {
            Family::V4 => Self { v4: self.v4.clone(), ..Self::default() },
            Family::V6 => Self { v6: self.v6.clone(), ..Self::default() },
        }
    }

    /// The fewest CIDRs that make it up, in order.
    #[must_use]
    pub fn cidrs(&self) -> Vec<Cidr> {
        self.prefixes().collect()
    }

    /// The first so many of [`Self::cidrs`], and how many there are.
    pub(crate) fn first_cidrs(&self, most: usize) -> (Vec<Cidr>, usize) {
        (self.prefixes().take(most).collect(), self.v4.prefixes().count() + self.v6.prefixes().count())
    }

    fn prefixes(&self) -> impl Iterator<Item = Cidr> {
        let v4 = self.v4.prefixes().filter_map(|(first, length)| Ipv4Net::new(first.into(), length).ok().map(IpNet::V4));
        let v6 = self.v6.prefixes().filter_map(|(first, length)| Ipv6Net::new(first.into(), length).ok().map(IpNet::V6));
        v4.chain(v6).map(Cidr)
    }

    /// Its ranges of IPv4 in order, first and last address; between any two lies an address that is not in it.
    pub fn v4(&self) -> impl ExactSizeIterator<Item = (Ipv4Addr, Ipv4Addr)> + Clone {
        self.v4.as_slice().iter().map(|&(first, last)| (first.into(), last.into()))
    }

    /// Its ranges of IPv6 in order, first and last address; between any two lies an address that is not in it.
    pub fn v6(&self) -> impl ExactSizeIterator<Item = (Ipv6Addr, Ipv6Addr)> + Clone {
        self.v6.as_slice().iter().map(|&(first, last)| (first.into(), last.into()))
    }
}

/// The IPv4-mapped addresses.
const MAPPED: Range<u128> = (0xffff_0000_0000, 0xffff_ffff_ffff);
/// The narrowest CIDR that holds them and more: `::fffe:0:0/95`.
const AROUND_MAPPED: Range<u128> = (0xfffe_0000_0000, 0xffff_ffff_ffff);

/// Takes the IPv4-mapped addresses away where their neighbours are gone, so that no CIDR of the set is one of theirs alone.
fn without_orphans(ranges: Ranges<u128>) -> Ranges<u128> {
    if ranges.meets(MAPPED) && !ranges.covers(AROUND_MAPPED) { ranges.difference(&Ranges::one(MAPPED.0, MAPPED.1)) } else { ranges }
}

fn v4_range(net: Ipv4Net) -> Range<u32> {
    (net.network().into(), net.broadcast().into())
}

fn v6_range(net: Ipv6Net) -> Range<u128> {
    (net.network().into(), net.broadcast().into())
}

impl FromIterator<Cidr> for CidrSet {
    fn from_iter<I: IntoIterator<Item = Cidr>>(cidrs: I) -> Self {
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        for cidr in cidrs {
            match cidr.net() {
                IpNet::V4(net) => v4.push(v4_range(net)),
                IpNet::V6(net) => v6.push(v6_range(net)),
            }
        }
        Self { v4: Ranges::from_unsorted(v4), v6: Ranges::from_unsorted(v6) }
    }
}

impl From<Cidr> for CidrSet {
    fn from(cidr: Cidr) -> Self {
        Self::from_iter([cidr])
    }
}

impl From<Vec<Cidr>> for CidrSet {
    fn from(cidrs: Vec<Cidr>) -> Self {
        cidrs.into_iter().collect()
    }
}

impl From<CidrSet> for Vec<Cidr> {
    fn from(set: CidrSet) -> Self {
        set.cidrs()
    }
}

/// Its CIDRs, separated by a comma and a space; `none` where it is empty.
impl fmt::Display for CidrSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("none");
        }
        for (i, cidr) in self.cidrs().into_iter().enumerate() {
            if i > 0 {
                f.write_str(", ")?;
            }
            cidr.fmt(f)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
