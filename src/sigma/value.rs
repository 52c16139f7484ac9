//! Tests a value of a record against a value of a rule.
//!
//! Facts: Sigma Rules Specification, "General" and "Special Field Values"; Modifiers Appendix.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashSet};
use std::net::IpAddr;

use chrono::{DateTime, Datelike, Timelike};
use ipnet::IpNet;
use regex::Regex;
use serde_json::Value;

use super::field::Path;
use super::pattern::{Pattern, fold};
use crate::grant::{Reach, Scope, reach};

/// No account but that of the record.
pub static NONE_KNOWN: BTreeSet<String> = BTreeSet::new();

/// One value of a rule after its modifiers.
#[derive(Debug)]
pub enum Test {
    /// The field is null or absent.
    Null,
    /// The field is present with any value, or absent.
    Exists(bool),
    Text(Pattern),
    Number(Number),
    Regex(Regex),
    Net(IpNet),
    Comparison(Comparison),
    FieldRef(FieldRef),
    /// `grants`: the value gives access that reaches at least so far.
    Grants(Reach),
}

/// A number without modifiers: matches the same number, or text with the same spelling.
#[derive(Debug)]
pub struct Number {
    pub text: String,
    pub value: f64,
}

impl Number {
    /// Whole numbers are compared as integers: floats are not exact above 2^53.
    fn equals(&self, have: &serde_json::Number) -> bool {
        match (have.as_i128(), self.text.parse::<i128>()) {
            (Some(have), Ok(expected)) => have == expected,
            _ => have.as_f64() == Some(self.value),
        }
    }
}

/// A comparison with a number, of the value or of a part of its date.
#[derive(Debug)]
pub struct Comparison {
    pub part: Option<TimePart>,
    pub operator: Operator,
    pub value: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    Less,
    LessOrEqual,
    Equal,
    GreaterOrEqual,
    Greater,
}

impl Operator {
    pub fn holds<T: PartialOrd>(self, left: T, right: T) -> bool {
        match self {
            Operator::Less => left < right,
            Operator::LessOrEqual => left <= right,
            Operator::Equal => left == right,
            Operator::GreaterOrEqual => left >= right,
            Operator::Greater => left > right,
        }
    }
}

/// The part of a date that a time modifier selects, in the time zone of the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimePart {
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Year,
}

/// `fieldref`: the value of another field of the record.
#[derive(Debug)]
pub struct FieldRef {
    pub path: Path,
    pub position: MatchPosition,
    pub cased: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MatchPosition {
    Whole,
    Start,
    End,
    Within,
}

/// A field of a rule with all its values.
#[derive(Debug)]
pub struct FieldTest {
    pub path: Path,
    /// For each value of the rule, its variants.
    pub values: Vec<Vec<Test>>,
    /// Every value must match.
    pub all: bool,
    /// No value may match.
    pub negated: bool,
    /// The values in lower case, if there are many and each is a whole text.
    exact: Option<HashSet<Box<str>>>,
}

/// From this many values on, they are looked up in a set instead of tried one by one.
const MANY: usize = 16;

impl FieldTest {
    pub fn new(path: Path, values: Vec<Vec<Test>>, all: bool, negated: bool) -> FieldTest {
        let whole = |test: &Test| match test {
            Test::Text(pattern) if !pattern.is_cased() => pattern.exact().map(Box::from),
            _ => None,
        };
        let many = values.len() >= MANY && (negated || !all);
        let exact = if many { values.iter().flatten().map(whole).collect() } else { None };
        FieldTest { path, values, all, negated, exact }
    }

    /// `known` is what [`Scope::known`] means: accounts and organizations that are ours.
    pub fn matches(&self, root: &Value, known: &BTreeSet<String>) -> bool {
        if let Some(exact) = &self.exact {
            let found = self.path.any(root, &mut |value| {
                text_of(value).is_some_and(|text| exact.contains(&*fold(&text)))
            });
            return found != self.negated;
        }
        let found = |forms: &Vec<Test>| forms.iter().any(|test| self.finds(test, root, known));
        if self.negated {
            !self.values.iter().any(found)
        } else if self.all {
            self.values.iter().all(found)
        } else {
            self.values.iter().any(found)
        }
    }

    /// Whether a value refers to another field.
    pub fn has_field_ref(&self) -> bool {
        self.values.iter().flatten().any(|test| matches!(test, Test::FieldRef(_) | Test::Grants(_)))
    }

    fn finds(&self, test: &Test, root: &Value, known: &BTreeSet<String>) -> bool {
        match test {
            Test::Exists(wanted) => self.path.any(root, &mut |_| true) == *wanted,
            Test::Null => !self.path.any(root, &mut |value| !value.is_null()),
            Test::Grants(least) => {
                let scope = Scope { own: account_of(root), known };
                self.path.any(root, &mut |value| reach(value, scope) >= Some(*least))
            }
            Test::FieldRef(reference) => self.path.any(root, &mut |value| {
                let Some(left) = text_of(value) else { return false };
                reference.path.any(root, &mut |value| {
                    text_of(value).is_some_and(|right| reference.fits(&left, &right))
                })
            }),
            test => self.path.any(root, &mut |value| test.fits(value)),
        }
    }
}

impl Test {
    /// Whether a value matches. Lists never do: their items are tested one by one.
    pub fn fits(&self, value: &Value) -> bool {
        match self {
            // The strings in an object are also searched without JSON's escapes: a policy, as in
            // `requestParameters|contains: '"s3:GetObject"'`, is a string full of quotes.
            Test::Text(pattern) => {
                text_of(value).is_some_and(|text| pattern.is_match(&text))
                    || value.is_object() && pattern.is_unanchored() && within(value, self)
            }
            Test::Regex(regex) => text_of(value).is_some_and(|text| regex.is_match(&text)),
            Test::Number(number) => match value {
                Value::String(text) => text == &number.text,
                Value::Number(have) => number.equals(have),
                _ => false,
            },
            Test::Net(net) => value.as_str().and_then(address).is_some_and(|ip| net.contains(&ip)),
            Test::Comparison(comparison) => comparison.fits(value),
            Test::Null => value.is_null(),
            Test::Exists(wanted) => *wanted,
            Test::FieldRef(_) | Test::Grants(_) => false,
        }
    }
}

impl Comparison {
    fn fits(&self, value: &Value) -> bool {
        let number = match (self.part, value) {
            (Some(part), Value::String(text)) => part.of(text),
            (Some(_), _) => None,
            (None, Value::String(text)) => text.trim().parse().ok().filter(|n: &f64| n.is_finite()),
            (None, value) => value.as_f64(),
        };
        number.is_some_and(|number| self.operator.holds(number, self.value))
    }
}

impl TimePart {
    /// Of an RFC 3339 time, or of the time of an S3 access log line.
    fn of(self, text: &str) -> Option<f64> {
        let time = DateTime::parse_from_rfc3339(text)
            .or_else(|_| DateTime::parse_from_str(text, "%d/%b/%Y:%H:%M:%S %z"))
            .ok()?;
        Some(match self {
            TimePart::Minute => f64::from(time.minute()),
            TimePart::Hour => f64::from(time.hour()),
            TimePart::Day => f64::from(time.day()),
            TimePart::Week => f64::from(time.iso_week().week()),
            TimePart::Month => f64::from(time.month()),
            TimePart::Year => f64::from(time.year()),
        })
    }
}

impl FieldRef {
    fn fits(&self, left: &str, right: &str) -> bool {
        if self.cased {
            return self.position.fits(left, right);
        }
        self.position.fits(&fold(left), &fold(right))
    }
}

impl MatchPosition {
    fn fits(self, left: &str, right: &str) -> bool {
        match self {
            MatchPosition::Whole => left == right,
            MatchPosition::Start => left.starts_with(right),
            MatchPosition::End => left.ends_with(right),
            MatchPosition::Within => left.contains(right),
        }
    }
}

/// A value as text: numbers and booleans as in JSON, an object as compact JSON, because authors search
/// `requestParameters|contains`. `None` for null and lists.
pub fn text_of(value: &Value) -> Option<Cow<'_, str>> {
    Some(match value {
        Value::String(text) => Cow::Borrowed(text),
        Value::Bool(true) => Cow::Borrowed("true"),
        Value::Bool(false) => Cow::Borrowed("false"),
        Value::Number(_) | Value::Object(_) => Cow::Owned(value.to_string()),
        Value::Null | Value::Array(_) => return None,
    })
}

/// The account that a CloudTrail record was written for.
fn account_of(record: &Value) -> &str {
    let recipient = record["recipientAccountId"].as_str();
    recipient.or_else(|| record["userIdentity"]["accountId"].as_str()).unwrap_or("")
}

fn address(text: &str) -> Option<IpAddr> {
    let ip: IpAddr = text.trim().parse().ok()?;
    Some(ip.to_canonical())
}

/// A search of the whole record.
#[derive(Debug)]
pub struct Keyword {
    /// For each value, its variants: text and regular expressions.
    pub values: Vec<Vec<Test>>,
    pub all: bool,
}

impl Keyword {
    /// Searches the record as written, and each string and member name in it without escapes. `folded` is the text
    /// of the record in lower case.
    pub fn matches(&self, record: &Value, text: &str, folded: &str) -> bool {
        let found = |forms: &Vec<Test>| {
            forms.iter().any(|test| {
                let whole = match test {
                    Test::Text(pattern) if pattern.is_cased() => pattern.is_match_folded(text),
                    Test::Text(pattern) => pattern.is_match_folded(folded),
                    Test::Regex(regex) => regex.is_match(text),
                    _ => false,
                };
                whole || text.contains('\\') && within(record, test)
            })
        };
        if self.all { self.values.iter().all(found) } else { self.values.iter().any(found) }
    }
}

fn within(value: &Value, test: &Test) -> bool {
    match value {
        Value::Array(items) => items.iter().any(|item| within(item, test)),
        Value::Object(members) => members.iter().any(|(name, value)| {
            let name_fits = match test {
                Test::Text(pattern) => pattern.is_match(name),
                Test::Regex(regex) => regex.is_match(name),
                _ => false,
            };
            name_fits || within(value, test)
        }),
        Value::String(_) => test.fits(value),
        _ => false,
    }
}
