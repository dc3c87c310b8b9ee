//! Use cases, HTTP, cluster adapter, history, run engine, sandbox and command line of Portcullis.

pub mod cli;
pub mod clock;
pub mod cluster;
pub mod desk;
pub mod documents;
pub mod history;
pub mod http;
pub mod runs;
pub mod sandbox;
pub mod serve;
