mod job;
mod list;
mod refusals;
mod scene;
