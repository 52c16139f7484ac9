//! What a contained identity still does, as CloudTrail tells it.

use crate::clock::Millis;

/// One successful call of the contained identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activity {
    pub at: Millis,
    /// `iam:CreateAccessKey`.
    pub action: String,
    /// The caller's ARN.
    pub who: String,
    pub key: String,
    pub from: String,
    pub region: String,
    /// No policy can deny the call, and it gives nothing away: sts:GetCallerIdentity (STS API Reference).
    pub harmless: bool,
}
