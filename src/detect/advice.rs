//! What to do next about a principal, key or bucket: ready commands, and the playbook that does the same.

use super::Cx;
use super::build::Build;
use super::text::short_name;
use crate::rollup::Sym;
use crate::ui::shell::CommandLine;

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
        let deactivate = CommandLine::new("aws iam update-access-key")
            .option("--user-name", name)
            .option("--access-key-id", key_id)
            .then("--status Inactive");
        build.next(deactivate.after("Deactivate the key"));
        build.next(list_keys(name).after("List the user's other access keys"));
        build.playbook("leaked-access-key", &[("user", name), ("access-key", key_id)]);
    } else if arn.contains(":role/") || arn.contains(":assumed-role/") {
        let role =
            if arn.contains(":role/") { name } else { arn.rsplit('/').nth(1).unwrap_or(name) };
        build.next(format!(
            "Revoke the sessions of {role}: IAM console, role, Revoke active sessions (denies tokens issued before now)"
        ));
        let command = CommandLine::new("aws iam get-role").option("--role-name", role);
        build.next(command.after("Check who may assume it"));
        build.playbook("compromised-role", &[("role", role)]);
    } else if arn.ends_with(":root") {
        build.next("Sign in as root from a clean machine: change the password, renew MFA, delete root access keys");
    } else if arn.contains(":user/") {
        let remove = CommandLine::new("aws iam delete-login-profile").option("--user-name", name);
        build.next(remove.after("Remove the console password"));
        build.next(list_keys(name).after("List the user's access keys, then deactivate them"));
        build.playbook("console-takeover", &[("user", name)]);
    }
}

fn list_keys(user: &str) -> CommandLine {
    CommandLine::new("aws iam list-access-keys").option("--user-name", user)
}
