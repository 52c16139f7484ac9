//! Filter documents, which narrow the rules that they name.
//!
//! Facts: Sigma Filters Specification 2.1. Its example writes what to suppress (`condition:
//! selection`), SigmaHQ's documentation what to keep (`condition: not selection`). Both are read as
//! meant: a condition whose parts are all `not …` says what stays, any other says what goes. One
//! that mixes both gets a warning.

use super::detection::{self, Expr, Sense};
use super::problem::Faults;
use super::rule::{Logs, Rule, logs};
use super::yaml::{Node, Yaml};

#[derive(Debug)]
pub struct Filter {
    pub rule: Rule,
    rules: Vec<String>,
    any: bool,
    logs: Logs,
    keep: Expr,
}

impl Filter {
    pub fn read(file: &str, node: &Node, faults: &mut Faults) -> Option<Filter> {
        let rule = Rule::read(file, node, faults);
        let body = node.get("filter")?;
        let mut rules = Vec::new();
        match body.get("rules") {
            None => faults.error(body.at, "the filter names no `rules`"),
            Some(given) => {
                for item in given.items() {
                    match item.text() {
                        Some(text) => rules.push(text.to_owned()),
                        None => faults
                            .error(item.at, format!("a rule's id or name, not {}", item.kind())),
                    }
                }
            }
        }
        let logs = match node.get("logsource") {
            Some(given) if matches!(given.yaml, Yaml::Map(_)) => logs(given),
            _ => Err("no `logsource`".to_owned()),
        };
        if let Err(what) = &logs {
            faults.error(node.get("logsource").unwrap_or(node).at, what);
        }
        let detection = detection::read(body, &["rules", "condition"], faults)?;
        if detection.sense == Sense::Mixed {
            let what =
                "this condition is taken for what to suppress; write `not (…)` for what to keep";
            faults.warn(body.get("condition").unwrap_or(body).at, what);
        }
        let keep = match detection.sense {
            Sense::Negative => detection.expr,
            Sense::Positive | Sense::Mixed => Expr::Not(Box::new(detection.expr)),
        };
        let any = rules.iter().any(|name| name.eq_ignore_ascii_case("any"));
        Some(Filter { rule, rules, any, logs: logs.ok()?, keep })
    }

    /// Narrows a rule if the filter is meant for it. Says whether it is.
    pub fn apply(&self, rule: &Rule, expr: &mut Expr) -> bool {
        let same_logs = self.logs.cloudtrail && rule.logs.cloudtrail
            || self.logs.s3_access && rule.logs.s3_access;
        let named = self.any || self.rules.iter().any(|name| rule.is_called(name));
        if !(same_logs && named) {
            return false;
        }
        let before = std::mem::replace(expr, Expr::Any(Vec::new()));
        *expr = Expr::All(vec![before, self.keep.clone()]);
        true
    }

    /// References that no rule answers to.
    pub fn unanswered<'a>(&'a self, rules: &'a [Rule]) -> impl Iterator<Item = &'a str> {
        let missing = |name: &&String| rules.iter().all(|rule| !rule.is_called(name));
        let any = self.any;
        self.rules.iter().filter(missing).map(String::as_str).filter(move |_| !any)
    }
}
