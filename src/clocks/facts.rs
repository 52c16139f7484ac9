//! The facts of an incident that notification clocks depend on.

use std::collections::BTreeMap;

use super::error::FactError;
use super::when::{When, Zone};
use super::{IDS, Regime};
use crate::config::nearest;

/// The type of a key's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Regimes,
    Zone,
    /// A time, or a day if the time is not known.
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
    /// The meaning of the key, for help texts.
    pub help: &'static str,
}

const fn key(name: &'static str, kind: Kind, help: &'static str) -> Key {
    Key { name, kind, help }
}

/// Every key.
pub const KEYS: [Key; 17] = [
    key("regimes", Kind::Regimes, "the laws that apply, separated by commas"),
    key("timezone", Kind::Zone, "IANA time zone of the case; UTC if not set"),
    key(
        "aware",
        Kind::Moment,
        "when you were reasonably certain of the incident (GDPR, NIS2, DORA)",
    ),
    key("discovered", Kind::Moment, "first day the breach was known, or should have been (HIPAA)"),
    key(
        "classified_major",
        Kind::Moment,
        "when it was classified as a major ICT-related incident (DORA)",
    ),
    key("materiality_determined", Kind::Moment, "when it was determined to be material (SEC)"),
    key(
        "card_data_suspected",
        Kind::Moment,
        "when compromise of card data was suspected (PCI DSS)",
    ),
    key("notified_72h", Kind::Moment, "the same as submitted.nis2-notification"),
    key("individuals", Kind::Count, "total number of people affected (HIPAA)"),
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
    key("submitted.*", Kind::Moment, "when a notice was sent: submitted.gdpr-authority"),
];

/// A law enforcement official stated that notices would impede an investigation (45 CFR 164.412).
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

/// Facts by key. A later value of a key replaces an earlier one; an empty value removes it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Facts {
    zone: Zone,
    zone_set: bool,
    values: BTreeMap<String, Value>,
}

impl Facts {
    /// Sets all pairs of key and value, or none. Times without an offset are in the time zone that applies
    /// after this call. Returns the pairs to store: times with their offset.
    ///
    /// # Errors
    /// If a key is unknown (with the nearest known key as the hint) or a value is not valid for its key.
    pub fn set(&mut self, pairs: &[(String, String)]) -> Result<Vec<(String, String)>, FactError> {
        let mut next = self.clone();
        for (_, value) in pairs.iter().filter(|(key, _)| key.trim() == "timezone") {
            let value = value.trim();
            next.zone_set = !value.is_empty();
            next.zone = if value.is_empty() {
                Zone::default()
            } else {
                Zone::named(value).map_err(|e| e.of("timezone"))?
            };
        }
        let mut stored = Vec::new();
        for (key, value) in pairs {
            let (key, value) = (key.trim(), value.trim());
            stored.push(next.set_one(key, value).map_err(|e| e.of(key))?);
        }
        *self = next;
        Ok(stored)
    }

    fn set_one(&mut self, key: &str, value: &str) -> Result<(String, String), FactError> {
        let (key, kind) = resolve_key(key)?;
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

    /// A value, and the text to store for it.
    fn parse(&self, kind: Kind, text: &str) -> Result<(Value, String), FactError> {
        Ok(match kind {
            Kind::Regimes | Kind::Zone => {
                let list = parse_regimes(text)?;
                let names: Vec<&str> = list.iter().map(|r| r.name()).collect();
                let names = names.join(",");
                (Value::Regimes(list), names)
            }
            Kind::Moment => {
                let when = When::parse(text, &self.zone)?;
                (Value::Moment(when), when.canonical(&self.zone))
            }
            Kind::Count => {
                let count: u64 = text.parse().map_err(|_| {
                    FactError::new(format!("invalid number of people '{text}'"))
                        .hint("write a whole number such as 501")
                })?;
                (Value::Count(count), count.to_string())
            }
            Kind::Flag => {
                let flag = match text.to_ascii_lowercase().as_str() {
                    "true" | "yes" => true,
                    "false" | "no" => false,
                    _ => {
                        return Err(FactError::new(format!("invalid value '{text}'"))
                            .hint("write yes or no"));
                    }
                };
                (Value::Flag(flag), flag.to_string())
            }
            Kind::Hold => {
                let hold = parse_hold(text, &self.zone)?;
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

    /// The pairs of a `[clocks]` table. A nested table gives a prefix, an array a list.
    ///
    /// # Errors
    /// If a table is nested twice, or an array contains a table or an array.
    pub fn pairs(table: &toml::Table) -> Result<Vec<(String, String)>, FactError> {
        let mut pairs = Vec::new();
        for (key, value) in table {
            match value {
                toml::Value::Table(inner) => {
                    for (name, value) in inner {
                        pairs.push((format!("{key}.{name}"), value_text(key, value)?));
                    }
                }
                toml::Value::Array(list) => {
                    let list: Result<Vec<_>, _> = list.iter().map(|v| value_text(key, v)).collect();
                    pairs.push((key.clone(), list?.join(",")));
                }
                value => pairs.push((key.clone(), value_text(key, value)?)),
            }
        }
        Ok(pairs)
    }

    /// The `[clocks]` table that these pairs make up.
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

    /// False if no time zone was set, so that times are in UTC.
    pub fn has_zone(&self) -> bool {
        self.zone_set
    }

    /// The regimes that apply, each once, in the order of [`Regime::ALL`].
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

    /// When the notice of this duty was sent.
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

/// The key as it is stored, and the kind of value it takes.
fn resolve_key(key: &str) -> Result<(String, Kind), FactError> {
    if key == "notified_72h" {
        return Ok(("submitted.nis2-notification".into(), Kind::Moment));
    }
    if let Some(known) = KEYS.iter().find(|k| k.name == key && !k.name.ends_with('*')) {
        return Ok((key.into(), known.kind));
    }
    match key.split_once('.') {
        Some(("residents", state)) if is_jurisdiction(state) => {
            Ok((format!("residents.{}", state.to_uppercase()), Kind::Count))
        }
        Some(("residents", _)) => Err(FactError::new("no State or jurisdiction is named")
            .hint("write it after the dot, as in residents.CA=501")),
        Some(("submitted", id)) if IDS.contains(&id) => Ok((key.into(), Kind::Moment)),
        Some(("submitted", id)) => Err(unknown_name(&format!("unknown notice '{id}'"), id, &IDS)),
        _ => {
            let names: Vec<&str> = KEYS.iter().map(|k| k.name).collect();
            Err(unknown_name("unknown key", key, &names))
        }
    }
}

fn is_jurisdiction(name: &str) -> bool {
    let fits = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '\'');
    (1..=40).contains(&name.chars().count()) && name.chars().all(fits)
}

fn unknown_name(problem: &str, name: &str, known: &[&str]) -> FactError {
    let error = FactError::new(problem);
    match nearest(name, known.iter().copied()) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error.hint(format!("known: {}", known.join(", "))),
    }
}

fn parse_regimes(text: &str) -> Result<Vec<Regime>, FactError> {
    let names = text.split([',', ' ']).map(str::trim).filter(|n| !n.is_empty());
    names
        .map(|name| {
            Regime::ALL.into_iter().find(|r| r.name() == name.to_ascii_lowercase()).ok_or_else(
                || {
                    let known: Vec<&str> = Regime::ALL.iter().map(|r| r.name()).collect();
                    unknown_name(&format!("unknown regime '{name}'"), name, &known)
                },
            )
        })
        .collect()
}

fn parse_hold(text: &str, zone: &Zone) -> Result<Hold, FactError> {
    let bad = || {
        FactError::new(format!("invalid hold '{text}'"))
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

/// A TOML value as the text that `--set KEY=` takes.
fn value_text(key: &str, value: &toml::Value) -> Result<String, FactError> {
    match value {
        toml::Value::String(text) => Ok(text.clone()),
        toml::Value::Table(_) | toml::Value::Array(_) => Err(FactError::new(format!(
            "[clocks] {key}: expected a single value, not a list or table"
        ))),
        value => Ok(value.to_string()),
    }
}
