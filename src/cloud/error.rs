//! AWS errors, classified by how the program reacts to them.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Call;

/// What a failed call means for the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ErrorKind {
    /// The resource does not exist.
    NotFound,
    /// No permission.
    Denied,
    /// Rejected for now; the same call may be repeated.
    Throttled,
    /// The resource already exists, or somebody else is changing it.
    Conflict,
    /// A quota is reached.
    Limit,
    /// No response, or none that states the outcome: the call may have taken effect.
    Unknown,
    /// No usable credentials.
    Credentials,
    /// Rejected for any other reason: nothing was changed.
    Refused,
}

/// The code of a read that we cut off; no service has it.
const CUT_OFF: &str = "incident:CutOff";

/// A failed call. It contains no secret, only names, the service's error code and its message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiError {
    /// `iam:UpdateAccessKey`.
    pub call: String,
    pub kind: ErrorKind,
    /// The service's error code: `NoSuchEntity`.
    pub code: String,
    pub message: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

impl ApiError {
    pub fn new(call: &str, kind: ErrorKind, code: &str, message: &str) -> ApiError {
        ApiError {
            call: call.into(),
            kind,
            code: code.into(),
            message: message.into(),
            request_id: None,
        }
    }

    /// The time of a read was over before its answer was whole.
    pub fn cut_off(call: &Call) -> ApiError {
        ApiError::new(&call.name(), ErrorKind::Unknown, CUT_OFF, "no whole answer in time")
    }

    pub fn is_cut_off(&self) -> bool {
        self.code == CUT_OFF
    }

    pub fn is_not_found(&self) -> bool {
        self.kind == ErrorKind::NotFound
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.call, self.code)?;
        if !self.message.is_empty() {
            write!(f, ": {}", self.message)?;
        }
        if let Some(id) = &self.request_id {
            write!(f, " (request {id})")?;
        }
        Ok(())
    }
}

impl std::error::Error for ApiError {}

/// The kind of an AWS error code. Services use different codes for the same error.
pub fn kind_of(code: &str) -> ErrorKind {
    match code {
        "ConcurrentModification"
        | "ConcurrentModificationException"
        | "EntityTemporarilyUnmodifiable"
        | "OperationAborted" => ErrorKind::Throttled,
        "RequestLimitExceeded" | "SlowDown" | "TooManyRequests" | "TooManyRequestsException" => {
            ErrorKind::Throttled
        }
        c if c.starts_with("Throttl") => ErrorKind::Throttled,
        "LimitExceeded" | "LimitExceededException" => ErrorKind::Limit,
        "NotFound" | "404" | "ResourceNotFoundException" | "TrailNotFoundException" => {
            ErrorKind::NotFound
        }
        c if c.starts_with("NoSuch") || c.ends_with("NotFoundError") => ErrorKind::NotFound,
        "ExpiredToken"
        | "ExpiredTokenException"
        | "InvalidClientTokenId"
        | "InvalidAccessKeyId"
        | "SignatureDoesNotMatch"
        | "UnrecognizedClientException"
        | "AuthFailure" => ErrorKind::Credentials,
        c if c.contains("AccessDenied") || c.contains("Unauthorized") || c == "403" => {
            ErrorKind::Denied
        }
        c if c.contains("AlreadyExists")
            || c.contains("AlreadyOwned")
            || c.contains("Conflict") =>
        {
            ErrorKind::Conflict
        }
        "InternalError"
        | "InternalFailure"
        | "ServiceFailure"
        | "ServiceUnavailable"
        | "InternalServerError"
        | "InternalServerErrorException"
        | "InternalServiceError" => ErrorKind::Unknown,
        _ => ErrorKind::Refused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_all_services_are_classified() {
        for (code, kind) in [
            ("NoSuchEntity", ErrorKind::NotFound),
            ("NoSuchBucketPolicy", ErrorKind::NotFound),
            ("ServerSideEncryptionConfigurationNotFoundError", ErrorKind::NotFound),
            ("Throttling", ErrorKind::Throttled),
            ("ThrottlingException", ErrorKind::Throttled),
            ("AccessDeniedException", ErrorKind::Denied),
            ("EntityAlreadyExists", ErrorKind::Conflict),
            ("BucketAlreadyOwnedByYou", ErrorKind::Conflict),
            ("LimitExceeded", ErrorKind::Limit),
            ("ServiceUnavailable", ErrorKind::Unknown),
            ("MalformedPolicyDocument", ErrorKind::Refused),
        ] {
            assert_eq!(kind_of(code), kind, "{code}");
        }
    }
}
