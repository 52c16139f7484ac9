//! Words → alternatives. Reads the grammar of STIX 2.1, section 9, as far as calls can be held against it.

use super::Usable;
use super::fields::{Subject, subject};
use super::lex::Token;
use crate::config::intel::Field;
use crate::config::intel::unused::Unused;
use crate::config::intel::value::{self, Test};
use crate::config::intel::wild;

/// Alternatives of one pattern: `AND` between lists multiplies them.
const MOST: usize = 100_000;
/// Brackets within each other.
const DEEPEST: usize = 64;

pub struct Parser<'p> {
    tokens: std::iter::Peekable<std::vec::IntoIter<Token<'p>>>,
    depth: usize,
}

impl<'p> Parser<'p> {
    pub fn new(tokens: Vec<Token<'p>>) -> Parser<'p> {
        Parser { tokens: tokens.into_iter().peekable(), depth: 0 }
    }

    pub fn whole(mut self) -> Result<Usable, Unused> {
        let usable = self.observations()?;
        match self.tokens.next() {
            None => Ok(usable),
            Some(Token::Word("AND" | "FOLLOWEDBY")) => {
                Err(Unused::other_kind("several observations at once"))
            }
            Some(Token::Word("WITHIN" | "REPEATS" | "START" | "STOP")) => {
                Err(Unused::other_kind("observations that are counted or timed"))
            }
            Some(_) => Err(unexpected("after the pattern")),
        }
    }

    /// `[…] OR […]`.
    fn observations(&mut self) -> Result<Usable, Unused> {
        let mut usable = self.observation()?;
        while self.word("OR") {
            usable = either(usable, self.observation()?)?;
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
                return Err(Unused::other_kind("several observations at once"));
            }
            self.expect(")")?;
            usable
        };
        self.depth -= 1;
        Ok(usable)
    }

    /// `a AND b OR c`: AND binds closer.
    fn comparisons(&mut self) -> Result<Usable, Unused> {
        let mut usable = self.conjunction()?;
        while self.word("OR") {
            usable = either(usable, self.conjunction()?)?;
        }
        Ok(usable)
    }

    fn conjunction(&mut self) -> Result<Usable, Unused> {
        let mut usable = self.comparison()?;
        while self.word("AND") {
            usable = both(usable, self.comparison()?)?;
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
                return Ok(not_used(Unused::other_kind("EXISTS")));
            }
            _ => return Err(unexpected("where a property should stand")),
        };
        let negated = self.word("NOT");
        let operator = match self.tokens.next() {
            Some(Token::Sign(sign)) => sign,
            Some(Token::Word(word)) => word,
            _ => return Err(unexpected("where a comparison should stand")),
        };
        let values = self.values()?;
        if negated || matches!(operator, "!=" | "<>") {
            return Ok(not_used(Unused::other_kind("a negation")));
        }
        Ok(subject(path).and_then(|s| compared(s, operator, &values)).unwrap_or_else(not_used))
    }

    /// One value, or a list of them in brackets. Numbers and times are no texts and match none.
    fn values(&mut self) -> Result<Vec<String>, Unused> {
        let mut values = Vec::new();
        let list = self.sign("(");
        loop {
            match self.tokens.next() {
                Some(Token::Text(text)) => values.push(text),
                Some(Token::Word(word)) => values.push(word.to_string()),
                Some(Token::Typed) => {}
                _ => return Err(unexpected("where a value should stand")),
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
            Err(unexpected(&format!("where `{sign}` should stand")))
        }
    }

    fn deeper(&mut self) -> Result<(), Unused> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Unused::refused("brackets within brackets, more than 64 deep"));
        }
        Ok(())
    }
}

fn unexpected(place: &str) -> Unused {
    Unused::not_understood(format!("not a STIX pattern: something else {place}"))
}

fn not_used(reason: Unused) -> Usable {
    Usable { any: Vec::new(), unused: vec![reason] }
}

fn compared(subject: Subject, operator: &str, values: &[String]) -> Result<Usable, Unused> {
    if subject == Subject::Always {
        return Ok(Usable { any: vec![Vec::new()], unused: Vec::new() });
    }
    let mut usable = Usable::default();
    for text in values {
        let tests = match operator {
            "=" | "==" | "IN" => equal(subject, text),
            "ISSUBSET" if subject == Subject::Address => value::read_address(text),
            "LIKE" => matching(subject, &wild::like(text)),
            "MATCHES" => matching(subject, text),
            other => Err(Unused::other_kind(format!("the comparison {other}"))),
        };
        match tests {
            Ok(tests) => usable.any.extend(tests.into_iter().map(|test| vec![test])),
            Err(reason) => usable.unused.push(reason),
        }
    }
    Ok(usable)
}

fn equal(subject: Subject, text: &str) -> Result<Vec<Test>, Unused> {
    match subject {
        Subject::Address => value::read_address(text),
        Subject::Field(Field::UserAgent) => {
            let agent = value::literal_agent(text)?;
            Ok(vec![Test::Text(Field::UserAgent, agent)])
        }
        Subject::Field(Field::Principal) => value::principal(text).map(|test| vec![test]),
        Subject::Field(Field::AccessKey) | Subject::Account => {
            let key = value::access_key(text).map(|key| Test::Text(Field::AccessKey, key));
            match key {
                Some(key) => Ok(vec![key]),
                None if text.starts_with("arn:") => value::principal(text).map(|test| vec![test]),
                None => Err(Unused::other_kind("an account that is no access key and no ARN")),
            }
        }
        Subject::Name | Subject::Link | Subject::Field(Field::Source) => value::read(text),
        Subject::Always => Ok(Vec::new()),
    }
}

fn matching(subject: Subject, expression: &str) -> Result<Vec<Test>, Unused> {
    let field = match subject {
        Subject::Address | Subject::Name => Field::Source,
        Subject::Field(field) => field,
        _ => return Err(Unused::other_kind("wildcards on such a property")),
    };
    wild::compile(field, expression)?;
    Ok(vec![Test::Wild(field, expression.to_string())])
}

fn either(mut a: Usable, b: Usable) -> Result<Usable, Unused> {
    a.any.extend(b.any);
    a.unused.extend(b.unused);
    bounded(a)
}

fn both(a: Usable, b: Usable) -> Result<Usable, Unused> {
    if a.any.len().saturating_mul(b.any.len()) > MOST {
        return Err(too_many());
    }
    let join = |x: &Vec<Test>, y: &Vec<Test>| x.iter().chain(y).cloned().collect::<Vec<_>>();
    let any = a.any.iter().flat_map(|x| b.any.iter().map(move |y| join(x, y))).collect();
    let unused = a.unused.into_iter().chain(b.unused).collect();
    Ok(Usable { any, unused })
}

fn bounded(usable: Usable) -> Result<Usable, Unused> {
    if usable.any.len() > MOST { Err(too_many()) } else { Ok(usable) }
}

fn too_many() -> Unused {
    Unused::refused("more than 100,000 alternatives")
}
