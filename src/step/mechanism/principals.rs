//! Principals as `aws:PrincipalArn` shows them, and whether the caller is among them.
//!
//! Our policies name nobody in `Principal`. AWS refuses a principal that does not exist, and rewrites a
//! deleted one to its unique id, so the document would change under us (IAM User Guide, "AWS JSON policy
//! elements: Principal"). The condition key keeps its text. For every session of a role it contains the
//! role's ARN, with the path ("AWS global condition context keys").

use crate::cloud::Arn;
use crate::step::model::{Context, StepError};

/// The purpose of a list of principals.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// `…:root` means the whole account, as in `Principal`.
    Deny,
    /// `…:root` means the root user alone: a list of allowed principals must not allow more than it says.
    Allow,
}

/// The `ArnLike` patterns that match the principals: user, role and session ARNs, account ids.
///
/// A role's name is unique in its account whatever its path, so `role/*/NAME` is the same role or none.
///
/// # Errors
/// For a value that `aws:PrincipalArn` cannot contain.
pub fn patterns(cx: &Context, given: &[String], r#use: Use) -> Result<Vec<String>, StepError> {
    let mut patterns: Vec<String> = Vec::new();
    for one in given.iter().map(|p| p.trim()).filter(|p| !p.is_empty()) {
        for pattern in patterns_of(cx, one, r#use)? {
            if !patterns.contains(&pattern) {
                patterns.push(pattern);
            }
        }
    }
    Ok(patterns)
}

fn patterns_of(cx: &Context, given: &str, r#use: Use) -> Result<Vec<String>, StepError> {
    let of_account = |partition: &str, account: &str| {
        ["iam", "sts"].map(|service| format!("arn:{partition}:{service}::{account}:*")).to_vec()
    };
    if given.len() == 12 && given.bytes().all(|b| b.is_ascii_digit()) {
        return Ok(of_account(cx.partition, given));
    }
    let refused = || {
        StepError::Refused(format!(
            "invalid principal '{given}' (expected the ARN of a user, role or session, or a 12-digit account id)"
        ))
    };
    let arn = Arn::parse(given).ok_or_else(refused)?;
    let Arn { partition, account, resource, .. } = &arn;
    let kind = resource.split_once('/').map_or(resource.as_str(), |(kind, _)| kind);
    match (arn.service.as_str(), kind) {
        ("iam", "root") if r#use == Use::Deny => Ok(of_account(partition, account)),
        ("iam", "root" | "user") | ("sts", "federated-user") => Ok(vec![given.to_string()]),
        ("iam", "role") if resource.matches('/').count() > 1 => Ok(vec![given.to_string()]),
        ("iam", "role") | ("sts", "assumed-role") => {
            let name = arn.role().filter(|n| !n.is_empty()).ok_or_else(refused)?;
            let role = |path: &str| format!("arn:{partition}:iam::{account}:role/{path}{name}");
            Ok(vec![role(""), role("*/")])
        }
        _ => Err(refused()),
    }
}

/// The caller, as `aws:PrincipalArn` shows it.
pub fn responder<'a>(cx: &Context<'a>) -> &'a str {
    cx.caller_role.unwrap_or(cx.caller)
}

/// The caller's patterns: an ARN of an unknown kind matches only itself.
pub fn of_responder(cx: &Context) -> Vec<String> {
    let who = responder(cx);
    patterns_of(cx, who, Use::Allow).unwrap_or_else(|_| vec![who.to_string()])
}

/// True when a pattern matches the caller, or names a role with the caller's role name.
pub fn covers_caller(cx: &Context, patterns: &[String]) -> bool {
    let callers: Vec<&str> = cx.caller_role.into_iter().chain([cx.caller]).collect();
    patterns.iter().any(|pattern| {
        callers.iter().any(|caller| arn_like(pattern, caller) || same_role(pattern, caller))
    })
}

/// A session's ARN does not contain the path of its role, so the names are compared.
fn same_role(pattern: &str, caller: &str) -> bool {
    let role = |text: &str| {
        let arn = Arn::parse(text)?;
        Some((arn.account.clone(), arn.role()?.to_ascii_lowercase()))
    };
    matches!((role(pattern), role(caller)), (Some(a), Some(b)) if a == b)
}

/// `ArnLike`: matches each of the six parts by itself, with `*` and `?` in any (IAM User Guide, "IAM JSON policy
/// elements: Condition operators").
pub fn arn_like(pattern: &str, arn: &str) -> bool {
    let parts = |text: &str| text.splitn(6, ':').map(str::to_string).collect::<Vec<_>>();
    let (pattern, arn) = (parts(pattern), parts(arn));
    pattern.len() == arn.len() && pattern.iter().zip(&arn).all(|(p, t)| like(p, t))
}

/// True when the text matches a pattern with `*` and `?`.
pub fn like(pattern: &str, text: &str) -> bool {
    let (p, t) = (pattern.as_bytes(), text.as_bytes());
    let (mut i, mut j, mut star) = (0, 0, None);
    while j < t.len() {
        if i < p.len() && p[i] == b'*' {
            star = Some((i, j));
            i += 1;
        } else if i < p.len() && (p[i] == b'?' || p[i] == t[j]) {
            i += 1;
            j += 1;
        } else if let Some((at, from)) = star {
            star = Some((at, from + 1));
            i = at + 1;
            j = from + 1;
        } else {
            return false;
        }
    }
    p[i..].iter().all(|b| *b == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::step::testing::context;

    #[test]
    fn patterns_match_part_by_part() {
        assert!(arn_like("arn:aws:iam::1:role/*/admin", "arn:aws:iam::1:role/a/b/admin"));
        assert!(!arn_like("arn:aws:iam::1:role/*/admin", "arn:aws:iam::1:role/admin"));
        assert!(!arn_like("arn:aws:iam::1*", "arn:aws:iam::12:user/x"));
        assert!(
            like("a*b?d", "axxbcd") && !like("a*b?d", "axxbd") && like("*", "") && !like("", "x")
        );
    }

    #[test]
    fn every_kind_of_principal_has_its_patterns() {
        let args = [("x", "")].into();
        let cx = context(&args);
        let of = |text: &str, r#use| patterns(&cx, &[text.to_string()], r#use);
        let both = ["arn:aws:iam::999999999999:*", "arn:aws:sts::999999999999:*"];
        assert_eq!(of("999999999999", Use::Deny).unwrap(), both);
        assert_eq!(of("arn:aws:iam::999999999999:root", Use::Deny).unwrap(), both);
        assert_eq!(of("arn:aws:iam::9:root", Use::Allow).unwrap(), ["arn:aws:iam::9:root"]);
        let role = ["arn:aws:iam::9:role/r", "arn:aws:iam::9:role/*/r"];
        assert_eq!(of("arn:aws:sts::9:assumed-role/r/session", Use::Deny).unwrap(), role);
        assert_eq!(of("arn:aws:iam::9:role/p/r", Use::Deny).unwrap(), ["arn:aws:iam::9:role/p/r"]);
        for bad in ["*", "alice", "AIDAEXAMPLE", "arn:aws:iam::9:group/g", "arn:aws:s3:::b", "99"] {
            assert!(of(bad, Use::Deny).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_caller_is_found_by_account_role_and_session() {
        let args = [("x", "")].into();
        let mut cx = context(&args);
        cx.caller = "arn:aws:sts::123456789012:assumed-role/admin/bob";
        cx.caller_role = Some("arn:aws:iam::123456789012:role/admin");
        for (pattern, covered) in [
            ("arn:aws:iam::123456789012:*", true),
            ("arn:aws:iam::123456789012:role/sso/admin", true),
            ("arn:aws:iam::999999999999:role/admin", false),
            ("arn:aws:iam::123456789012:role/other", false),
        ] {
            assert_eq!(covers_caller(&cx, &[pattern.to_string()]), covered, "{pattern}");
        }
    }
}
