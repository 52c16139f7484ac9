//! Splits text logs into lines, piece by piece.

/// A line longer than this is not a log line (S3 object keys have at most 1,024 bytes).
pub const MAX_LINE: usize = 1 << 20;

/// Passes each complete line of `piece`, without its end, and its offset in the piece. Returns the number of bytes
/// consumed. With `last` set, the rest is a line too.
pub fn feed(piece: &[u8], last: bool, each: &mut dyn FnMut(&[u8], usize)) -> usize {
    let mut at = 0;
    for end in memchr::memchr_iter(b'\n', piece) {
        each(trim(&piece[at..end]), at);
        at = end + 1;
    }
    if last && at < piece.len() {
        each(trim(&piece[at..]), at);
        at = piece.len();
    }
    at
}

fn trim(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// The first line that is not blank, at most `MAX_LINE` bytes of it.
pub fn first(head: &[u8]) -> &[u8] {
    let start = head.iter().position(|b| !b.is_ascii_whitespace()).unwrap_or(head.len());
    let rest = &head[start..];
    let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    trim(&rest[..end.min(MAX_LINE)])
}
