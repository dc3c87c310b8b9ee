//! How a [`Problem`] travels: as JSON, with the status that fits it.

use crate::backend::Problem;
use leptos::server_fn::codec::JsonEncoding;
use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};

impl FromServerFnError for Problem {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        let problem = match error {
            ServerFnErrorErr::Args(why) | ServerFnErrorErr::MissingArg(why) | ServerFnErrorErr::UnsupportedRequestMethod(why) => {
                Self::Refused(format!("The request cannot be read: {why}."))
            }
            // In the server it is the request that does not read, in the browser the answer.
            #[cfg(feature = "ssr")]
            ServerFnErrorErr::Deserialization(why) => Self::Refused(format!("The request cannot be read: {why}.")),
            other => Self::Transport(other.to_string()),
        };
        // On the server this is where a request ends that never came to a server function.
        #[cfg(feature = "ssr")]
        report(&problem);
        problem
    }
}

/// Gives the page that the server renders the status of the problem that it shows.
#[cfg(feature = "ssr")]
pub(crate) use server::report;

/// In a browser there is no status to give.
#[cfg(not(feature = "ssr"))]
pub(crate) const fn report(_: &Problem) {}

#[cfg(feature = "ssr")]
pub(super) use server::{Reported, caller, sent};

#[cfg(feature = "ssr")]
mod server {
    use crate::backend::{Backend, BackendHandle, Problem};
    use http::StatusCode;
    use http::header::ACCEPT;
    use http::request::Parts;
    use leptos::prelude::{expect_context, use_context};
    use leptos_axum::ResponseOptions;
    use policy::view::Caller;
    use std::sync::Arc;

    /// Who asks, and whom to ask; taken from the context before the first `await`, behind which there is none.
    pub(in crate::api) fn caller() -> Result<(Caller, Arc<dyn Backend>), Problem> {
        let caller = use_context::<Caller>().ok_or(Problem::Anonymous).reported()?;
        Ok((caller, expect_context::<BackendHandle>().0))
    }

    /// Sends the browser on, with or without JavaScript.
    pub(in crate::api) fn sent(to: &str) {
        leptos_axum::redirect(to);
    }

    /// Sets the response's status from a problem.
    pub(in crate::api) trait Reported {
        /// Sets the status, and hands the value on.
        fn reported(self) -> Self;
    }

    impl<T> Reported for Result<T, Problem> {
        fn reported(self) -> Self {
            if let Err(problem) = &self {
                report(problem);
            }
            self
        }
    }

    /// Sets the response's status from a problem.
    pub(crate) fn report(problem: &Problem) {
        if let (Some(parts), Some(response)) = (use_context::<Parts>(), use_context::<ResponseOptions>())
            && !answers_a_form(&parts)
        {
            response.set_status(problem.status());
        }
    }

    /// A form posted without JavaScript is answered by a redirect back to its page, which a status would overwrite.
    fn answers_a_form(parts: &Parts) -> bool {
        let html = parts.headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).is_some_and(|accept| accept.contains("text/html"));
        html && parts.method == http::Method::POST
    }

    impl Problem {
        /// The status that fits it.
        #[must_use]
        pub const fn status(&self) -> StatusCode {
            match self {
                Self::Refused(_) => StatusCode::UNPROCESSABLE_ENTITY,
                Self::NotFound(_) => StatusCode::NOT_FOUND,
                Self::Stale(_) => StatusCode::CONFLICT,
                Self::Anonymous => StatusCode::UNAUTHORIZED,
                Self::Unreachable(_) => StatusCode::SERVICE_UNAVAILABLE,
                Self::Internal(_) | Self::Transport(_) => StatusCode::INTERNAL_SERVER_ERROR,
            }
        }
    }
}
