mod compare;
mod faults;
mod kills;
mod others;
mod reason;
mod scene;
mod settle;
mod world;
