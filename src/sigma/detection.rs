//! A detection as one expression: selections joined by the condition.
//!
//! Facts: Sigma Rules Specification, "Lists" (or), "Maps" (and), "Keywords search", "Condition".

use std::collections::HashSet;
use std::sync::Arc;

use super::condition::{self, Condition, Count};
use super::field::Path;
use super::modifier::Key;
use super::problem::{Diagnostic, Diagnostics};
use super::value::{FieldTest, Keyword};
use super::yaml::{Node, Yaml};

#[derive(Debug, Clone)]
pub enum Expr {
    All(Vec<Expr>),
    Any(Vec<Expr>),
    AtLeast(usize, Vec<Expr>),
    Not(Box<Expr>),
    Field(Arc<FieldTest>),
    Keyword(Arc<Keyword>),
    /// A selection. The condition may name it more than once.
    Shared(Arc<Expr>),
}

/// Reads `detection` or `filter`. `reserved` keys are not selections.
pub fn read(node: &Node, reserved: &[&str], diagnostics: &mut Diagnostics) -> Option<Detection> {
    if !matches!(node.yaml, Yaml::Map(_)) {
        diagnostics.error(node.at, format!("a detection must be a map, not {}", node.kind()));
        return None;
    }
    if let Some(timeframe) = node.get("timeframe") {
        diagnostics.warn(
            timeframe.at,
            "`timeframe` has no effect here; use a correlation with `timespan`",
        );
    }
    let mut names = Vec::new();
    let mut selections = Vec::new();
    for entry in node.entries().iter().filter(|entry| !reserved.contains(&&*entry.key)) {
        let expr = selection(&entry.value, diagnostics);
        names.push(entry.key.clone());
        selections.push(Arc::new(expr));
    }
    let Some(given) = node.get("condition") else {
        diagnostics.error(node.at, "missing `condition`, such as `condition: selection`");
        return None;
    };
    let mut used = HashSet::new();
    let mut exprs = Vec::new();
    let mut polarities = Vec::new();
    for item in given.items() {
        let Some(text) = item.text() else {
            diagnostics.error(item.at, format!("a condition must be text, not {}", item.kind()));
            continue;
        };
        let built = condition::parse(text).and_then(|condition| {
            polarities.push(Polarity::of(&condition));
            build(&condition, &names, &selections, &mut used)
        });
        exprs
            .extend(diagnostics.ok_or_record(built.map_err(|what| Diagnostic::new(item.at, what))));
    }
    for (position, entry) in
        node.entries().iter().filter(|entry| !reserved.contains(&&*entry.key)).enumerate()
    {
        if !used.contains(&position) && diagnostics.first_error().is_none() {
            diagnostics.warn(entry.at, format!("the condition does not use `{}`", entry.key));
        }
    }
    if exprs.is_empty() {
        if diagnostics.first_error().is_none() {
            diagnostics.error(given.at, "the condition is empty");
        }
        return None;
    }
    let expr = if exprs.len() == 1 { exprs.remove(0) } else { Expr::Any(exprs) };
    Some(Detection { expr, polarity: Polarity::join(polarities) })
}

#[derive(Debug)]
pub struct Detection {
    pub expr: Expr,
    pub polarity: Polarity,
}

/// Whether a condition selects records or excludes them. Used by filters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Polarity {
    Positive,
    Negative,
    Mixed,
}

impl Polarity {
    fn of(condition: &Condition) -> Polarity {
        match condition {
            Condition::Not(_) => Polarity::Negative,
            Condition::Name(_) | Condition::Of(..) => Polarity::Positive,
            Condition::And(parts) | Condition::Or(parts) => {
                Polarity::join(parts.iter().map(Polarity::of).collect())
            }
        }
    }

    fn join(polarities: Vec<Polarity>) -> Polarity {
        match polarities.first() {
            Some(first) if polarities.iter().all(|polarity| polarity == first) => *first,
            _ => Polarity::Mixed,
        }
    }
}

fn selection(node: &Node, diagnostics: &mut Diagnostics) -> Expr {
    match &node.yaml {
        Yaml::Map(entries) => {
            if entries.is_empty() {
                diagnostics.error(node.at, "an empty selection");
            }
            let tests = entries.iter().filter_map(|entry| {
                let key = Key::read(&entry.key, entry.at, diagnostics)?;
                field(key, entry.at, &entry.value, diagnostics)
            });
            Expr::All(tests.collect())
        }
        Yaml::List(items) => {
            if items.is_empty() {
                diagnostics.error(node.at, "an empty selection");
            }
            Expr::Any(items.iter().map(|item| selection(item, diagnostics)).collect())
        }
        Yaml::Null => {
            diagnostics.error(node.at, "an empty selection");
            Expr::Any(Vec::new())
        }
        _ => {
            let key = Key::read("", node.at, diagnostics);
            let test = key.and_then(|key| field(key, node.at, node, diagnostics));
            test.unwrap_or(Expr::Any(Vec::new()))
        }
    }
}

fn field(
    key: Key,
    at: super::problem::Location,
    value: &Node,
    diagnostics: &mut Diagnostics,
) -> Option<Expr> {
    let values = key.tests(value, diagnostics);
    if key.field.is_empty() {
        return Some(Expr::Keyword(Arc::new(Keyword { values, all: key.all })));
    }
    let path = diagnostics
        .ok_or_record(Path::new(&key.field).map_err(|what| Diagnostic::new(at, what)))?;
    Some(Expr::Field(Arc::new(FieldTest::new(path, values, key.all, key.negated))))
}

fn build(
    condition: &Condition,
    names: &[String],
    selections: &[Arc<Expr>],
    used: &mut HashSet<usize>,
) -> Result<Expr, String> {
    let mut parts = |parts: &[Condition]| {
        parts.iter().map(|part| build(part, names, selections, used)).collect::<Result<Vec<_>, _>>()
    };
    Ok(match condition {
        Condition::And(inner) => Expr::All(parts(inner)?),
        Condition::Or(inner) => Expr::Any(parts(inner)?),
        Condition::Not(inner) => Expr::Not(Box::new(build(inner, names, selections, used)?)),
        Condition::Name(name) => {
            let position = names.iter().position(|known| known == name);
            let position = position.ok_or_else(|| unknown(name, names))?;
            used.insert(position);
            Expr::Shared(Arc::clone(&selections[position]))
        }
        Condition::Of(count, pattern) => {
            let positions = condition::matching_names(pattern, names.iter().map(String::as_str));
            if positions.is_empty() {
                return Err(format!("no selection matches `{pattern}`"));
            }
            used.extend(&positions);
            let chosen: Vec<Expr> = positions
                .iter()
                .map(|position| Expr::Shared(Arc::clone(&selections[*position])))
                .collect();
            match count {
                Count::All => Expr::All(chosen),
                Count::AtLeast(1) => Expr::Any(chosen),
                Count::AtLeast(count) if *count > chosen.len() => {
                    return Err(format!("`{count} of {pattern}`: only {} match", chosen.len()));
                }
                Count::AtLeast(count) => Expr::AtLeast(*count, chosen),
            }
        }
    })
}

fn unknown(name: &str, names: &[String]) -> String {
    let lower = name.to_ascii_lowercase();
    match names.iter().find(|known| known.to_ascii_lowercase() == lower) {
        Some(near) => format!("unknown selection `{name}`; did you mean `{near}`?"),
        None => format!("unknown selection `{name}`"),
    }
}
