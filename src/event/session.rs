//! The credentials in a record: those that signed it, those that it issued, and console sign-ins.

use crate::clock::Millis;

/// How the credentials of a call were obtained, from its `userIdentity` (CloudTrail userIdentity element, AWS CloudTrail
/// User Guide). An absent value is `""`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Context<'a> {
    /// `sessionContext.attributes.mfaAuthenticated`.
    pub mfa: Option<bool>,
    /// `sessionContext.sourceIdentity`: set once and passed on through role chaining.
    pub source_identity: &'a str,
    /// `identityProvider`, or `sessionContext.webIdFederationData.federatedProvider`.
    pub provider: &'a str,
    /// `sessionContext.sessionIssuer.arn` of a federated user: whose credentials requested the session.
    pub issuer: &'a str,
    /// `invokedBy`: the service that called on the principal's behalf.
    pub service: &'a str,
    /// `inScopeOf.credentialsIssuedTo`: ARN of the function, task or instance.
    pub scope: &'a str,
    /// `sessionContext.ec2RoleDelivery`: `1.0` or `2.0`, the version of the instance's metadata service.
    pub delivery: &'a str,
}

/// Credentials that a call issued.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Issued<'a> {
    /// Empty for a console password.
    pub access_key: &'a str,
    /// Their principal: role, session that names a person, federated user, or user.
    pub role: &'a str,
    /// Role session name.
    pub session: &'a str,
    /// 0 for credentials that do not expire.
    pub expires: Millis,
    pub kind: IssuedKind,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum IssuedKind {
    #[default]
    Temporary,
    /// An access key of a user or of root.
    LongTerm,
    /// A console password.
    Password,
}

/// A successful console sign-in, or a step towards one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignIn<'a> {
    pub kind: SignInKind,
    pub mfa: Option<bool>,
    /// ARN of the identity that a role was switched from, or of the SAML provider.
    pub from: &'a str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SignInKind {
    ConsoleLogin,
    SwitchRole,
    /// Temporary credentials are exchanged for a sign-in link.
    GetSigninToken,
}

impl SignInKind {
    pub fn of(action: &str) -> Option<SignInKind> {
        match action {
            "ConsoleLogin" => Some(SignInKind::ConsoleLogin),
            "SwitchRole" => Some(SignInKind::SwitchRole),
            "GetSigninToken" => Some(SignInKind::GetSigninToken),
            _ => None,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            SignInKind::ConsoleLogin => "ConsoleLogin",
            SignInKind::SwitchRole => "SwitchRole",
            SignInKind::GetSigninToken => "GetSigninToken",
        }
    }
}
