//! The agent: what answers and what asks in a namespace of the rig.
//!
//! One runs in every pod, on every node, and outside. It listens on the ports of its pod and tells whoever connects which address it sees;
//! and it sends probes when it is asked to through a Unix socket, which crosses namespaces. Each probe is a new connection, but for one that is asked
//! to stay open.

mod control;
mod held;
mod listen;
mod load;
mod send;

pub use control::{Agent, run};
pub use held::Held;
pub use load::Load;

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use policy::access::Protocol;
use serde::{Deserialize, Serialize};

/// One packet's question: does it get through?
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Probe {
    /// TCP or UDP.
    pub protocol: Protocol,
    /// The client's address; none: what the namespace chooses.
    pub source: Option<IpAddr>,
    /// The client's port; none: any.
    pub source_port: Option<u16>,
    /// The way into the cluster, by its place among [`crate::world::Layout::entries`]; none: the only one there is.
    pub entry: Option<u32>,
    /// Where it goes.
    pub to: SocketAddr,
    /// How long an answer may take, in milliseconds.
    pub patience_ms: u64,
}

impl Probe {
    /// A probe from wherever it is sent, by the only way there is.
    #[must_use]
    pub const fn new(protocol: Protocol, to: SocketAddr) -> Self {
        Self { protocol, source: None, source_port: None, entry: None, to, patience_ms: PATIENCE_MS }
    }
}

/// What became of a probe.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Outcome {
    /// It got through and was answered.
    Allowed {
        /// Who answered: `NAMESPACE/POD`, or the node.
        by: String,
        /// The address that the answering side saw.
        seen: IpAddr,
    },
    /// Nothing came back in time: it was dropped.
    Denied,
    /// It was turned away by a reset or an ICMP message: nothing listens there, or a rule rejects.
    Refused,
    /// The connection came about and nothing was said on it.
    Silent,
    /// It could not be sent at all.
    Unsent(String),
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Allowed { by, seen } => write!(f, "allowed: {by} answered and saw {seen}"),
            Self::Denied => f.write_str("denied: nothing came back"),
            Self::Refused => f.write_str("refused: turned away by a reset or an ICMP message"),
            Self::Silent => f.write_str("silent: connected, and nothing was said"),
            Self::Unsent(why) => write!(f, "not sent: {why}"),
        }
    }
}

impl Outcome {
    /// Whether it got through.
    #[must_use]
    pub const fn is_allowed(&self) -> bool {
        matches!(self, Self::Allowed { .. })
    }
}

/// How long an answer may take. Namespaces of one machine answer within milliseconds; the rest is for two cores that compile something else.
/// It is also what each question that is denied costs, and most of the tests' time.
pub const PATIENCE: Duration = Duration::from_millis(PATIENCE_MS);
const PATIENCE_MS: u64 = 900;

/// What an agent is asked.
#[derive(Debug, Serialize, Deserialize)]
enum Request {
    /// To send all of these at once.
    Send(Vec<Probe>),
    /// To open this connection and keep it open for as long as the one who asks stays.
    Open(Probe),
    /// To send once more on the connection that is open.
    Again,
    /// To open one new connection after the other for so many milliseconds.
    Load { probe: Probe, millis: u64 },
}

/// Its answer.
#[derive(Debug, Serialize, Deserialize)]
enum Answer {
    /// In the order of the probes.
    Outcomes(Vec<Outcome>),
    /// What the connections cost, or why there were none.
    Load(Result<Load, String>),
}

/// What the answering side says, in one line: its name and the address that it sees.
#[derive(Debug, Serialize, Deserialize)]
struct Greeting {
    by: String,
    seen: IpAddr,
}
