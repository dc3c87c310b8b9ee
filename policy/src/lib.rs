//! The domain of Portcullis: addresses, objects, access, recipes, checks, diff and plan.
//!
//! Pure: no clock, no I/O, no async. The same code runs in the server and, as wasm, in the browser;
//! what it computes is the same byte for byte in both (`tests/golden.rs`).

pub mod access;
pub mod adopt;
pub mod baseline;
pub mod checks;
pub mod cidr;
pub mod diff;
pub mod finding;
pub mod names;
pub mod object;
pub mod plan;
pub mod preview;
pub mod reach;
pub mod recipe;
pub mod scope;
pub mod selector;
pub mod snapshot;
pub mod validate;
pub mod view;
pub mod yaml;
