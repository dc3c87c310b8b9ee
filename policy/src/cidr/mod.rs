//! Addresses of both families: one range ([`Cidr`]), sets of them ([`CidrSet`]), and how many addresses that is ([`AddressCount`]).

mod count;
mod error;
pub mod list;
mod parse;
mod range;
mod set;
#[cfg(test)]
mod tests;

pub use count::{AddressCount, NotACount};
pub use error::CidrError;
pub use set::CidrSet;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A range of addresses in CIDR notation.
///
/// Host bits are zero, and no range lies inside `::ffff:0:0/96`: an IPv4 address has one notation here, its own. Read from text by
/// `parse` (a bare address is a range of one); in JSON the same text. Ordered by family (IPv4 first), then by first address, then
/// the wider range first: a range comes before everything it covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Cidr(IpNet);

/// An address family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Family {
    /// IPv4.
    #[serde(rename = "IPv4")]
    V4,
    /// IPv6.
    #[serde(rename = "IPv6")]
    V6,
}

impl Family {
    /// The family of an address.
    #[must_use]
    pub const fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(_) => Self::V4,
            IpAddr::V6(_) => Self::V6,
        }
    }

    /// 4 or 6, as Calico's `ipVersion`.
    #[must_use]
    pub const fn version(self) -> u8 {
        match self {
            Self::V4 => 4,
            Self::V6 => 6,
        }
    }

    /// The longest prefix: 32 or 128.
    #[must_use]
    pub const fn bits(self) -> u8 {
        match self {
            Self::V4 => 32,
            Self::V6 => 128,
        }
    }

    /// `IPv4` or `IPv6`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::V4 => "IPv4",
            Self::V6 => "IPv6",
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Cidr {
    /// All addresses of a family: `0.0.0.0/0` or `::/0`.
    #[must_use]
    pub const fn all(family: Family) -> Self {
        Self(match family {
            Family::V4 => IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::UNSPECIFIED, 0)),
            Family::V6 => IpNet::V6(Ipv6Net::new_assert(Ipv6Addr::UNSPECIFIED, 0)),
        })
    }

    /// As a network of `ipnet`.
    #[must_use]
    pub const fn net(self) -> IpNet {
        self.0
    }

    /// Its family.
    #[must_use]
    pub const fn family(self) -> Family {
        match self.0 {
            IpNet::V4(_) => Family::V4,
            IpNet::V6(_) => Family::V6,
        }
    }

    /// Its prefix length, 0 to 32 or 128.
    #[must_use]
    pub fn prefix_len(self) -> u8 {
        self.0.prefix_len()
    }

    /// Its first address, the one that is written.
    #[must_use]
    pub fn first(self) -> IpAddr {
        self.0.network()
    }

    /// Its last address.
    #[must_use]
    pub fn last(self) -> IpAddr {
        self.0.broadcast()
    }

    /// Whether it is a single address.
    #[must_use]
    pub fn is_address(self) -> bool {
        self.prefix_len() == self.family().bits()
    }

    /// How many addresses it has.
    #[must_use]
    pub fn count(self) -> AddressCount {
        AddressCount::power_of_two(self.family().bits() - self.prefix_len())
    }

    /// Whether the address is one of its own.
    #[must_use]
    pub fn contains(self, address: IpAddr) -> bool {
        self.0.contains(&address)
    }

    /// Whether every address of `other` is one of its own; a range covers itself.
    #[must_use]
    pub fn covers(self, other: Self) -> bool {
        self.0.contains(&other.0)
    }

    /// Whether they have an address in common, which for CIDRs means that one covers the other.
    #[must_use]
    pub fn overlaps(self, other: Self) -> bool {
        self.covers(other) || other.covers(self)
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<Ipv4Addr> for Cidr {
    fn from(address: Ipv4Addr) -> Self {
        Self(Ipv4Net::from(address).into())
    }
}

impl TryFrom<IpNet> for Cidr {
    type Error = CidrError;
    fn try_from(net: IpNet) -> Result<Self, CidrError> {
        parse::checked(net, &net.to_string())
    }
}

impl TryFrom<IpAddr> for Cidr {
    type Error = CidrError;
    fn try_from(address: IpAddr) -> Result<Self, CidrError> {
        parse::checked(address.into(), &address.to_string())
    }
}

impl TryFrom<String> for Cidr {
    type Error = CidrError;
    fn try_from(text: String) -> Result<Self, CidrError> {
        text.parse()
    }
}

impl From<Cidr> for String {
    fn from(cidr: Cidr) -> Self {
        cidr.to_string()
    }
}
