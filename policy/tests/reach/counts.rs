//! What a run has seen, so that nobody takes a law for more than it held.

use policy::reach::verdict::{Journey, Verdict};
use std::collections::BTreeMap;
use std::fmt;

/// Clusters and packets, and what became of them.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) clusters: u64,
    pub(crate) packets: u64,
    allowed: u64,
    denied: u64,
    unknown: BTreeMap<&'static str, u64>,
    /// By the kind of what decided.
    by: BTreeMap<String, u64>,
    noted: BTreeMap<&'static str, u64>,
}

impl Counts {
    pub(crate) fn count(&mut self, journey: &Journey) {
        self.packets += 1;
        match &journey.verdict {
            Verdict::Allowed => self.allowed += 1,
            Verdict::Denied => self.denied += 1,
            Verdict::Unknown(reason) => *self.unknown.entry(reason.name()).or_default() += 1,
        }
        if let (Verdict::Denied, Some(hop)) = (&journey.verdict, journey.hops.last()) {
            *self.by.entry(format!("{:?}", hop.stage)).or_default() += 1;
        }
    }

    pub(crate) fn add(&mut self, more: Self) {
        self.clusters += more.clusters;
        self.packets += more.packets;
        self.allowed += more.allowed;
        self.denied += more.denied;
        more.unknown.into_iter().for_each(|(reason, count)| *self.unknown.entry(reason).or_default() += count);
        more.by.into_iter().for_each(|(stage, count)| *self.by.entry(stage).or_default() += count);
        more.noted.into_iter().for_each(|(what, count)| *self.noted.entry(what).or_default() += count);
    }

    /// Counts something of a law's own.
    pub(crate) fn note(&mut self, what: &'static str) {
        *self.noted.entry(what).or_default() += 1;
    }

    pub(crate) fn noted(&self, what: &'static str) -> u64 {
        self.noted.get(what).copied().unwrap_or(0)
    }

    /// What a law has noted, in words.
    pub(crate) fn notes(&self) -> String {
        self.noted.iter().map(|(what, count)| format!("{count} {what}")).collect::<Vec<_>>().join(", ")
    }

    /// The share of packets that got through, in hundredths.
    pub(crate) fn allowed_percent(&self) -> u64 {
        100 * self.allowed / self.packets.max(1)
    }

    /// The share of packets of which it cannot be told, in hundredths.
    pub(crate) fn unknown_percent(&self) -> u64 {
        100 * self.unknown.values().sum::<u64>() / self.packets.max(1)
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        #[expect(clippy::cast_precision_loss, reason = "a share, for people")]
        let share = |count: u64| 100.0 * count as f64 / self.packets.max(1) as f64;
        write!(
            f,
            "{} clusters, {} packets: {:.1} % allowed, {:.1} % denied (",
            self.clusters,
            self.packets,
            share(self.allowed),
            share(self.denied)
        )?;
        let by: Vec<String> = self.by.iter().map(|(stage, count)| format!("{:.1} % at {stage}", share(*count))).collect();
        write!(f, "{}), unknown: ", by.join(", "))?;
        let unknown: Vec<String> = self.unknown.iter().map(|(reason, count)| format!("{:.2} % {reason}", share(*count))).collect();
        f.write_str(&if unknown.is_empty() { "none".to_owned() } else { unknown.join(", ") })
    }
}
