//! `field|modifier|…: values` as tests.
//!
//! Facts: Sigma Modifiers Appendix 2.1. Modifiers work in the order they are written. One of them
//! may set the kind of test (`re`, `cidr`, `exists`, `fieldref`, a comparison); without one, values
//! are texts with wildcards.

use super::encode::{self, Wide};
use super::pattern::{Pattern, Token, literal, tokens};
use super::problem::{At, Faults};
use super::value::{Compare, MatchPosition, Number, Order, Part, Reference, Test};
use super::yaml::{Node, Yaml};
use super::{field::Path, regex_limits};

/// How many values one field may have.
const VALUES: usize = 20_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Regex,
    Cidr,
    Exists,
    FieldRef,
    Compare(Compare),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Position(MatchPosition),
    Base64,
    Base64Offset,
    Utf16(Wide),
    Windash,
}

/// A key of a selection, read.
#[derive(Debug)]
pub struct Key {
    /// Empty for keywords.
    pub field: String,
    pub all: bool,
    pub unlike: bool,
    cased: bool,
    kind: Kind,
    part: Option<Part>,
    steps: Vec<Step>,
    flags: String,
}

impl Key {
    pub fn read(text: &str, at: At, faults: &mut Faults) -> Option<Key> {
        let mut names = text.split('|').map(str::trim);
        let mut key = Key {
            field: names.next().unwrap_or_default().to_owned(),
            all: false,
            unlike: false,
            cased: false,
            kind: Kind::Text,
            part: None,
            steps: Vec::new(),
            flags: String::new(),
        };
        for name in names {
            if let Err(what) = key.modify(name) {
                faults.error(at, what);
                return None;
            }
        }
        let checked = key.check();
        faults.keep(checked.map_err(|what| super::problem::Fault::new(at, what)))?;
        Some(key)
    }

    fn modify(&mut self, name: &str) -> Result<(), String> {
        match name {
            "all" => self.all = true,
            "neq" => self.unlike = true,
            "cased" => self.cased = true,
            "contains" => self.steps.push(Step::Position(MatchPosition::Within)),
            "startswith" => self.steps.push(Step::Position(MatchPosition::Start)),
            "endswith" => self.steps.push(Step::Position(MatchPosition::End)),
            "base64" => self.steps.push(Step::Base64),
            "base64offset" => self.steps.push(Step::Base64Offset),
            "wide" | "utf16le" => self.steps.push(Step::Utf16(Wide::Little)),
            "utf16be" => self.steps.push(Step::Utf16(Wide::Big)),
            "utf16" => self.steps.push(Step::Utf16(Wide::Marked)),
            "windash" => self.steps.push(Step::Windash),
            "re" => self.set_kind(Kind::Regex)?,
            "cidr" => self.set_kind(Kind::Cidr)?,
            "exists" => self.set_kind(Kind::Exists)?,
            "fieldref" => self.set_kind(Kind::FieldRef)?,
            "lt" => self.set_kind(Kind::Compare(Compare::Less))?,
            "lte" => self.set_kind(Kind::Compare(Compare::LessOrEqual))?,
            "gt" => self.set_kind(Kind::Compare(Compare::Greater))?,
            "gte" => self.set_kind(Kind::Compare(Compare::GreaterOrEqual))?,
            "minute" => self.part = Some(Part::Minute),
            "hour" => self.part = Some(Part::Hour),
            "day" => self.part = Some(Part::Day),
            "week" => self.part = Some(Part::Week),
            "month" => self.part = Some(Part::Month),
            "year" => self.part = Some(Part::Year),
            "i" | "m" | "s" if self.kind == Kind::Regex => self.flags.push_str(name),
            "i" | "m" | "s" => {
                return Err(format!("`{name}` is a flag of `re` and comes after it"));
            }
            "expand" => {
                return Err(
                    "`expand` needs placeholders from outside the rule, and there are none \
                            here; write the values out"
                        .to_owned(),
                );
            }
            "" => return Err("a `|` with no modifier after it".to_owned()),
            _ => return Err(format!("unknown modifier `{name}`")),
        }
        Ok(())
    }

    fn set_kind(&mut self, kind: Kind) -> Result<(), String> {
        if self.kind != Kind::Text {
            return Err(
                "`re`, `cidr`, `exists`, `fieldref` and comparisons exclude one another".into()
            );
        }
        self.kind = kind;
        Ok(())
    }

    fn check(&self) -> Result<(), String> {
        let only_places = self.steps.iter().all(|step| matches!(step, Step::Position(_)));
        let fits = match self.kind {
            Kind::Text => true,
            Kind::Regex | Kind::FieldRef => only_places && self.steps.len() < 2,
            Kind::Cidr | Kind::Exists | Kind::Compare(_) => self.steps.is_empty() && !self.cased,
        };
        if !fits {
            return Err("these modifiers do not go together".to_owned());
        }
        if self.part.is_some() && (!self.steps.is_empty() || self.cased) {
            return Err("a time modifier goes with a comparison or nothing".to_owned());
        }
        if self.part.is_some() && !matches!(self.kind, Kind::Text | Kind::Compare(_)) {
            return Err("a time modifier goes with a comparison or nothing".to_owned());
        }
        if self.field.is_empty() {
            let kind = matches!(self.kind, Kind::Text | Kind::Regex) && self.part.is_none();
            if !kind || self.unlike {
                return Err("keywords take text and `re` only; name a field before the `|`".into());
            }
        }
        Ok(())
    }

    /// The tests of each value. Values at fault are noted and left out.
    pub fn tests(&self, node: &Node, faults: &mut Faults) -> Vec<Vec<Test>> {
        let items = node.items();
        if items.is_empty() {
            faults.error(node.at, "an empty list of values never matches");
        }
        if items.len() > VALUES {
            faults.error(node.at, format!("more than {VALUES} values"));
            return Vec::new();
        }
        if self.all && items.len() == 1 {
            faults.warn(node.at, "`all` with a single value means nothing");
        }
        let mut tests = Vec::with_capacity(items.len());
        for item in items {
            match self.forms(item) {
                Ok(forms) => tests.push(forms),
                Err(what) => faults.error(item.at, what),
            }
        }
        tests
    }

    fn forms(&self, item: &Node) -> Result<Vec<Test>, String> {
        match item.yaml {
            Yaml::List(_) => return Err("a list within a list of values".to_owned()),
            Yaml::Map(_) => {
                return Err(format!(
                    "a map under the field `{}`; write the path with dots: `{0}.name`",
                    self.field
                ));
            }
            _ => {}
        }
        let text = match item.text() {
            Some(text) => text,
            None if self.kind == Kind::Text && self.steps.is_empty() && self.part.is_none() => {
                return if self.field.is_empty() {
                    Err("a keyword without text".to_owned())
                } else {
                    Ok(vec![Test::Null])
                };
            }
            None => return Err("null with this modifier".to_owned()),
        };
        if let Some(part) = self.part {
            let compare =
                if let Kind::Compare(compare) = self.kind { compare } else { Compare::Equal };
            return Ok(vec![Test::Order(Order {
                part: Some(part),
                compare,
                value: number(text)?,
            })]);
        }
        Ok(vec![match self.kind {
            Kind::Text => return self.texts(item, text),
            Kind::Regex => self.regex(text)?,
            Kind::Cidr => Test::Net(network(text)?),
            Kind::Exists => match text.to_ascii_lowercase().as_str() {
                "true" | "yes" => Test::Exists(true),
                "false" | "no" => Test::Exists(false),
                _ => return Err(format!("`exists` takes true or false, not `{text}`")),
            },
            Kind::FieldRef => Test::Other(Reference {
                path: Path::new(text)?,
                position: self.position().unwrap_or(MatchPosition::Whole),
                cased: self.cased,
            }),
            Kind::Compare(compare) => {
                Test::Order(Order { part: None, compare, value: number(text)? })
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

    /// Texts: the steps in order, each on every form that the value has so far.
    fn texts(&self, item: &Node, text: &str) -> Result<Vec<Test>, String> {
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
            let placed = self.steps[i..].iter().any(|step| matches!(step, Step::Position(_)));
            if *step == Step::Base64Offset && !placed {
                // A stretch of Base64 text is never a whole field.
                next = next
                    .into_iter()
                    .map(|form| form.placed(MatchPosition::Within))
                    .collect::<Result<_, _>>()?;
            }
            forms = next;
        }
        let keyword = self.field.is_empty() && self.position().is_none();
        forms
            .into_iter()
            .map(|form| {
                let form = if keyword { form.placed(MatchPosition::Within)? } else { form };
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
                    Err("these bytes are no text; put `base64` or `base64offset` after".into())
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

    fn placed(self, position: MatchPosition) -> Result<Form, String> {
        let mut tokens = self.tokens()?;
        if matches!(position, MatchPosition::End | MatchPosition::Within) {
            tokens.insert(0, Token::Many);
        }
        if matches!(position, MatchPosition::Start | MatchPosition::Within) {
            tokens.push(Token::Many);
        }
        Ok(Form::Text(tokens))
    }

    fn step(self, step: Step, next: &mut Vec<Form>) -> Result<(), String> {
        match step {
            Step::Position(position) => next.push(self.placed(position)?),
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
        .map_err(|_| format!("`{text}` is not a network like 10.0.0.0/8"))
}
