//! When IAM refuses to change a role's trust policy: what holds all the same, and who can stop new sessions elsewhere.
//!
//! A trust policy may have 2,048 characters by default, and IAM refuses a longer one: `LimitExceeded`, `Cannot exceed quota
//! for ACLSizePerRole: 2048` (IAM User Guide, "IAM and AWS STS quotas"; API Reference, UpdateAssumeRolePolicy). For
//! identity providers that many customers share, such as GitHub, IAM also refuses every edit of a policy that does not
//! evaluate the subject of a token (IAM User Guide, "Identity-provider controls for shared OIDC providers"): the loosest
//! trust policies are those that cannot be edited.

use std::collections::BTreeSet;

use serde_json::Value;

use super::trust_policy;
use crate::cloud::{ApiError, ErrorKind};
use crate::ui::shell::CommandLine;

/// What holds although the change was refused, and what to do; `None` for errors that say nothing about the policy.
pub fn advice(role: &str, document: &Value, error: &ApiError) -> Option<String> {
    if !matches!(error.kind, ErrorKind::Limit | ErrorKind::Refused) {
        return None;
    }
    let mut said = format!(
        "{role} still issues sessions, and they can do nothing as long as the deny on the role is in force: keep it, and \
         shorten the trust policy by hand"
    );
    let trusted = trust_policy::of_oidc_providers(document);
    let providers: BTreeSet<&str> = trusted.iter().flat_map(|s| &s.providers).copied().collect();
    // A command stands to the end of the line: there is one, for the first provider.
    if let Some(first) = providers.first() {
        let of_first = trusted.iter().filter(|s| s.providers.contains(first));
        let audience = of_first.flat_map(|s| &s.audiences).min();
        let all = providers.iter().copied().collect::<Vec<_>>().join(", ");
        said = format!("{said}; {}", at_the_provider(&all, first, audience));
    }
    Some(said)
}

/// Statements that IAM may not let anybody edit: those that trust an identity provider whatever the token's subject is.
pub fn warnings(document: &Value) -> Vec<String> {
    let loose = trust_policy::of_oidc_providers(document).into_iter().filter(|s| !s.subject);
    loose
        .flat_map(|s| s.providers)
        .map(|provider| {
            format!(
                "the trust policy lets every token of {provider} in, without a condition on its subject: IAM may refuse to \
                 change such a policy for a provider that many customers share"
            )
        })
        .collect()
}

/// The provider accepts no token for a client id that was removed: for any role.
fn at_the_provider(all: &str, first: &str, audience: Option<&&str>) -> String {
    let on = |start: &str| CommandLine::new(start).option("--open-id-connect-provider-arn", first);
    let whom = format!(
        "who may call iam:RemoveClientIDFromOpenIDConnectProvider on {all} can stop its tokens for every role that \
         trusts it"
    );
    match audience {
        None => on("aws iam get-open-id-connect-provider").after(&format!(
            "{whom}, a client id at a time (aws iam remove-client-id-from-open-id-connect-provider); the client ids"
        )),
        Some(one) => on("aws iam remove-client-id-from-open-id-connect-provider")
            .option("--client-id", one)
            .after(&whom),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const GITHUB: &str =
        "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com";

    fn trust(condition: Value) -> Value {
        json!({"Statement": {"Effect": "Allow", "Principal": {"Federated": GITHUB},
            "Action": "sts:AssumeRoleWithWebIdentity", "Condition": condition}})
    }

    #[test]
    fn the_deny_stays_and_the_provider_is_the_other_place() {
        let audience = json!({"StringEquals":
            {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"}});
        let full =
            ApiError::new("iam:UpdateAssumeRolePolicy", ErrorKind::Limit, "LimitExceeded", "");
        let said = advice("app", &trust(audience.clone()), &full).unwrap();
        assert!(said.contains("as long as the deny on the role is in force"), "{said}");
        let command = format!(
            "aws iam remove-client-id-from-open-id-connect-provider --open-id-connect-provider-arn {GITHUB} \
             --client-id sts.amazonaws.com"
        );
        assert!(said.contains(&command), "{said}");
        let said = advice("app", &trust(json!({})), &full).unwrap();
        assert!(said.contains("get-open-id-connect-provider"), "{said}");
        // A role without such a provider.
        let own = json!({"Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}}]});
        assert!(!advice("app", &own, &full).unwrap().contains("OpenID"));
        let denied = ApiError { kind: ErrorKind::Denied, ..full };
        assert_eq!(advice("app", &own, &denied), None);
        assert_eq!(warnings(&trust(audience)).len(), 1);
    }

    #[test]
    fn a_condition_on_the_subject_is_no_reason_to_warn() {
        let subject = json!({"StringLike":
            {"token.actions.githubusercontent.com:sub": "repo:acme/*"}});
        assert!(warnings(&trust(subject)).is_empty());
    }
}
