//! Compiles `field|modifier|…: values` into tests.
//!
//! Facts: Sigma Modifiers Appendix 2.1. Modifiers apply in the order they are written. One of them may set the
//! kind of test (`re`, `cidr`, `exists`, `fieldref`, a comparison). Without one, values are texts with wildcards.

use std::borrow::Cow;

use super::encode::{self, Utf16Kind};
use super::pattern::{Pattern, Token, literal, tokens};
use super::problem::{Diagnostics, Location};
use super::value::{Comparison, FieldRef, MatchPosition, Number, Operator, Test, TimePart};
use super::yaml::{Node, Yaml};
use super::{field::Path, regex_limits};
use crate::event::action;
use crate::grant::Reach;

/// The most values of one field.
const VALUES: usize = 20_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Regex,
    Cidr,
    Exists,
    FieldRef,
    Grants,
    Operator(Operator),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Position(MatchPosition),
    Base64,
    Base64Offset,
    Utf16(Utf16Kind),
    Windash,
}

/// A parsed key of a selection.
#[derive(Debug)]
pub struct Key {
    /// Empty for keywords.
    pub field: String,
    pub all: bool,
    pub negated: bool,
    cased: bool,
    kind: Kind,
    part: Option<TimePart>,
    steps: Vec<Step>,
    flags: String,
}

impl Key {
    pub fn read(text: &str, at: Location, diagnostics: &mut Diagnostics) -> Option<Key> {
        let mut names = text.split('|').map(str::trim);
        let mut key = Key {
            field: names.next().unwrap_or_default().to_owned(),
            all: false,
            negated: false,
            cased: false,
            kind: Kind::Text,
            part: None,
            steps: Vec::new(),
            flags: String::new(),
        };
        for name in names {
            if let Err(what) = key.modify(name) {
                diagnostics.error(at, what);
                return None;
            }
        }
        let checked = key.check();
        diagnostics
            .ok_or_record(checked.map_err(|what| super::problem::Diagnostic::new(at, what)))?;
        Some(key)
    }

    fn modify(&mut self, name: &str) -> Result<(), String> {
        match name {
            "all" => self.all = true,
            "neq" => self.negated = true,
            "cased" => self.cased = true,
            "contains" => self.steps.push(Step::Position(MatchPosition::Within)),
            "startswith" => self.steps.push(Step::Position(MatchPosition::Start)),
            "endswith" => self.steps.push(Step::Position(MatchPosition::End)),
            "base64" => self.steps.push(Step::Base64),
            "base64offset" => self.steps.push(Step::Base64Offset),
            "wide" | "utf16le" => self.steps.push(Step::Utf16(Utf16Kind::Little)),
            "utf16be" => self.steps.push(Step::Utf16(Utf16Kind::Big)),
            "utf16" => self.steps.push(Step::Utf16(Utf16Kind::Marked)),
            "windash" => self.steps.push(Step::Windash),
            "re" => self.set_kind(Kind::Regex)?,
            "cidr" => self.set_kind(Kind::Cidr)?,
            "exists" => self.set_kind(Kind::Exists)?,
            "fieldref" => self.set_kind(Kind::FieldRef)?,
            "grants" => self.set_kind(Kind::Grants)?,
            "lt" => self.set_kind(Kind::Operator(Operator::Less))?,
            "lte" => self.set_kind(Kind::Operator(Operator::LessOrEqual))?,
            "gt" => self.set_kind(Kind::Operator(Operator::Greater))?,
            "gte" => self.set_kind(Kind::Operator(Operator::GreaterOrEqual))?,
            "minute" => self.part = Some(TimePart::Minute),
            "hour" => self.part = Some(TimePart::Hour),
            "day" => self.part = Some(TimePart::Day),
            "week" => self.part = Some(TimePart::Week),
            "month" => self.part = Some(TimePart::Month),
            "year" => self.part = Some(TimePart::Year),
            "i" | "m" | "s" if self.kind == Kind::Regex => self.flags.push_str(name),
            "i" | "m" | "s" => {
                return Err(format!("`{name}` is a flag of `re` and comes after it"));
            }
            "expand" => {
                return Err("`expand` is not supported, because there are no placeholders; \
                            write the values out"
                    .to_owned());
            }
            "" => return Err("missing modifier after `|`".to_owned()),
            _ => return Err(format!("unknown modifier `{name}`")),
        }
        Ok(())
    }

    fn set_kind(&mut self, kind: Kind) -> Result<(), String> {
        if self.kind != Kind::Text {
            return Err(
                "`re`, `cidr`, `exists`, `fieldref` and comparisons cannot be combined".into()
            );
        }
        self.kind = kind;
        Ok(())
    }

    fn check(&self) -> Result<(), String> {
        let only_positions = self.steps.iter().all(|step| matches!(step, Step::Position(_)));
        let fits = match self.kind {
            Kind::Text => true,
            Kind::Regex | Kind::FieldRef => only_positions && self.steps.len() < 2,
            Kind::Cidr | Kind::Exists | Kind::Grants | Kind::Operator(_) => {
                self.steps.is_empty() && !self.cased
            }
        };
        if !fits {
            return Err("these modifiers cannot be combined".to_owned());
        }
        if self.part.is_some() && (!self.steps.is_empty() || self.cased) {
            return Err("a time modifier can only be combined with a comparison".to_owned());
        }
        if self.part.is_some() && !matches!(self.kind, Kind::Text | Kind::Operator(_)) {
            return Err("a time modifier can only be combined with a comparison".to_owned());
        }
        if self.field.is_empty() {
            let kind = matches!(self.kind, Kind::Text | Kind::Regex) && self.part.is_none();
            if !kind || self.negated {
                return Err(
                    "keywords support only text and `re`; name a field before the `|`".into()
                );
            }
        }
        Ok(())
    }

    /// The tests of each value. Invalid values are reported and left out.
    pub fn tests(&self, node: &Node, diagnostics: &mut Diagnostics) -> Vec<Vec<Test>> {
        let items = node.items();
        if items.is_empty() {
            diagnostics.error(node.at, "an empty list of values never matches");
        }
        if items.len() > VALUES {
            diagnostics.error(node.at, format!("more than {VALUES} values"));
            return Vec::new();
        }
        if self.all && items.len() == 1 {
            diagnostics.warn(node.at, "`all` with a single value has no effect");
        }
        let mut tests = Vec::with_capacity(items.len());
        for item in items {
            match self.forms(item) {
                Ok(forms) => tests.push(forms),
                Err(what) => diagnostics.error(item.at, what),
            }
        }
        tests
    }

    fn forms(&self, item: &Node) -> Result<Vec<Test>, String> {
        match item.yaml {
            Yaml::List(_) => return Err("nested lists of values are not supported".to_owned()),
            Yaml::Map(_) => {
                return Err(format!(
                    "the field `{}` has a map as value; write the path with dots: `{0}.name`",
                    self.field
                ));
            }
            _ => {}
        }
        let text = match item.text() {
            Some(text) => text,
            None if self.kind == Kind::Text && self.steps.is_empty() && self.part.is_none() => {
                return if self.field.is_empty() {
                    Err("a keyword needs text".to_owned())
                } else {
                    Ok(vec![Test::Null])
                };
            }
            None => return Err("null cannot be used with this modifier".to_owned()),
        };
        if let Some(part) = self.part {
            let operator =
                if let Kind::Operator(operator) = self.kind { operator } else { Operator::Equal };
            return Ok(vec![Test::Comparison(Comparison {
                part: Some(part),
                operator,
                value: number(text)?,
            })]);
        }
        Ok(vec![match self.kind {
            Kind::Text => return self.texts(item, text),
            Kind::Regex => self.regex(text)?,
            Kind::Cidr => Test::Net(network(text)?),
            Kind::Grants => Test::Grants(match text {
                "everyone" => Reach::Everyone,
                "outside" => Reach::Outside,
                "unclear" => Reach::Unclear,
                _ => {
                    return Err(format!(
                        "`grants` needs everyone, outside or unclear, not `{text}`"
                    ));
                }
            }),
            Kind::Exists => match text.to_ascii_lowercase().as_str() {
                "true" | "yes" => Test::Exists(true),
                "false" | "no" => Test::Exists(false),
                _ => return Err(format!("`exists` needs true or false, not `{text}`")),
            },
            Kind::FieldRef => Test::FieldRef(FieldRef {
                path: Path::new(text)?,
                position: self.position().unwrap_or(MatchPosition::Whole),
                cased: self.cased,
            }),
            Kind::Operator(operator) => {
                Test::Comparison(Comparison { part: None, operator, value: number(text)? })
            }
        }])
    }

    /// The last position modifier.
    fn position(&self) -> Option<MatchPosition> {
        self.steps.iter().rev().find_map(|step| {
            if let Step::Position(position) = step { Some(*position) } else { None }
        })
    }

    fn regex(&self, text: &str) -> Result<Test, String> {
        let flags = if self.cased { self.flags.replace('i', "") } else { self.flags.clone() };
        let (before, after) = match self.position() {
            Some(MatchPosition::Start) => (r"\A(?:", ")"),
            Some(MatchPosition::End) => ("(?:", r")\z"),
            _ => ("", ""),
        };
        regex_limits::build(&format!("{before}{text}{after}"), &flags).map(Test::Regex)
    }

    /// Text tests: applies the steps in order, each to every variant of the value.
    fn texts(&self, item: &Node, text: &str) -> Result<Vec<Test>, String> {
        let text = match self.field.as_str() {
            "eventName" => &unversioned(text),
            _ => text,
        };
        let whole = !self.field.is_empty() && self.steps.is_empty() && !self.cased;
        if let (true, Yaml::Number(text)) = (whole, &item.yaml) {
            let number = Number { text: text.clone(), value: number(text)? };
            return Ok(vec![Test::Number(number)]);
        }
        let mut forms = vec![Form::Text(tokens(text))];
        for (i, step) in self.steps.iter().enumerate() {
            let mut next = Vec::new();
            for form in forms {
                form.step(*step, &mut next)?;
            }
            let has_position = self.steps[i..].iter().any(|step| matches!(step, Step::Position(_)));
            if *step == Step::Base64Offset && !has_position {
                // Part of a Base64 text is never a whole field.
                next = next
                    .into_iter()
                    .map(|form| form.with_position(MatchPosition::Within))
                    .collect::<Result<_, _>>()?;
            }
            forms = next;
        }
        let keyword = self.field.is_empty() && self.position().is_none();
        forms
            .into_iter()
            .map(|form| {
                let form = if keyword { form.with_position(MatchPosition::Within)? } else { form };
                Ok(Test::Text(Pattern::new(&form.tokens()?, self.cased)))
            })
            .collect()
    }
}

/// A value between two steps.
enum Form {
    Text(Vec<Token>),
    Bytes(Vec<u8>),
}

impl Form {
    fn tokens(self) -> Result<Vec<Token>, String> {
        match self {
            Form::Text(tokens) => Ok(tokens),
            Form::Bytes(bytes) => match String::from_utf8(bytes) {
                Ok(text) => Ok(literal(&text)),
                Err(_) => {
                    Err("the encoded value is not text; add `base64` or `base64offset` after it"
                        .into())
                }
            },
        }
    }

    fn bytes(self) -> Result<Vec<Vec<u8>>, String> {
        match self {
            Form::Text(tokens) => encode::bytes(&tokens),
            Form::Bytes(bytes) => Ok(vec![bytes]),
        }
    }

    fn with_position(self, position: MatchPosition) -> Result<Form, String> {
        let mut tokens = self.tokens()?;
        if matches!(position, MatchPosition::End | MatchPosition::Within) {
            tokens.insert(0, Token::AnyText);
        }
        if matches!(position, MatchPosition::Start | MatchPosition::Within) {
            tokens.push(Token::AnyText);
        }
        Ok(Form::Text(tokens))
    }

    fn step(self, step: Step, next: &mut Vec<Form>) -> Result<(), String> {
        match step {
            Step::Position(position) => next.push(self.with_position(position)?),
            Step::Windash => {
                let mut tokens = self.tokens()?;
                encode::windash(&mut tokens);
                next.push(Form::Text(tokens));
            }
            Step::Utf16(wide) => {
                for bytes in self.bytes()? {
                    next.push(Form::Bytes(encode::utf16(&bytes, wide)?));
                }
            }
            Step::Base64 => {
                next.extend(self.bytes()?.iter().map(|b| Form::Text(literal(&encode::base64(b)))));
            }
            Step::Base64Offset => {
                for bytes in self.bytes()? {
                    let texts = encode::base64_offsets(&bytes)?;
                    next.extend(texts.iter().map(|text| Form::Text(literal(text))));
                }
            }
        }
        Ok(())
    }
}

/// The name of an API call without its version, as records have it when they are compared.
fn unversioned(text: &str) -> Cow<'_, str> {
    match text.strip_suffix('*') {
        Some(start) => Cow::Owned(format!("{}*", action::plain(start))),
        None => Cow::Borrowed(action::plain(text)),
    }
}

fn number(text: &str) -> Result<f64, String> {
    let number: Option<f64> = text.trim().parse().ok();
    number.filter(|n| n.is_finite()).ok_or_else(|| format!("`{text}` is not a number"))
}

/// A network, or a single address.
fn network(text: &str) -> Result<ipnet::IpNet, String> {
    let text = text.trim();
    let single = text.parse::<std::net::IpAddr>().map(ipnet::IpNet::from);
    single
        .or_else(|_| text.parse())
        .map_err(|_| format!("`{text}` is not a network such as 10.0.0.0/8"))
}
