//! `iam.deactivate-signing-certificates`: X.509 certificates with which a user signs requests (API reference,
//! ListSigningCertificates).

use super::mechanism::user_credentials::UserCredentials;
use super::model::{Meta, Risk, UndoKind};

static META: Meta = Meta {
    id: "iam.deactivate-signing-certificates",
    title: "Deactivate every signing certificate of the user",
    risk: Risk::Medium,
    undo: UndoKind::Exact,
    loss: "",
    needs: &["user"],
    takes: &["access-key"],
    reads: &["iam:ListSigningCertificates"],
    writes: &["iam:UpdateSigningCertificate"],
};

pub static STEP: UserCredentials = UserCredentials {
    meta: &META,
    list: "ListSigningCertificates",
    update: "UpdateSigningCertificate",
    id: "CertificateId",
    part: "signing-certificate",
    fixed_fields: &[],
    set_by: &["UploadSigningCertificate", "UpdateSigningCertificate"],
    affects: |_, user| {
        format!("software that signs requests with this certificate of {user} stops working")
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
