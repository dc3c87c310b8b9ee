//! Small components that several pages share.

mod access;
mod chip;
mod copy;
mod diff;
mod finding;
mod icon;
pub(crate) mod journey;
mod live;
mod loaded;
mod moment;
mod problem;
mod prose;
mod reach;
mod state;
mod unlanded;
mod yaml;

pub(crate) use access::AccessSummary;
pub(crate) use chip::{AddressChips, CidrChip, ObjectName, PortChips, cidr_chips};
pub(crate) use copy::CopyButton;
pub(crate) use diff::{DiffView, ObjectDiffs, PartName, role_name};
pub(crate) use finding::{Findings, FindingsByAction};
pub(crate) use icon::{Icon, IconName};
pub(crate) use live::open_connections;
pub(crate) use loaded::{loaded, loaded_page};
pub(crate) use moment::When;
pub(crate) use problem::{Notice, ProblemView, failure};
pub(crate) use prose::prose;
pub(crate) use reach::{by_the_page, reach};

pub(crate) use state::{GuardedByHand, RunStateWord, ServiceStateWord, StepStateWord, Tone};
pub(crate) use unlanded::{unlanded_event, unlanded_notice, ways_on};
pub(crate) use yaml::{live_yaml, yaml_line, yaml_link, yaml_pieces};

#[cfg(all(test, feature = "ssr"))]
mod tests;
