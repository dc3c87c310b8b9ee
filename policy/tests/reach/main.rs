//! Laws of reachability: two engines that were written apart say the same, the recipes do with packets what they are meant to do (or, the
//! documented one, what it is known to do), and no input breaks either engine.
//!
//! `PORTCULLIS_LONG` makes the laws follow many more packets, `PORTCULLIS_PACKETS` just so many, and `PORTCULLIS_SEED` others; with
//! `PORTCULLIS_AS_FOUND` a cluster that breaks a law is not made smaller first.
#![cfg(not(target_family = "wasm"))]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a cluster that cannot be made fails its law")]

mod adopting;
mod after;
mod ask;
mod blockers;
mod canary;
mod closed;
mod cluster;
mod counts;
mod documented;
mod draw;
mod engines;
mod equal;
mod facts;
mod hardened;
mod hostile;
mod kept;
mod local;
mod moved;
mod packets;
mod page;
mod run;
mod safety;
mod smaller;
mod steps;
mod strangers;
mod template;
mod touched;
