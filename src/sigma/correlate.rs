//! Correlation documents: their model, and reading one.
//!
//! Facts: Sigma Correlation Rules Specification 2.0, "Components" and "Correlation Types".

use super::condition::{self, Condition};
use super::problem::{At, Fault, Faults};
use super::rule::Rule;
use super::value::Compare;
use super::yaml::{Node, Yaml};

#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    EventCount,
    ValueCount,
    Temporal,
    TemporalOrdered,
}

/// When a window counts.
#[derive(Debug, Clone)]
pub enum Want {
    /// All of these hold for the count.
    Bounds(Vec<(Compare, u64)>),
    /// A `temporal` condition over the rules' names (Correlation schema, extended temporal
    /// condition).
    Rules(Condition),
}

impl Want {
    /// More events never make it false.
    pub fn only_grows(&self) -> bool {
        fn positive(condition: &Condition) -> bool {
            match condition {
                Condition::Not(_) => false,
                Condition::And(parts) | Condition::Or(parts) => parts.iter().all(positive),
                Condition::Name(_) | Condition::Of(..) => true,
            }
        }
        match self {
            Want::Bounds(bounds) => bounds
                .iter()
                .all(|(compare, _)| matches!(compare, Compare::Greater | Compare::GreaterOrEqual)),
            Want::Rules(condition) => positive(condition),
        }
    }
}

/// What a correlation counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    Rule(usize),
    Correlation(usize),
}

#[derive(Debug)]
pub struct Correlation {
    pub rule: Rule,
    pub kind: Kind,
    /// The references as written, with their places.
    pub references: Vec<(String, At)>,
    /// What they mean, in the same order.
    pub sources: Vec<Source>,
    pub group_by: Vec<String>,
    /// `value_count` counts the distinct values of these together.
    pub fields: Vec<String>,
    /// In milliseconds.
    pub timespan: i64,
    pub want: Want,
    pub aliases: Vec<Alias>,
    pub generate: bool,
}

/// A name in `group-by` that stands for another field in each rule's records.
#[derive(Debug)]
pub struct Alias {
    pub name: String,
    pub fields: Vec<(String, String)>,
}

impl Correlation {
    pub fn read(file: &str, node: &Node, faults: &mut Faults) -> Option<Correlation> {
        let rule = Rule::read(file, node, faults);
        let body = node.get("correlation")?;
        if !matches!(body.yaml, Yaml::Map(_)) {
            faults.error(body.at, format!("a correlation is a map, and this is {}", body.kind()));
            return None;
        }
        let kind = faults.keep(kind(body));
        let references = texts(body, "rules", faults);
        if references.is_empty() {
            faults.error(body.at, "the correlation names no `rules`");
        }
        let timespan = faults.keep(timespan(body));
        let kind = kind?;
        let mut fields: Vec<String> =
            texts(body, "field", faults).into_iter().map(|f| f.0).collect();
        let want = want(body, kind, &references, &mut fields, faults);
        if kind == Kind::ValueCount && fields.is_empty() {
            faults.error(body.at, "`value_count` needs `field` in its condition");
        }
        let group_by = texts(body, "group-by", faults).into_iter().map(|field| field.0).collect();
        let generate = [body, node]
            .iter()
            .any(|n| n.get("generate").is_some_and(|g| g.yaml == Yaml::Bool(true)));
        let aliases = aliases(body, faults);
        Some(Correlation {
            rule,
            kind,
            references,
            sources: Vec::new(),
            group_by,
            fields,
            timespan: timespan?,
            want: want?,
            aliases,
            generate,
        })
    }

    /// The field that holds `name` in the records of one of the rules.
    pub fn field_in<'a>(&'a self, name: &'a str, slot: usize, source: &Rule) -> &'a str {
        let written = self.references.get(slot).map(|(reference, _)| reference.as_str());
        let alias = self.aliases.iter().find(|alias| alias.name == name);
        let field = alias.and_then(|alias| {
            alias
                .fields
                .iter()
                .find(|(rule, _)| Some(rule.as_str()) == written || source.is_called(rule))
        });
        field.map_or(name, |(_, field)| field)
    }
}

fn kind(body: &Node) -> Result<Kind, Fault> {
    let Some(given) = body.get("type") else {
        return Err(Fault::new(body.at, "the correlation has no `type`"));
    };
    match given.text().unwrap_or_default() {
        "event_count" => Ok(Kind::EventCount),
        "value_count" => Ok(Kind::ValueCount),
        "temporal" => Ok(Kind::Temporal),
        "temporal_ordered" | "ordered_temporal" => Ok(Kind::TemporalOrdered),
        other => {
            let known = "event_count, value_count, temporal and temporal_ordered";
            Err(Fault::new(given.at, format!("correlation type `{other}` is not one of {known}")))
        }
    }
}

/// `90m`. Weeks and months of 30 days (`w`, `M`) are beyond the specification.
fn timespan(body: &Node) -> Result<i64, Fault> {
    let Some(given) = body.get("timespan").or_else(|| body.get("timeframe")) else {
        return Err(Fault::new(body.at, "the correlation has no `timespan`"));
    };
    let text = given.text().unwrap_or_default();
    let wrong = || Fault::new(given.at, format!("`{text}` is not a timespan like 90m"));
    let unit = text.chars().last().ok_or_else(wrong)?;
    let seconds: i64 = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        'w' => 7 * 86_400,
        'M' => 30 * 86_400,
        _ => return Err(wrong()),
    };
    let count: u32 = text[..text.len() - 1].trim().parse().map_err(|_| wrong())?;
    if count == 0 {
        return Err(wrong());
    }
    Ok(i64::from(count) * seconds * 1000)
}

fn want(
    body: &Node,
    kind: Kind,
    references: &[(String, At)],
    fields: &mut Vec<String>,
    faults: &mut Faults,
) -> Option<Want> {
    let temporal = matches!(kind, Kind::Temporal | Kind::TemporalOrdered);
    let all = Want::Bounds(vec![(Compare::GreaterOrEqual, references.len() as u64)]);
    let Some(given) = body.get("condition") else {
        if !temporal {
            faults.error(body.at, "the correlation has no `condition`");
        }
        return temporal.then_some(all);
    };
    if let Yaml::Text(text) = &given.yaml {
        if kind != Kind::Temporal {
            faults.error(given.at, "a condition over rules goes with `temporal` only");
            return None;
        }
        let parsed = condition::parse(text)
            .and_then(|condition| known_names(&condition, references).map(|()| condition));
        return faults.keep(parsed.map_err(|what| Fault::new(given.at, what))).map(Want::Rules);
    }
    let mut bounds = Vec::new();
    for entry in given.entries() {
        let compare = match entry.key.as_str() {
            "gt" => Compare::Greater,
            "gte" => Compare::GreaterOrEqual,
            "lt" => Compare::Less,
            "lte" => Compare::LessOrEqual,
            "eq" => Compare::Equal,
            "field" => {
                fields.extend(entry.value.items().iter().filter_map(Node::text).map(str::to_owned));
                continue;
            }
            other => {
                faults.error(entry.at, format!("`{other}` is not gt, gte, lt, lte, eq or field"));
                continue;
            }
        };
        match entry.value.text().and_then(|text| text.parse().ok()) {
            Some(count) => bounds.push((compare, count)),
            None => faults.error(entry.value.at, format!("`{}` takes a whole number", entry.key)),
        }
    }
    if bounds.is_empty() {
        if !temporal {
            faults.error(given.at, "the condition has no gt, gte, lt, lte or eq");
            return None;
        }
        return Some(all);
    }
    let want = Want::Bounds(bounds);
    if kind == Kind::TemporalOrdered && !want.only_grows() {
        faults.error(given.at, "`temporal_ordered` takes `gt` and `gte` only");
    }
    Some(want)
}

fn known_names(condition: &Condition, references: &[(String, At)]) -> Result<(), String> {
    match condition {
        Condition::Name(name) => {
            let known = references.iter().any(|(reference, _)| reference == name);
            if known {
                Ok(())
            } else {
                Err(format!("`{name}` is not among the correlation's rules"))
            }
        }
        Condition::Of(_, pattern) => {
            let names = references.iter().map(|(reference, _)| reference.as_str());
            let none = condition::named(pattern, names).is_empty();
            if none { Err(format!("no rule fits `{pattern}`")) } else { Ok(()) }
        }
        Condition::Not(inner) => known_names(inner, references),
        Condition::And(parts) | Condition::Or(parts) => {
            parts.iter().try_for_each(|part| known_names(part, references))
        }
    }
}

fn aliases(body: &Node, faults: &mut Faults) -> Vec<Alias> {
    let Some(given) = body.get("aliases") else { return Vec::new() };
    if given.entries().is_empty() {
        faults.error(given.at, "`aliases` maps a name to a field for each rule");
    }
    let mut found = Vec::new();
    for entry in given.entries() {
        let mut fields = Vec::new();
        for field in entry.value.entries() {
            match field.value.text() {
                Some(text) => fields.push((field.key.clone(), text.to_owned())),
                None => faults.error(field.value.at, "an alias names a field"),
            }
        }
        if fields.is_empty() {
            faults.error(entry.at, format!("the alias `{}` names no rule's field", entry.key));
        }
        found.push(Alias { name: entry.key.clone(), fields });
    }
    found
}

fn texts(body: &Node, key: &str, faults: &mut Faults) -> Vec<(String, At)> {
    let Some(given) = body.get(key) else { return Vec::new() };
    let mut found: Vec<(String, At)> = Vec::new();
    for item in given.items() {
        match item.text() {
            Some(text) if found.iter().all(|(have, _)| have != text) => {
                found.push((text.to_owned(), item.at))
            }
            Some(text) => faults.warn(item.at, format!("`{text}` stands twice in `{key}`")),
            None => faults
                .error(item.at, format!("`{key}` should hold text, and this is {}", item.kind())),
        }
    }
    found
}
