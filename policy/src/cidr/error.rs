//! Why a text is not a [`Cidr`]: one variant for each rule.

use super::Cidr;
use serde::{Deserialize, Serialize};

/// Why a text is not a [`Cidr`]. The texts it holds are cut to [`CidrError::EXCERPT`] characters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "rule")]
pub enum CidrError {
    /// Nothing but spaces.
    #[error("the address is empty: write one, as 50.60.1.2, or a range, as 50.60.0.0/16")]
    Empty,
    /// Not an address, or behind the `/` not a number.
    #[error("`{text}` is not an address or a CIDR: write one as 50.60.1.2, 50.60.0.0/16 or 2001:db8::/32")]
    Syntax {
        /// As written.
        text: String,
    },
    /// The prefix is longer than an address of the family.
    #[error("`{text}` has a prefix longer than an address: write 0 to {longest} behind the `/`")]
    PrefixLength {
        /// As written.
        text: String,
        /// The longest prefix of the family: 32 or 128.
        longest: u8,
    },
    /// Bits are set behind the prefix, so that it is unclear whether the range or the one address was meant.
    #[error("`{text}` has bits set behind its prefix: write {network} for the range, or {address} for the one address")]
    HostBits {
        /// As written.
        text: String,
        /// The range that it lies in.
        network: Cidr,
        /// The address without its prefix, as a range of one.
        address: Cidr,
    },
    /// An IPv4 range in the notation of IPv6 (RFC 4291, 2.5.5.2): no packet carries such an address, so it would match nothing.
    #[error("`{text}` is an IPv4 range written as IPv6, which matches no packet: write {ipv4}")]
    Mapped {
        /// As written.
        text: String,
        /// The IPv4 form.
        ipv4: Cidr,
    },
}

impl CidrError {
    /// How many characters of a wrong text are kept.
    pub const EXCERPT: usize = 64;
}

/// The text, cut to [`CidrError::EXCERPT`] characters, an ellipsis included.
pub(super) fn excerpt(text: &str) -> String {
    match text.char_indices().nth(CidrError::EXCERPT) {
        None => text.to_owned(),
        Some(_) => text.chars().take(CidrError::EXCERPT - 1).chain(['…']).collect(),
    }
}
