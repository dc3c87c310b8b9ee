mod faults;
mod hand_made;
mod job;
mod list;
mod reach;
mod refusals;
mod scene;
mod sentences;
