//! Tokens → alternatives, by the grammar of STIX 2.1, section 9, as far as it applies to single calls.

use super::Usable;
use super::fields::{Subject, subject};
use super::lex::Token;
use crate::config::intel::Field;
use crate::config::intel::condition::Condition;
use crate::config::intel::unused::Unused;
use crate::config::intel::value;
use crate::config::intel::wildcard;

/// Alternatives of one pattern. `AND` between lists multiplies them.
const MAX_ALTERNATIVES: usize = 100_000;
/// Nesting of brackets.
const MAX_DEPTH: usize = 64;

pub struct Parser<'p> {
    tokens: std::iter::Peekable<std::vec::IntoIter<Token<'p>>>,
    depth: usize,
}

impl<'p> Parser<'p> {
    pub fn new(tokens: Vec<Token<'p>>) -> Parser<'p> {
        Parser { tokens: tokens.into_iter().peekable(), depth: 0 }
    }

    pub fn parse(mut self) -> Result<Usable, Unused> {
        let usable = self.observations()?;
        match self.tokens.next() {
            None => Ok(usable),
            Some(Token::Word("AND" | "FOLLOWEDBY")) => {
                Err(Unused::unsupported("needs several observations"))
            }
            Some(Token::Word("WITHIN" | "REPEATS" | "START" | "STOP")) => {
                Err(Unused::unsupported("needs counted or timed observations"))
            }
            Some(_) => Err(unexpected("after the pattern")),
        }
    }

    /// `[…] OR […]`.
    fn observations(&mut self) -> Result<Usable, Unused> {
        let mut usable = self.observation()?;
        while self.word("OR") {
            usable = or(usable, self.observation()?)?;
        }
        Ok(usable)
    }

    fn observation(&mut self) -> Result<Usable, Unused> {
        self.deeper()?;
        let usable = if self.sign("[") {
            let usable = self.comparisons()?;
            self.expect("]")?;
            usable
        } else {
            self.expect("(")?;
            let usable = self.observations()?;
            if self.word("AND") || self.word("FOLLOWEDBY") {
                return Err(Unused::unsupported("needs several observations"));
            }
            self.expect(")")?;
            usable
        };
        self.depth -= 1;
        Ok(usable)
    }

    /// `a AND b OR c`: AND binds more tightly.
    fn comparisons(&mut self) -> Result<Usable, Unused> {
        let mut usable = self.conjunction()?;
        while self.word("OR") {
            usable = or(usable, self.conjunction()?)?;
        }
        Ok(usable)
    }

    fn conjunction(&mut self) -> Result<Usable, Unused> {
        let mut usable = self.comparison()?;
        while self.word("AND") {
            usable = and(usable, self.comparison()?)?;
        }
        Ok(usable)
    }

    fn comparison(&mut self) -> Result<Usable, Unused> {
        if self.sign("(") {
            self.deeper()?;
            let usable = self.comparisons()?;
            self.expect(")")?;
            self.depth -= 1;
            return Ok(usable);
        }
        let path = match self.tokens.next() {
            Some(Token::Path(path)) => path,
            Some(Token::Word("EXISTS")) => {
                self.tokens.next();
                return Ok(unusable(Unused::unsupported("EXISTS")));
            }
            _ => return Err(unexpected("where a property is expected")),
        };
        let negated = self.word("NOT");
        let operator = match self.tokens.next() {
            Some(Token::Sign(sign)) => sign,
            Some(Token::Word(word)) => word,
            _ => return Err(unexpected("where a comparison is expected")),
        };
        let values = self.values()?;
        if negated || matches!(operator, "!=" | "<>") {
            return Ok(unusable(Unused::unsupported("a negation")));
        }
        Ok(subject(path).and_then(|s| conditions(s, operator, &values)).unwrap_or_else(unusable))
    }

    /// One value, or a list in brackets. Typed values (times, bytes) match no text and are dropped.
    fn values(&mut self) -> Result<Vec<String>, Unused> {
        let mut values = Vec::new();
        let list = self.sign("(");
        loop {
            match self.tokens.next() {
                Some(Token::Text(text)) => values.push(text),
                Some(Token::Word(word)) => values.push(word.to_string()),
                Some(Token::Typed) => {}
                _ => return Err(unexpected("where a value is expected")),
            }
            if !list {
                return Ok(values);
            }
            if self.sign(")") {
                return Ok(values);
            }
            self.expect(",")?;
        }
    }

    fn word(&mut self, word: &str) -> bool {
        self.tokens.next_if(|t| matches!(t, Token::Word(w) if *w == word)).is_some()
    }

    fn sign(&mut self, sign: &str) -> bool {
        self.tokens.next_if(|t| matches!(t, Token::Sign(s) if *s == sign)).is_some()
    }

    fn expect(&mut self, sign: &str) -> Result<(), Unused> {
        if self.sign(sign) {
            Ok(())
        } else {
            Err(unexpected(&format!("where `{sign}` is expected")))
        }
    }

    fn deeper(&mut self) -> Result<(), Unused> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Unused::refused("brackets nested more than 64 deep"));
        }
        Ok(())
    }
}

fn unexpected(place: &str) -> Unused {
    Unused::not_understood(format!("not a STIX pattern: unexpected token {place}"))
}

fn unusable(reason: Unused) -> Usable {
    Usable { alternatives: Vec::new(), unused: vec![reason] }
}

fn conditions(subject: Subject, operator: &str, values: &[String]) -> Result<Usable, Unused> {
    if subject == Subject::Always {
        return Ok(Usable { alternatives: vec![Vec::new()], unused: Vec::new() });
    }
    let mut usable = Usable::default();
    for text in values {
        let found = match operator {
            "=" | "==" | "IN" => equal(subject, text),
            "ISSUBSET" if subject == Subject::Address => value::read_address(text),
            "LIKE" => matching(subject, &wildcard::like(text)),
            "MATCHES" => matching(subject, text),
            other => Err(Unused::unsupported(format!("the operator {other}"))),
        };
        match found {
            Ok(found) => {
                usable.alternatives.extend(found.into_iter().map(|condition| vec![condition]))
            }
            Err(reason) => usable.unused.push(reason),
        }
    }
    Ok(usable)
}

fn equal(subject: Subject, text: &str) -> Result<Vec<Condition>, Unused> {
    match subject {
        Subject::Address => value::read_address(text),
        Subject::Field(Field::UserAgent) => {
            let agent = value::literal_user_agent(text)?;
            Ok(vec![Condition::Text(Field::UserAgent, agent)])
        }
        Subject::Field(Field::Principal) => value::principal(text).map(|test| vec![test]),
        Subject::Field(Field::AccessKey) | Subject::Account => {
            let key = value::access_key(text).map(|key| Condition::Text(Field::AccessKey, key));
            match key {
                Some(key) => Ok(vec![key]),
                None if text.starts_with("arn:") => value::principal(text).map(|test| vec![test]),
                None => {
                    Err(Unused::unsupported("an account that is neither an access key nor an ARN"))
                }
            }
        }
        Subject::Name | Subject::Link | Subject::Field(Field::Source) => value::read(text),
        Subject::Always => Ok(Vec::new()),
    }
}

fn matching(subject: Subject, expression: &str) -> Result<Vec<Condition>, Unused> {
    let field = match subject {
        Subject::Address | Subject::Name => Field::Source,
        Subject::Field(field) => field,
        _ => return Err(Unused::unsupported("wildcards on this property")),
    };
    wildcard::compile(field, expression)?;
    Ok(vec![Condition::Regex(field, expression.to_string())])
}

fn or(mut a: Usable, b: Usable) -> Result<Usable, Unused> {
    a.alternatives.extend(b.alternatives);
    a.unused.extend(b.unused);
    limited(a)
}

fn and(a: Usable, b: Usable) -> Result<Usable, Unused> {
    if a.alternatives.len().saturating_mul(b.alternatives.len()) > MAX_ALTERNATIVES {
        return Err(too_many());
    }
    let join =
        |x: &Vec<Condition>, y: &Vec<Condition>| x.iter().chain(y).cloned().collect::<Vec<_>>();
    let alternatives = a
        .alternatives
        .iter()
        .flat_map(|x| b.alternatives.iter().map(move |y| join(x, y)))
        .collect();
    let unused = a.unused.into_iter().chain(b.unused).collect();
    Ok(Usable { alternatives, unused })
}

fn limited(usable: Usable) -> Result<Usable, Unused> {
    if usable.alternatives.len() > MAX_ALTERNATIVES { Err(too_many()) } else { Ok(usable) }
}

fn too_many() -> Unused {
    Unused::refused("more than 100,000 alternatives")
}
