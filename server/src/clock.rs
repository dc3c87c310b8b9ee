//! Time as a value: what needs to know it is handed a clock.

use jiff::{Timestamp, tz::TimeZone};
use policy::view::Moment;
use std::sync::Arc;

/// A moment, in microseconds since 1970-01-01 00:00 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time(pub i64);

impl Time {
    /// As pages show it.
    #[must_use]
    pub fn moment(self) -> Moment {
        let text = Timestamp::from_microsecond(self.0)
            .map_or_else(|_| format!("{} µs", self.0), |at| at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M:%S UTC").to_string());
        Moment { unix_ms: self.0.div_euclid(1000), text }
    }
}

/// Where the time comes from.
pub trait Clock: Send + Sync + 'static {
    /// Now.
    fn now(&self) -> Time;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Time {
        Time(Timestamp::now().as_microsecond())
    }
}

impl<F: Fn() -> Time + Send + Sync + 'static> Clock for F {
    fn now(&self) -> Time {
        self()
    }
}

/// A clock that everyone shares.
pub type SharedClock = Arc<dyn Clock>;

/// The machine's clock, shared.
#[must_use]
pub fn system() -> SharedClock {
    Arc::new(SystemClock)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_in_utc() {
        let moment = Time(1_795_408_025_123_456).moment();
        assert_eq!(moment.unix_ms, 1_795_408_025_123);
        assert_eq!(moment.text, "2026-11-23 04:27:05 UTC");
    }

    #[test]
    fn a_time_beyond_the_calendar_is_still_written() {
        assert_eq!(Time(i64::MAX).moment().text, format!("{} µs", i64::MAX));
    }
}
