//! Every playbook in its modes, each with an account that needs containment.

use std::sync::OnceLock;

use serde_json::json;

use super::scene::Scene;
use crate::support::aws::Account;
use crate::support::aws::account::{SECRET, TRAIL, VICTIM};
use crate::support::aws::quotas::{INLINE, INLINE_AND_ATTACHED};

const fn scene(
    name: &'static str,
    args: &'static [&'static str],
    prepare: fn(&Account),
    again: i32,
    stays: &'static [&'static str],
) -> Scene {
    Scene { name, args, prepare, full: &[], again, stays, reference: OnceLock::new() }
}

/// A quota leaves no room for these calls.
const fn without_room(
    name: &'static str,
    args: &'static [&'static str],
    full: &'static [&'static str],
) -> Scene {
    Scene { name, args, prepare: nothing, full, again: 0, stays: &[], reference: OnceLock::new() }
}

/// The visibility steps leave a suspended detector.
const DETECTOR: &str = "detectors";
const FULL: [&str; 3] = [DETECTOR, "buckets/acme-data/versioning", LOG_BUCKET];
const FULL_OF_TWO: [&str; 4] =
    [DETECTOR, "buckets/acme-data/versioning", "buckets/acme-logs/versioning", LOG_BUCKET];
const LOG_BUCKET: &str = "buckets/incident-logs-123456789012-us-east-1";

/// Indices of some scenes.
pub const LOCKDOWN: usize = 0;
pub const ROTATE: usize = 1;
pub const FILE: usize = 3;
pub const RANSOMWARE: usize = 11;

pub static SCENES: [Scene; 18] = [
    scene(
        "leaked-access-key lockdown",
        &["leaked-access-key", "--access-key", "{key}", "--bucket", "acme-data"],
        nothing,
        0,
        &FULL,
    ),
    scene(
        "leaked-access-key rotate",
        &["leaked-access-key", "--user", "alice", "--mode", "rotate", "--secret", SECRET],
        one_key,
        6,
        &[DETECTOR, "users/alice/keys", "secret_key/0", "secrets/app/key/stages"],
    ),
    scene(
        "leaked-access-key rotate, second key deleted",
        &[
            "leaked-access-key",
            "--access-key",
            "{key}",
            "--mode",
            "rotate",
            "--secret",
            SECRET,
            "--delete-key",
            "{other}",
            "--irreversible",
            "{other}",
            "--console",
            "remove",
            "--probe",
            "s3:acme-data",
            "--visibility",
            "none",
        ],
        second_key_inactive,
        2,
        &[
            "users/alice/keys",
            "users/alice/login_profile",
            "secret_key/0",
            "secrets/app/key/stages",
        ],
    ),
    scene(
        "leaked-access-key rotate to a file, evidence first",
        &[
            "leaked-access-key",
            "--access-key",
            "{key}",
            "--mode",
            "rotate",
            "--new-key-file",
            "new-key",
            "--console",
            "keep",
            "--visibility",
            "none",
        ],
        one_key,
        6,
        &["users/alice/keys", "key_file"],
    ),
    scene(
        "compromised-role lockdown",
        &["compromised-role", "--role", "app"],
        nothing,
        0,
        &[DETECTOR],
    ),
    scene(
        "compromised-role rotate",
        &["compromised-role", "--role", "app", "--mode", "rotate", "--visibility", "none"],
        nothing,
        0,
        &[],
    ),
    scene(
        "console-takeover lockdown",
        &["console-takeover", "--user", "alice"],
        nothing,
        0,
        &[DETECTOR],
    ),
    scene(
        "console-takeover rotate",
        &[
            "console-takeover",
            "--user",
            "alice",
            "--mode",
            "rotate",
            "--console",
            "remove",
            "--visibility",
            "trail",
        ],
        weak_trail,
        0,
        &["users/alice/login_profile"],
    ),
    scene(
        "s3-exfiltration principal",
        &[
            "s3-exfiltration",
            "--bucket",
            "acme-data",
            "--principal",
            "arn:aws:iam::{account}:user/alice",
        ],
        nothing,
        0,
        &FULL,
    ),
    scene(
        "s3-exfiltration address",
        &[
            "s3-exfiltration",
            "--bucket",
            "acme-data",
            "--address",
            "203.0.113.0/24",
            "--address",
            "2001:db8::/32",
            "--visibility",
            "none",
        ],
        nothing,
        0,
        &[],
    ),
    scene(
        "s3-exfiltration allow",
        &[
            "s3-exfiltration",
            "--bucket",
            "acme-data",
            "--bucket",
            "acme-logs",
            "--allow",
            "arn:aws:iam::{account}:user/responder",
            "--visibility",
            "none",
        ],
        nothing,
        0,
        &[],
    ),
    scene(
        "s3-ransomware",
        &[
            "s3-ransomware",
            "--bucket",
            "acme-data",
            "--principal",
            "arn:aws:iam::{account}:user/alice",
        ],
        nothing,
        0,
        &FULL,
    ),
    scene(
        "turn-on-visibility",
        &["turn-on-visibility", "--bucket", "acme-data", "--bucket", "acme-logs"],
        weak_trail,
        0,
        &FULL_OF_TWO,
    ),
    without_room(
        "console-takeover lockdown, no room for the deny",
        &["console-takeover", "--user", "alice", "--visibility", "none"],
        INLINE,
    ),
    without_room(
        "compromised-role lockdown, no room for two denies",
        &["compromised-role", "--role", "app", "--visibility", "none"],
        INLINE_AND_ATTACHED,
    ),
    scene(
        "turn-on-visibility, no trail",
        &["turn-on-visibility"],
        no_trail,
        0,
        &[DETECTOR, "buckets/incident-trail-123456789012-us-east-1"],
    ),
    scene(
        "intruder",
        &[
            "intruder",
            "--access-key",
            "{key}",
            "--user",
            "backdoor",
            "--role",
            "app",
            "--visibility",
            "trail",
        ],
        backdoor,
        0,
        &[],
    ),
    scene(
        "leaked-access-key seamless",
        &[
            "leaked-access-key",
            "--access-key",
            "{key}",
            "--mode",
            "seamless",
            "--secret",
            SECRET,
            "--probe",
            "s3:acme-data",
            "--grace",
            "0s",
            "--visibility",
            "trail",
        ],
        one_key,
        6,
        &["users/alice/keys", "secret_key/0", "secrets/app/key/stages"],
    ),
];

fn nothing(_: &Account) {}

/// A user that the intruder made, with a key.
fn backdoor(account: &Account) {
    account.aws.call("iam", "create_user", json!({"UserName": "backdoor"}));
    account.aws.create_key("backdoor");
}

/// Puts the victim's first key into the secret that consumers read.
fn key_in_secret(account: &Account) {
    let key = &account.victim[0];
    let text =
        json!({"AccessKeyId": key.id, "SecretAccessKey": key.secret, "url": "x"}).to_string();
    let token = "00000000-0000-4000-8000-000000000001";
    let args = json!({"SecretId": SECRET, "SecretString": text, "ClientRequestToken": token});
    account.aws.call("secretsmanager", "put_secret_value", args);
}

fn one_key(account: &Account) {
    key_in_secret(account);
    let args = json!({"UserName": VICTIM, "AccessKeyId": account.victim[1].id});
    account.aws.call("iam", "delete_access_key", args);
}

fn second_key_inactive(account: &Account) {
    key_in_secret(account);
    let args =
        json!({"UserName": VICTIM, "AccessKeyId": account.victim[1].id, "Status": "Inactive"});
    account.aws.call("iam", "update_access_key", args);
}

fn no_trail(account: &Account) {
    account.aws.call("cloudtrail", "delete_trail", json!({"Name": TRAIL}));
}

fn weak_trail(account: &Account) {
    let trail = |operation: &str, args| account.aws.call("cloudtrail", operation, args);
    trail("stop_logging", json!({"Name": TRAIL}));
    let args =
        json!({"Name": TRAIL, "IsMultiRegionTrail": false, "EnableLogFileValidation": false});
    trail("update_trail", args);
}
