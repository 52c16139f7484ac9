//! What a journal is compared with that its case cannot hold: a head that was written down, a key of the responder.

use super::chain::Verified;
use super::signature::{PublicKey, Signature, signatures};

/// What the journal must agree with. Without a head and a signer, only its own signatures are checked.
#[derive(Debug, Default)]
pub struct Anchor {
    /// Hex digits of a head, or of its start, in lower case.
    pub head: Option<String>,
    /// The key that must have signed.
    pub signer: Option<PublicKey>,
}

/// What the comparison shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// The journal agrees with a head or a signer from outside the folder: nobody rebuilt its chain.
    pub anchored: bool,
    /// Hash of the journal's last line, hex.
    pub head: String,
    /// Every signature of the journal, by line.
    pub signatures: Vec<Signature>,
    /// First about the signatures, then about the head, then about the signer.
    pub facts: Vec<AnchorFact>,
}

/// One result of the comparison. Lines count from 1; keys are hex; heads are as in [`Anchor`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnchorFact {
    /// The signature in this line is not over the lines before it.
    SignatureInvalid { line: u64 },
    /// The journal's last line has the head.
    HeadIsLast { head: String },
    /// This number of lines was written after the head.
    LinesAfterHead { head: String, lines: u64 },
    /// No line has the head.
    HeadUnknown { head: String },
    /// The signer signed the last line.
    SignedLast { key: String, line: u64 },
    /// This number of lines was written after the signer's last signature.
    LinesAfterSignature { key: String, lines: u64 },
    /// The signer signed nothing.
    NotSigned { key: String },
    /// Somebody signed, and no signer was given to compare with.
    SignerUnknown { key: String, line: u64 },
}

/// What a fact means for the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// It speaks for the journal, or at least not against it.
    Supports,
    /// A proof is missing.
    Unsure,
    /// The journal was changed, rebuilt or cut off.
    Contradicts,
}

impl AnchorFact {
    pub fn weight(&self) -> Weight {
        match self {
            AnchorFact::HeadIsLast { .. }
            | AnchorFact::SignedLast { .. }
            | AnchorFact::SignerUnknown { .. } => Weight::Supports,
            AnchorFact::LinesAfterHead { .. } | AnchorFact::LinesAfterSignature { .. } => {
                Weight::Unsure
            }
            AnchorFact::SignatureInvalid { .. }
            | AnchorFact::HeadUnknown { .. }
            | AnchorFact::NotSigned { .. } => Weight::Contradicts,
        }
    }
}

impl Anchor {
    /// Compares a journal whose chain is whole.
    pub fn check(&self, journal: &Verified) -> Proof {
        let lines = journal.entries.len() as u64;
        let signatures = signatures(journal);
        let invalid = signatures.iter().filter(|s| !s.valid);
        let mut facts: Vec<AnchorFact> =
            invalid.map(|s| AnchorFact::SignatureInvalid { line: s.line }).collect();
        facts.extend(self.head.as_ref().map(|head| about_head(head.clone(), journal)));
        facts.extend(self.about_signer(&signatures, lines));
        let given = self.head.is_some() || self.signer.is_some();
        let anchored = given && facts.iter().all(|fact| fact.weight() == Weight::Supports);
        Proof { anchored, head: journal.head.clone(), signatures, facts }
    }

    fn about_signer(&self, signatures: &[Signature], lines: u64) -> Option<AnchorFact> {
        let mut valid = signatures.iter().rev().filter(|s| s.valid);
        let Some(signer) = &self.signer else {
            let last = valid.next()?;
            return Some(AnchorFact::SignerUnknown { key: last.key.clone(), line: last.line });
        };
        let key = signer.to_string();
        Some(match valid.find(|s| s.key == key) {
            Some(last) if last.line == lines => AnchorFact::SignedLast { key, line: lines },
            Some(last) => AnchorFact::LinesAfterSignature { key, lines: lines - last.line },
            None => AnchorFact::NotSigned { key },
        })
    }
}

fn about_head(head: String, journal: &Verified) -> AnchorFact {
    match journal.hashes.iter().rposition(|hash| hash.starts_with(head.as_str())) {
        None => AnchorFact::HeadUnknown { head },
        Some(at) => match journal.entries.len().saturating_sub(at + 1) as u64 {
            0 => AnchorFact::HeadIsLast { head },
            lines => AnchorFact::LinesAfterHead { head, lines },
        },
    }
}
