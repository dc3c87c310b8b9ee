//! Objects of Calico's API, `projectcalico.org/v3`.
//!
//! The kinds that Portcullis may write keep their raw JSON beside what is read of them ([`Kept`]): an edit patches the raw value, so
//! fields that Portcullis does not know survive.

mod endpoint;
mod kept;
mod order;
mod policy;
mod settings;
mod staged;
mod tier;

pub use endpoint::*;
pub use kept::{Kept, Raw};
pub use order::{NotFinite, Order};
pub use policy::*;
pub use settings::*;
pub use staged::*;
pub use tier::*;
