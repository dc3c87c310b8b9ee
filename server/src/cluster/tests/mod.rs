mod connect;
mod fake;
pub(crate) mod faulty;
mod requests;
mod rights;
mod watch;
