//! Portcullis driven from outside: the rig, conformance, the browser.

pub mod conformance;
pub mod rig;
pub mod victim;
