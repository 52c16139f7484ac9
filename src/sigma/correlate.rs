//! Correlation documents: the model, and how one is read.
//!
//! Facts: Sigma Correlation Rules Specification 2.0, "Components" and "Correlation Types".

use super::condition::{self, Condition};
use super::problem::{Diagnostic, Diagnostics, Location};
use super::rule::Rule;
use super::value::Operator;
use super::yaml::{Node, Yaml};

#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    EventCount,
    ValueCount,
    Temporal,
    TemporalOrdered,
}

/// The condition that a window must meet.
#[derive(Debug, Clone)]
pub enum WindowCondition {
    /// The count must meet all of these.
    Bounds(Vec<(Operator, u64)>),
    /// A `temporal` condition over the rules' names (Correlation schema, extended temporal
    /// condition).
    Rules(Condition),
}

impl WindowCondition {
    /// Whether more events can never make it false.
    pub fn is_monotonic(&self) -> bool {
        fn positive(condition: &Condition) -> bool {
            match condition {
                Condition::Not(_) => false,
                Condition::And(parts) | Condition::Or(parts) => parts.iter().all(positive),
                Condition::Name(_) | Condition::Of(..) => true,
            }
        }
        match self {
            WindowCondition::Bounds(bounds) => bounds.iter().all(|(operator, _)| {
                matches!(operator, Operator::Greater | Operator::GreaterOrEqual)
            }),
            WindowCondition::Rules(condition) => positive(condition),
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
    /// The references as written, with their locations.
    pub references: Vec<(String, Location)>,
    /// The rules or correlations that they refer to, in the same order.
    pub sources: Vec<Source>,
    pub group_by: Vec<String>,
    /// `value_count` counts the distinct values of these together.
    pub fields: Vec<String>,
    /// In milliseconds.
    pub timespan: i64,
    pub window_condition: WindowCondition,
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
    /// The smallest count that fires; `None` if fewer can fire too, or if the condition is no count.
    pub fn least(&self) -> Option<u64> {
        let WindowCondition::Bounds(bounds) = &self.window_condition else { return None };
        let least = bounds.iter().filter_map(|(operator, bound)| match operator {
            Operator::Greater => bound.checked_add(1),
            Operator::GreaterOrEqual | Operator::Equal => Some(*bound),
            _ => None,
        });
        least.max()
    }

    pub fn read(file: &str, node: &Node, diagnostics: &mut Diagnostics) -> Option<Correlation> {
        let rule = Rule::read(file, node, diagnostics);
        let body = node.get("correlation")?;
        if !matches!(body.yaml, Yaml::Map(_)) {
            diagnostics.error(body.at, format!("`correlation` must be a map, not {}", body.kind()));
            return None;
        }
        let kind = diagnostics.ok_or_record(kind(body));
        let references = texts(body, "rules", diagnostics);
        if references.is_empty() {
            diagnostics.error(body.at, "missing `rules`: list the rules to correlate");
        }
        let timespan = diagnostics.ok_or_record(timespan(body));
        let kind = kind?;
        let mut fields: Vec<String> =
            texts(body, "field", diagnostics).into_iter().map(|f| f.0).collect();
        let window_condition = window_condition(body, kind, &references, &mut fields, diagnostics);
        if kind == Kind::ValueCount && fields.is_empty() {
            diagnostics.error(body.at, "`value_count` needs `field` in its condition");
        }
        let group_by =
            texts(body, "group-by", diagnostics).into_iter().map(|field| field.0).collect();
        let generate = [body, node]
            .iter()
            .any(|n| n.get("generate").is_some_and(|g| g.yaml == Yaml::Bool(true)));
        let aliases = aliases(body, diagnostics);
        Some(Correlation {
            rule,
            kind,
            references,
            sources: Vec::new(),
            group_by,
            fields,
            timespan: timespan?,
            window_condition: window_condition?,
            aliases,
            generate,
        })
    }

    /// The field that stands for `name` in the records of one of the rules.
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

fn kind(body: &Node) -> Result<Kind, Diagnostic> {
    let Some(given) = body.get("type") else {
        return Err(Diagnostic::new(
            body.at,
            "missing `type` (event_count, value_count, temporal or temporal_ordered)",
        ));
    };
    match given.text().unwrap_or_default() {
        "event_count" => Ok(Kind::EventCount),
        "value_count" => Ok(Kind::ValueCount),
        "temporal" => Ok(Kind::Temporal),
        "temporal_ordered" | "ordered_temporal" => Ok(Kind::TemporalOrdered),
        other => {
            let known = "event_count, value_count, temporal or temporal_ordered";
            Err(Diagnostic::new(
                given.at,
                format!("unknown correlation type `{other}` (expected {known})"),
            ))
        }
    }
}

/// `90m`, in milliseconds. Weeks and months of 30 days (`w`, `M`) extend the specification.
fn timespan(body: &Node) -> Result<i64, Diagnostic> {
    let Some(given) = body.get("timespan").or_else(|| body.get("timeframe")) else {
        return Err(Diagnostic::new(body.at, "missing `timespan`, such as 90m"));
    };
    let text = given.text().unwrap_or_default();
    let wrong = || {
        Diagnostic::new(
            given.at,
            format!(
                "invalid timespan `{text}` (expected a form like 90m; units: s, m, h, d, w, M)"
            ),
        )
    };
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

fn window_condition(
    body: &Node,
    kind: Kind,
    references: &[(String, Location)],
    fields: &mut Vec<String>,
    diagnostics: &mut Diagnostics,
) -> Option<WindowCondition> {
    let temporal = matches!(kind, Kind::Temporal | Kind::TemporalOrdered);
    let all = WindowCondition::Bounds(vec![(Operator::GreaterOrEqual, references.len() as u64)]);
    let Some(given) = body.get("condition") else {
        if !temporal {
            diagnostics.error(body.at, "missing `condition`, such as `condition: {gte: 10}`");
        }
        return temporal.then_some(all);
    };
    if let Yaml::Text(text) = &given.yaml {
        if kind != Kind::Temporal {
            diagnostics.error(given.at, "a condition over rule names needs type `temporal`");
            return None;
        }
        let parsed = condition::parse(text)
            .and_then(|condition| known_names(&condition, references).map(|()| condition));
        return diagnostics
            .ok_or_record(parsed.map_err(|what| Diagnostic::new(given.at, what)))
            .map(WindowCondition::Rules);
    }
    let mut bounds = Vec::new();
    for entry in given.entries() {
        let operator = match entry.key.as_str() {
            "gt" => Operator::Greater,
            "gte" => Operator::GreaterOrEqual,
            "lt" => Operator::Less,
            "lte" => Operator::LessOrEqual,
            "eq" => Operator::Equal,
            "field" => {
                fields.extend(entry.value.items().iter().filter_map(Node::text).map(str::to_owned));
                continue;
            }
            other => {
                diagnostics.error(
                    entry.at,
                    format!("unknown condition `{other}` (expected gt, gte, lt, lte, eq or field)"),
                );
                continue;
            }
        };
        match entry.value.text().and_then(|text| text.parse().ok()) {
            Some(count) => bounds.push((operator, count)),
            None => {
                diagnostics.error(entry.value.at, format!("`{}` needs a whole number", entry.key))
            }
        }
    }
    if bounds.is_empty() {
        if !temporal {
            diagnostics.error(given.at, "the condition needs gt, gte, lt, lte or eq");
            return None;
        }
        return Some(all);
    }
    let window_condition = WindowCondition::Bounds(bounds);
    if kind == Kind::TemporalOrdered && !window_condition.is_monotonic() {
        diagnostics.error(given.at, "`temporal_ordered` supports only `gt` and `gte`");
    }
    Some(window_condition)
}

fn known_names(condition: &Condition, references: &[(String, Location)]) -> Result<(), String> {
    match condition {
        Condition::Name(name) => {
            let known = references.iter().any(|(reference, _)| reference == name);
            if known {
                Ok(())
            } else {
                Err(format!("`{name}` is not in the correlation's `rules`"))
            }
        }
        Condition::Of(_, pattern) => {
            let names = references.iter().map(|(reference, _)| reference.as_str());
            let none = condition::matching_names(pattern, names).is_empty();
            if none { Err(format!("no rule matches `{pattern}`")) } else { Ok(()) }
        }
        Condition::Not(inner) => known_names(inner, references),
        Condition::And(parts) | Condition::Or(parts) => {
            parts.iter().try_for_each(|part| known_names(part, references))
        }
    }
}

fn aliases(body: &Node, diagnostics: &mut Diagnostics) -> Vec<Alias> {
    let Some(given) = body.get("aliases") else { return Vec::new() };
    if given.entries().is_empty() {
        diagnostics.error(given.at, "`aliases` must map a name to a field for each rule");
    }
    let mut found = Vec::new();
    for entry in given.entries() {
        let mut fields = Vec::new();
        for field in entry.value.entries() {
            match field.value.text() {
                Some(text) => fields.push((field.key.clone(), text.to_owned())),
                None => diagnostics.error(field.value.at, "an alias must name a field"),
            }
        }
        if fields.is_empty() {
            diagnostics.error(entry.at, format!("the alias `{}` has no fields", entry.key));
        }
        found.push(Alias { name: entry.key.clone(), fields });
    }
    found
}

fn texts(body: &Node, key: &str, diagnostics: &mut Diagnostics) -> Vec<(String, Location)> {
    let Some(given) = body.get(key) else { return Vec::new() };
    let mut found: Vec<(String, Location)> = Vec::new();
    for item in given.items() {
        match item.text() {
            Some(text) if found.iter().all(|(known, _)| known != text) => {
                found.push((text.to_owned(), item.at))
            }
            Some(text) => diagnostics.warn(item.at, format!("duplicate `{text}` in `{key}`")),
            None => diagnostics
                .error(item.at, format!("`{key}` must contain text, not {}", item.kind())),
        }
    }
    found
}
