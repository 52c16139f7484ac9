//! What IAM itself says of a contained identity: the result of iam:SimulatePrincipalPolicy.

/// What IAM says of one identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// The user or the role, an ARN.
    pub identity: String,
    /// Only of sessions from before the cutoff.
    pub sessions: bool,
    pub verdict: Verdict,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// A policy denies each of these actions.
    Denied(Vec<String>),
    /// No policy denies these actions.
    Allowed(Vec<String>),
    /// IAM did not say, and why.
    Unknown(String),
}
