//! The rig itself: it comes up, says what goes wrong, and leaves nothing behind.

mod api;
mod machine;
mod refusal;
mod world;
