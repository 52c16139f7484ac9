//! Tests a new key with the key itself: who owns it, and whether it can do what its consumers need.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::cloud::{Api, Arn, Call, Client, ErrorKind, IssuedKey};
use crate::step::Args;

/// Calls GetCallerIdentity with the new key, then runs the probe. For some seconds, parts of AWS do not know a
/// new key yet; the test waits for `propagation`.
///
/// # Errors
/// What is wrong with the key, without any secret.
pub fn test_key(
    client: &Client,
    key: &IssuedKey,
    user: &str,
    probe: Option<&str>,
    propagation: Duration,
) -> Result<(), String> {
    let me = Call::new("sts", "GetCallerIdentity", []);
    let caller = retry(propagation, || client.call_as(key, &me))?;
    let arn = caller["Arn"].as_str().ok_or("sts:GetCallerIdentity answered without an ARN")?;
    if Arn::parse(arn).and_then(|a| a.user().map(str::to_string)).as_deref() != Some(user) {
        return Err(format!("the new key belongs to {arn}, not to {user}"));
    }
    match probe.map(|p| p.split_once(':').unwrap_or((p, ""))) {
        None | Some(("none", _)) => Ok(()),
        Some(("s3", bucket)) => {
            let head = Call::new("s3", "HeadBucket", [("Bucket", bucket.into())]);
            retry(propagation, || client.call_as(key, &head)).map(|_| ())
        }
        Some(("cmd", command)) => run_command(&words(command)?, Some(key)),
        Some((kind, _)) => {
            Err(format!("invalid probe '{kind}' (expected s3:BUCKET, cmd:COMMAND or none)"))
        }
    }
}

/// Tries the probe with the caller's own credentials, before anything is changed: a mistyped bucket or command is found
/// while the old key still works. A command runs in incident's own environment. Returns why the try tells nothing, if it
/// does not.
///
/// # Errors
/// Why the probe cannot work, whatever the key may do.
pub fn try_probe(client: &Client, probe: &str) -> Result<Option<String>, String> {
    match probe.split_once(':').unwrap_or((probe, "")) {
        ("s3", bucket) => {
            let head = Call::new("s3", "HeadBucket", [("Bucket", bucket.into())]);
            match client.call(&head) {
                Ok(_) => Ok(None),
                Err(e) if e.is_not_found() => Err(format!("there is no bucket {bucket}")),
                // The new key may do what the caller may not.
                Err(e) => Ok(Some(e.to_string())),
            }
        }
        ("cmd", command) => run_command(&words(command)?, None).map(|()| None),
        _ => Ok(None),
    }
}

/// Makes the call again, with growing pauses, while AWS may not know the key yet.
fn retry<T>(
    propagation: Duration,
    call: impl Fn() -> Result<T, crate::cloud::ApiError>,
) -> Result<T, String> {
    let until = Instant::now() + propagation;
    let mut pause = Duration::from_millis(500);
    loop {
        match call() {
            Ok(answer) => return Ok(answer),
            // AWS does not know the key yet: InvalidClientTokenId, InvalidAccessKeyId, and for S3 a bare 403.
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

/// What a shell would act on, as a word of its own.
const OPERATORS: [&str; 10] = ["|", "||", "&", "&&", ";", ">", ">>", "<", "2>", "2>&1"];

/// The program of a probe and its arguments. Quotes hold words together, and nothing is expanded: no shell reads the
/// text.
fn words(command: &str) -> Result<Vec<String>, String> {
    let words = shlex::split(command)
        .ok_or_else(|| format!("the probe command has a quote that is not closed: {command}"))?;
    if words.is_empty() {
        return Err("the probe command is empty".into());
    }
    match words.iter().find(|word| OPERATORS.contains(&word.as_str())) {
        Some(operator) => Err(format!(
            "the probe command runs without a shell, so '{operator}' would be an argument: put it into a script"
        )),
        None => Ok(words),
    }
}

/// The command that a probe runs on this machine, if it runs one.
pub fn probe_command(probe: &str) -> Option<&str> {
    probe.strip_prefix("cmd:")
}

/// Runs the responder's own test with the new key in its environment, or with the environment as it is. Its output is
/// not shown, since it might contain the key.
fn run_command(words: &[String], key: Option<&IssuedKey>) -> Result<(), String> {
    let Some((program, arguments)) = words.split_first() else {
        return Err("the probe command is empty".into());
    };
    let mut test = Command::new(program);
    test.args(arguments);
    if let Some(key) = key {
        test.env("AWS_ACCESS_KEY_ID", &key.id)
            .env("AWS_SECRET_ACCESS_KEY", key.secret.reveal())
            .env_remove("AWS_SESSION_TOKEN")
            .env_remove("AWS_PROFILE");
    }
    let status = test
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .map_err(|e| format!("cannot run the probe command '{program}': {e}"))?;
    if status.success() { Ok(()) } else { Err(format!("the probe command failed: {status}")) }
}

/// Checks the form of the argument `probe`, if there is one.
///
/// # Errors
/// What a probe looks like.
pub fn validate_probe(args: &Args) -> Result<(), String> {
    let probe = args.text("probe");
    let rest = |kind| probe.strip_prefix(kind).is_some_and(|rest: &str| !rest.is_empty());
    if let Some(command) = probe_command(probe).filter(|command| !command.is_empty()) {
        return words(command).map(|_| ()).map_err(|why| format!("invalid --probe: {why}"));
    }
    if probe.is_empty() || probe == "none" || rest("s3:") {
        return Ok(());
    }
    Err(format!("invalid --probe '{probe}' (expected s3:BUCKET, cmd:COMMAND or none)"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_split_into_words_and_no_shell_reads_it() {
        let split = |text: &str| words(text);
        assert_eq!(split("./check --name 'a b'").unwrap(), ["./check", "--name", "a b"]);
        assert_eq!(
            split("echo $(id) `id` $HOME *").unwrap(),
            ["echo", "$(id)", "`id`", "$HOME", "*"]
        );
        assert_eq!(split("sh -c 'exit 0; id'").unwrap(), ["sh", "-c", "exit 0; id"]);
        for wrong in ["", "  ", "a 'b", "a | b", "a ; b", "a && b", "a > b", "a &"] {
            assert!(split(wrong).is_err(), "{wrong}");
            let args = Args::from([("probe", format!("cmd:{wrong}").as_str())]);
            assert!(validate_probe(&args).is_err(), "{wrong}");
        }
        assert_eq!(validate_probe(&[("probe", "cmd:test -e ready")].into()), Ok(()));
    }

    #[test]
    fn arguments_reach_the_program_as_they_are() {
        let key = IssuedKey { id: "AKIANEW".into(), secret: crate::cloud::Secret::new("new") };
        let folder = tempfile::tempdir().unwrap();
        let made = folder.path().join("made");
        let hostile = format!("touch '$(touch {0})' && touch {0}", made.display());
        assert!(words(&hostile).is_err());
        let argument = format!("test -n '$(touch {})'", made.display());
        assert_eq!(run_command(&words(&argument).unwrap(), Some(&key)), Ok(()));
        assert!(!made.exists(), "a shell read the argument");
        let key_is_there = "sh -c 'test \"$AWS_ACCESS_KEY_ID\" = AKIANEW'";
        assert_eq!(run_command(&words(key_is_there).unwrap(), Some(&key)), Ok(()));
        assert!(run_command(&words("false").unwrap(), Some(&key)).unwrap_err().contains("failed"));
        assert!(run_command(&words("./no-such-program").unwrap(), Some(&key)).is_err());
    }
}
