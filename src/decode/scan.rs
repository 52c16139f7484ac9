//! A byte-level JSON tokenizer: finds where values begin and end.
//!
//! A value with balanced brackets that is otherwise invalid passes here and fails where it is parsed, without harm to
//! its neighbors. Depth is a counter, so hostile nesting cannot exhaust the stack.

use memchr::memchr2;

/// Why an extent was not found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// The bytes end inside the value.
    Incomplete,
    /// The byte at this position is not allowed there.
    Malformed(usize),
}

/// Position of the first byte at or after `at` that is not JSON white space.
#[inline]
pub fn skip_space(bytes: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\n' | b'\r' | b'\t') = bytes.get(at) {
        at += 1;
    }
    at
}

/// End (exclusive, behind the closing quote) of the string whose opening quote is at `open`.
#[inline]
pub fn string_end(bytes: &[u8], open: usize) -> Result<usize, Stop> {
    let mut at = open + 1;
    loop {
        let hit = quote_or_escape(bytes, at).ok_or(Stop::Incomplete)?;
        if bytes.get(hit) == Some(&b'"') {
            return Ok(hit + 1);
        }
        at = hit + 2;
    }
}

/// Position of the next quote or backslash. Most strings in logs are short, so the first 48 bytes are searched eight at
/// a time, which costs less than setting up a vector search.
#[inline]
fn quote_or_escape(bytes: &[u8], mut at: usize) -> Option<usize> {
    const LOW: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    // The lowest high bit that is set marks the first byte that is zero ("Determine if a word has a zero byte",
    // S. E. Anderson, Bit Twiddling Hacks).
    let zeroes = |word: u64| word.wrapping_sub(LOW) & !word & HIGH;
    for _ in 0..6 {
        let Some(chunk) = bytes.get(at..).and_then(<[u8]>::first_chunk::<8>) else { break };
        let word = u64::from_le_bytes(*chunk);
        let hits = zeroes(word ^ (LOW * b'"' as u64)) | zeroes(word ^ (LOW * b'\\' as u64));
        if hits != 0 {
            return Some(at + hits.trailing_zeros() as usize / 8);
        }
        at += 8;
    }
    memchr2(b'"', b'\\', bytes.get(at..)?).map(|hit| at + hit)
}

/// End (exclusive) of the JSON value that begins at `at`.
#[inline]
pub fn value_end(bytes: &[u8], at: usize) -> Result<usize, Stop> {
    match bytes.get(at) {
        None => Err(Stop::Incomplete),
        Some(b'"') => string_end(bytes, at),
        Some(b'{') => container_end(bytes, at, b'{', b'}'),
        Some(b'[') => container_end(bytes, at, b'[', b']'),
        Some(b'-' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z') => scalar_end(bytes, at),
        Some(_) => Err(Stop::Malformed(at)),
    }
}

/// Numbers and literals end at the first byte that cannot belong to one.
fn scalar_end(bytes: &[u8], at: usize) -> Result<usize, Stop> {
    let rest = &bytes[at..];
    match rest
        .iter()
        .position(|b| !matches!(b, b'-' | b'+' | b'.' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z'))
    {
        Some(n) => Ok(at + n),
        None => Err(Stop::Incomplete),
    }
}

/// End of an object or array. Strings are skipped, so brackets inside them do not count. Only brackets of the opening
/// kind are counted: in valid JSON the other kind is balanced between them. There are only a few bytes between strings,
/// so they are checked one by one.
#[inline]
fn container_end(bytes: &[u8], open: usize, opening: u8, closing: u8) -> Result<usize, Stop> {
    let mut depth = 1usize;
    let mut at = open + 1;
    loop {
        match bytes.get(at) {
            None => return Err(Stop::Incomplete),
            Some(b'"') => {
                at = string_end(bytes, at)?;
                continue;
            }
            Some(b) if *b == opening => depth += 1,
            Some(b) if *b == closing => {
                depth -= 1;
                if depth == 0 {
                    return Ok(at + 1);
                }
            }
            Some(_) => {}
        }
        at += 1;
    }
}

/// Skips the rest of a value that is too large for memory.
#[derive(Debug, Clone, Copy, Default)]
pub struct Skip {
    depth: u64,
    in_string: bool,
    escaped: bool,
}

impl Skip {
    /// Where in `piece` the value ends, if it does.
    pub fn over(&mut self, piece: &[u8]) -> Option<usize> {
        for (at, byte) in piece.iter().enumerate() {
            match (self.in_string, byte) {
                (true, _) if self.escaped => self.escaped = false,
                (true, b'\\') => self.escaped = true,
                (_, b'"') => self.in_string = !self.in_string,
                (false, b'{' | b'[') => self.depth += 1,
                (false, b'}' | b']') => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth == 0 {
                        return Some(at + 1);
                    }
                }
                _ => {}
            }
        }
        None
    }
}

/// One key and value of an object: the key without its quotes, the raw value.
#[derive(Debug, Clone, Copy)]
pub struct Pair<'a> {
    pub key: &'a [u8],
    pub value: &'a [u8],
    /// Where the value begins, from the object's opening bracket.
    pub start: usize,
}

/// Iterates over the pairs of the object that begins at `bytes[0]`, in order.
pub struct Pairs<'a> {
    bytes: &'a [u8],
    at: usize,
    first: bool,
}

impl<'a> Pairs<'a> {
    /// `bytes` must begin with `{`; otherwise the first step returns `Malformed`.
    pub fn new(bytes: &'a [u8]) -> Pairs<'a> {
        Pairs { bytes, at: 1, first: true }
    }

    /// The next pair; `None` behind the closing bracket, where [`Pairs::end`] is the object's length.
    ///
    /// # Errors
    /// When the object is incomplete or malformed.
    #[inline]
    pub fn step(&mut self) -> Result<Option<Pair<'a>>, Stop> {
        let bytes = self.bytes;
        if self.first && bytes.first() != Some(&b'{') {
            return Err(Stop::Malformed(0));
        }
        let mut at = skip_space(bytes, self.at);
        match bytes.get(at) {
            None => return Err(Stop::Incomplete),
            Some(b'}') => {
                self.at = at + 1;
                return Ok(None);
            }
            Some(b',') if !self.first => at = skip_space(bytes, at + 1),
            Some(b'"') if self.first => {}
            Some(_) => return Err(Stop::Malformed(at)),
        }
        self.first = false;
        match bytes.get(at) {
            None => return Err(Stop::Incomplete),
            Some(b'"') => {}
            Some(_) => return Err(Stop::Malformed(at)),
        }
        let key_end = string_end(bytes, at)?;
        let key = &bytes[at + 1..key_end - 1];
        at = skip_space(bytes, key_end);
        match bytes.get(at) {
            None => return Err(Stop::Incomplete),
            Some(b':') => at = skip_space(bytes, at + 1),
            Some(_) => return Err(Stop::Malformed(at)),
        }
        let end = value_end(bytes, at)?;
        self.at = end;
        Ok(Some(Pair { key, value: &bytes[at..end], start: at }))
    }

    /// Position behind the last pair read.
    pub fn end(&self) -> usize {
        self.at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_end_where_they_end() {
        for (text, end) in [
            (r#""a\"b" ,"#, 6),
            (r#"{"a":"}","b":{"c":[1,2]}},"#, 25),
            ("[1,[2],\"]\"]x", 11),
            ("-1.5e3,", 6),
            ("null}", 4),
            (r#""\\",""#, 4),
        ] {
            assert_eq!(value_end(text.as_bytes(), 0), Ok(end), "{text}");
        }
    }

    #[test]
    fn cut_values_are_incomplete_at_every_byte() {
        let text = br#"{"a":"x\"y","b":[1,{"c":null}],"d":-12}"#;
        assert_eq!(value_end(text, 0), Ok(text.len()));
        for cut in 0..text.len() {
            assert_eq!(value_end(&text[..cut], 0), Err(Stop::Incomplete), "cut at {cut}");
        }
    }

    #[test]
    fn pairs_come_in_order_and_errors_have_a_position() {
        let mut pairs = Pairs::new(br#" {"a":1}"#);
        assert_eq!(pairs.step().err(), Some(Stop::Malformed(0)));
        let mut pairs = Pairs::new(br#"{ "a" : 1 , "b" : {"x":2} } "#);
        assert_eq!(pairs.step().unwrap().map(|p| (p.key, p.value)), Some((&b"a"[..], &b"1"[..])));
        assert_eq!(pairs.step().unwrap().map(|p| p.value), Some(&br#"{"x":2}"#[..]));
        assert!(pairs.step().unwrap().is_none());
        assert_eq!(pairs.end(), 27);
        let mut pairs = Pairs::new(br#"{"a" 1}"#);
        assert_eq!(pairs.step().err(), Some(Stop::Malformed(5)));
    }

    #[test]
    fn deep_nesting_needs_no_stack() {
        let deep = [vec![b'['; 2_000_000], vec![b']'; 2_000_000]].concat();
        assert_eq!(value_end(&deep, 0), Ok(deep.len()));
    }
}
