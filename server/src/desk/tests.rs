mod faults;
mod groups;
mod job;
mod list;
mod reach;
mod refusals;
mod scene;
mod sentences;
