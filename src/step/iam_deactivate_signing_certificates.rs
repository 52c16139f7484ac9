//! `iam.deactivate-signing-certificates`: X.509 certificates with which a user signs
//! requests (API reference, ListSigningCertificates).

use serde_json::Value;

use super::iam_status::Kind;
use super::{Change, Context, Item, Meta, Risk, Step, StepError, Undo, UndoKind};
use crate::cloud::Api;

pub struct DeactivateSigningCertificates;

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

static KIND: Kind = Kind {
    list: "ListSigningCertificates",
    update: "UpdateSigningCertificate",
    id: "CertificateId",
    part: "signing-certificate",
    kept: &[],
};

impl Step for DeactivateSigningCertificates {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn observe(&self, api: &dyn Api, cx: &Context) -> Result<Vec<Item>, StepError> {
        KIND.observe(api, cx)
    }

    fn change(&self, cx: &Context, item: &Item) -> Result<Option<Change>, StepError> {
        let user = cx.args.text("user");
        Ok(KIND.deactivate(cx, item).map(|change| {
            change.affects(format!("whatever signs requests with this certificate of {user} stops"))
        }))
    }

    fn undo(&self, cx: &Context, now: &Item, before: &Value, _: &Value) -> Result<Undo, StepError> {
        Ok(KIND.undo(cx, now, before))
    }

    fn restores_credential(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::step::iam_status::testing::check;

    #[test]
    fn active_ones_go_and_come_back() {
        check(&DeactivateSigningCertificates, &KIND);
    }
}
