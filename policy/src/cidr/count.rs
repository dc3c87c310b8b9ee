//! How many addresses: numbers past 2^128.

use serde::{Deserialize, Serialize};
use std::iter::Sum;
use std::ops::{Add, AddAssign};
use std::{fmt, str::FromStr};

/// A number of addresses, up to 2^192 - 1, where sums stay: all of IPv4 and IPv6 together, 2^64 times over, fit less one.
///
/// In JSON its decimal digits as a string, as no number of JavaScript holds it; for people with thousands separators.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AddressCount {
    // In this order the derived comparison is the one of the numbers.
    high: u64,
    low: u128,
}

/// Why a text is not an [`AddressCount`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a number of addresses: decimal digits alone, below 2^192")]
pub struct NotACount(pub String);

/// The largest power of ten in a `u64`, and its digits.
const CHUNK: u64 = 10_000_000_000_000_000_000;
const CHUNK_DIGITS: usize = 19;
/// Numbers of so many digits are written out: all of IPv4 has ten.
const MOST_DIGITS: usize = 15;

impl AddressCount {
    /// None.
    pub const ZERO: Self = Self { high: 0, low: 0 };
    /// One.
    pub const ONE: Self = Self { high: 0, low: 1 };
    /// The largest that can be held, where sums stay.
    pub const MAX: Self = Self { high: u64::MAX, low: u128::MAX };

    /// Two to the power of `exponent`; [`Self::MAX`] past 191.
    #[must_use]
    pub const fn power_of_two(exponent: u8) -> Self {
        match exponent {
            0..128 => Self { high: 0, low: 1 << exponent },
            128..192 => Self { high: 1 << (exponent - 128), low: 0 },
            _ => Self::MAX,
        }
    }

    /// Whether it is none.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.high == 0 && self.low == 0
    }

    /// As a number, if that holds it.
    #[must_use]
    pub const fn as_u128(self) -> Option<u128> {
        if self.high == 0 { Some(self.low) } else { None }
    }

    /// With the noun: `1 address`, `65,792 addresses`, `7.9 × 10^28 addresses`.
    #[must_use]
    pub fn addresses(self) -> String {
        if self == Self::ONE { "1 address".to_owned() } else { format!("{} addresses", self.in_short()) }
    }

    /// Its digits with separators; of so many that nobody reads them one by one, as of IPv6, two: `7.9 × 10^28`.
    #[must_use]
    pub fn in_short(self) -> String {
        let digits = self.digits();
        let power = digits.len() - 1;
        match digits.get(..3).and_then(|first| first.parse::<u32>().ok()) {
            Some(first) if digits.len() > MOST_DIGITS => {
                let tenths = (first + 5) / 10;
                // 9.96 is 10.0: one digit more.
                let (tenths, power) = if tenths == 100 { (10, power + 1) } else { (tenths, power) };
                format!("{}.{} × 10^{power}", tenths / 10, tenths % 10)
            }
            _ => self.to_string(),
        }
    }

    /// Its decimal digits.
    fn digits(self) -> String {
        let (mut rest, mut chunks) = (self, Vec::new());
        loop {
            let chunk;
            (rest, chunk) = rest.divide();
            chunks.push(chunk);
            if rest.is_zero() {
                break;
            }
        }
        let mut digits = String::new();
        for (i, chunk) in chunks.iter().rev().enumerate() {
            digits.push_str(&if i == 0 { chunk.to_string() } else { format!("{chunk:0CHUNK_DIGITS$}") });
        }
        digits
    }

    /// Quotient and remainder by [`CHUNK`]: long division, 64 bits at a time.
    const fn divide(self) -> (Self, u64) {
        let mut remainder = 0_u128;
        let limbs = [self.high as u128, self.low >> 64, self.low & u64::MAX as u128];
        let mut quotient = [0_u128; 3];
        let mut i = 0;
        while i < 3 {
            let value = (remainder << 64) | limbs[i];
            quotient[i] = value / CHUNK as u128;
            remainder = value % CHUNK as u128;
            i += 1;
        }
        // Each quotient fits 64 bits, as each remainder is below the divisor.
        (Self { high: quotient[0] as u64, low: (quotient[1] << 64) | quotient[2] }, remainder as u64)
    }

    /// Ten times as many and `digit` more, if that fits.
    fn push_digit(self, digit: u8) -> Option<Self> {
        let mut carry = u128::from(digit);
        let mut limb = |value: u128| {
            carry += value * 10;
            let low = carry & u128::from(u64::MAX);
            carry >>= 64;
            low
        };
        let bottom = limb(self.low & u128::from(u64::MAX));
        let middle = limb(self.low >> 64);
        let top = limb(u128::from(self.high));
        (carry == 0).then_some(Self { high: top as u64, low: (middle << 64) | bottom })
    }
}

impl From<u128> for AddressCount {
    fn from(low: u128) -> Self {
        Self { high: 0, low }
    }
}

impl Add for AddressCount {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        let (low, carry) = self.low.overflowing_add(other.low);
        match self.high.checked_add(other.high).and_then(|high| high.checked_add(u64::from(carry))) {
            Some(high) => Self { high, low },
            None => Self::MAX,
        }
    }
}

impl AddAssign for AddressCount {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sum for AddressCount {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::ZERO, Add::add)
    }
}

impl fmt::Display for AddressCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.digits();
        let mut text = String::with_capacity(digits.len() + digits.len() / 3);
        for (i, digit) in digits.chars().enumerate() {
            if i > 0 && (digits.len() - i).is_multiple_of(3) {
                text.push(',');
            }
            text.push(digit);
        }
        f.pad(&text)
    }
}

impl FromStr for AddressCount {
    type Err = NotACount;

    /// Reads decimal digits without separators.
    fn from_str(text: &str) -> Result<Self, NotACount> {
        let wrong = || NotACount(super::error::excerpt(text));
        if text.is_empty() {
            return Err(wrong());
        }
        text.bytes()
            .try_fold(Self::ZERO, |count, byte| if byte.is_ascii_digit() { count.push_digit(byte - b'0') } else { None })
            .ok_or_else(wrong)
    }
}

impl TryFrom<String> for AddressCount {
    type Error = NotACount;
    fn try_from(text: String) -> Result<Self, NotACount> {
        text.parse()
    }
}

impl From<AddressCount> for String {
    fn from(count: AddressCount) -> Self {
        count.digits()
    }
}

#[cfg(test)]
mod tests;
