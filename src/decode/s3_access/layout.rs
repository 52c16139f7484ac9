//! Finds where the fields of an access log line begin and end.
//!
//! A line has eight fields written by S3, a quoted request URI, six more fields written by S3 (status, error code and
//! four numbers), a quoted referer and user agent, and then fields written by S3 again. Quotes inside the three quoted
//! fields are not escaped, and the client controls all three. So no quote is trusted: the first eight fields are read
//! from the left, the last ones from the last quote, and the middle is found by its shape.

use memchr::{memchr, memchr_iter};

use super::LineError;

/// The fields before the request URI.
pub(super) struct Head<'a> {
    pub bucket_owner: &'a str,
    pub bucket: &'a str,
    /// Without its brackets.
    pub time: &'a str,
    pub remote_ip: &'a str,
    pub requester: &'a str,
    pub request_id: &'a str,
    pub operation: &'a str,
    pub key: &'a str,
}

impl<'a> Head<'a> {
    /// Splits a line into its head and the rest from the request URI on.
    pub fn read(line: &'a str) -> Result<(Head<'a>, &'a str), LineError> {
        let mut words = Words { rest: line, found: 0 };
        let bucket_owner = words.next().map_err(|_| LineError::NotAnAccessLog)?;
        let bucket = words.next().map_err(|_| LineError::NotAnAccessLog)?;
        let bracketed = words.rest.strip_prefix('[').and_then(|rest| rest.split_once(']'));
        let (time, rest) = bracketed.ok_or(LineError::NotAnAccessLog)?;
        words.found += 1;
        words.rest = rest.strip_prefix(' ').ok_or(LineError::TooFewFields { found: 3 })?;
        let head = Head {
            bucket_owner,
            bucket,
            time,
            remote_ip: words.next()?,
            requester: words.next()?,
            request_id: words.next()?,
            operation: words.next()?,
            key: words.next()?,
        };
        Ok((head, words.rest))
    }
}

/// Words that must each be followed by a space.
struct Words<'a> {
    rest: &'a str,
    found: usize,
}

impl<'a> Words<'a> {
    fn next(&mut self) -> Result<&'a str, LineError> {
        let too_few = LineError::TooFewFields { found: self.found };
        let (word, rest) = split_word(self.rest).ok_or(too_few)?;
        self.found += 1;
        self.rest = rest;
        Ok(word)
    }
}

/// The text up to a space, if it is not empty, and the text after the space.
fn split_word(text: &str) -> Option<(&str, &str)> {
    let end = memchr(b' ', text.as_bytes()).filter(|end| *end > 0)?;
    Some((text.get(..end)?, text.get(end + 1..)?))
}

/// The request URI and S3's answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Answer<'a> {
    pub request_uri: &'a str,
    pub status: u16,
    pub error_code: &'a str,
    pub bytes_sent: u64,
    pub object_size: u64,
    pub total_ms: u64,
    pub turn_around_ms: u64,
    /// The line from the referer on.
    pub rest: &'a str,
    pub ambiguous: bool,
}

impl<'a> Answer<'a> {
    /// Finds the answer in the line from the request URI on.
    ///
    /// If several positions have the shape of an answer, the first wins. Referer and user agent follow the true answer
    /// and may contain any text, so a client can forge an answer there; taking the last would let it choose its own
    /// status and bytes. A forged answer before the true one needs spaces in the request target. HTTP ends the target
    /// at a space, so a client can only send them encoded, and S3 logs them encoded. If S3 should ever decode them,
    /// `ambiguous` is set anyway.
    pub fn find(text: &'a str) -> Option<Answer<'a>> {
        let Some(quoted) = text.strip_prefix('"') else {
            let answer = Answer::after(text.strip_prefix("- ")?, "")?;
            return Some(answer.with_ambiguity());
        };
        memchr_iter(b'"', quoted.as_bytes()).find_map(|end| {
            let uri = quoted.get(..end)?;
            let rest = quoted.get(end + 1..)?.strip_prefix(' ')?;
            Some(Answer::after(rest, uri)?.with_ambiguity())
        })
    }

    /// Reads six fields and checks that a referer can follow.
    fn after(text: &'a str, request_uri: &'a str) -> Option<Answer<'a>> {
        let (status, rest) = split_word(text)?;
        let status = read_status(status)?;
        let (error_code, rest) = split_word(rest)?;
        let (bytes_sent, rest) = number(rest)?;
        let (object_size, rest) = number(rest)?;
        let (total_ms, rest) = number(rest)?;
        let (turn_around_ms, rest) = number(rest)?;
        let fits = rest.starts_with(['"', '-']) && !error_code.contains('"');
        fits.then_some(Answer {
            request_uri,
            status,
            error_code,
            bytes_sent,
            object_size,
            total_ms,
            turn_around_ms,
            rest,
            ambiguous: false,
        })
    }

    /// Sets `ambiguous` if a second position has the shape of an answer. The line's last quote is ignored: it ends the
    /// user agent, and the fields after it can have that shape by chance.
    fn with_ambiguity(mut self) -> Answer<'a> {
        let bytes = self.rest.as_bytes();
        let last = memchr::memrchr(b'"', bytes).unwrap_or(0);
        self.ambiguous = memchr_iter(b'"', bytes).take_while(|end| *end < last).any(|end| {
            let rest = self.rest.get(end + 1..).and_then(|rest| rest.strip_prefix(' '));
            rest.is_some_and(|rest| Answer::after(rest, "").is_some())
        });
        self
    }
}

/// A three-digit status; `-` where no HTTP request was made.
fn read_status(text: &str) -> Option<u16> {
    match text.as_bytes() {
        b"-" => Some(0),
        [b'1'..=b'9', _, _] => text.parse().ok(),
        _ => None,
    }
}

/// A whole number or `-`, followed by a space.
fn number(text: &str) -> Option<(u64, &str)> {
    let (word, rest) = split_word(text)?;
    if word == "-" {
        return Some((0, rest));
    }
    let digits = word.bytes().all(|byte| byte.is_ascii_digit());
    let value = word.parse().ok().filter(|_| digits)?;
    Some((value, rest))
}

/// The two fields that the client's headers fill, and the line after them.
pub(super) struct Client<'a> {
    pub referer: &'a str,
    pub user_agent: &'a str,
    pub rest: &'a str,
}

impl<'a> Client<'a> {
    /// Reads the line from the referer on. If the border between the two is unclear, its position does not matter: the
    /// same client wrote both.
    pub fn read(text: &'a str) -> Client<'a> {
        let (referer, rest) = match text.strip_prefix('"') {
            Some(body) => quoted_referer(body),
            None => text.split_once(' ').unwrap_or((text, "")),
        };
        let (user_agent, rest) = match rest.strip_prefix('"') {
            Some(body) => quoted_user_agent(body),
            None => rest.split_once(' ').unwrap_or((rest, "")),
        };
        Client { referer, user_agent, rest }
    }
}

/// The referer ends at the first quote after which a user agent can begin.
fn quoted_referer(body: &str) -> (&str, &str) {
    memchr_iter(b'"', body.as_bytes())
        .find_map(|end| {
            let rest = body.get(end + 1..)?.strip_prefix(' ')?;
            rest.starts_with(['"', '-']).then_some((body.get(..end)?, rest))
        })
        .unwrap_or((body, ""))
}

/// The user agent ends at the last quote before a space or the end of the line. In a line truncated inside the user
/// agent, all of the rest is user agent.
fn quoted_user_agent(body: &str) -> (&str, &str) {
    memchr::memrchr_iter(b'"', body.as_bytes())
        .find_map(|end| {
            let rest = body.get(end + 1..)?;
            let rest = if rest.is_empty() { rest } else { rest.strip_prefix(' ')? };
            Some((body.get(..end)?, rest))
        })
        .unwrap_or((body, ""))
}
