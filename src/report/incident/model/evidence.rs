//! Evidence, and the chain of custody of the case's files.

use serde::Serialize;

use super::At;

/// The evidence behind a number such as `[E1]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Evidence {
    pub number: usize,
    /// `finding`, `journal` or `file`.
    pub kind: &'static str,
    pub name: String,
    pub text: String,
    pub time: Option<At>,
    /// SHA-256 in hex, if there is one.
    pub hash: Option<String>,
    /// The anchor of the finding in this report.
    pub anchor: Option<String>,
}

/// The case's files and their chain of custody.
#[derive(Debug, Clone, Serialize)]
pub struct Custody {
    pub entries: usize,
    pub head: String,
    pub torn: bool,
    pub plan: Option<String>,
    pub plan_digest: Option<String>,
    pub written: Option<String>,
    pub problems: Vec<String>,
    pub files: Vec<CaseFile>,
}

#[derive(Debug, Clone, Serialize)]
pub struct CaseFile {
    pub name: String,
    pub bytes: u64,
    pub sha256: String,
    /// The call that the file answers, or a description of the file.
    pub origin: String,
    pub time: String,
}
