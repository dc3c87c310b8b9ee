//! What the sandbox and a real API server have in common: the suite that defines the sandbox.
//!
//! Each case talks to one API through a `kube::Client` and says what has to come back: status, `reason`, objects less the fields that servers
//! set, the order of watch events; not messages. The expectations were measured on kube-apiserver 1.29.15 with Calico's API server 3.28.5.
//! Every case cleans up, so that the suite can run on one API again and again.

mod api;
mod automatic;
mod calico;
mod discovery;
mod lists;
mod refusals;
mod services;
mod validation;
mod watches;
mod writes;

pub use api::Api;

use anyhow::Result;
use std::future::Future;
use std::pin::Pin;

/// A case on its way.
type Running<'a> = Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>>;

/// One thing that both APIs do.
pub struct Case {
    /// What they do, as a test's name.
    pub name: &'static str,
    run: for<'a> fn(&'a Api) -> Running<'a>,
}

impl Case {
    /// Tries it on `api`.
    ///
    /// # Errors
    /// The API does something else, or does not answer.
    pub async fn run(&self, api: &Api) -> Result<()> {
        (self.run)(api).await
    }
}

/// A [`Case`] of each function.
macro_rules! cases {
    ($($name:ident),* $(,)?) => {
        pub(super) const CASES: &[super::Case] = &[$(super::Case { name: stringify!($name), run: |api| Box::pin($name(api)) }),*];
    };
}
use cases;

/// Every case.
pub fn suite() -> impl Iterator<Item = &'static Case> {
    [
        discovery::CASES,
        writes::CASES,
        refusals::CASES,
        calico::CASES,
        validation::CASES,
        services::CASES,
        lists::CASES,
        watches::CASES,
        automatic::CASES,
    ]
    .into_iter()
    .flatten()
}
