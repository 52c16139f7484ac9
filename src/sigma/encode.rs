//! Encodes values: Base64, UTF-16 and the dashes of Windows flags.
//!
//! Facts: Sigma Modifiers Appendix, "Encoding" and `windash`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::pattern::{DASHES, Token};

/// The most spellings of a value that are encoded.
const SPELLINGS: usize = 625;

/// The bytes of a value, once for each spelling that `windash` allows. The error says why it cannot be encoded.
pub fn bytes(tokens: &[Token]) -> Result<Vec<Vec<u8>>, String> {
    let mut spellings = vec![String::new()];
    for token in tokens {
        match token {
            Token::Char(c) => spellings.iter_mut().for_each(|text| text.push(*c)),
            Token::Dash => {
                if spellings.len() * DASHES.len() > SPELLINGS {
                    return Err("too many `windash` dashes to encode".to_owned());
                }
                spellings = spellings
                    .iter()
                    .flat_map(|text| DASHES.iter().map(move |dash| format!("{text}{dash}")))
                    .collect();
            }
            Token::AnyChar | Token::AnyText => {
                return Err("a value with wildcards cannot be encoded; put `contains` after the \
                            encoding, or write `\\*`"
                    .to_owned());
            }
        }
    }
    Ok(spellings.into_iter().map(String::into_bytes).collect())
}

pub fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// The part of the Base64 text that does not depend on the bytes around the value, for each of the three
/// offsets at which the value may begin.
///
/// At offset 1 the first two characters contain foreign bits, at offset 2 the first three. An incomplete last
/// group shares its last character with the bytes that follow.
pub fn base64_offsets(bytes: &[u8]) -> Result<Vec<String>, String> {
    let parts: Option<Vec<String>> = [(0, 0), (1, 2), (2, 3)]
        .into_iter()
        .map(|(shift, head)| {
            let mut shifted = vec![0; shift];
            shifted.extend_from_slice(bytes);
            let text = STANDARD.encode(&shifted);
            let tail = [0, 3, 2][shifted.len() % 3];
            text.get(head..text.len().checked_sub(tail)?)
                .filter(|t| !t.is_empty())
                .map(str::to_owned)
        })
        .collect();
    parts.ok_or_else(|| "the value is too short for `base64offset`".to_owned())
}

/// UTF-16 variants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Utf16Kind {
    Little,
    Big,
    /// Little-endian after a byte order mark.
    Marked,
}

pub fn utf16(bytes: &[u8], wide: Utf16Kind) -> Result<Vec<u8>, String> {
    let text = std::str::from_utf8(bytes)
        .map_err(|_| "the value is encoded as UTF-16 twice".to_owned())?;
    let units = text.encode_utf16();
    Ok(match wide {
        Utf16Kind::Little => units.flat_map(u16::to_le_bytes).collect(),
        Utf16Kind::Big => units.flat_map(u16::to_be_bytes).collect(),
        Utf16Kind::Marked => {
            [0xff, 0xfe].into_iter().chain(units.flat_map(u16::to_le_bytes)).collect()
        }
    })
}

/// Makes each dash that begins a flag match any dash: one with a word character after it and none before it,
/// so `foo-bar` stays as it is.
pub fn windash(tokens: &mut [Token]) {
    let word = |token: Option<&Token>| matches!(token, Some(Token::Char(c)) if c.is_alphanumeric() || *c == '_');
    for i in 0..tokens.len() {
        let dash = matches!(tokens.get(i), Some(Token::Char(c)) if DASHES.contains(c));
        let before = i.checked_sub(1).and_then(|i| tokens.get(i));
        if dash && !word(before) && word(tokens.get(i + 1)) {
            tokens[i] = Token::Dash;
        }
    }
}
