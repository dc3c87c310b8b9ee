//! Worlds that nobody wrote: a cluster, and on it one situation after the other, all drawn from a seed.
//!
//! A [`world`] is what a rig is brought up with: nodes, pods, Services and clients. A [`Situation`] is what others may have written beside it:
//! HostEndpoints, sets and policies of many shapes, with few labels, addresses and ports, so that they collide. It takes seconds to write
//! another one, and half a minute to bring up another world.

mod cluster;
mod draw;
mod hosts;
mod policies;
mod rules;
mod situation;
mod smallest;
#[cfg(test)]
mod tests;

pub use cluster::world;
pub use draw::Draw;
pub use situation::Situation;
pub use smallest::smallest;

/// What a situation is drawn for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Base<'a> {
    /// The world that it is written on.
    pub(crate) world: &'a crate::world::World,
    /// Whether it has addresses of the second family.
    pub(crate) dual: bool,
    /// Whether the line of Calico has tiers.
    pub(crate) tiers: bool,
}
