//! Is the new key alive and able? Asked with the key itself.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::cloud::{Arn, Call, Client, ErrorKind, IssuedKey};
use crate::step::Args;

/// Asks with the new key who it is, and then what the probe says. A key is unknown in places for some
/// seconds after it was made; that is waited out.
///
/// # Errors
/// What is wrong with the key, in words; nothing secret is in them.
pub fn check(
    client: &Client,
    key: &IssuedKey,
    user: &str,
    probe: Option<&str>,
    patience: Duration,
) -> Result<(), String> {
    let me = Call::new("sts", "GetCallerIdentity", []);
    let who = patiently(patience, || client.call_as(key, &me))?;
    let arn = who["Arn"].as_str().unwrap_or_default();
    if Arn::parse(arn).and_then(|a| a.user().map(str::to_string)).as_deref() != Some(user) {
        return Err(format!("the new key belongs to {arn}, not to {user}"));
    }
    match probe.map(|p| p.split_once(':').unwrap_or((p, ""))) {
        None | Some(("none", _)) => Ok(()),
        Some(("s3", bucket)) => {
            let head = Call::new("s3", "HeadBucket", [("Bucket", bucket.into())]);
            patiently(patience, || client.call_as(key, &head)).map(|_| ())
        }
        Some(("cmd", command)) => run(command, key),
        Some((kind, _)) => {
            Err(format!("there is no probe '{kind}': s3:BUCKET, cmd:COMMAND or none"))
        }
    }
}

/// Whether the probe is one that can be run.
///
/// # Errors
/// What a probe looks like.
pub fn well_formed(probe: &str) -> Result<(), String> {
    let rest = |kind| probe.strip_prefix(kind).is_some_and(|rest: &str| !rest.is_empty());
    if probe == "none" || rest("s3:") || rest("cmd:") {
        return Ok(());
    }
    Err(format!("--probe: '{probe}' is not s3:BUCKET, cmd:COMMAND or none"))
}

fn patiently<T>(
    patience: Duration,
    ask: impl Fn() -> Result<T, crate::cloud::ApiError>,
) -> Result<T, String> {
    let until = Instant::now() + patience;
    let mut pause = Duration::from_millis(500);
    loop {
        match ask() {
            Ok(answer) => return Ok(answer),
            // Not known yet: InvalidClientTokenId, InvalidAccessKeyId, and for S3 a bare 403.
            Err(e)
                if matches!(
                    e.kind,
                    ErrorKind::Credentials | ErrorKind::Denied | ErrorKind::Unknown
                ) && Instant::now() + pause < until =>
            {
                std::thread::sleep(pause);
                pause = (pause * 2).min(Duration::from_secs(10));
            }
            Err(e) => return Err(e.to_string()),
        }
    }
}

/// Runs the responder's own check with the new key in its environment; its output is not shown, since it
/// might hold what it was given.
fn run(command: &str, key: &IssuedKey) -> Result<(), String> {
    let status = Command::new("sh")
        .args(["-c", command])
        .env("AWS_ACCESS_KEY_ID", &key.id)
        .env("AWS_SECRET_ACCESS_KEY", key.secret.reveal())
        .env_remove("AWS_SESSION_TOKEN")
        .env_remove("AWS_PROFILE")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .map_err(|e| format!("the probe command cannot be run: {e}"))?;
    if status.success() { Ok(()) } else { Err(format!("the probe command failed: {status}")) }
}

/// A probe among arguments, checked.
///
/// # Errors
/// What a probe looks like.
pub fn probe_of(args: &Args) -> Result<(), String> {
    let probe = args.text("probe");
    if probe.is_empty() { Ok(()) } else { well_formed(probe) }
}
