//! Text with wildcards, and whether a field's text matches it.
//!
//! Facts: Sigma Rules Specification, "String Wildcard", "Escaping" and "General" (letters of either
//! case are the same unless `cased`).

use std::borrow::Cow;

/// One element of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Token {
    Char(char),
    /// `?`
    AnyChar,
    /// `*`
    AnyText,
    /// Any of the characters that begin a flag, from `windash`.
    Dash,
}

/// The characters that `windash` treats as equal (Modifiers Appendix, "String Modifiers").
pub const DASHES: [char; 5] = ['-', '/', '\u{2013}', '\u{2014}', '\u{2015}'];

/// Reads wildcards and escapes. A backslash escapes `*`, `?` and itself; before anything else it is
/// a backslash.
pub fn tokens(text: &str) -> Vec<Token> {
    let mut found = Vec::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        found.push(match c {
            '*' => Token::AnyText,
            '?' => Token::AnyChar,
            '\\' => {
                Token::Char(chars.next_if(|next| matches!(next, '*' | '?' | '\\')).unwrap_or(c))
            }
            _ => Token::Char(c),
        });
    }
    found
}

/// Text without wildcards as tokens.
pub fn literal(text: &str) -> Vec<Token> {
    text.chars().map(Token::Char).collect()
}

#[derive(Debug, Clone)]
pub struct Pattern {
    shape: Shape,
    cased: bool,
}

#[derive(Debug, Clone)]
enum Shape {
    Any,
    Exact(String),
    Prefix(String),
    Suffix(String),
    Contains(String),
    Glob(Vec<Token>),
}

/// As a rule would write it, in lower case unless it is `cased`.
impl std::fmt::Display for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.shape {
            Shape::Any => f.write_str("*"),
            Shape::Exact(text) => f.write_str(text),
            Shape::Prefix(text) => write!(f, "{text}*"),
            Shape::Suffix(text) => write!(f, "*{text}"),
            Shape::Contains(text) => write!(f, "*{text}*"),
            Shape::Glob(tokens) => tokens.iter().try_for_each(|token| match token {
                Token::Char(c) => write!(f, "{c}"),
                Token::AnyChar => f.write_str("?"),
                Token::AnyText => f.write_str("*"),
                Token::Dash => f.write_str("-"),
            }),
        }
    }
}

impl Pattern {
    pub fn new(tokens: &[Token], cased: bool) -> Pattern {
        let mut folded: Vec<Token> = Vec::with_capacity(tokens.len());
        for token in tokens {
            match token {
                Token::Char(c) if !cased => folded.extend(c.to_lowercase().map(Token::Char)),
                Token::AnyText if folded.last() == Some(&Token::AnyText) => {}
                token => folded.push(*token),
            }
        }
        Pattern { shape: shape(folded), cased }
    }

    pub fn is_match(&self, text: &str) -> bool {
        if let (Shape::Exact(expected), false, true) = (&self.shape, self.cased, text.is_ascii()) {
            return expected.eq_ignore_ascii_case(text);
        }
        let text = if self.cased { Cow::Borrowed(text) } else { fold(text) };
        self.is_match_folded(&text)
    }

    /// As `is_match`, with the text folded already where the pattern is not `cased`.
    pub fn is_match_folded(&self, text: &str) -> bool {
        match &self.shape {
            Shape::Any => true,
            Shape::Exact(expected) => text == expected,
            Shape::Prefix(expected) => text.starts_with(expected),
            Shape::Suffix(expected) => text.ends_with(expected),
            Shape::Contains(expected) => text.contains(expected),
            Shape::Glob(tokens) => glob(tokens, text),
        }
    }

    pub fn is_cased(&self) -> bool {
        self.cased
    }

    /// Whether any text may come before and after it.
    pub fn is_unanchored(&self) -> bool {
        match &self.shape {
            Shape::Any | Shape::Contains(_) => true,
            Shape::Glob(tokens) => {
                tokens.first() == Some(&Token::AnyText) && tokens.last() == Some(&Token::AnyText)
            }
            Shape::Exact(_) | Shape::Prefix(_) | Shape::Suffix(_) => false,
        }
    }

    /// The only text that matches, folded unless `cased`. `None` if there are several.
    pub fn exact(&self) -> Option<&str> {
        if let Shape::Exact(text) = &self.shape { Some(text) } else { None }
    }

    /// The longest run of ASCII letters, digits, `-`, `_`, `.` and `:` that every matching text contains. It has at
    /// least one letter.
    pub fn required_literal(&self) -> Option<String> {
        let text = match &self.shape {
            Shape::Any => return None,
            Shape::Exact(t) | Shape::Prefix(t) | Shape::Suffix(t) | Shape::Contains(t) => t.clone(),
            Shape::Glob(tokens) => {
                tokens.iter().map(|t| if let Token::Char(c) = t { *c } else { ' ' }).collect()
            }
        };
        text.split(|c: char| !c.is_ascii_alphanumeric() && !"-_.:".contains(c))
            .filter(|run| run.len() >= 3 && run.bytes().any(|b| b.is_ascii_alphabetic()))
            .max_by_key(|run| run.len())
            .map(str::to_ascii_lowercase)
    }
}

fn shape(tokens: Vec<Token>) -> Shape {
    let first = tokens.first() == Some(&Token::AnyText);
    let last = tokens.len() > 1 && tokens.last() == Some(&Token::AnyText);
    let inner = &tokens[usize::from(first)..tokens.len() - usize::from(last)];
    let text: Option<String> = inner
        .iter()
        .map(|token| if let Token::Char(c) = token { Some(*c) } else { None })
        .collect();
    match (text, first, last) {
        (Some(text), true, false) if text.is_empty() => Shape::Any,
        (Some(text), false, false) => Shape::Exact(text),
        (Some(text), false, true) => Shape::Prefix(text),
        (Some(text), true, false) => Shape::Suffix(text),
        (Some(text), true, true) => Shape::Contains(text),
        (None, _, _) => Shape::Glob(tokens),
    }
}

/// The text in lower case, character by character.
pub fn fold(text: &str) -> Cow<'_, str> {
    if !text.is_ascii() {
        Cow::Owned(text.chars().flat_map(char::to_lowercase).collect())
    } else if text.bytes().any(|b| b.is_ascii_uppercase()) {
        Cow::Owned(text.to_ascii_lowercase())
    } else {
        Cow::Borrowed(text)
    }
}

/// Backtracks to the last `*` only, so the work is at most the product of the two lengths.
fn glob(tokens: &[Token], text: &str) -> bool {
    let (mut token, mut position) = (0, 0);
    let mut back: Option<(usize, usize)> = None;
    loop {
        let next = text.get(position..).and_then(|rest| rest.chars().next());
        let step = match (tokens.get(token), next) {
            (Some(Token::AnyText), _) => {
                token += 1;
                back = Some((token, position));
                continue;
            }
            (None, None) => return true,
            (Some(Token::AnyChar), Some(c)) => Some(c),
            (Some(Token::Char(expected)), Some(c)) if *expected == c => Some(c),
            (Some(Token::Dash), Some(c)) if DASHES.contains(&c) => Some(c),
            _ => None,
        };
        if let Some(c) = step {
            token += 1;
            position += c.len_utf8();
            continue;
        }
        // Let the last `*` match one more character.
        let Some((after, from)) = back else { return false };
        if after == tokens.len() {
            return true;
        }
        let Some(c) = text.get(from..).and_then(|rest| rest.chars().next()) else { return false };
        back = Some((after, from + c.len_utf8()));
        (token, position) = (after, from + c.len_utf8());
    }
}
