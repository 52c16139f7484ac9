//! `iam.deactivate-service-credentials`: passwords and API keys of a user for one service each: CodeCommit,
//! Keyspaces, Bedrock and others (API reference, ListServiceSpecificCredentials).
//!
//! They include Bedrock's long-term API keys, which may never expire.

use super::mechanism::user_credentials::UserCredentials;
use super::model::{Meta, Risk, UndoKind};

static META: Meta = Meta {
    id: "iam.deactivate-service-credentials",
    title: "Deactivate every service-specific credential of the user, including API keys",
    risk: Risk::Medium,
    undo: UndoKind::Exact,
    loss: "",
    needs: &["user"],
    takes: &["access-key"],
    reads: &["iam:ListServiceSpecificCredentials"],
    writes: &["iam:UpdateServiceSpecificCredential"],
};

pub static STEP: UserCredentials = UserCredentials {
    meta: &META,
    list: "ListServiceSpecificCredentials",
    update: "UpdateServiceSpecificCredential",
    id: "ServiceSpecificCredentialId",
    part: "service-credential",
    fixed_fields: &["ServiceName"],
    set_by: &["CreateServiceSpecificCredential", "UpdateServiceSpecificCredential"],
    affects: |state, user| {
        let service = state["ServiceName"].as_str().unwrap_or("a service");
        format!("software that uses {service} with this credential of {user} stops working")
    },
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
