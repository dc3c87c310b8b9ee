//! What real packets showed, as sets.

pub(crate) mod world;

mod kinds;
mod measured;
