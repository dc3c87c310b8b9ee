//! Portcullis driven from outside: the rig, conformance, the browser.

pub mod agent;
pub mod bench;
pub mod conformance;
pub mod generated;
pub mod operator;
pub mod proof;
pub mod rig;
pub mod victim;
pub mod world;
