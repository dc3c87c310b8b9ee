//! The values that pages and JSON show.

mod advertised;
mod ask;
mod baseline;
mod cluster;
mod coverage;
mod groups;
mod history;
mod path;
mod peers;
mod reach;
mod routes;
mod rows;
mod run;
mod sentences;
mod service;
mod settings;

pub use advertised::{AdvertisedView, advertised};
pub use ask::*;
pub use baseline::*;
pub use cluster::*;
pub use coverage::*;
pub use groups::*;
pub use history::*;
pub use path::*;
pub use reach::*;
pub use routes::{Signature, paired, same_hop};
pub use rows::{row_of, rows, service_row};
pub use run::*;
pub use sentences::*;
pub use service::*;
pub use settings::SettingRow;

use crate::reach::lockout::Way;
use serde::{Deserialize, Serialize};

/// A moment, as the server wrote it: pages make it relative once they are alive.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Moment {
    /// Milliseconds since 1970-01-01 00:00 UTC.
    pub unix_ms: i64,
    /// `2026-11-23 04:27:05 UTC`.
    pub text: String,
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Caller {
    /// Stable identifier.
    pub id: String,
    /// As pages and history show it.
    pub name: String,
    /// How they came.
    pub kind: CallerKind,
    /// The way of their browser to the page; none on the same machine, or where there is no browser.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub way: Option<Way>,
}

/// How a caller came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum CallerKind {
    /// By the link printed at the start.
    Link,
    /// By the command line.
    CommandLine,
    /// Portcullis itself.
    System,
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = std::num::ParseIntError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    };
}

id!(
    /// The number of a run.
    RunId
);
id!(
    /// The number of a revision.
    RevisionId
);
