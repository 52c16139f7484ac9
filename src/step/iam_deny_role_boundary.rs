//! `iam.deny-role-boundary`: makes AWS's policy `AWSDenyAll` the permissions boundary of a role.
//!
//! For a role whose inline policies leave no room for `iam.deny-role` (10,240 characters), and that has as many
//! attached policies as it may have (10 by default; IAM User Guide, "IAM and AWS STS quotas").

use super::mechanism::holder::Holder;
use super::mechanism::managed_deny::{ManagedDeny, Place};
use super::model::{Meta, Risk, UndoKind};

static META: Meta = Meta {
    id: "iam.deny-role-boundary",
    title: "Deny all actions to the role with AWSDenyAll as its permissions boundary",
    risk: Risk::High,
    undo: UndoKind::Exact,
    loss: "",
    needs: &["role"],
    takes: &[],
    reads: &["iam:GetRole", "iam:GetRolePolicy"],
    writes: &[
        "iam:PutRolePermissionsBoundary",
        "iam:DeleteRolePermissionsBoundary",
        "iam:PutRolePolicy",
        "iam:DeleteRolePolicy",
    ],
};

pub static STEP: ManagedDeny = ManagedDeny {
    meta: &META,
    holder: Holder::Role,
    place: Place::Boundary,
    affects: |cx| {
        format!(
            "everyone and everything that uses {} loses all access, not only the attacker",
            cx.args.text("role")
        )
    },
};

#[cfg(test)]
mod tests {
    use super::super::mechanism::managed_deny::testing;

    #[test]
    fn it_denies_and_its_undo_takes_back_this_policy_alone() {
        testing::check(&super::STEP);
    }
}
