//! `order` of a policy.

use serde::{Deserialize, Serialize};

/// `order` of a policy: finite, lower first; absent means last.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(try_from = "f64")]
pub struct Order(f64);

impl Serialize for Order {
    /// A whole number is written without a fraction, as the API server writes it back.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let whole = self.0.trunc();
        #[expect(clippy::cast_possible_truncation, reason = "below 2^53 a whole f64 is an i64")]
        if (whole - self.0).abs() == 0.0 && whole.abs() < 9_007_199_254_740_992.0 {
            return serializer.serialize_i64(whole as i64);
        }
        serializer.serialize_f64(self.0)
    }
}

/// Why a number is not an [`Order`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("`order` must be a finite number")]
pub struct NotFinite;

impl Order {
    /// As a number.
    #[must_use]
    pub const fn get(self) -> f64 {
        self.0
    }
}

impl TryFrom<f64> for Order {
    type Error = NotFinite;
    fn try_from(value: f64) -> Result<Self, NotFinite> {
        // -0 and 0 are one order: kept as one, so that they compare and print alike.
        if value.is_finite() { Ok(Self(value + 0.0)) } else { Err(NotFinite) }
    }
}

impl From<Order> for f64 {
    fn from(order: Order) -> Self {
        order.0
    }
}

impl Eq for Order {}

impl PartialOrd for Order {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Order {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}
