//! `iam.deny-user-boundary`: makes AWS's policy `AWSDenyAll` the permissions boundary of a user.
//!
//! For a user whose inline policies leave no room for `iam.deny-user` (2,048 characters), and that has as many
//! attached policies as it may have (10 by default; IAM User Guide, "IAM and AWS STS quotas").

use super::mechanism::holder::Holder;
use super::mechanism::managed_deny::{ManagedDeny, Place};
use super::model::{Meta, Risk, UndoKind};

static META: Meta = Meta {
    id: "iam.deny-user-boundary",
    title: "Deny all actions to the user with AWSDenyAll as its permissions boundary",
    risk: Risk::Medium,
    undo: UndoKind::Exact,
    loss: "",
    needs: &["user"],
    takes: &[],
    reads: &["iam:GetUser", "iam:GetUserPolicy"],
    writes: &[
        "iam:PutUserPermissionsBoundary",
        "iam:DeleteUserPermissionsBoundary",
        "iam:PutUserPolicy",
        "iam:DeleteUserPolicy",
    ],
};

pub static STEP: ManagedDeny = ManagedDeny {
    meta: &META,
    holder: Holder::User,
    place: Place::Boundary,
    affects: |cx| {
        format!(
            "{} loses all access, including open console and federated sessions",
            cx.args.text("user")
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
