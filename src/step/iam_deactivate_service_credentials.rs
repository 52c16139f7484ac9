//! `iam.deactivate-service-credentials`: passwords and API keys of a user that open one service
//! each: CodeCommit, Keyspaces, Bedrock and others (API reference, ListServiceSpecificCredentials).
//!
//! Bedrock's long-term API keys are among them and need never expire.

use serde_json::Value;

use super::iam_status::Kind;
use super::{Change, Context, Item, Meta, Risk, Step, StepError, Undo, UndoKind};
use crate::cloud::Api;

pub struct DeactivateServiceCredentials;

static META: Meta = Meta {
    id: "iam.deactivate-service-credentials",
    title: "Deactivate every service-specific credential of the user, API keys included",
    risk: Risk::Medium,
    undo: UndoKind::Exact,
    loss: "",
    needs: &["user"],
    takes: &["access-key"],
    reads: &["iam:ListServiceSpecificCredentials"],
    writes: &["iam:UpdateServiceSpecificCredential"],
};

static KIND: Kind = Kind {
    list: "ListServiceSpecificCredentials",
    update: "UpdateServiceSpecificCredential",
    id: "ServiceSpecificCredentialId",
    part: "service-credential",
    kept: &["ServiceName"],
};

impl Step for DeactivateServiceCredentials {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn observe(&self, api: &dyn Api, cx: &Context) -> Result<Vec<Item>, StepError> {
        KIND.observe(api, cx)
    }

    fn change(&self, cx: &Context, item: &Item) -> Result<Option<Change>, StepError> {
        let user = cx.args.text("user");
        let service = item.state["ServiceName"].as_str().unwrap_or("a service");
        Ok(KIND.deactivate(cx, item).map(|change| {
            change.affects(format!("whatever uses {service} with this credential of {user} stops"))
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
        check(&DeactivateServiceCredentials, &KIND);
    }
}
