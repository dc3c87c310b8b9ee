mod baseline;
mod faults;
mod job;
mod list;
mod reach;
mod refusals;
mod scene;
mod sentences;
