//! What to do next about a principal, key or bucket: ready commands, and the playbook that does the same.

use super::Cx;
use super::build::Build;
use super::text::short_name;
use crate::rollup::Sym;

/// The principal if a bucket policy can name it, else `""`.
pub fn policy_principal(arn: &str) -> &str {
    let named = [":user/", ":role/", ":assumed-role/"].iter().any(|kind| arn.contains(kind));
    if named { arn } else { "" }
}

/// The source if it is an address that a policy can deny, else `""`: services have none.
pub fn deniable_address(source: &str) -> &str {
    if source.parse::<std::net::IpAddr>().is_ok() { source } else { "" }
}

/// What only the owner of a credential can tell. Always the same sentence, so that a merged finding says it once.
pub fn ask_owner(build: &mut Build<'_, '_>) {
    build.next(
        "Ask the owner whether they made these calls; if not, treat every call of this finding as the attacker's",
    );
}

/// The playbook for a bucket that someone empties, opens or destroys.
pub fn contain_bucket(build: &mut Build<'_, '_>, playbook: &str, bucket: &str, arn: &str) {
    build.playbook(playbook, &[("bucket", bucket), ("principal", policy_principal(arn))]);
}

/// Steps and playbook for a credential that someone else may be using.
pub fn contain_credential(cx: &Cx<'_>, build: &mut Build<'_, '_>, principal: Sym, key: Sym) {
    let (arn, key_id) = (cx.text(principal), cx.text(key));
    let name = short_name(arn);
    if arn.contains(":user/") && key_id.starts_with("AKIA") {
        build.next(format!(
            "Deactivate the key: aws iam update-access-key --user-name {name} --access-key-id {key_id} --status Inactive"
        ));
        build.next(format!(
            "List the other access keys of {name}: aws iam list-access-keys --user-name {name}"
        ));
        build.playbook("leaked-access-key", &[("user", name), ("access-key", key_id)]);
    } else if arn.contains(":role/") || arn.contains(":assumed-role/") {
        let role =
            if arn.contains(":role/") { name } else { arn.rsplit('/').nth(1).unwrap_or(name) };
        build.next(format!(
            "Revoke the sessions of {role}: IAM console, role, Revoke active sessions (denies tokens issued before now)"
        ));
        build.next(format!("Check who may assume it: aws iam get-role --role-name {role}"));
        build.playbook("compromised-role", &[("role", role)]);
    } else if arn.ends_with(":root") {
        build.next("Sign in as root from a clean machine: change the password, renew MFA, delete root access keys");
    } else if arn.contains(":user/") {
        build.next(format!(
            "Remove the console password: aws iam delete-login-profile --user-name {name}"
        ));
        build.next(format!(
            "List its access keys, then deactivate them: aws iam list-access-keys --user-name {name}"
        ));
        build.playbook("console-takeover", &[("user", name)]);
    }
}
