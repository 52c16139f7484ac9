//! STIX 2.1 in JSON: bundles, TAXII envelopes, arrays and lines of objects. Objects are read one at a time; only
//! objects of type `indicator` are used.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::builder::{Builder, ParsedIndicator, TooManyIndicators, location};
use super::pattern;
use super::unused::{Unused, UnusedKind};
use crate::config::until::Until;

/// Objects of a whole file by type.
#[derive(Debug, Default)]
pub struct ObjectCounts {
    /// Objects of type `indicator`.
    pub indicators: u64,
    /// Objects of other types, without bundles.
    pub others: u64,
}

/// Why reading stopped.
#[derive(Debug)]
pub enum StixError {
    TooManyIndicators,
    /// With the number of lines before the document in which the error counts lines.
    NotJson(serde_json::Error, usize),
}

/// # Errors
/// If it is not JSON to its end, or there are too many indicators.
pub fn read(text: &str, builder: &mut Builder) -> Result<ObjectCounts, StixError> {
    let mut reading = Reading { builder, counts: ObjectCounts::default(), full: false };
    let mut rest = text;
    // With one object per line, several documents follow each other.
    while !rest.trim_start().is_empty() {
        let mut json = serde_json::Deserializer::from_str(rest);
        match Objects(&mut reading).deserialize(&mut json) {
            Ok(()) => {}
            Err(_) if reading.full => return Err(StixError::TooManyIndicators),
            Err(error) => {
                let before = text.get(..text.len() - rest.len()).unwrap_or("");
                return Err(StixError::NotJson(error, before.matches('\n').count()));
            }
        }
        let used = json.into_iter::<IgnoredAny>().byte_offset();
        rest = rest.get(used..).unwrap_or("");
    }
    Ok(reading.counts)
}

struct Reading<'b> {
    builder: &'b mut Builder,
    counts: ObjectCounts,
    full: bool,
}

/// The members of an indicator object. Each is empty if it is absent or of a wrong type.
#[derive(Debug, Default)]
struct IndicatorObject {
    kind: String,
    id: String,
    name: String,
    description: String,
    pattern: String,
    pattern_type: String,
    valid_from: String,
    valid_until: String,
    confidence: String,
    revoked: String,
    modified: String,
}

impl IndicatorObject {
    fn member_mut(&mut self, name: &str) -> Option<&mut String> {
        Some(match name {
            "type" => &mut self.kind,
            "id" => &mut self.id,
            "name" => &mut self.name,
            "description" => &mut self.description,
            "pattern" => &mut self.pattern,
            "pattern_type" => &mut self.pattern_type,
            "valid_from" => &mut self.valid_from,
            "valid_until" => &mut self.valid_until,
            "confidence" => &mut self.confidence,
            "revoked" => &mut self.revoked,
            "modified" => &mut self.modified,
            _ => return None,
        })
    }
}

impl Reading<'_> {
    fn object(&mut self, o: &IndicatorObject) -> Result<(), TooManyIndicators> {
        match o.kind.as_str() {
            "indicator" => self.counts.indicators += 1,
            // A TAXII envelope has no type.
            "bundle" | "" => return Ok(()),
            _ => {
                self.counts.others += 1;
                return Ok(());
            }
        }
        let location = location(0, if o.id.is_empty() { "an indicator without id" } else { &o.id });
        let modified = Until::parse(&o.modified).map(|at| at.start());
        if !o.id.is_empty() && !self.builder.supersede(&o.id, modified) {
            let superseded = Unused::new(UnusedKind::Superseded, "another version of it is used");
            self.builder.unused(&location, "", superseded);
            return Ok(());
        }
        let usable = if o.revoked == "true" {
            Err(Unused::new(UnusedKind::Revoked, "revoked by its author"))
        } else if !matches!(o.pattern_type.as_str(), "" | "stix") {
            Err(Unused::unsupported(format!("a pattern of type `{}`", o.pattern_type)))
        } else {
            pattern::read(&o.pattern)
        };
        let usable = match usable {
            Ok(usable) => usable,
            Err(unused) => {
                self.builder.unused(&location, &o.pattern, unused);
                return Ok(());
            }
        };
        for unused in usable.unused {
            self.builder.unused(&location, &o.pattern, unused.partial());
        }
        let described = if o.name.is_empty() { &o.description } else { &o.name };
        self.builder.add(ParsedIndicator {
            written: &o.pattern,
            id: &location,
            description: described,
            confidence: &o.confidence,
            from: &o.valid_from,
            until: &o.valid_until,
            version: (!o.id.is_empty()).then_some((o.id.as_str(), modified)),
            alternatives: usable.alternatives,
            ..ParsedIndicator::default()
        })
    }
}

/// Visits an object and all objects in its `objects`, or an array of them.
struct Objects<'r, 'b>(&'r mut Reading<'b>);

impl<'de> DeserializeSeed<'de> for Objects<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Objects<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("STIX objects")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element_seed(Objects(self.0))?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut members = IndicatorObject::default();
        while let Some(name) = map.next_key::<String>()? {
            if name == "objects" {
                map.next_value_seed(Objects(self.0))?;
                continue;
            }
            match members.member_mut(&name) {
                Some(member) => *member = map.next_value_seed(Scalar)?,
                None => _ = map.next_value::<IgnoredAny>()?,
            }
        }
        self.0.object(&members).map_err(|TooManyIndicators| {
            self.0.full = true;
            serde::de::Error::custom("too many indicators")
        })
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

/// Reads a string, number or boolean as text, anything else as empty text.
struct Scalar;

impl<'de> DeserializeSeed<'de> for Scalar {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<String, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Scalar {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_str<E>(self, text: &str) -> Result<String, E> {
        Ok(text.to_string())
    }

    fn visit_bool<E>(self, value: bool) -> Result<String, E> {
        Ok(value.to_string())
    }

    fn visit_u64<E>(self, value: u64) -> Result<String, E> {
        Ok(value.to_string())
    }

    fn visit_i64<E>(self, value: i64) -> Result<String, E> {
        Ok(value.to_string())
    }

    fn visit_f64<E>(self, value: f64) -> Result<String, E> {
        Ok(value.to_string())
    }

    fn visit_unit<E>(self) -> Result<String, E> {
        Ok(String::new())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<String, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(String::new())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<String, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(String::new())
    }
}
