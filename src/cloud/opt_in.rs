//! Regions that an account has not enabled. They answer as if the credentials were wrong.
//!
//! Credentials that are good elsewhere prove it: IAM does not tell a region about an account that has not enabled it
//! (AWS Account Management Reference Guide, "Enable or disable AWS Regions in your account"; IAM User Guide, "Managing
//! AWS STS in an AWS Region").

use super::error::{ApiError, ErrorKind};

/// The code of an error that was explained by [`not_enabled`].
pub const NOT_ENABLED: &str = "RegionNotEnabled";

/// Codes with which a region answers that is not enabled. All but the last two also mean wrong credentials.
const CODES: [&str; 6] = [
    "AuthFailure",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "OptInRequired",
    "RegionDisabledException",
];

/// True if the region may not be enabled, or the credentials may be wrong.
pub fn may_be(e: &ApiError) -> bool {
    CODES.contains(&e.code.as_str())
}

/// The error of a call to `region`, when the same credentials work in another one. Nothing was changed.
pub fn not_enabled(e: ApiError, region: &str, works_in: &str) -> ApiError {
    let message = format!(
        "the region {region} is not enabled for this account, or not for this service: it answers {}, and the same \
         credentials work in {works_in}",
        e.code
    );
    ApiError { kind: ErrorKind::Refused, code: NOT_ENABLED.into(), message, ..e }
}

impl ApiError {
    /// True for the answer of a region that the account has not enabled.
    pub fn is_not_enabled(&self) -> bool {
        self.code == NOT_ENABLED
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expired_token_says_nothing_about_a_region() {
        let of = |code: &str| ApiError::new("x:Y", ErrorKind::Credentials, code, "");
        assert!(may_be(&of("UnrecognizedClientException")) && may_be(&of("OptInRequired")));
        assert!(!may_be(&of("ExpiredToken")) && !may_be(&of("SignatureDoesNotMatch")));
        let e = not_enabled(of("InvalidClientTokenId"), "eu-south-1", "us-east-1");
        assert!(e.is_not_enabled() && e.kind == ErrorKind::Refused);
        assert!(e.message.contains("eu-south-1 is not enabled"), "{e}");
    }
}
