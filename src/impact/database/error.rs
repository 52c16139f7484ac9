//! Database errors, without the password and without data that the server's messages may quote.

use std::error::Error as _;
use std::fmt;
use std::path::Path;

use postgres::Error;
use postgres::error::{DbError, ErrorPosition, SqlState};

use super::limits::Limits;
use crate::cloud::Secret;

/// The kind of failure, which decides the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The request is invalid.
    Usage,
    Failed,
    /// The query tried to write.
    Writes,
}

/// Classes of SQLSTATE whose messages name tables, roles and limits, not values (PostgreSQL, appendix "Error
/// Codes"): connection, feature, transaction, authorization, catalog, schema, syntax or access, resources,
/// limits, state, operator, system. Others may quote a row, and so may errors that a function raises.
const SAFE_CLASSES: [&str; 12] =
    ["08", "0A", "25", "28", "3D", "3F", "42", "53", "54", "55", "57", "58"];

/// A message, and what to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseError {
    pub refusal: Refusal,
    message: String,
    hints: Vec<String>,
}

impl DatabaseError {
    pub fn usage(message: impl Into<String>) -> DatabaseError {
        DatabaseError { refusal: Refusal::Usage, ..DatabaseError::failed(message) }
    }

    pub fn failed(message: impl Into<String>) -> DatabaseError {
        DatabaseError { refusal: Refusal::Failed, message: message.into(), hints: Vec::new() }
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> DatabaseError {
        self.hints.push(hint.into());
        self
    }

    pub fn hints(&self) -> &[String] {
        &self.hints
    }

    /// The same error with `…` in place of the password.
    #[must_use]
    pub(super) fn redacted(mut self, password: Option<&Secret>) -> DatabaseError {
        if let Some(password) = password.map(Secret::reveal).filter(|p| !p.is_empty()) {
            for text in std::iter::once(&mut self.message).chain(&mut self.hints) {
                if text.contains(password) {
                    *text = text.replace(password, "…");
                }
            }
        }
        self
    }

    /// An error of an attempt to connect.
    pub(super) fn connect(error: &Error, to: &str) -> DatabaseError {
        if let Some(server_error) = error.as_db_error() {
            let failure = DatabaseError::failed(format!("{to}: {}", server_error.message()));
            return match *server_error.code() {
                SqlState::INVALID_PASSWORD | SqlState::INVALID_AUTHORIZATION_SPECIFICATION => failure
                    .hint(
                        "check user and password; PGPASSWORD is used only if the URL has no password",
                    ),
                _ => failure,
            };
        }
        let cause = causes(error);
        let failure = DatabaseError::failed(format!("cannot connect to {to}: {cause}"));
        if cause.contains("UnknownIssuer") {
            return failure.hint(
                "add sslrootcert=FILE with the authority that signed the server's certificate",
            );
        }
        if cause.contains("not valid for name") || cause.contains("NotValidForName") {
            return failure
                .hint("use the server name that is in its certificate")
                .hint("or skip the check of the name with sslmode=verify-ca");
        }
        if cause.contains("CaUsedAsEndEntity") {
            return failure
                .hint("the server uses a CA certificate as its own certificate")
                .hint("sslmode=require encrypts without checking");
        }
        if cause.contains("does not support TLS") {
            return failure.hint("sslmode=disable in the URL connects without encryption");
        }
        if cause.contains("password missing") {
            return failure.hint("give it in PGPASSWORD, or in the URL");
        }
        failure
    }

    /// An error of the query in `file`. `line` maps a position in the statement to a line of the file.
    pub(super) fn query(
        error: &Error,
        file: &Path,
        line: &dyn Fn(u32) -> Option<usize>,
        Limits { seconds, show_values }: Limits,
    ) -> DatabaseError {
        let Some(server_error) = error.as_db_error() else {
            return DatabaseError::failed(format!("the database: {}", causes(error)));
        };
        let code = server_error.code().code();
        let quoted = !SAFE_CLASSES.iter().any(|class| code.starts_with(class));
        let message = match quoted && !show_values {
            true if code.starts_with("22") || code.starts_with("23") => {
                "a value does not fit its type; the server's message may quote it and is left out"
                    .into()
            }
            true => {
                "the query failed; the server's message may quote data and is left out".to_string()
            }
            false => server_error.message().to_string(),
        };
        let location = location(server_error, file, line);
        let failure = DatabaseError::failed(format!("{location}: {message} (SQLSTATE {code})"));
        let failure = match *server_error.code() {
            _ if quoted && !show_values => failure.hint("--show-persons shows the server's message"),
            SqlState::READ_ONLY_SQL_TRANSACTION => {
                let failure = DatabaseError { refusal: Refusal::Writes, ..failure };
                failure.hint("the query runs in a read-only transaction: nothing was written")
            }
            SqlState::QUERY_CANCELED => {
                failure.hint(format!("the limit is {seconds} s; --statement-timeout raises it"))
            }
            SqlState::LOCK_NOT_AVAILABLE => failure.hint("the table is locked: try again"),
            SqlState::INSUFFICIENT_PRIVILEGE => {
                failure.hint("the role needs only SELECT on the tables and USAGE on their schema")
            }
            SqlState::SYNTAX_ERROR => failure.hint(
                "the file must contain one SELECT, optionally after WITH, without a semicolon inside",
            ),
            SqlState::FEATURE_NOT_SUPPORTED if message.contains("WITH") => {
                let failure = DatabaseError { refusal: Refusal::Writes, ..failure };
                failure.hint("the query must only read")
            }
            _ => failure,
        };
        match server_error.hint().filter(|_| show_values || !quoted) {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}

/// `FILE:3` if the server names a position in the user's text, else `FILE`.
fn location(server_error: &DbError, file: &Path, line: &dyn Fn(u32) -> Option<usize>) -> String {
    let line = match server_error.position() {
        Some(ErrorPosition::Original(at)) => line(*at),
        _ => None,
    };
    match line {
        Some(line) => format!("{}:{line}", file.display()),
        None => file.display().to_string(),
    }
}

/// An error of the client library with its causes, without repeats.
fn causes(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let words = inner.to_string();
        if !text.contains(&words) {
            text = format!("{text}: {words}");
        }
        cause = inner.source();
    }
    text
}

impl fmt::Display for DatabaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for DatabaseError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_in_a_message_is_redacted() {
        let secret = Secret::new("hunter2");
        let error = DatabaseError::failed("no 'hunter2' here").hint("is hunter2 right?");
        let error = error.redacted(Some(&secret));
        assert_eq!(
            (error.to_string().as_str(), &*error.hints()[0]),
            ("no '…' here", "is … right?")
        );
        let empty = DatabaseError::failed("a").redacted(Some(&Secret::new("")));
        assert_eq!(empty.to_string(), "a");
    }
}
