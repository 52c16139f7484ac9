//! Account ids, ARNs and names of everyone, as requests that share a snapshot, an image or a resource list them.

use super::{Reach, Scope};

/// Words by which the APIs of EC2, RDS, Redshift and SSM name everybody.
const EVERYONE: &[&str] = &["all", "*"];

/// How far a share with this name reaches; `None` for text that names nobody.
pub fn reach(text: &str, scope: Scope<'_>) -> Option<Reach> {
    if EVERYONE.iter().any(|word| text.eq_ignore_ascii_case(word)) {
        return Some(Reach::Everyone);
    }
    if let Some(account) = account(text) {
        return Some(match account {
            "" => Reach::Unclear,
            id if id.contains(['*', '?']) => Reach::Everyone,
            id => scope.account(id),
        });
    }
    is_organization(text).then(|| scope.named(text))
}

/// The account of a principal: 12 digits, or an ARN's fifth part. Empty where the ARN has none.
pub fn account(text: &str) -> Option<&str> {
    if is_account(text) {
        return Some(text);
    }
    let mut parts = text.splitn(6, ':');
    let arn = parts.next()? == "arn";
    let account = parts.nth(3)?;
    // An organization or a unit of one is named by the account that manages it, and reaches further.
    (arn && parts.next().is_some()).then_some(account)
}

pub fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

fn is_organization(text: &str) -> bool {
    text.starts_with("o-") && text.len() > 4
}
