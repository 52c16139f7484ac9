//! The document `incident.verify/1`.

use std::io::{self, Write};

use serde::Serialize;

use super::{CaseCheck, CaseContent, Checked, case};
use crate::digest::{Verdict, Verification};
use crate::journal::head_code;
use crate::report::escape::write_json;
use crate::report::{Format, RenderOptions};

const SCHEMA: &str = "incident.verify/1";

/// The `json` format.
pub struct Json;

impl<'a> Format<Checked<'a>> for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn render(&self, c: &Checked<'a>, out: &mut dyn Write, _: &RenderOptions) -> io::Result<()> {
        let document = Document {
            schema: SCHEMA,
            verdict: c.verdict,
            case: c.case.map(Case::from),
            cloudtrail: c.logs,
        };
        write_json(&document, out)
    }
}

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    verdict: Verdict,
    /// Null for paths.
    case: Option<Case>,
    /// Null for a case without CloudTrail digests.
    cloudtrail: Option<&'a Verification>,
}

#[derive(Serialize)]
struct Case {
    verdict: Verdict,
    /// Null for an export that was changed.
    looked_at: Option<LookedAt>,
    /// What the check proves; null as above.
    proof: Option<Proof>,
    /// The problem in words.
    problems: Vec<String>,
}

#[derive(Serialize)]
struct LookedAt {
    /// Files in the manifest.
    files: usize,
    /// When the manifest was written, RFC 3339.
    manifest: String,
    journal_lines: usize,
    journal_head: String,
}

#[derive(Serialize)]
struct Proof {
    anchored: bool,
    head_code: String,
    signatures: Vec<Signed>,
    /// In words.
    says: Vec<String>,
}

#[derive(Serialize)]
struct Signed {
    line: u64,
    public_key: String,
    valid: bool,
}

impl From<&CaseCheck> for Case {
    fn from(check: &CaseCheck) -> Case {
        Case {
            verdict: check.verdict,
            looked_at: check.content.as_ref().map(LookedAt::from),
            proof: check.content.as_ref().map(Proof::from),
            problems: case::problems(check),
        }
    }
}

impl From<&CaseContent> for LookedAt {
    fn from(content: &CaseContent) -> LookedAt {
        LookedAt {
            files: content.files,
            manifest: content.manifest.clone(),
            journal_lines: content.journal_lines,
            journal_head: content.proof.head.clone(),
        }
    }
}

impl From<&CaseContent> for Proof {
    fn from(content: &CaseContent) -> Proof {
        let signatures = content.proof.signatures.iter();
        Proof {
            anchored: content.proof.anchored,
            head_code: head_code(&content.proof.head),
            signatures: signatures
                .map(|s| Signed { line: s.line, public_key: s.key.clone(), valid: s.valid })
                .collect(),
            says: case::proofs(content),
        }
    }
}
