//! Principals from ARNs, so that the sessions of one principal are counted together.

use std::borrow::Cow;

/// The principal behind an STS session ARN, and the session's name.
///
/// The principal of a session is normally its role. If the session is named after a person (IAM Identity Center, or an
/// e-mail address as session name), many people share the role, so the session itself is the principal. STS omits a
/// role's path from the session ARN, so the role ARN returned here has none. Any other text is its own principal,
/// without a session.
pub fn session_principal(arn: &str) -> (Cow<'_, str>, &str) {
    let Some(session) = Session::read(arn) else {
        return (Cow::Borrowed(arn), "");
    };
    let named = session.role.starts_with("AWSReservedSSO_") || session.name.contains('@');
    let principal = if named { Cow::Borrowed(arn) } else { Cow::Owned(session.role_arn()) };
    (principal, session.name)
}

/// Whom to count the calls of a session for: its role, since whoever assumes a role chooses the session's name. Only
/// IAM Identity Center gives its sessions the names of people itself; there the session counts. Other text is returned
/// as it is.
pub fn counted_for(arn: &str) -> Cow<'_, str> {
    match Session::read(arn) {
        Some(session) if !session.role.starts_with("AWSReservedSSO_") => {
            Cow::Owned(session.role_arn())
        }
        _ => Cow::Borrowed(arn),
    }
}

/// The session name of an assumed role, or `""`. Unlike [`session_principal`] it does not allocate.
pub fn session_name(arn: &str) -> &str {
    Session::read(arn).map_or("", |session| session.name)
}

/// The account in an ARN, or `""`.
pub fn arn_account(arn: &str) -> &str {
    if !arn.starts_with("arn:") {
        return "";
    }
    arn.split(':').nth(4).unwrap_or("")
}

/// True for an EC2 instance id (`i-0c29d6abb6a09589a`), which EC2 uses as session name.
pub fn is_instance(session: &str) -> bool {
    let id = session.strip_prefix("i-").unwrap_or("");
    matches!(id.len(), 8 | 17) && id.bytes().all(|b| b.is_ascii_hexdigit())
}

/// The parts of `arn:PARTITION:sts::ACCOUNT:assumed-role/ROLE/SESSION`.
struct Session<'a> {
    partition: &'a str,
    account: &'a str,
    role: &'a str,
    name: &'a str,
}

impl<'a> Session<'a> {
    fn read(arn: &'a str) -> Option<Session<'a>> {
        let (partition, rest) = arn.strip_prefix("arn:")?.split_once(":sts::")?;
        let (account, rest) = rest.split_once(":assumed-role/")?;
        let (role, name) = rest.split_once('/')?;
        let whole = !partition.contains(':') && !account.contains(':') && !role.is_empty();
        (whole && !name.is_empty()).then_some(Session { partition, account, role, name })
    }

    fn role_arn(&self) -> String {
        ["arn:", self.partition, ":iam::", self.account, ":role/", self.role].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_stands_for_its_role_unless_it_names_a_person() {
        for (arn, principal, session) in [
            (
                "arn:aws:sts::123456789012:assumed-role/deploy/i-0c29d6abb6a09589a",
                "arn:aws:iam::123456789012:role/deploy",
                "i-0c29d6abb6a09589a",
            ),
            (
                "arn:aws-cn:sts::123456789012:assumed-role/deploy/run=1,2",
                "arn:aws-cn:iam::123456789012:role/deploy",
                "run=1,2",
            ),
            (
                "arn:aws:sts::123456789012:assumed-role/admin/dana@example.com",
                "arn:aws:sts::123456789012:assumed-role/admin/dana@example.com",
                "dana@example.com",
            ),
            (
                "arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Admin_0af/dana",
                "arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Admin_0af/dana",
                "dana",
            ),
        ] {
            assert_eq!(session_principal(arn), (Cow::Borrowed(principal), session));
            assert_eq!(session_name(arn), session);
        }
    }

    #[test]
    fn sessions_of_a_role_count_together_whatever_their_names() {
        let role = "arn:aws:iam::123456789012:role/deploy";
        for name in ["i-0c29d6abb6a09589a", "dana@example.com", "a/b"] {
            let arn = format!("arn:aws:sts::123456789012:assumed-role/deploy/{name}");
            assert_eq!(counted_for(&arn), role);
        }
        for own in [
            "arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Admin_0af/dana",
            "arn:aws:iam::123456789012:user/dana",
            "",
        ] {
            assert_eq!(counted_for(own), own);
        }
    }

    #[test]
    fn other_text_is_its_own_principal() {
        for text in [
            "",
            "arn:aws:iam::123456789012:user/dana",
            "arn:aws:sts::123456789012:assumed-role/deploy",
            "arn:aws:sts::123456789012:assumed-role/deploy/",
            "arn:aws:sts::123456789012:assumed-role//x",
            "arn:aws:sts::123456789012:federated-user/dana",
        ] {
            assert_eq!(session_principal(text), (Cow::Borrowed(text), ""));
        }
    }

    #[test]
    fn the_account_is_the_arns_fifth_part() {
        assert_eq!(arn_account("arn:aws:iam::123456789012:user/a:b"), "123456789012");
        assert_eq!(arn_account("arn:aws:s3:::bucket"), "");
        assert_eq!(arn_account("arn:aws"), "");
        assert_eq!(arn_account("a:b:c:d:e:f"), "");
    }
}
