//! Which HostEndpoints the edge stands on.

use serde::{Deserialize, Serialize};

/// Which HostEndpoints the edge policies stand on.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum HostEndpoints {
    /// Those the cluster has.
    #[default]
    Existing,
    /// Those that Calico's controller makes.
    Automatic,
    /// One for each node, on this interface; created where absent.
    Named {
        /// The interface, as `eth0`.
        interface: Interface,
    },
}

/// The name of a network interface: 1 to 15 of letters, digits, `_`, `.`, `-` (Calico's rule for `interfaceName`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Interface(String);

impl Default for Interface {
    /// `eth0`, as the first interface of many machines is named.
    fn default() -> Self {
        Self("eth0".to_owned())
    }
}

/// Why a text is not an [`Interface`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not the name of an interface: 1 to 15 letters, digits, `_`, `.` or `-`, as eth0")]
pub struct NotAnInterface(pub String);

impl Interface {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Interface {
    type Error = NotAnInterface;
    fn try_from(text: String) -> Result<Self, NotAnInterface> {
        let fits = (1..=15).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b));
        if fits { Ok(Self(text)) } else { Err(NotAnInterface(text)) }
    }
}

impl From<Interface> for String {
    fn from(interface: Interface) -> Self {
        interface.0
    }
}
