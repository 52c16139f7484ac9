//! Whether a value of a record fits a value of a rule.
//!
//! Facts: Sigma Rules Specification, "General" and "Special Field Values"; Modifiers Appendix.

use std::borrow::Cow;
use std::collections::HashSet;
use std::net::IpAddr;

use chrono::{DateTime, Datelike, Timelike};
use ipnet::IpNet;
use regex::Regex;
use serde_json::Value;

use super::field::Path;
use super::pattern::{Pattern, fold};

/// One value of a rule with what its modifiers made of it.
#[derive(Debug)]
pub enum Test {
    /// The field is null or absent.
    Null,
    /// The field is there, whatever it holds, or is not.
    Exists(bool),
    Text(Pattern),
    Number(Number),
    Regex(Regex),
    Net(IpNet),
    Order(Order),
    Other(Reference),
}

/// A number without modifiers: the same number, or text spelled the same.
#[derive(Debug)]
pub struct Number {
    pub text: String,
    pub value: f64,
}

impl Number {
    /// Whole numbers are compared as such: a float would join neighbours above 2^53.
    fn equals(&self, have: &serde_json::Number) -> bool {
        match (have.as_i128(), self.text.parse::<i128>()) {
            (Some(have), Ok(want)) => have == want,
            _ => have.as_f64() == Some(self.value),
        }
    }
}

/// A comparison, possibly of a part of a date.
#[derive(Debug)]
pub struct Order {
    pub part: Option<Part>,
    pub compare: Compare,
    pub value: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compare {
    Less,
    LessOrEqual,
    Equal,
    GreaterOrEqual,
    Greater,
}

impl Compare {
    pub fn holds<T: PartialOrd>(self, left: T, right: T) -> bool {
        match self {
            Compare::Less => left < right,
            Compare::LessOrEqual => left <= right,
            Compare::Equal => left == right,
            Compare::GreaterOrEqual => left >= right,
            Compare::Greater => left > right,
        }
    }
}

/// What the time modifiers take of a date, in the zone that the record writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Year,
}

/// `fieldref`: the value of another field of the record.
#[derive(Debug)]
pub struct Reference {
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
    /// For each value of the rule, the forms that it may take.
    pub values: Vec<Vec<Test>>,
    /// Every value must be found.
    pub all: bool,
    /// No value may be found.
    pub unlike: bool,
    /// The values in lower case, where there are many and each is a whole text.
    exact: Option<HashSet<Box<str>>>,
}

/// From how many values on they are looked up instead of tried one by one.
const MANY: usize = 16;

impl FieldTest {
    pub fn new(path: Path, values: Vec<Vec<Test>>, all: bool, unlike: bool) -> FieldTest {
        let whole = |test: &Test| match test {
            Test::Text(pattern) if !pattern.is_cased() => pattern.exact().map(Box::from),
            _ => None,
        };
        let many = values.len() >= MANY && (unlike || !all);
        let exact = if many { values.iter().flatten().map(whole).collect() } else { None };
        FieldTest { path, values, all, unlike, exact }
    }

    pub fn matches(&self, root: &Value) -> bool {
        if let Some(exact) = &self.exact {
            let found = self.path.any(root, &mut |value| {
                text_of(value).is_some_and(|text| exact.contains(&*fold(&text)))
            });
            return found != self.unlike;
        }
        let found = |forms: &Vec<Test>| forms.iter().any(|test| self.finds(test, root));
        if self.unlike {
            !self.values.iter().any(found)
        } else if self.all {
            self.values.iter().all(found)
        } else {
            self.values.iter().any(found)
        }
    }

    /// Whether a value names another field.
    pub fn refers(&self) -> bool {
        self.values.iter().flatten().any(|test| matches!(test, Test::Other(_)))
    }

    fn finds(&self, test: &Test, root: &Value) -> bool {
        match test {
            Test::Exists(wanted) => self.path.any(root, &mut |_| true) == *wanted,
            Test::Null => !self.path.any(root, &mut |value| !value.is_null()),
            Test::Other(other) => self.path.any(root, &mut |value| {
                let Some(left) = text_of(value) else { return false };
                other.path.any(root, &mut |value| {
                    text_of(value).is_some_and(|right| other.fits(&left, &right))
                })
            }),
            test => self.path.any(root, &mut |value| test.fits(value)),
        }
    }
}

impl Test {
    /// Whether a value fits. Lists never do: their items are shown one by one.
    pub fn fits(&self, value: &Value) -> bool {
        match self {
            // The texts of an object are also searched without JSON's escapes, as a policy in
            // `requestParameters|contains: '"s3:GetObject"'` is a text full of quotes.
            Test::Text(pattern) => {
                text_of(value).is_some_and(|text| pattern.is_match(&text))
                    || value.is_object() && pattern.is_open() && within(value, self)
            }
            Test::Regex(regex) => text_of(value).is_some_and(|text| regex.is_match(&text)),
            Test::Number(number) => match value {
                Value::String(text) => text == &number.text,
                Value::Number(have) => number.equals(have),
                _ => false,
            },
            Test::Net(net) => value.as_str().and_then(address).is_some_and(|ip| net.contains(&ip)),
            Test::Order(order) => order.fits(value),
            Test::Null => value.is_null(),
            Test::Exists(wanted) => *wanted,
            Test::Other(_) => false,
        }
    }
}

impl Order {
    fn fits(&self, value: &Value) -> bool {
        let number = match (self.part, value) {
            (Some(part), Value::String(text)) => part.of(text),
            (Some(_), _) => None,
            (None, Value::String(text)) => text.trim().parse().ok().filter(|n: &f64| n.is_finite()),
            (None, value) => value.as_f64(),
        };
        number.is_some_and(|number| self.compare.holds(number, self.value))
    }
}

impl Part {
    /// Of an RFC 3339 time, or of the time of an S3 access log line.
    fn of(self, text: &str) -> Option<f64> {
        let time = DateTime::parse_from_rfc3339(text)
            .or_else(|_| DateTime::parse_from_str(text, "%d/%b/%Y:%H:%M:%S %z"))
            .ok()?;
        Some(match self {
            Part::Minute => f64::from(time.minute()),
            Part::Hour => f64::from(time.hour()),
            Part::Day => f64::from(time.day()),
            Part::Week => f64::from(time.iso_week().week()),
            Part::Month => f64::from(time.month()),
            Part::Year => f64::from(time.year()),
        })
    }
}

impl Reference {
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

/// A value as text: numbers and booleans as JSON writes them, an object as its compact JSON, since
/// authors search `requestParameters|contains`. Null and lists have none.
pub fn text_of(value: &Value) -> Option<Cow<'_, str>> {
    Some(match value {
        Value::String(text) => Cow::Borrowed(text),
        Value::Bool(true) => Cow::Borrowed("true"),
        Value::Bool(false) => Cow::Borrowed("false"),
        Value::Number(_) | Value::Object(_) => Cow::Owned(value.to_string()),
        Value::Null | Value::Array(_) => return None,
    })
}

fn address(text: &str) -> Option<IpAddr> {
    let ip: IpAddr = text.trim().parse().ok()?;
    Some(ip.to_canonical())
}

/// A search of the whole record.
#[derive(Debug)]
pub struct Keyword {
    /// For each value, the forms that it may take: text and regular expressions.
    pub values: Vec<Vec<Test>>,
    pub all: bool,
}

impl Keyword {
    /// Looks at the record as it is written, and at each text and name in it, where escapes are
    /// gone. `folded` is the text of the record in lower case.
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
