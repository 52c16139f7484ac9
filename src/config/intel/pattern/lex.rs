//! Splits a pattern into tokens.

use crate::config::intel::unused::Unused;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token<'p> {
    /// `[`, `]`, `(`, `)`, `,` and the comparison signs.
    Sign(&'p str),
    /// A keyword or a number.
    Word(&'p str),
    /// `ipv4-addr:value`, as written.
    Path(&'p str),
    /// Between quotes, with `\'` and `\\` resolved.
    Text(String),
    /// `t'…'`, `b'…'`, `h'…'`.
    Typed,
}

const SIGNS: [&str; 13] = ["==", "!=", "<>", "<=", ">=", "[", "]", "(", ")", ",", "=", "<", ">"];

/// # Errors
/// At the first character that starts no token.
pub fn tokens(pattern: &str) -> Result<Vec<Token<'_>>, Unused> {
    let mut tokens = Vec::new();
    let mut rest = pattern.trim_start();
    while !rest.is_empty() {
        let (token, after) = next(rest)?;
        tokens.push(token);
        rest = after.trim_start();
    }
    Ok(tokens)
}

fn next(rest: &str) -> Result<(Token<'_>, &str), Unused> {
    if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
        return Ok((Token::Sign(sign), &rest[sign.len()..]));
    }
    if let Some(after) = rest.strip_prefix('\'') {
        let (text, after) = quoted(after)?;
        return Ok((Token::Text(text), after));
    }
    let word = word(rest);
    let (head, after) = rest.split_at(word);
    if head.is_empty() {
        let what: String = rest.chars().take(1).collect();
        return Err(Unused::not_understood(format!("unexpected `{what}` in the pattern")));
    }
    if let (1, Some(typed)) = (head.len(), after.strip_prefix('\'')) {
        return Ok((Token::Typed, quoted(typed)?.1));
    }
    if after.starts_with(':') {
        let (path, after) = rest.split_at(path(rest)?);
        return Ok((Token::Path(path), after));
    }
    Ok((Token::Word(head), after))
}

/// Length of the word at the start.
fn word(text: &str) -> usize {
    let inside = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '+');
    text.find(|c| !inside(c)).unwrap_or(text.len())
}

/// Length of the object path at the start: `type:part.'quoted part'[0].part`.
fn path(text: &str) -> Result<usize, Unused> {
    let mut at = 0;
    loop {
        let rest = &text[at..];
        at += match rest.bytes().next() {
            Some(b'\'') if text[..at].ends_with([':', '.']) => {
                rest.len() - quoted(&rest[1..])?.1.len()
            }
            Some(b':' | b'.') => 1,
            Some(b'[') => match rest.find(']') {
                Some(end) => end + 1,
                None => return Err(unclosed()),
            },
            _ => match word(rest) {
                0 => return Ok(at),
                length => length,
            },
        };
    }
}

/// The text up to the closing quote, and what follows that.
fn quoted(text: &str) -> Result<(String, &str), Unused> {
    let mut out = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\'' => return Ok((out, &text[at + 1..])),
            '\\' => match chars.next() {
                Some((_, escaped @ ('\'' | '\\'))) => out.push(escaped),
                // Not allowed, but common: authors forget to double the backslash.
                Some((_, other)) => out.extend(['\\', other]),
                None => return Err(unclosed()),
            },
            c => out.push(c),
        }
    }
    Err(unclosed())
}

fn unclosed() -> Unused {
    Unused::not_understood("a quote or bracket in the pattern is not closed")
}
