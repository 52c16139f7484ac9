//! Where a new key goes: into the secret's own JSON, its other members as they are, or into a new file.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::case::{CaseError, write_new};
use crate::cloud::{IssuedKey, Secret};

/// Names under which consumers keep a key's two halves.
const NAMES: &[(&str, &str)] = &[
    ("AccessKeyId", "SecretAccessKey"),
    ("accessKeyId", "secretAccessKey"),
    ("access_key_id", "secret_access_key"),
    ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
    ("aws_access_key_id", "aws_secret_access_key"),
    ("access_key", "secret_key"),
    ("accessKey", "secretKey"),
];

/// The key id in a secret, and its members' names.
pub struct Fields {
    pub id: String,
    names: (&'static str, &'static str),
}

fn parse(secret: &Secret) -> Option<Map<String, Value>> {
    serde_json::from_str(secret.reveal()).ok()
}

/// Where the secret holds an access key.
pub fn fields(secret: &Secret) -> Option<Fields> {
    let members = parse(secret)?;
    NAMES.iter().find_map(|names| {
        let id = members.get(names.0)?.as_str()?.to_string();
        members.get(names.1)?.as_str()?;
        Some(Fields { id, names: *names })
    })
}

/// The secret with the new key in place of the old one.
pub fn with_key(secret: &Secret, key: &IssuedKey) -> Option<Secret> {
    let names = fields(secret)?.names;
    let mut members = parse(secret)?;
    members.insert(names.0.into(), key.id.as_str().into());
    members.insert(names.1.into(), key.secret.reveal().into());
    Some(Secret::new(Value::Object(members).to_string()))
}

/// The key in a staged secret.
pub fn key_in(secret: &Secret) -> Option<IssuedKey> {
    let fields = fields(secret)?;
    let value = parse(secret)?.get(fields.names.1)?.as_str()?.to_string();
    Some(IssuedKey { id: fields.id, secret: Secret::new(value) })
}

/// Writes the key once: to a new file for its owner alone, or to a file descriptor that is open (`fd:3`).
///
/// # Errors
/// When the file exists, or nothing can be written.
pub fn write(place: &str, key: &IssuedKey) -> Result<(), CaseError> {
    let text = file(key);
    let Some(number) = place.strip_prefix("fd:") else {
        return write_new(Path::new(place), text.reveal().as_bytes());
    };
    let path = PathBuf::from(format!("/dev/fd/{number}"));
    let open = std::fs::OpenOptions::new().write(true).open(&path);
    open.and_then(|mut fd| fd.write_all(text.reveal().as_bytes()))
        .map_err(|e| CaseError::Io(path, e))
}

/// A credentials file's section (AWS CLI User Guide, "Configuration and credential file settings").
fn file(key: &IssuedKey) -> Secret {
    Secret::new(format!(
        "[default]\naws_access_key_id = {}\naws_secret_access_key = {}\n",
        key.id,
        key.secret.reveal()
    ))
}

/// Removes the file that this key was written to, wholly or in part; any other file stays.
///
/// # Errors
/// When the file cannot be removed.
pub fn remove_file(path: &Path, id: &str) -> Result<(), CaseError> {
    let text = match fs::read(path) {
        Ok(text) => String::from_utf8_lossy(&text).into_owned(),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(CaseError::Io(path.to_path_buf(), e)),
    };
    let head = format!("[default]\naws_access_key_id = {id}\n");
    if !text.starts_with(&head) && !head.starts_with(&text) {
        return Ok(());
    }
    fs::remove_file(path).map_err(|e| CaseError::Io(path.to_path_buf(), e))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_key_is_replaced() {
        let old = Secret::new(r#"{"accessKeyId":"AKIAOLD","secretAccessKey":"old","url":"x"}"#);
        let key = IssuedKey { id: "AKIANEW".into(), secret: Secret::new("new") };
        let new = with_key(&old, &key).unwrap();
        let expected = r#"{"accessKeyId":"AKIANEW","secretAccessKey":"new","url":"x"}"#;
        let same = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        assert_eq!(same(new.reveal()), same(expected));
        assert_eq!(key_in(&new).unwrap().id, "AKIANEW");
        for other in ["not json", "[]", r#"{"password":"x"}"#, r#"{"AccessKeyId":"AKIA"}"#] {
            assert!(fields(&Secret::new(other)).is_none(), "{other}");
        }
    }
}
