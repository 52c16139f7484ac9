//! `iam.deactivate-ssh-keys`: SSH public keys of a user, which give access to CodeCommit repositories (API
//! reference, ListSSHPublicKeys).

use super::mechanism::user_credentials::UserCredentials;
use super::model::{Meta, Risk, UndoKind};

static META: Meta = Meta {
    id: "iam.deactivate-ssh-keys",
    title: "Deactivate every SSH public key of the user",
    risk: Risk::Medium,
    undo: UndoKind::Exact,
    loss: "",
    needs: &["user"],
    takes: &["access-key"],
    reads: &["iam:ListSSHPublicKeys"],
    writes: &["iam:UpdateSSHPublicKey"],
};

pub static STEP: UserCredentials = UserCredentials {
    meta: &META,
    list: "ListSSHPublicKeys",
    update: "UpdateSSHPublicKey",
    id: "SSHPublicKeyId",
    part: "ssh-key",
    fixed_fields: &[],
    set_by: &["UploadSSHPublicKey", "UpdateSSHPublicKey"],
    affects: |_, user| format!("git with CodeCommit over this SSH key of {user} stops working"),
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::step::mechanism::user_credentials::testing::check;

    #[test]
    fn active_ones_are_deactivated_and_undo_reactivates_them() {
        check(&STEP);
    }
}
