//! The outcome of a call: success, denied or failed.

use std::fmt;

/// Outcome of one call, from its error code, or from its response for services that log the error there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    Success,
    /// Not authorized or not authenticated.
    Denied,
    /// Failed for any other reason (throttled, not found, invalid).
    Failed,
}

impl Outcome {
    pub const ALL: [Outcome; 3] = [Outcome::Success, Outcome::Denied, Outcome::Failed];

    pub fn name(self) -> &'static str {
        match self {
            Outcome::Success => "success",
            Outcome::Denied => "denied",
            Outcome::Failed => "failed",
        }
    }

    /// From a CloudTrail `errorCode` or an S3 access log's error code; `""` is success.
    ///
    /// Services spell denials differently: `AccessDenied`, `AccessDeniedException`,
    /// `Client.UnauthorizedOperation`, `UnauthorizedAccess`, `SignatureDoesNotMatch`, …
    pub fn from_error_code(code: &str) -> Outcome {
        if code.is_empty() {
            return Outcome::Success;
        }
        let tail = code.rsplit(['.', ':']).next().unwrap_or(code);
        let denied = tail.contains("AccessDenied")
            || tail.contains("Unauthorized")
            || tail.contains("Forbidden")
            || tail.contains("NotAuthorized")
            || matches!(
                tail,
                "AuthFailure"
                    | "SignatureDoesNotMatch"
                    | "InvalidAccessKeyId"
                    | "InvalidClientTokenId"
                    | "UnrecognizedClientException"
                    | "ExpiredToken"
                    | "ExpiredTokenException"
                    | "InvalidToken"
                    | "OptInRequired"
                    | "AccountProblem"
                    | "AllAccessDisabled"
                    | "RequestTimeTooSkewed"
                    | "SignInFailure"
            );
        if denied { Outcome::Denied } else { Outcome::Failed }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
