//! Why a line, row or object of a threat list is not used.

use crate::ui::sanitize::clip;

/// The kind of reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum UnusedKind {
    NotUnderstood,
    /// Understood, but it would match nothing or everything.
    Refused,
    /// Understood, but of a type that these logs do not contain.
    UnsupportedType,
    /// Used, but not all of its conditions.
    Partial,
    Revoked,
    /// A newer version of the same object is used.
    Superseded,
}

impl UnusedKind {
    /// The label after a count: `3 not understood`.
    pub fn label(self) -> &'static str {
        match self {
            UnusedKind::NotUnderstood => "not understood",
            UnusedKind::Refused => "refused",
            UnusedKind::UnsupportedType => "of types that these logs do not contain",
            UnusedKind::Partial => "partly used",
            UnusedKind::Revoked => "revoked",
            UnusedKind::Superseded => "superseded",
        }
    }
}

/// One reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unused {
    pub kind: UnusedKind,
    /// A noun phrase without a full stop: `a file hash`.
    pub reason: String,
}

impl Unused {
    pub fn new(kind: UnusedKind, reason: impl Into<String>) -> Unused {
        Unused { kind, reason: reason.into() }
    }

    /// The same reason, for an indicator whose other part is used.
    #[must_use]
    pub fn partial(self) -> Unused {
        Unused { kind: UnusedKind::Partial, ..self }
    }

    pub fn not_understood(reason: impl Into<String>) -> Unused {
        Unused::new(UnusedKind::NotUnderstood, reason)
    }

    pub fn refused(reason: impl Into<String>) -> Unused {
        Unused::new(UnusedKind::Refused, reason)
    }

    pub fn unsupported(reason: impl Into<String>) -> Unused {
        Unused::new(UnusedKind::UnsupportedType, reason)
    }
}

/// Characters of a list's text in a message.
const MAX_SHOWN: usize = 60;

/// A list's text for a message: shortened, with possible secrets masked.
pub fn excerpt(text: &str) -> String {
    clip(&masked(text.trim()), MAX_SHOWN).into_owned()
}

/// Secret access keys are 40 characters of base64; session tokens are longer.
const SECRET: usize = 40;

/// The text with every possible secret access key or session token masked: long words with capitals, small
/// letters and digits. Hashes in hexadecimal are not masked, because they do not mix cases.
pub fn masked(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let word = rest.find(|c| !is_base64(c)).unwrap_or(rest.len());
        let (head, tail) = rest.split_at(word);
        if may_be_secret(head) {
            out.push_str("(a secret, not shown)");
        } else {
            out.push_str(head);
        }
        let gap = tail.find(is_base64).unwrap_or(tail.len());
        let (between, next) = tail.split_at(gap);
        out.push_str(between);
        rest = next;
    }
    out
}

fn is_base64(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=')
}

fn may_be_secret(word: &str) -> bool {
    let any = |wanted: fn(&u8) -> bool| word.bytes().any(|b| wanted(&b));
    word.len() >= SECRET
        && any(u8::is_ascii_uppercase)
        && any(u8::is_ascii_lowercase)
        && any(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn possible_secrets_are_masked() {
        let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
        let text = format!("AKIAIOSFODNN7EXAMPLE:{secret} from a paste");
        assert_eq!(masked(&text), "AKIAIOSFODNN7EXAMPLE:(a secret, not shown) from a paste");
        let token = format!("x {secret}{secret}==");
        assert_eq!(masked(&token), "x (a secret, not shown)");
        for plain in [
            "",
            "ü é",
            "da39a3ee5e6b4b0d3255bfef95601890afd80709",
            "https://evil.example/a/b",
            "indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",
        ] {
            assert_eq!(masked(plain), plain);
        }
    }

    #[test]
    fn an_excerpt_is_short() {
        assert_eq!(excerpt(&"x".repeat(500)).chars().count(), 60);
    }
}
