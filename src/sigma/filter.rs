//! Filter documents, which narrow the rules that they name.
//!
//! Facts: Sigma Filters Specification 2.1. Its example writes what to suppress (`condition: selection`),
//! SigmaHQ's documentation what to keep (`condition: not selection`). Both are supported: a condition whose
//! parts are all `not …` says what to keep, any other what to suppress. One that mixes both gets a warning.

use super::detection::{self, Expr, Polarity};
use super::problem::Diagnostics;
use super::rule::{Logs, Rule, logs};
use super::yaml::{Node, Yaml};

#[derive(Debug)]
pub struct Filter {
    pub rule: Rule,
    rules: Vec<String>,
    /// `rules: any`.
    all_rules: bool,
    logs: Logs,
    /// A narrowed rule must match this, too.
    required: Expr,
}

impl Filter {
    pub fn read(file: &str, node: &Node, diagnostics: &mut Diagnostics) -> Option<Filter> {
        let rule = Rule::read(file, node, diagnostics);
        let body = node.get("filter")?;
        let mut rules = Vec::new();
        match body.get("rules") {
            None => diagnostics
                .error(body.at, "missing `rules`: list the rules to filter, or write `any`"),
            Some(given) => {
                for item in given.items() {
                    match item.text() {
                        Some(text) => rules.push(text.to_owned()),
                        None => diagnostics.error(
                            item.at,
                            format!("`rules` must contain ids or names, not {}", item.kind()),
                        ),
                    }
                }
            }
        }
        let logs = match node.get("logsource") {
            Some(given) if matches!(given.yaml, Yaml::Map(_)) => logs(given),
            _ => Err("missing `logsource`".to_owned()),
        };
        if let Err(what) = &logs {
            diagnostics.error(node.get("logsource").unwrap_or(node).at, what);
        }
        let detection = detection::read(body, &["rules", "condition"], diagnostics)?;
        if detection.polarity == Polarity::Mixed {
            let what = "incident takes this condition for what to suppress; to say what to keep, write `not (…)`";
            diagnostics.warn(body.get("condition").unwrap_or(body).at, what);
        }
        let required = match detection.polarity {
            Polarity::Negative => detection.expr,
            Polarity::Positive | Polarity::Mixed => Expr::Not(Box::new(detection.expr)),
        };
        let all_rules = rules.iter().any(|name| name.eq_ignore_ascii_case("any"));
        Some(Filter { rule, rules, all_rules, logs: logs.ok()?, required })
    }

    /// Narrows a rule if the filter applies to it. Returns whether it does.
    pub fn apply(&self, rule: &Rule, expr: &mut Expr) -> bool {
        let same_logs = self.logs.cloudtrail && rule.logs.cloudtrail
            || self.logs.s3_access && rule.logs.s3_access;
        let named = self.all_rules || self.rules.iter().any(|name| rule.is_called(name));
        if !(same_logs && named) {
            return false;
        }
        let before = std::mem::replace(expr, Expr::Any(Vec::new()));
        *expr = Expr::All(vec![before, self.required.clone()]);
        true
    }

    /// References that match no rule.
    pub fn unknown_references<'a>(&'a self, rules: &'a [Rule]) -> impl Iterator<Item = &'a str> {
        let missing = |name: &&String| rules.iter().all(|rule| !rule.is_called(name));
        let all_rules = self.all_rules;
        self.rules.iter().filter(missing).map(String::as_str).filter(move |_| !all_rules)
    }
}
