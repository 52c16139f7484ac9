//! What to do next about a principal or key: commands that work today and the playbook that would do it.

use super::Cx;
use super::build::Build;
use crate::rollup::Sym;

/// A user's name, or a role's, from its ARN: the last part of the path.
pub fn name_of(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

/// The principal when a bucket policy can name it, or nothing.
pub fn principal(arn: &str) -> &str {
    let named = [":user/", ":role/", ":assumed-role/"].iter().any(|kind| arn.contains(kind));
    if named { arn } else { "" }
}

/// The source when it is an address, or nothing: services and AWS's own networks are not denied by address.
pub fn address(source: &str) -> &str {
    if source.parse::<std::net::IpAddr>().is_ok() { source } else { "" }
}

/// What only the owner of a credential can tell. One sentence for all, so that a merged finding says it once.
pub fn ask_owner(build: &mut Build<'_, '_>) {
    build.next(
        "Ask its owner whether this was them; if not, treat every call below as the intruder's",
    );
}

/// The playbook for a bucket that someone empties, opens or destroys.
pub fn contain_bucket(build: &mut Build<'_, '_>, playbook: &str, bucket: &str, arn: &str) {
    build.playbook(playbook, &[("bucket", bucket), ("principal", principal(arn))]);
}

/// Steps and playbook for a credential that someone else uses.
pub fn contain_credential(cx: &Cx<'_>, build: &mut Build<'_, '_>, principal: Sym, key: Sym) {
    let (arn, key_id) = (cx.text(principal), cx.text(key));
    let name = name_of(arn);
    if arn.contains(":user/") && key_id.starts_with("AKIA") {
        build.next(format!(
            "Deactivate the key: aws iam update-access-key --user-name {name} --access-key-id {key_id} --status Inactive"
        ));
        build.next(format!(
            "List what else {name} can sign in with: aws iam list-access-keys --user-name {name}"
        ));
        build.playbook("leaked-access-key", &[("user", name), ("access-key", key_id)]);
    } else if arn.contains(":role/") || arn.contains(":assumed-role/") {
        let role =
            if arn.contains(":role/") { name } else { arn.rsplit('/').nth(1).unwrap_or(name) };
        build.next(format!(
            "Revoke the sessions of {role}: IAM console, role, Revoke active sessions (denies tokens issued before now)"
        ));
        build.next(format!("See who may assume it: aws iam get-role --role-name {role}"));
        build.playbook("compromised-role", &[("role", role)]);
    } else if arn.ends_with(":root") {
        build.next("Sign in as root from a clean machine: change the password, renew MFA, delete root access keys");
    } else if arn.contains(":user/") {
        build.next(format!(
            "Remove the console password: aws iam delete-login-profile --user-name {name}"
        ));
        build.next(format!("Deactivate its keys: aws iam list-access-keys --user-name {name}"));
        build.playbook("console-takeover", &[("user", name)]);
    }
}
