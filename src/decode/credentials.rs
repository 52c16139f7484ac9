//! Credentials that a call issued, and console sign-ins.
//!
//! Sources: AWS STS, IAM, Amazon Cognito and Amazon S3 API references for the shape of answers; CloudTrail User
//! Guide, "AWS Management Console sign-in events".

use std::borrow::Cow;

use super::fields::{Field, Fields, raw_of, text_of};
use crate::clock::Millis;
use crate::event::identity::session_principal;
use crate::event::{Issued, IssuedKind, SignIn, SignInKind, time};

/// The fields that an [`Issued`] borrows from.
pub struct IssuedFields<'a> {
    access_key: Cow<'a, str>,
    role: String,
    session: String,
    expires: Millis,
    kind: IssuedKind,
}

impl<'a> IssuedFields<'a> {
    /// The credentials issued by a successful call, if any.
    #[inline]
    pub fn of(f: &Fields<'a>, service: &str, action: &str) -> Option<IssuedFields<'a>> {
        match service {
            "sts.amazonaws.com" | "cognito-identity.amazonaws.com" | "s3express.amazonaws.com" => {
                temporary(f)
            }
            "iam.amazonaws.com" => long_term(f, action),
            _ => None,
        }
    }

    pub fn issued(&self) -> Issued<'_> {
        Issued {
            access_key: &self.access_key,
            role: &self.role,
            session: &self.session,
            expires: self.expires,
            kind: self.kind,
        }
    }
}

/// Temporary credentials in a response. If the response names neither role nor session (as for AWS services),
/// the request does.
fn temporary<'a>(f: &Fields<'a>) -> Option<IssuedFields<'a>> {
    let answer = f.raw(Field::ResponseElements);
    let credentials = raw_of(answer, "credentials");
    let access_key = text_of(credentials, "accessKeyId");
    if access_key.is_empty() {
        return None;
    }
    let (role, session) = recipient(answer, f.raw(Field::RequestParameters));
    Some(IssuedFields {
        role,
        session,
        expires: expiration(&text_of(credentials, "expiration")),
        access_key,
        kind: IssuedKind::Temporary,
    })
}

fn recipient(answer: &str, request: &str) -> (String, String) {
    let assumed = text_of(raw_of(answer, "assumedRoleUser"), "arn");
    if !assumed.is_empty() {
        let (role, session) = session_principal(&assumed);
        return (role.to_string(), session.to_string());
    }
    let federated = text_of(raw_of(answer, "federatedUser"), "arn");
    if !federated.is_empty() {
        return (federated.into_owned(), String::new());
    }
    let (role, session) = (text_of(request, "roleArn"), text_of(request, "roleSessionName"));
    (role.into_owned(), session.into_owned())
}

/// A user's access key or console password. The user's ARN lacks the path, which the record does not contain.
fn long_term<'a>(f: &Fields<'a>, action: &str) -> Option<IssuedFields<'a>> {
    let kind = match action {
        "CreateAccessKey" => IssuedKind::LongTerm,
        "CreateLoginProfile" | "UpdateLoginProfile" => IssuedKind::Password,
        _ => return None,
    };
    let answer = raw_of(f.raw(Field::ResponseElements), "accessKey");
    let access_key = text_of(answer, "accessKeyId");
    let user = match text_of(answer, "userName") {
        none if none.is_empty() => text_of(f.raw(Field::RequestParameters), "userName"),
        name => name,
    };
    let account = f.text(Field::RecipientAccountId);
    let issued = kind == IssuedKind::Password || !access_key.is_empty();
    issued.then(|| IssuedFields {
        access_key,
        role: if user.is_empty() { String::new() } else { user_arn(&account, &user) },
        session: String::new(),
        expires: 0,
        kind,
    })
}

fn user_arn(account: &str, name: &str) -> String {
    ["arn:aws:iam::", account, ":user/", name].concat()
}

/// STS logs the expiration as RFC 3339 or as `Jul 10, 2023, 1:00:21 PM`.
fn expiration(text: &str) -> Millis {
    time::parse(text).unwrap_or_else(|| {
        chrono::NaiveDateTime::parse_from_str(text, "%b %d, %Y, %I:%M:%S %p")
            .map_or(0, |t| t.and_utc().timestamp_millis())
    })
}

/// The fields that a [`SignIn`] borrows from.
pub struct SignInFields<'a> {
    kind: SignInKind,
    mfa: Option<bool>,
    from: Cow<'a, str>,
}

impl<'a> SignInFields<'a> {
    /// The sign-in of a successful sign-in event, if it is one.
    #[inline]
    pub fn of(f: &Fields<'a>, service: &str, action: &str) -> Option<SignInFields<'a>> {
        if service != "signin.amazonaws.com" {
            return None;
        }
        let kind = SignInKind::of(action)?;
        let details = f.raw(Field::AdditionalEventData);
        let mfa = match &*text_of(details, "MFAUsed") {
            "Yes" => Some(true),
            "No" => Some(false),
            _ => None,
        };
        let from = match kind {
            SignInKind::SwitchRole => text_of(details, "SwitchFrom"),
            _ => text_of(details, "SamlProviderArn"),
        };
        Some(SignInFields { kind, mfa, from })
    }

    pub fn sign_in(&self) -> SignIn<'_> {
        SignIn { kind: self.kind, mfa: self.mfa, from: &self.from }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fields::Ranges;
    use super::*;

    /// The issued key, its recipient and session name.
    fn issued_by(service: &str, action: &str, record: &str) -> Option<[String; 3]> {
        let mut ranges = Ranges::default();
        ranges.project(record.as_bytes()).ok()?;
        let fields = Fields::new(record, &ranges);
        let texts = IssuedFields::of(&fields, service, action)?;
        let issued = texts.issued();
        Some([issued.access_key, issued.role, issued.session].map(str::to_string))
    }

    #[test]
    fn the_recipient_comes_from_the_response_or_else_the_request() {
        let request = r#""requestParameters":{"roleArn":"arn:aws:iam::1:role/p/web","roleSessionName":"i-1"}"#;
        let key = r#""credentials":{"accessKeyId":"ASIA1"}"#;
        let sts = |record: String| issued_by("sts.amazonaws.com", "AssumeRole", &record).unwrap();
        assert_eq!(
            sts(format!(r#"{{{request},"responseElements":{{{key}}}}}"#)),
            ["ASIA1", "arn:aws:iam::1:role/p/web", "i-1"]
        );
        let assumed = r#""assumedRoleUser":{"arn":"arn:aws:sts::1:assumed-role/web/x"}"#;
        assert_eq!(
            sts(format!(r#"{{{request},"responseElements":{{{key},{assumed}}}}}"#)),
            ["ASIA1", "arn:aws:iam::1:role/web", "x"]
        );
        let federated = r#""federatedUser":{"arn":"arn:aws:sts::1:federated-user/admin"}"#;
        assert_eq!(
            sts(format!(r#"{{"responseElements":{{{key},{federated}}}}}"#)),
            ["ASIA1", "arn:aws:sts::1:federated-user/admin", ""]
        );
    }

    #[test]
    fn keys_and_passwords_are_issued_to_a_user() {
        let iam = |action, record| issued_by("iam.amazonaws.com", action, record);
        let key = r#"{"recipientAccountId":"1","requestParameters":null,
            "responseElements":{"accessKey":{"accessKeyId":"AKIA1","userName":"eve"}}}"#;
        assert_eq!(iam("CreateAccessKey", key).unwrap(), ["AKIA1", "arn:aws:iam::1:user/eve", ""]);
        assert_eq!(iam("ListAccessKeys", key), None);
        let password = r#"{"recipientAccountId":"1","requestParameters":{"userName":"eve"}}"#;
        assert_eq!(
            iam("UpdateLoginProfile", password).unwrap(),
            ["", "arn:aws:iam::1:user/eve", ""]
        );
        assert_eq!(iam("CreateAccessKey", password), None, "no key in the response, none issued");
    }

    #[test]
    fn broken_responses_issue_nothing() {
        for answer in ["null", "[]", "7", "\"credentials\"", r#"{"credentials":7}"#] {
            let record = format!(r#"{{"responseElements":{answer},"requestParameters":{answer}}}"#);
            for service in ["sts.amazonaws.com", "iam.amazonaws.com", "s3express.amazonaws.com"] {
                assert_eq!(issued_by(service, "CreateAccessKey", &record), None, "{record}");
            }
        }
    }
}
