//! Values as they look in other encodings: Base64, UTF-16 and the dashes of Windows flags.
//!
//! Facts: Sigma Modifiers Appendix, "Encoding" and `windash`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::pattern::{DASHES, Token};

/// How many spellings of a value are written out before it is encoded.
const SPELLINGS: usize = 625;

/// A value's bytes, once for each spelling that `windash` gives it. An error says why it cannot be
/// encoded.
pub fn bytes(tokens: &[Token]) -> Result<Vec<Vec<u8>>, String> {
    let mut spellings = vec![String::new()];
    for token in tokens {
        match token {
            Token::Char(c) => spellings.iter_mut().for_each(|text| text.push(*c)),
            Token::Dash => {
                if spellings.len() * DASHES.len() > SPELLINGS {
                    return Err("too many dashes to encode".to_owned());
                }
                spellings = spellings
                    .iter()
                    .flat_map(|text| DASHES.iter().map(move |dash| format!("{text}{dash}")))
                    .collect();
            }
            Token::One | Token::Many => {
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

/// The part of the Base64 text that does not depend on what stands around the value, for the three
/// places where the value may begin.
///
/// A shift by one byte leaves two characters that hold foreign bits, by two bytes three. What the
/// last group leaves over shares its last character with what follows.
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
    parts.ok_or_else(|| "too short for `base64offset`".to_owned())
}

/// UTF-16 variants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wide {
    Little,
    Big,
    /// Little-endian after a byte order mark.
    Marked,
}

pub fn utf16(bytes: &[u8], wide: Wide) -> Result<Vec<u8>, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "encoded in UTF-16 twice".to_owned())?;
    let units = text.encode_utf16();
    Ok(match wide {
        Wide::Little => units.flat_map(u16::to_le_bytes).collect(),
        Wide::Big => units.flat_map(u16::to_be_bytes).collect(),
        Wide::Marked => [0xff, 0xfe].into_iter().chain(units.flat_map(u16::to_le_bytes)).collect(),
    })
}

/// Makes each dash that begins a flag fit any of them: one with a word character after it and none
/// before it, so `foo-bar` stays as it is.
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
