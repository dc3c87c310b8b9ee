mod connect;
mod fake;
mod requests;
mod watch;
