//! What is answered to a request that is turned away: a page for people, a [`Problem`] for programs.

use super::log::RequestId;
use super::plain;
use app::backend::Problem;
use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};

/// Why a request is turned away.
#[derive(Debug, Clone, thiserror::Error)]
pub(super) enum Refusal {
    /// No cookie, or one that names no living session.
    #[error("Not signed in: open the link that Portcullis printed at its start.")]
    NotSignedIn {
        /// Where a browser that came from another site may go again by itself: a strict cookie does not travel on such a visit.
        again: Option<String>,
    },
    /// The secret of a link is unknown, or was used.
    #[error("This link was used already, or is not of this run of Portcullis.")]
    UsedLink,
    /// `Host` names something else: another name was made to point here.
    #[error("`{host}` is not the address of this Portcullis: open http://{own}/")]
    WrongHost {
        /// What the request named.
        host: String,
        /// What it may name.
        own: String,
    },
    /// A page of another origin sent it.
    #[error("A page of another origin sent this request: Portcullis answers its own pages only.")]
    CrossOrigin,
    /// The body is longer than [`super::Limits::body`].
    #[error("The request is longer than {limit} bytes: send less at once.")]
    TooLong {
        /// The limit, in bytes.
        limit: usize,
    },
    /// The body ended before its end.
    #[error("The request was cut off: {why}. Send it again.")]
    Cut {
        /// What the connection says.
        why: String,
    },
    /// There is nothing at this path.
    #[error("There is nothing at `{path}`.")]
    NotFound {
        /// The path.
        path: String,
    },
    /// The use case behind it said no.
    #[error("{0}")]
    Problem(Problem),
    /// The answer took longer than [`super::Limits::wait`].
    #[error("Portcullis took too long to answer; its log says more under {request}.")]
    TooSlow {
        /// What the log calls it.
        request: RequestId,
    },
    /// A bug.
    #[error("Portcullis failed; its log says more under {request}.")]
    Broke {
        /// What the log calls it.
        request: RequestId,
    },
}

impl Refusal {
    const fn status(&self) -> StatusCode {
        match self {
            Self::NotSignedIn { .. } | Self::UsedLink => StatusCode::UNAUTHORIZED,
            Self::WrongHost { .. } => StatusCode::MISDIRECTED_REQUEST,
            Self::CrossOrigin => StatusCode::FORBIDDEN,
            Self::TooLong { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Cut { .. } => StatusCode::BAD_REQUEST,
            Self::NotFound { .. } => StatusCode::NOT_FOUND,
            Self::Problem(problem) => problem.status(),
            Self::TooSlow { .. } => StatusCode::GATEWAY_TIMEOUT,
            Self::Broke { .. } => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn problem(&self) -> Problem {
        match self {
            Self::NotSignedIn { .. } => Problem::Anonymous,
            Self::NotFound { .. } => Problem::NotFound(self.to_string()),
            Self::Problem(problem) => problem.clone(),
            Self::TooSlow { request } | Self::Broke { request } => Problem::Internal(request.to_string()),
            Self::UsedLink | Self::WrongHost { .. } | Self::CrossOrigin | Self::TooLong { .. } | Self::Cut { .. } => {
                Problem::Refused(self.to_string())
            }
        }
    }

    fn page(&self) -> String {
        let sentence = plain::escaped(&self.to_string());
        match self {
            Self::NotSignedIn { again } => {
                let again = again.as_ref().map_or(String::new(), |path| {
                    format!("<p>Signed in already? <a href=\"{}\">Open this page again</a>.</p>", plain::escaped(path))
                });
                plain::page("Not signed in", &format!("<p>{OPEN_THE_LINK}</p><p>{NEW_LINK}</p>{again}"))
            }
            Self::UsedLink => plain::page("This link does not open", &format!("<p>{sentence}</p><p>{NEW_LINK}</p>")),
            Self::WrongHost { .. } => plain::page("Wrong address", &format!("<p>{sentence}</p>")),
            Self::NotFound { .. } => plain::page("Nothing here", &format!("<p>{sentence} <a href=\"/\">Services</a></p>")),
            Self::Problem(_) => plain::page("No file", &format!("<p>{sentence}</p>")),
            Self::CrossOrigin | Self::TooLong { .. } | Self::Cut { .. } => plain::page("Refused", &format!("<p>{sentence}</p>")),
            Self::TooSlow { .. } | Self::Broke { .. } => plain::page("Portcullis failed", &format!("<p>{sentence}</p>")),
        }
    }

    /// The answer to a request with these headers.
    pub(super) fn answer(&self, request: &HeaderMap) -> Response {
        if wants_a_page(request) {
            (self.status(), plain::HTML, self.page()).into_response()
        } else {
            (self.status(), Json(self.problem())).into_response()
        }
    }
}

const OPEN_THE_LINK: &str = "Open the link that Portcullis printed in the terminal where it was started.";
const NEW_LINK: &str = "Each link opens one browser, once. For a new one, stop Portcullis with Ctrl-C and start it again: history, plans and \
                        the cluster stay as they are.";

/// Whether a browser will show the answer to a person.
pub(super) fn wants_a_page(request: &HeaderMap) -> bool {
    request.get_all(header::ACCEPT).iter().filter_map(|accept| accept.to_str().ok()).any(|accept| accept.contains("text/html"))
}
