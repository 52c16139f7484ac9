//! Writes a new key to its destination: into the JSON of a secret, whose other members stay as they are, or
//! into a new file.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::case::{CaseError, write_new};
use crate::cloud::{IssuedKey, Secret};

/// Member names that consumers use for the two halves of a key.
const MEMBER_NAMES: &[(&str, &str)] = &[
    ("AccessKeyId", "SecretAccessKey"),
    ("accessKeyId", "secretAccessKey"),
    ("access_key_id", "secret_access_key"),
    ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
    ("aws_access_key_id", "aws_secret_access_key"),
    ("access_key", "secret_key"),
    ("accessKey", "secretKey"),
];

/// The access key in a secret: its id, and the names of its two members.
pub struct Fields {
    pub id: String,
    names: (&'static str, &'static str),
}

fn parse(secret: &Secret) -> Option<Map<String, Value>> {
    serde_json::from_str(secret.reveal()).ok()
}

/// The access key in the secret, if it is a JSON object with one.
pub fn fields(secret: &Secret) -> Option<Fields> {
    let members = parse(secret)?;
    MEMBER_NAMES.iter().find_map(|names| {
        let id = members.get(names.0)?.as_str()?.to_string();
        members.get(names.1)?.as_str()?;
        Some(Fields { id, names: *names })
    })
}

/// The secret's JSON with the new key in place of the old one.
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

/// Writes the key once: to a new file that only its owner can read, or to an open file descriptor (`fd:3`).
///
/// # Errors
/// When the file exists or cannot be written.
pub fn write(destination: &str, key: &IssuedKey) -> Result<(), CaseError> {
    let text = credentials_file(key);
    let Some(number) = destination.strip_prefix("fd:") else {
        return write_new(Path::new(destination), text.reveal().as_bytes());
    };
    let path = PathBuf::from(format!("/dev/fd/{number}"));
    let open = std::fs::OpenOptions::new().write(true).open(&path);
    open.and_then(|mut fd| fd.write_all(text.reveal().as_bytes()))
        .map_err(|e| CaseError::Io(path, e))
}

/// A section of a credentials file (AWS CLI User Guide, "Configuration and credential file settings").
fn credentials_file(key: &IssuedKey) -> Secret {
    Secret::new(format!(
        "[default]\naws_access_key_id = {}\naws_secret_access_key = {}\n",
        key.id,
        key.secret.reveal()
    ))
}

/// The text of a file that an earlier run may have written; nothing when there is none or it is not text.
///
/// # Errors
/// When the file exists and cannot be read.
fn read_if_exists(path: &Path) -> Result<Option<String>, CaseError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::InvalidData) => Ok(None),
        Err(e) => Err(CaseError::Io(path.to_path_buf(), e)),
    }
}

/// The key with this id in a file that an earlier run wrote completely.
///
/// # Errors
/// When the file exists and cannot be read.
pub fn read_file(path: &Path, id: &str) -> Result<Option<IssuedKey>, CaseError> {
    let text = read_if_exists(path)?;
    Ok(text.and_then(|text| {
        let value = |name: &str| {
            text.lines()
                .find_map(|l| l.strip_prefix(name)?.trim_start().strip_prefix('='))
                .map(str::trim)
        };
        (value("aws_access_key_id")? == id).then_some(())?;
        let secret = Secret::new(value("aws_secret_access_key")?);
        Some(IssuedKey { id: id.to_string(), secret })
    }))
}

/// Removes the file to which this key was written, completely or in part; any other file stays.
///
/// # Errors
/// When the file exists and cannot be read or removed.
pub fn remove_file(path: &Path, id: &str) -> Result<(), CaseError> {
    let Some(text) = read_if_exists(path)? else { return Ok(()) };
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

    #[test]
    fn a_file_is_read_when_complete_and_removed_when_it_is_ours() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        assert!(read_file(&path, "AKIANEW").unwrap().is_none(), "no file");
        remove_file(&path, "AKIANEW").unwrap();
        let key = IssuedKey { id: "AKIANEW".into(), secret: Secret::new("new") };
        write(path.to_str().unwrap(), &key).unwrap();
        let read = read_file(&path, "AKIANEW").unwrap().unwrap();
        assert_eq!(read.secret.reveal(), "new");
        assert!(read_file(&path, "AKIAOTHER").unwrap().is_none());
        remove_file(&path, "AKIAOTHER").unwrap();
        assert!(path.exists(), "another key's file stays");
        fs::write(&path, "[default]\naws_access_key_id = AKIA").unwrap();
        assert!(read_file(&path, "AKIANEW").unwrap().is_none(), "cut short");
        remove_file(&path, "AKIANEW").unwrap();
        assert!(!path.exists());
        assert!(read_file(folder.path(), "AKIANEW").is_err(), "unreadable is an error");
        assert!(remove_file(folder.path(), "AKIANEW").is_err());
    }
}
