//! The sentences about a case: its problems, what was looked at, and what that proves.

use super::{CaseCheck, CaseContent};
use crate::journal::{AnchorFact, Weight, head_code};
use crate::ui::number::counted;

/// Problems first, then what was looked at, then what proves it.
pub fn lines(check: &CaseCheck) -> Vec<String> {
    let mut lines = problems(check);
    if let Some(content) = &check.content {
        lines.push(looked_at(content));
        lines.extend(proofs(content));
    }
    lines
}

/// What differs, one sentence each.
pub fn problems(check: &CaseCheck) -> Vec<String> {
    let mut problems: Vec<String> = check.problems.iter().map(ToString::to_string).collect();
    let facts = check.content.iter().flat_map(|content| &content.proof.facts);
    problems.extend(facts.filter(|fact| fact.weight() != Weight::Supports).map(fact));
    problems
}

/// What speaks for the journal, one sentence each.
pub fn proofs(content: &CaseContent) -> Vec<String> {
    let facts = content.proof.facts.iter();
    facts.filter(|fact| fact.weight() == Weight::Supports).map(fact).collect()
}

fn looked_at(content: &CaseContent) -> String {
    format!(
        "{} in the manifest of {}, {}, head {}",
        counted(content.files as u64, "file", "files"),
        content.manifest,
        counted(content.journal_lines as u64, "journal line", "journal lines"),
        content.proof.head
    )
}

fn fact(fact: &AnchorFact) -> String {
    match fact {
        AnchorFact::SignatureInvalid { line } => {
            format!("the signature in line {line} of the journal is not over the lines before it")
        }
        AnchorFact::HeadIsLast { head } => format!(
            "the journal's head is {}, as it was written down: nobody rebuilt the chain",
            head_code(head)
        ),
        AnchorFact::LinesAfterHead { head, lines } => format!(
            "{} written after the head {}, which vouches only for those before; give the newest head",
            were(*lines),
            head_code(head)
        ),
        AnchorFact::HeadUnknown { head } => format!(
            "no line of the journal has the head {}: the chain was rebuilt or cut off",
            head_code(head)
        ),
        AnchorFact::SignedLast { key, line } => format!(
            "signed by {key} in line {line}: nobody else wrote it; lines that were cut off after a signature show only by --head"
        ),
        AnchorFact::LinesAfterSignature { key, lines } => format!(
            "{} written after the last signature of {key}, and nothing vouches for them",
            were(*lines)
        ),
        AnchorFact::NotSigned { key } => format!("the journal is not signed by {key}"),
        AnchorFact::SignerUnknown { key, line } => format!(
            "signed by {key} in line {line}; --signer FILE compares the key, which anybody can have made"
        ),
    }
}

/// `1 line was`, `2 lines were`.
fn were(lines: u64) -> String {
    counted(lines, "line was", "lines were")
}
