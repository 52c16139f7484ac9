//! Signatures over the journal's head, by an Ed25519 key of the responder (RFC 8032), and the head as a short code.
//!
//! The chain has no key: whoever can write to the folder can rebuild it. A signature, or a code that was written down
//! elsewhere, shows that.

use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ring::rand::SystemRandom;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};

use super::chain::{Journal, JournalError, Verified};
use super::entry::Event;

/// What is signed is this text and the head: a signature cannot be taken from elsewhere.
const CONTEXT: &str = "incident journal head/1\n";
/// An Ed25519 public key as `SubjectPublicKeyInfo` (RFC 8410, 4), before its 32 bytes.
const SPKI: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
/// Hex digits of a code: 96 bits, which nobody can meet with another chain.
const CODE: usize = 24;

/// A key that signs. It is never shown.
pub struct SigningKey(Ed25519KeyPair);

/// The key that signatures are checked with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey([u8; 32]);

/// A `signed` line of a journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// The line's number, from 1.
    pub line: u64,
    /// The public key that the line names, hex.
    pub key: String,
    pub valid: bool,
}

impl SigningKey {
    /// A new key, and its PKCS#8 form as PEM.
    ///
    /// # Errors
    /// When the system has no random numbers.
    pub fn generate() -> Result<(SigningKey, String), String> {
        let failed = |_| "the system has no random numbers".to_string();
        let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(failed)?;
        let key = Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).map_err(|e| e.to_string())?;
        Ok((SigningKey(key), pem("PRIVATE KEY", pkcs8.as_ref())))
    }

    /// From PKCS#8, as PEM or as bytes.
    ///
    /// # Errors
    /// When it is not an Ed25519 key. The error does not quote it.
    pub fn read(bytes: &[u8]) -> Result<SigningKey, String> {
        let der = from_pem("PRIVATE KEY", bytes).unwrap_or_else(|| bytes.to_vec());
        let key = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der);
        key.map(SigningKey).map_err(|_| "not an Ed25519 key in PKCS#8 form".to_string())
    }

    pub fn public(&self) -> PublicKey {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(self.0.public_key().as_ref());
        PublicKey(bytes)
    }

    /// Signs the head, as a line of the journal. A head that this key has just signed stays as it is.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn sign(&self, journal: &mut Journal) -> Result<(), JournalError> {
        let key = self.public().to_string();
        let last = journal.entries().last().map(|entry| &entry.event);
        if matches!(last, Some(Event::Signed { key: known, .. }) if *known == key) {
            return Ok(());
        }
        let signature = hex::encode(self.0.sign(signed_text(journal.head()).as_bytes()));
        journal.append(Event::Signed { key, signature }).map(drop)
    }
}

impl PublicKey {
    /// From a PEM file, or from 64 hex digits.
    ///
    /// # Errors
    /// When it is neither.
    pub fn read(bytes: &[u8]) -> Result<PublicKey, String> {
        let der = from_pem("PUBLIC KEY", bytes);
        let key = match &der {
            Some(der) => der.strip_prefix(&SPKI).map(<[u8]>::to_vec),
            None => hex::decode(bytes.trim_ascii()).ok(),
        };
        let key: Option<[u8; 32]> = key.and_then(|key| key.try_into().ok());
        key.map(PublicKey).ok_or_else(|| {
            "not an Ed25519 public key (expected the FILE.pub of `incident case key new FILE`)"
                .into()
        })
    }

    pub fn to_pem(&self) -> String {
        pem("PUBLIC KEY", &[&SPKI[..], &self.0].concat())
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// Checks every signature of a journal: each over the head before its line.
pub fn signatures(journal: &Verified) -> Vec<Signature> {
    let mut found = Vec::new();
    for (i, entry) in journal.entries.iter().enumerate() {
        let Event::Signed { key, signature } = &entry.event else { continue };
        let head = i.checked_sub(1).and_then(|before| journal.hashes.get(before));
        let valid = head.is_some_and(|head| is_valid(key, signature, head));
        found.push(Signature { line: entry.seq, key: key.clone(), valid });
    }
    found
}

fn is_valid(key: &str, signature: &str, head: &str) -> bool {
    let (Ok(key), Ok(signature)) = (hex::decode(key), hex::decode(signature)) else { return false };
    UnparsedPublicKey::new(&ED25519, key).verify(signed_text(head).as_bytes(), &signature).is_ok()
}

fn signed_text(head: &str) -> String {
    format!("{CONTEXT}{head}")
}

/// `3f9a-1c2e-77b0-…`: the start of a head, short enough to write down.
pub fn head_code(head: &str) -> String {
    let digits: Vec<char> = head.chars().take(CODE).collect();
    digits.chunks(4).map(|four| four.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

/// The hex digits of a code or of a whole head that somebody typed.
///
/// # Errors
/// When it is neither.
pub fn read_head_code(text: &str) -> Result<String, String> {
    let digits: String = text.chars().filter(|c| *c != '-' && !c.is_whitespace()).collect();
    let fits = (CODE..=64).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_hexdigit());
    match fits {
        true => Ok(digits.to_ascii_lowercase()),
        false => Err(format!(
            "invalid head '{text}' (expected a code of {CODE} hex digits, as a run prints it at its end)"
        )),
    }
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = BASE64_STANDARD.encode(der);
    let lines: Vec<&str> = (0..text.len())
        .step_by(64)
        .filter_map(|at| text.get(at..text.len().min(at + 64)))
        .collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

fn from_pem(label: &str, bytes: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(bytes).ok()?;
    let (_, after) = text.split_once(&format!("-----BEGIN {label}-----"))?;
    let (body, _) = after.split_once(&format!("-----END {label}-----"))?;
    let body: String = body.split_whitespace().collect();
    BASE64_STANDARD.decode(body).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::journal::{verify, verify_text};

    fn note(text: &str) -> Event {
        Event::Note { author: "alice".into(), text: text.into(), decision: false }
    }

    #[test]
    fn a_signature_is_over_everything_before_it() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("journal.jsonl");
        let (key, pem) = SigningKey::generate().unwrap();
        assert_eq!(SigningKey::read(pem.as_bytes()).unwrap().public(), key.public());
        let mut journal = Journal::open(&path, Clock::Fixed(0)).unwrap();
        journal.append(note("a")).unwrap();
        key.sign(&mut journal).unwrap();
        key.sign(&mut journal).unwrap();
        journal.append(Event::Closed { author: "a".into(), reason: None }).unwrap();
        key.sign(&mut journal).unwrap();
        let found = signatures(&verify(&path).unwrap());
        assert_eq!(
            found.iter().map(|s| (s.line, s.valid)).collect::<Vec<_>>(),
            [(2, true), (4, true)]
        );
        // Somebody rebuilds the chain, and takes the signature along.
        let Event::Signed { key: named, signature } = journal.entries()[1].event.clone() else {
            panic!("it is signed")
        };
        let other = temp.path().join("other.jsonl");
        let mut journal = Journal::open(&other, Clock::Fixed(0)).unwrap();
        journal.append(note("b")).unwrap();
        journal.append(Event::Signed { key: named, signature }).unwrap();
        let text = std::fs::read(&other).unwrap();
        assert!(!signatures(&verify_text(&other, &text).unwrap())[0].valid);
    }

    #[test]
    fn public_keys_are_read_as_they_are_written() {
        let (key, _) = SigningKey::generate().unwrap();
        let public = key.public();
        assert_eq!(PublicKey::read(public.to_pem().as_bytes()).unwrap(), public);
        assert_eq!(PublicKey::read(format!("{public}\n").as_bytes()).unwrap(), public);
        for wrong in
            [&b""[..], b"abcd", b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"]
        {
            assert!(PublicKey::read(wrong).is_err());
        }
        assert!(SigningKey::read(public.to_pem().as_bytes()).is_err());
    }

    #[test]
    fn a_code_is_the_start_of_the_head() {
        let head = "3f9a1c2e77b0".repeat(6)[..64].to_string();
        let code = head_code(&head);
        assert_eq!(code, "3f9a-1c2e-77b0-3f9a-1c2e-77b0");
        assert!(head.starts_with(&read_head_code(&code.to_uppercase()).unwrap()));
        assert_eq!(read_head_code(&head).unwrap(), head);
        assert!(read_head_code("3f9a-1c2e").is_err() && read_head_code(&"x".repeat(24)).is_err());
    }
}
