//! Reading a [`Cidr`] from text.

use super::error::excerpt;
use super::{Cidr, CidrError, Family};
use ipnet::{IpNet, Ipv4Net};
use std::net::{IpAddr, Ipv4Addr};
use std::str::FromStr;

impl FromStr for Cidr {
    type Err = CidrError;

    /// Reads an address, or an address and a prefix length, spaces around it left out. Leading zeros are refused, as `010.0.0.1` is
    /// read as octal by some programs.
    fn from_str(text: &str) -> Result<Self, CidrError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(CidrError::Empty);
        }
        let (address, prefix) = match text.split_once('/') {
            None => (text, None),
            Some((address, prefix)) => (address, Some(prefix)),
        };
        let syntax = || CidrError::Syntax { text: excerpt(text) };
        let address: IpAddr = address.parse().map_err(|_| syntax())?;
        let longest = Family::of(address).bits();
        let length = match prefix {
            None => longest,
            Some(digits) => {
                // `parse` would take a sign and leading zeros.
                let is_number = matches!(digits.as_bytes(), [b'0'] | [b'1'..=b'9', ..]) && digits.bytes().all(|b| b.is_ascii_digit());
                if !is_number {
                    return Err(syntax());
                }
                digits.parse().unwrap_or(u8::MAX)
            }
        };
        let net = IpNet::new(address, length).map_err(|_| CidrError::PrefixLength { text: excerpt(text), longest })?;
        checked(net, text)
    }
}

/// The network as a [`Cidr`], if it keeps the rules; `text` is how it was written.
pub(super) fn checked(net: IpNet, text: &str) -> Result<Cidr, CidrError> {
    if let Some(ipv4) = mapped(net) {
        return Err(CidrError::Mapped { text: excerpt(text), ipv4 });
    }
    let network = net.trunc();
    if network == net {
        Ok(Cidr(net))
    } else {
        Err(CidrError::HostBits { text: excerpt(text), network: Cidr(network), address: Cidr(net.addr().into()) })
    }
}

/// The IPv4 range that a range inside `::ffff:0:0/96` stands for.
fn mapped(net: IpNet) -> Option<Cidr> {
    let IpNet::V6(net) = net else { return None };
    let address: Ipv4Addr = net.addr().to_ipv4_mapped()?;
    let length = net.prefix_len().checked_sub(96)?;
    Ipv4Net::new(address, length).ok().map(|net| Cidr(IpNet::V4(net.trunc())))
}
