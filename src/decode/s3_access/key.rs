//! Object keys as S3 server access logs encode them. Knows only the encoding.

use std::borrow::Cow;

/// How many times the log encodes a key. Keys of most operations are encoded twice; those that come
/// from a batch's body or from a lifecycle rule never were in a URL and are encoded once.
pub(super) fn rounds(operation: &str) -> usize {
    let once = operation == "BATCH.DELETE.OBJECT" || operation.starts_with("S3.");
    if once { 1 } else { 2 }
}

/// The key without its percent-encoding. An escape that is none is kept as it stands, and bytes
/// that are no UTF-8 become U+FFFD.
pub(super) fn decode(key: &str, rounds: usize) -> Cow<'_, str> {
    if !key.contains('%') {
        return Cow::Borrowed(key);
    }
    let mut bytes = key.as_bytes().to_vec();
    for _ in 0..rounds {
        decode_once(&mut bytes);
    }
    let text = String::from_utf8(bytes);
    Cow::Owned(text.unwrap_or_else(|wrong| String::from_utf8_lossy(wrong.as_bytes()).into_owned()))
}

/// Decodes in place: what is read is never behind what is written.
fn decode_once(bytes: &mut Vec<u8>) {
    let (mut from, mut to) = (0, 0);
    while let Some(byte) = bytes.get(from) {
        let escape = if *byte == b'%' { escaped(bytes.get(from..)) } else { None };
        let (byte, length) = escape.map_or((*byte, 1), |byte| (byte, 3));
        if let Some(slot) = bytes.get_mut(to) {
            *slot = byte;
        }
        from += length;
        to += 1;
    }
    bytes.truncate(to);
}

/// The byte of an escape that the text begins with.
fn escaped(text: Option<&[u8]>) -> Option<u8> {
    let [b'%', high, low, ..] = text? else {
        return None;
    };
    Some(hex(*high)? << 4 | hex(*low)?)
}

fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}
