mod faults;
mod job;
mod list;
mod refusals;
mod scene;
