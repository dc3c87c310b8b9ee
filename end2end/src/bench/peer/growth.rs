//! How the time grows with the policies.

use super::ms;
use std::fmt;
use std::time::Duration;

/// How many policies there are.
pub(super) const POLICIES: [u32; 3] = [100, 1_000, 10_000];

/// What Portcullis takes for more and more policies.
#[derive(Debug)]
pub(in crate::bench) struct Growth {
    pub(super) what: &'static str,
    /// How many policies, the whole command, and comparing alone.
    pub(super) points: Vec<(u32, Duration, Duration)>,
}

/// The exponent of the power of the number of policies that fits times best: the slope of the line among their logarithms.
fn exponent(points: impl Iterator<Item = (u32, Duration)>) -> f64 {
    let points: Vec<(f64, f64)> = points.map(|(policies, time)| (f64::from(policies).ln(), time.as_secs_f64().ln())).collect();
    let count = f64::from(u32::try_from(points.len()).unwrap_or(u32::MAX));
    let middle = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
    let (x, y) = (middle(|point| point.0), middle(|point| point.1));
    let along: f64 = points.iter().map(|point| (point.0 - x) * (point.1 - y)).sum();
    along / points.iter().map(|point| (point.0 - x).powi(2)).sum::<f64>()
}

impl fmt::Display for Growth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, points } = self;
        let times = |times: Vec<Duration>| times.into_iter().map(|time| format!("{:.1}", ms(time))).collect::<Vec<_>>().join(" / ");
        let whole = points.iter().map(|(policies, whole, _)| (*policies, *whole));
        let comparing = points.iter().map(|(policies, _, comparing)| (*policies, *comparing));
        write!(
            f,
            "| {what} | {} ms | {:.2} | {} ms | {:.2} |",
            times(whole.clone().map(|(_, time)| time).collect()),
            exponent(whole),
            times(comparing.clone().map(|(_, time)| time).collect()),
            exponent(comparing)
        )
    }
}
