//! Addresses and nets as Calico reads them (`libcalico-go/lib/net`, Go's `net.ParseCIDR` and `net.ParseIP`).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Address family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    V4,
    V6,
}

impl Family {
    /// 4 or 6.
    pub(super) const fn version(self) -> i64 {
        match self {
            Self::V4 => 4,
            Self::V6 => 6,
        }
    }
}

/// A net as it was written: its host bits may be set.
#[derive(Debug, Clone, Copy)]
pub(super) struct Net {
    address: u128,
    bits: u32,
    /// Prefix length.
    pub(super) length: u32,
}

/// `ADDRESS/LENGTH`.
pub(super) fn cidr(text: &str) -> Option<Net> {
    let (address, length) = text.split_once('/')?;
    if length.is_empty() || !length.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let net = of(address.parse().ok()?);
    // Go allows zeros in front of the length.
    let length = length.trim_start_matches('0');
    let length = if length.is_empty() { 0 } else { length.parse().ok()? };
    (length <= net.bits).then_some(Net { length, ..net })
}

/// `ADDRESS/LENGTH`, or an address alone.
pub(super) fn cidr_or_address(text: &str) -> Option<Net> {
    cidr(text).or_else(|| text.parse().ok().map(of))
}

/// An address alone; an IPv4 address written as IPv6 counts as IPv4, as in Go.
pub(super) fn address(text: &str) -> Option<Family> {
    text.parse().ok().map(|address| of(address).family())
}

fn of(address: IpAddr) -> Net {
    match address {
        IpAddr::V4(address) => Net { address: u128::from(u32::from(address)), bits: 32, length: 32 },
        IpAddr::V6(address) => Net { address: u128::from(address), bits: 128, length: 128 },
    }
}

impl Net {
    fn mask(self) -> u128 {
        u128::MAX.checked_shl(self.bits - self.length).unwrap_or(0)
    }

    /// Whether all host bits are zero.
    pub(super) fn is_exact(self) -> bool {
        self.address & !self.mask() == 0
    }

    /// IPv4 also for IPv4 addresses written as IPv6 (`::ffff:10.0.0.0/104`), as in Calico.
    pub(super) fn family(self) -> Family {
        let mapped = Ipv6Addr::from(self.address & self.mask()).to_ipv4_mapped().is_some();
        if self.bits == 32 || mapped { Family::V4 } else { Family::V6 }
    }

    /// Whether it shares addresses with the link-local range of its family, 169.254.0.0/16 or fe80::/10.
    pub(super) fn is_link_local(self) -> bool {
        let (range, length) = match self.bits {
            32 => (u128::from(u32::from(Ipv4Addr::new(169, 254, 0, 0))), 16),
            _ => (0xfe80 << 112, 10),
        };
        let common = Self { length: self.length.min(length), ..self }.mask();
        self.address & common == range & common
    }
}
