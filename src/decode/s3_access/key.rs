//! Decodes object keys of S3 server access logs.

use std::borrow::Cow;

/// How many times the log encodes a key. Most keys are encoded twice. Keys from the body of a batch request or from a
/// lifecycle rule were never in a URL and are encoded once.
pub(super) fn rounds(operation: &str) -> usize {
    let once = operation == "BATCH.DELETE.OBJECT" || operation.starts_with("S3.");
    if once { 1 } else { 2 }
}

/// The key without its percent-encoding. Invalid escapes stay as written; invalid UTF-8 becomes U+FFFD.
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

/// Decodes in place: the read position is never behind the write position.
fn decode_once(bytes: &mut Vec<u8>) {
    let (mut from, mut to) = (0, 0);
    while let Some(byte) = bytes.get(from) {
        let escape = if *byte == b'%' { escaped(bytes.get(from..)) } else { None };
        let (byte, length) = escape.map_or((*byte, 1), |byte| (byte, 3));
        if let Some(target) = bytes.get_mut(to) {
            *target = byte;
        }
        from += length;
        to += 1;
    }
    bytes.truncate(to);
}

/// The byte of the escape at the start of the text.
fn escaped(text: Option<&[u8]>) -> Option<u8> {
    let [b'%', high, low, ..] = text? else {
        return None;
    };
    let mut byte = [0];
    hex::decode_to_slice([*high, *low], &mut byte).ok()?;
    Some(byte[0])
}
