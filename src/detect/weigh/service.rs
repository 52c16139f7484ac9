//! Calls by AWS services: those that AWS makes by itself, and those that a service makes for somebody.

use std::collections::BTreeSet;

use super::{Act, Move, Shift};
use crate::detect::text::list;

/// Informational for a service or a service-linked role of the account, told by the structure of the identity.
///
/// Any other call through a service belongs to whoever started it, and says so.
pub fn shift(act: &Act<'_, '_>) -> Option<Shift> {
    let cx = act.cx;
    let rows = &act.group.rows;
    let by_aws = rows.iter().all(|(key, _)| {
        cx.is_service(key.principal)
            || is_service_linked(cx.text(key.principal), cx.text(key.account))
    });
    if by_aws {
        let reason = "called by an AWS service on the account's behalf".to_string();
        return Some(Shift { by: Move::Exempt, reason });
    }
    let through: BTreeSet<&str> =
        rows.iter().filter(|(key, _)| key.by_service).map(|(key, _)| cx.text(key.source)).collect();
    (!through.is_empty()).then(|| Shift {
        by: Move::None,
        reason: format!(
            "made through {} for this principal, who answers for it",
            list(through.into_iter(), 3)
        ),
    })
}

/// True for a role below `role/aws-service-role/` of the account. IAM lets nobody but AWS make roles with that path
/// (IAM User Guide, "Create a service-linked role"). A user's path may contain the same text and is no role.
pub fn is_service_linked(principal: &str, account: &str) -> bool {
    let parts: Vec<&str> = principal.splitn(6, ':').collect();
    let ["arn", _, "iam", "", owner, resource] = parts[..] else { return false };
    owner == account && resource.starts_with("role/aws-service-role/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_path_of_a_role_makes_it_service_linked() {
        let linked = "arn:aws:iam::111122223333:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig";
        assert!(is_service_linked(linked, "111122223333"));
        assert!(!is_service_linked(linked, "999988887777"), "of another account");
        for principal in [
            "arn:aws:iam::111122223333:user/:role/aws-service-role/x",
            "arn:aws:iam::111122223333:user/x:role/AWSServiceRoleForSupport/eve",
            "arn:aws:iam::111122223333:role/AWSServiceRoleForSupport",
            "arn:aws:sts::111122223333:assumed-role/x/aws-service-role",
            "",
        ] {
            assert!(!is_service_linked(principal, "111122223333"), "{principal}");
        }
    }
}
