//! What a case is compared with that its folder cannot hold: a head that was written down, a key of the responder.

use std::fs;
use std::path::PathBuf;

use serde::Serialize;

use crate::case::Problem;
use crate::cli::error::CommandError;
use crate::journal::{PublicKey, Verified, head_code, read_head_code, signatures};
use crate::ui::number::counted;

#[derive(Debug, Default, clap::Args)]
pub struct AnchorArgs {
    /// Journal head of the case, as it was written down at the end of a run: the code, or all of it
    #[arg(long, value_name = "CODE", value_parser = read_head_code)]
    head: Option<String>,
    /// Public key that must have signed the journal of the case (FILE.pub of `incident case key new FILE`)
    #[arg(long, value_name = "FILE")]
    signer: Option<PathBuf>,
}

/// What the case must agree with.
pub struct Anchor {
    head: Option<String>,
    signer: Option<PublicKey>,
}

/// What a check of a journal proves.
#[derive(Debug, Serialize)]
pub struct Proof {
    /// The journal agrees with a head or a signer from outside the folder: nobody rebuilt its chain.
    pub anchored: bool,
    head_code: String,
    signatures: Vec<Signed>,
    /// In words.
    says: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Signed {
    line: u64,
    public_key: String,
    valid: bool,
}

impl AnchorArgs {
    pub fn is_given(&self) -> bool {
        self.head.is_some() || self.signer.is_some()
    }

    /// # Errors
    /// When the file of the public key cannot be read.
    pub fn read(&self) -> Result<Anchor, CommandError> {
        let signer = self.signer.as_ref().map(|file| {
            let wrong = |why: String| CommandError::usage(format!("{}: {why}", file.display()));
            let bytes = fs::read(file).map_err(|e| wrong(e.to_string()))?;
            PublicKey::read(&bytes).map_err(wrong)
        });
        Ok(Anchor { head: self.head.clone(), signer: signer.transpose()? })
    }
}

impl Anchor {
    /// Compares a journal whose chain is whole. Adds what differs to the problems.
    pub fn check(&self, journal: &Verified, problems: &mut Vec<Problem>) -> Proof {
        let (before, mut says) = (problems.len(), Vec::new());
        let lines = journal.entries.len() as u64;
        let signed = signatures(journal);
        for bad in signed.iter().filter(|s| !s.valid) {
            problems.push(Problem::Wrong(format!(
                "the signature in line {} of the journal is not over the lines before it",
                bad.line
            )));
        }
        if let Some(head) = &self.head {
            let code = head_code(head);
            match journal.hashes.iter().rposition(|hash| hash.starts_with(head.as_str())) {
                Some(at) if at as u64 + 1 == lines => says.push(format!(
                    "the journal's head is {code}, as it was written down: nobody rebuilt the chain"
                )),
                Some(at) => problems.push(Problem::Unsure(format!(
                    "{} written after the head {code}, which vouches only for those before; give the newest head",
                    were(lines - at as u64 - 1)
                ))),
                None => problems.push(Problem::Wrong(format!(
                    "no line of the journal has the head {code}: the chain was rebuilt or cut off"
                ))),
            }
        }
        let theirs = |key: &PublicKey| signed.iter().rfind(|s| s.valid && s.key == key.to_string());
        match (&self.signer, signed.iter().rfind(|s| s.valid)) {
            (Some(key), _) => match theirs(key) {
                Some(last) if last.line == lines => says.push(format!(
                    "signed by {key} in line {lines}: nobody else wrote it; lines that were cut off after a signature show only by --head"
                )),
                Some(last) => problems.push(Problem::Unsure(format!(
                    "{} written after the last signature of {key}, and nothing vouches for them",
                    were(lines - last.line)
                ))),
                None => problems
                    .push(Problem::Wrong(format!("the journal is not signed by {key}"))),
            },
            (None, Some(last)) => says.push(format!(
                "signed by {} in line {}; --signer FILE compares the key, which anybody can have made",
                last.key, last.line
            )),
            (None, None) => {}
        }
        let anchored = (self.head.is_some() || self.signer.is_some()) && problems.len() == before;
        Proof {
            anchored,
            head_code: head_code(&journal.head),
            signatures: signed
                .into_iter()
                .map(|s| Signed { line: s.line, public_key: s.key, valid: s.valid })
                .collect(),
            says,
        }
    }
}

impl Proof {
    pub fn lines(&self) -> impl Iterator<Item = String> {
        self.says.iter().cloned()
    }
}

fn were(lines: u64) -> String {
    let verb = if lines == 1 { "was" } else { "were" };
    format!("{} {verb}", counted(lines, "line", "lines"))
}
