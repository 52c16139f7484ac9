//! What is known of an incident, as far as a notification clock depends on it.

use std::collections::BTreeMap;

use super::error::FactError;
use super::when::{When, Zone};
use super::{IDS, Regime};
use crate::config::nearest;

/// What a key takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Regimes,
    Zone,
    /// A time, or a day when no more is known.
    Moment,
    Count,
    Flag,
    Hold,
}

/// A key that can be set.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// `residents.*` and `submitted.*` stand for every name below them.
    pub name: &'static str,
    pub kind: Kind,
    /// What it means, for help texts.
    pub help: &'static str,
}

const fn key(name: &'static str, kind: Kind, help: &'static str) -> Key {
    Key { name, kind, help }
}

/// Every key.
pub const KEYS: [Key; 17] = [
    key("regimes", Kind::Regimes, "the laws that apply, with commas between them"),
    key("timezone", Kind::Zone, "IANA time zone of the case; UTC if not set"),
    key("aware", Kind::Moment, "reasonably certain of it (GDPR, NIS2, DORA)"),
    key("discovered", Kind::Moment, "first day it was known, or should have been (HIPAA)"),
    key("classified_major", Kind::Moment, "classified as a major ICT-related incident (DORA)"),
    key("materiality_determined", Kind::Moment, "determined to be material (SEC)"),
    key("card_data_suspected", Kind::Moment, "compromise of card data suspected (PCI DSS)"),
    key("notified_72h", Kind::Moment, "the same as submitted.nis2-notification"),
    key("individuals", Kind::Count, "people affected in all (HIPAA)"),
    key("residents.*", Kind::Count, "people affected by State or jurisdiction: residents.CA"),
    key("encrypted", Kind::Flag, "the data was encrypted and the key was not taken"),
    key(
        "low_probability",
        Kind::Flag,
        "risk assessment shows a low probability of compromise (HIPAA)",
    ),
    key("law_enforcement_hold", Kind::Hold, "'oral DAY' or 'written until DAY' (HIPAA)"),
    key("risk_unlikely", Kind::Flag, "a risk to people is unlikely (GDPR)"),
    key("high_risk", Kind::Flag, "a high risk to people is likely (GDPR)"),
    key("significant", Kind::Flag, "the incident is significant (NIS2)"),
    key("submitted.*", Kind::Moment, "when a notice was given: submitted.gdpr-authority"),
];

/// A statement of a law enforcement official that notices would harm (45 CFR 164.412).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    /// The time that the written statement specifies.
    WrittenUntil(When),
    /// The day of the oral statement.
    OralOn(When),
}

#[derive(Debug, Clone, PartialEq)]
enum Value {
    Regimes(Vec<Regime>),
    Moment(When),
    Count(u64),
    Flag(bool),
    Hold(Hold),
}

/// Facts by key. A later value of a key replaces an earlier one; an empty one takes it back.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Facts {
    zone: Zone,
    zone_set: bool,
    values: BTreeMap<String, Value>,
}

impl Facts {
    /// Takes key and value pairs, all or none. Times without an offset are in the time zone that is in force
    /// once `pairs` are taken. Gives the pairs as they should be kept: times with their offset.
    ///
    /// # Errors
    /// For an unknown key, with the nearest that there is, and for a value that the key does not take.
    pub fn set(&mut self, pairs: &[(String, String)]) -> Result<Vec<(String, String)>, FactError> {
        let mut next = self.clone();
        for (_, value) in pairs.iter().filter(|(key, _)| key.trim() == "timezone") {
            let value = value.trim();
            next.zone_set = !value.is_empty();
            next.zone = if value.is_empty() { Zone::default() } else { Zone::named(value)? };
        }
        let mut kept = Vec::new();
        for (key, value) in pairs {
            let (key, value) = (key.trim(), value.trim());
            kept.push(next.one(key, value).map_err(|e| e.of(key))?);
        }
        *self = next;
        Ok(kept)
    }

    fn one(&mut self, key: &str, value: &str) -> Result<(String, String), FactError> {
        let (key, kind) = known(key)?;
        if kind == Kind::Zone {
            let name = if self.zone_set { self.zone.name() } else { "" };
            return Ok((key, name.to_string()));
        }
        if value.is_empty() {
            self.values.remove(&key);
            return Ok((key, String::new()));
        }
        let (parsed, text) = self.parse(kind, value)?;
        self.values.insert(key.clone(), parsed);
        Ok((key, text))
    }

    /// A value, and how to keep it.
    fn parse(&self, kind: Kind, text: &str) -> Result<(Value, String), FactError> {
        Ok(match kind {
            Kind::Regimes | Kind::Zone => {
                let list = regimes(text)?;
                let names: Vec<&str> = list.iter().map(|r| r.name()).collect();
                let names = names.join(",");
                (Value::Regimes(list), names)
            }
            Kind::Moment => {
                let when = When::parse(text, &self.zone)?;
                (Value::Moment(when), when.canonical(&self.zone))
            }
            Kind::Count => {
                let count: u64 = text
                    .parse()
                    .map_err(|_| FactError::new(format!("'{text}' is no number of people")))?;
                (Value::Count(count), count.to_string())
            }
            Kind::Flag => {
                let flag = match text.to_ascii_lowercase().as_str() {
                    "true" | "yes" => true,
                    "false" | "no" => false,
                    _ => return Err(FactError::new(format!("'{text}' is neither yes nor no"))),
                };
                (Value::Flag(flag), flag.to_string())
            }
            Kind::Hold => {
                let hold = hold(text, &self.zone)?;
                let text = match hold {
                    Hold::OralOn(when) => format!("oral {}", when.canonical(&self.zone)),
                    Hold::WrittenUntil(when) => {
                        format!("written until {}", when.canonical(&self.zone))
                    }
                };
                (Value::Hold(hold), text)
            }
        })
    }

    /// The pairs of a `[clocks]` table: a table in it is a prefix, an array a list.
    ///
    /// # Errors
    /// For tables in tables, and arrays of anything but text.
    pub fn pairs(table: &toml::Table) -> Result<Vec<(String, String)>, FactError> {
        let mut pairs = Vec::new();
        for (key, value) in table {
            match value {
                toml::Value::Table(inner) => {
                    for (name, value) in inner {
                        pairs.push((format!("{key}.{name}"), plain(key, value)?));
                    }
                }
                toml::Value::Array(list) => {
                    let list: Result<Vec<_>, _> = list.iter().map(|v| plain(key, v)).collect();
                    pairs.push((key.clone(), list?.join(",")));
                }
                value => pairs.push((key.clone(), plain(key, value)?)),
            }
        }
        Ok(pairs)
    }

    /// The `[clocks]` table of such pairs.
    pub fn table(pairs: Vec<(String, String)>) -> toml::Table {
        let mut table = toml::Table::new();
        for (key, value) in pairs {
            let Some((prefix, name)) = key.split_once('.') else {
                table.insert(key, value.into());
                continue;
            };
            let inner = table.entry(prefix).or_insert_with(|| toml::Table::new().into());
            if let toml::Value::Table(inner) = inner {
                inner.insert(name.to_string(), value.into());
            }
        }
        table
    }

    pub fn zone(&self) -> &Zone {
        &self.zone
    }

    /// False when times are in UTC because nobody said otherwise.
    pub fn has_zone(&self) -> bool {
        self.zone_set
    }

    /// What applies, each once, in the order of [`Regime::ALL`].
    pub fn regimes(&self) -> Vec<Regime> {
        match self.values.get("regimes") {
            Some(Value::Regimes(list)) => {
                Regime::ALL.into_iter().filter(|r| list.contains(r)).collect()
            }
            _ => Vec::new(),
        }
    }

    pub fn moment(&self, key: &str) -> Option<When> {
        match self.values.get(key) {
            Some(Value::Moment(when)) => Some(*when),
            _ => None,
        }
    }

    /// When the notice of this duty was given.
    pub fn submitted(&self, id: &str) -> Option<When> {
        self.moment(&format!("submitted.{id}"))
    }

    pub fn count(&self, key: &str) -> Option<u64> {
        match self.values.get(key) {
            Some(Value::Count(count)) => Some(*count),
            _ => None,
        }
    }

    pub fn flag(&self, key: &str) -> Option<bool> {
        match self.values.get(key) {
            Some(Value::Flag(flag)) => Some(*flag),
            _ => None,
        }
    }

    pub fn hold(&self) -> Option<Hold> {
        match self.values.get("law_enforcement_hold") {
            Some(Value::Hold(hold)) => Some(*hold),
            _ => None,
        }
    }

    /// People affected by State or jurisdiction.
    pub fn residents(&self) -> impl Iterator<Item = (&str, u64)> {
        self.values.iter().filter_map(|(key, value)| {
            match (key.strip_prefix("residents."), value) {
                (Some(state), Value::Count(count)) => Some((state, *count)),
                _ => None,
            }
        })
    }
}

/// The key as it is kept, and what it takes.
fn known(key: &str) -> Result<(String, Kind), FactError> {
    if key == "notified_72h" {
        return Ok(("submitted.nis2-notification".into(), Kind::Moment));
    }
    if let Some(known) = KEYS.iter().find(|k| k.name == key && !k.name.ends_with('*')) {
        return Ok((key.into(), known.kind));
    }
    match key.split_once('.') {
        Some(("residents", state)) if is_place(state) => {
            Ok((format!("residents.{}", state.to_uppercase()), Kind::Count))
        }
        Some(("residents", _)) => Err(FactError::new("name a State: residents.CA")),
        Some(("submitted", id)) if IDS.contains(&id) => Ok((key.into(), Kind::Moment)),
        Some(("submitted", id)) => Err(unknown("there is no such notice", id, &IDS)),
        _ => {
            let names: Vec<&str> = KEYS.iter().map(|k| k.name).collect();
            Err(unknown("there is no such key", key, &names))
        }
    }
}

fn is_place(name: &str) -> bool {
    let fits = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '\'');
    (1..=40).contains(&name.chars().count()) && name.chars().all(fits)
}

fn unknown(problem: &str, name: &str, known: &[&str]) -> FactError {
    let error = FactError::new(problem);
    match nearest(name, known.iter().copied()) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error.hint(format!("there are {}", known.join(", "))),
    }
}

fn regimes(text: &str) -> Result<Vec<Regime>, FactError> {
    let names = text.split([',', ' ']).map(str::trim).filter(|n| !n.is_empty());
    names
        .map(|name| {
            Regime::ALL.into_iter().find(|r| r.name() == name.to_ascii_lowercase()).ok_or_else(
                || {
                    let known: Vec<&str> = Regime::ALL.iter().map(|r| r.name()).collect();
                    unknown(&format!("there is no regime '{name}'"), name, &known)
                },
            )
        })
        .collect()
}

fn hold(text: &str, zone: &Zone) -> Result<Hold, FactError> {
    let bad = || {
        FactError::new(format!("'{text}' is no hold"))
            .hint("write 'oral 2026-11-21' (day of the statement) or 'written until 2027-01-15'")
    };
    let (form, rest) = text.split_once(' ').ok_or_else(bad)?;
    let rest = rest.trim();
    match form.to_ascii_lowercase().as_str() {
        "oral" => Ok(Hold::OralOn(When::parse(rest.trim_start_matches("on "), zone)?)),
        "written" => Ok(Hold::WrittenUntil(When::parse(rest.trim_start_matches("until "), zone)?)),
        _ => Err(bad()),
    }
}

/// A value as it is written after `--set KEY=`.
fn plain(key: &str, value: &toml::Value) -> Result<String, FactError> {
    match value {
        toml::Value::String(text) => Ok(text.clone()),
        toml::Value::Table(_) | toml::Value::Array(_) => {
            Err(FactError::new(format!("[clocks] {key}: a single value stands here")))
        }
        value => Ok(value.to_string()),
    }
}
