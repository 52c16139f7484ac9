//! A detection as one expression: selections joined by the condition.
//!
//! Facts: Sigma Rules Specification, "Lists" (or), "Maps" (and), "Keywords search", "Condition".

use std::collections::HashSet;
use std::sync::Arc;

use super::condition::{self, Condition, Count};
use super::field::Path;
use super::modifier::Key;
use super::problem::{Fault, Faults};
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
    /// A selection, which the condition may name more than once.
    Shared(Arc<Expr>),
}

/// Reads `detection`, or `filter`, where some keys are no selections.
pub fn read(node: &Node, not_selections: &[&str], faults: &mut Faults) -> Option<Detection> {
    if !matches!(node.yaml, Yaml::Map(_)) {
        faults.error(node.at, format!("a detection is a map, and this is {}", node.kind()));
        return None;
    }
    if let Some(timeframe) = node.get("timeframe") {
        faults.warn(timeframe.at, "`timeframe` does nothing here; a correlation has a `timespan`");
    }
    let mut names = Vec::new();
    let mut selections = Vec::new();
    for entry in node.entries().iter().filter(|entry| !not_selections.contains(&&*entry.key)) {
        let expr = selection(&entry.value, faults);
        names.push(entry.key.clone());
        selections.push(Arc::new(expr));
    }
    let Some(given) = node.get("condition") else {
        faults.error(node.at, "no `condition`");
        return None;
    };
    let mut used = HashSet::new();
    let mut exprs = Vec::new();
    let mut senses = Vec::new();
    for item in given.items() {
        let Some(text) = item.text() else {
            faults.error(item.at, format!("a condition is text, and this is {}", item.kind()));
            continue;
        };
        let built = condition::parse(text).and_then(|condition| {
            senses.push(Sense::of(&condition));
            build(&condition, &names, &selections, &mut used)
        });
        exprs.extend(faults.keep(built.map_err(|what| Fault::new(item.at, what))));
    }
    for (position, entry) in
        node.entries().iter().filter(|entry| !not_selections.contains(&&*entry.key)).enumerate()
    {
        if !used.contains(&position) && faults.first_error().is_none() {
            faults.warn(entry.at, format!("the condition does not use `{}`", entry.key));
        }
    }
    if exprs.is_empty() {
        if faults.first_error().is_none() {
            faults.error(given.at, "the condition is empty");
        }
        return None;
    }
    let expr = if exprs.len() == 1 { exprs.remove(0) } else { Expr::Any(exprs) };
    Some(Detection { expr, sense: Sense::join(senses) })
}

#[derive(Debug)]
pub struct Detection {
    pub expr: Expr,
    pub sense: Sense,
}

/// Whether a condition says what is wanted or what is not. Only filters ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sense {
    Positive,
    Negative,
    Mixed,
}

impl Sense {
    fn of(condition: &Condition) -> Sense {
        match condition {
            Condition::Not(_) => Sense::Negative,
            Condition::Name(_) | Condition::Of(..) => Sense::Positive,
            Condition::And(parts) | Condition::Or(parts) => {
                Sense::join(parts.iter().map(Sense::of).collect())
            }
        }
    }

    fn join(senses: Vec<Sense>) -> Sense {
        match senses.first() {
            Some(first) if senses.iter().all(|sense| sense == first) => *first,
            _ => Sense::Mixed,
        }
    }
}

fn selection(node: &Node, faults: &mut Faults) -> Expr {
    match &node.yaml {
        Yaml::Map(entries) => {
            if entries.is_empty() {
                faults.error(node.at, "an empty selection");
            }
            let tests = entries.iter().filter_map(|entry| {
                let key = Key::read(&entry.key, entry.at, faults)?;
                field(key, entry.at, &entry.value, faults)
            });
            Expr::All(tests.collect())
        }
        Yaml::List(items) => {
            if items.is_empty() {
                faults.error(node.at, "an empty selection");
            }
            Expr::Any(items.iter().map(|item| selection(item, faults)).collect())
        }
        Yaml::Null => {
            faults.error(node.at, "an empty selection");
            Expr::Any(Vec::new())
        }
        _ => {
            let key = Key::read("", node.at, faults);
            let test = key.and_then(|key| field(key, node.at, node, faults));
            test.unwrap_or(Expr::Any(Vec::new()))
        }
    }
}

fn field(key: Key, at: super::problem::At, value: &Node, faults: &mut Faults) -> Option<Expr> {
    let values = key.tests(value, faults);
    if key.field.is_empty() {
        return Some(Expr::Keyword(Arc::new(Keyword { values, all: key.all })));
    }
    let path = faults.keep(Path::new(&key.field).map_err(|what| Fault::new(at, what)))?;
    Some(Expr::Field(Arc::new(FieldTest::new(path, values, key.all, key.unlike))))
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
            let position = names.iter().position(|have| have == name);
            let position = position.ok_or_else(|| unknown(name, names))?;
            used.insert(position);
            Expr::Shared(Arc::clone(&selections[position]))
        }
        Condition::Of(count, pattern) => {
            let places = condition::named(pattern, names.iter().map(String::as_str));
            if places.is_empty() {
                return Err(format!("no selection fits `{pattern}`"));
            }
            used.extend(&places);
            let chosen: Vec<Expr> = places
                .iter()
                .map(|position| Expr::Shared(Arc::clone(&selections[*position])))
                .collect();
            match count {
                Count::All => Expr::All(chosen),
                Count::AtLeast(1) => Expr::Any(chosen),
                Count::AtLeast(count) if *count > chosen.len() => {
                    return Err(format!("`{count} of {pattern}`, and there are {}", chosen.len()));
                }
                Count::AtLeast(count) => Expr::AtLeast(*count, chosen),
            }
        }
    })
}

fn unknown(name: &str, names: &[String]) -> String {
    let lower = name.to_ascii_lowercase();
    match names.iter().find(|have| have.to_ascii_lowercase() == lower) {
        Some(near) => format!("no selection `{name}`; there is `{near}`"),
        None => format!("no selection `{name}`"),
    }
}
