//! Why a line, row or object of a list is not held against calls.

use crate::ui::sanitize::clip;

/// What kind of reason it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    NotUnderstood,
    /// Understood, and would say nothing or hit everything.
    Refused,
    /// Understood, and of a kind that these logs do not hold.
    OtherKind,
    /// Used, but not with all that it says.
    InPart,
    Revoked,
    /// Another version of the same object is used.
    Repeated,
}

impl Class {
    /// As it stands behind a count: `3 not understood`.
    pub fn words(self) -> &'static str {
        match self {
            Class::NotUnderstood => "not understood",
            Class::Refused => "refused",
            Class::OtherKind => "of kinds that these logs do not hold",
            Class::InPart => "used in part",
            Class::Revoked => "revoked",
            Class::Repeated => "repeated",
        }
    }
}

/// One reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unused {
    pub class: Class,
    /// Fits behind a place: `is a private address`.
    pub why: String,
}

impl Unused {
    pub fn new(class: Class, why: impl Into<String>) -> Unused {
        Unused { class, why: why.into() }
    }

    /// The same reason where something else of the indicator is used.
    #[must_use]
    pub fn in_part(self) -> Unused {
        Unused { class: Class::InPart, ..self }
    }

    pub fn not_understood(why: impl Into<String>) -> Unused {
        Unused::new(Class::NotUnderstood, why)
    }

    pub fn refused(why: impl Into<String>) -> Unused {
        Unused::new(Class::Refused, why)
    }

    pub fn other_kind(why: impl Into<String>) -> Unused {
        Unused::new(Class::OtherKind, why)
    }
}

/// Characters of a list's text that are shown.
const SHOWN: usize = 60;

/// A piece of a list's text for a message: short, and without what may be a secret.
pub fn excerpt(text: &str) -> String {
    clip(&masked(text.trim()), SHOWN).into_owned()
}

/// Secret access keys are 40 characters of base64; session tokens are longer.
const SECRET: usize = 40;

/// The text with every word that may be a secret access key or a session token left out: long, and with
/// capitals, small letters and digits, which the hexadecimal digits of a hash do not have.
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
    fn what_may_be_a_secret_is_not_shown() {
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
