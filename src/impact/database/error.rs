//! What a database said no with: without password, and without the data that its messages may quote.

use std::error::Error as _;
use std::fmt;
use std::path::Path;

use postgres::Error;
use postgres::error::{DbError, ErrorPosition, SqlState};

use super::query::Limits;
use crate::cloud::Secret;

/// Whose fault it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// What was asked for cannot be.
    Usage,
    Failed,
    /// The query wanted to write.
    Writes,
}

/// Classes of SQLSTATE whose messages name tables, roles and limits, not values (PostgreSQL, appendix "Error
/// Codes"): connection, feature, transaction, authorization, catalog, schema, syntax or access, resources,
/// limits, state, operator, system. Others may quote a row, and so may what a function raises by itself.
const OWN_WORDS: [&str; 12] =
    ["08", "0A", "25", "28", "3D", "3F", "42", "53", "54", "55", "57", "58"];

/// A sentence, and what to do next.
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

    /// The same with `…` wherever the password stood.
    #[must_use]
    pub(super) fn without(mut self, password: Option<&Secret>) -> DatabaseError {
        if let Some(password) = password.map(Secret::reveal).filter(|p| !p.is_empty()) {
            for text in std::iter::once(&mut self.message).chain(&mut self.hints) {
                if text.contains(password) {
                    *text = text.replace(password, "…");
                }
            }
        }
        self
    }

    /// Of an attempt to connect.
    pub(super) fn connect(error: &Error, to: &str) -> DatabaseError {
        if let Some(said) = error.as_db_error() {
            let no = DatabaseError::failed(format!("{to}: {}", said.message()));
            return match *said.code() {
                SqlState::INVALID_PASSWORD | SqlState::INVALID_AUTHORIZATION_SPECIFICATION => no
                    .hint(
                        "user and password are those of the address; PGPASSWORD is for one without",
                    ),
                _ => no,
            };
        }
        let said = causes(error);
        let no = DatabaseError::failed(format!("no connection to {to}: {said}"));
        if said.contains("UnknownIssuer") {
            return no
                .hint("sslrootcert=FILE in the address names who signed the server's certificate");
        }
        if said.contains("not valid for name") || said.contains("NotValidForName") {
            return no
                .hint("the address must name the server as its certificate does")
                .hint("sslmode=verify-ca takes any name");
        }
        if said.contains("CaUsedAsEndEntity") {
            return no
                .hint("the server shows an authority's own certificate, not one that it has signed")
                .hint("sslmode=require encrypts without checking");
        }
        if said.contains("does not support TLS") {
            return no.hint("sslmode=disable in the address goes without encryption");
        }
        if said.contains("password missing") {
            return no.hint("give it in PGPASSWORD, or in the address");
        }
        no
    }

    /// Of the query in `file`; `line` finds the line of a place in the statement.
    pub(super) fn query(
        error: &Error,
        file: &Path,
        line: &dyn Fn(u32) -> Option<usize>,
        Limits { seconds, shows }: Limits,
    ) -> DatabaseError {
        let Some(said) = error.as_db_error() else {
            return DatabaseError::failed(format!("the database: {}", causes(error)));
        };
        let code = said.code().code();
        let quoted = !OWN_WORDS.iter().any(|class| code.starts_with(class));
        let message = match quoted && !shows {
            true if code.starts_with("22") || code.starts_with("23") => {
                "a value does not fit; the server's words may quote it, and are left out".into()
            }
            true => {
                "it failed; the server's words may quote what is in the database, and are left out"
                    .to_string()
            }
            false => said.message().to_string(),
        };
        let place = place(said, file, line);
        let no = DatabaseError::failed(format!("{place}: {message} (SQLSTATE {code})"));
        let no = match *said.code() {
            _ if quoted && !shows => no.hint("--show-persons shows the server's words"),
            SqlState::READ_ONLY_SQL_TRANSACTION => {
                let no = DatabaseError { refusal: Refusal::Writes, ..no };
                no.hint("the query runs in a read-only transaction: nothing was written")
            }
            SqlState::QUERY_CANCELED => {
                no.hint(format!("it may take {seconds} s; --statement-timeout gives it more"))
            }
            SqlState::LOCK_NOT_AVAILABLE => no.hint("somebody holds the table: try again"),
            SqlState::INSUFFICIENT_PRIVILEGE => {
                no.hint("the role needs SELECT on the tables, USAGE on their schema, and no more")
            }
            SqlState::SYNTAX_ERROR => no.hint(
                "the file must hold one SELECT (WITH before it is fine), without a semicolon inside",
            ),
            SqlState::FEATURE_NOT_SUPPORTED if message.contains("WITH") => {
                let no = DatabaseError { refusal: Refusal::Writes, ..no };
                no.hint("the query may only read")
            }
            _ => no,
        };
        match said.hint().filter(|_| shows || !quoted) {
            Some(hint) => no.hint(hint),
            None => no,
        }
    }
}

/// `FILE:3`, where the server names a place in the user's own text.
fn place(said: &DbError, file: &Path, line: &dyn Fn(u32) -> Option<usize>) -> String {
    let line = match said.position() {
        Some(ErrorPosition::Original(at)) => line(*at),
        _ => None,
    };
    match line {
        Some(line) => format!("{}:{line}", file.display()),
        None => file.display().to_string(),
    }
}

/// An error of the client library with its causes, each once.
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
    fn a_password_that_was_sent_back_is_taken_out() {
        let secret = Secret::new("hunter2");
        let error = DatabaseError::failed("no 'hunter2' here").hint("is hunter2 right?");
        let error = error.without(Some(&secret));
        assert_eq!(
            (error.to_string().as_str(), &*error.hints()[0]),
            ("no '…' here", "is … right?")
        );
        let empty = DatabaseError::failed("a").without(Some(&Secret::new("")));
        assert_eq!(empty.to_string(), "a");
    }
}
