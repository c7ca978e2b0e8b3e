//! Errors over HTTP: RFC 9457 problems that say what to do next.

use crate::port::Trouble;
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use engine::command::{Rejection, RejectionKind};
use serde::{Deserialize, Serialize};

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The HTTP status.
    pub status: u16,
    /// A short stable word.
    #[serde(rename = "type")]
    pub kind: String,
    /// What happened, and why.
    pub title: String,
    /// What to do next.
    pub hint: String,
}

impl Problem {
    /// A problem.
    pub fn new(status: StatusCode, kind: &str, title: impl Into<String>, hint: &str) -> Self {
        let (kind, hint) = (kind.to_owned(), hint.to_owned());
        Self { status: status.as_u16(), kind, title: title.into(), hint }
    }

    /// Nobody, or nobody who is known.
    #[must_use]
    pub fn unauthorized(title: &str) -> Self {
        let hint = "the token files are in the node's folder: tokens/operator.token, \
                    and tokens/ in the folder of each space";
        Self::new(StatusCode::UNAUTHORIZED, "denied", title, hint)
    }

    /// Somebody who may not.
    pub fn forbidden(title: impl Into<String>, hint: &str) -> Self {
        Self::new(StatusCode::FORBIDDEN, "denied", title, hint)
    }

    /// Nothing there.
    pub fn not_found(title: impl Into<String>, hint: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", title, hint)
    }

    /// Something that was brought is not what it should be.
    #[must_use]
    pub fn not_verified(title: String, hint: &str) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "not-verified", title, hint)
    }

    /// A request that makes no sense.
    pub fn invalid(title: impl Into<String>, hint: &str) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", title, hint)
    }
}

impl From<Rejection> for Problem {
    fn from(rejection: Rejection) -> Self {
        let (status, kind) = match rejection.kind {
            RejectionKind::Invalid => (StatusCode::UNPROCESSABLE_ENTITY, "invalid"),
            RejectionKind::NotFound => (StatusCode::NOT_FOUND, "not-found"),
            RejectionKind::Conflict => (StatusCode::CONFLICT, "conflict"),
            RejectionKind::Denied => (StatusCode::FORBIDDEN, "denied"),
            RejectionKind::NotYet => (StatusCode::CONFLICT, "not-yet"),
        };
        Self::new(status, kind, rejection.what, &rejection.hint)
    }
}

impl From<Trouble> for Problem {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Closed(why) => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "closed",
                format!("the space is closed: {why}"),
                "the node's output says more; start the node again when the cause is gone",
            ),
            Trouble::Failed(why) => Self::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "failed",
                why,
                "nothing was changed; try again when the cause is gone",
            ),
            Trouble::Conflict(why) => {
                Self::new(StatusCode::CONFLICT, "conflict", why, "choose another name")
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(self)).into_response();
        let kind = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        response
    }
}
