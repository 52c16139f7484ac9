//! Explains a rule on one record: each condition, the values in the record, and whether it matches.

use std::collections::BTreeSet;
use std::fmt::Write;

use serde::Serialize;
use serde_json::Value;

use super::compile::{RuleIndex, RuleSet};
use super::detection::Expr;
use super::record;
use super::value::{Comparison, FieldTest, Operator, Test};
use crate::grant::Reach;

/// The most values that a condition lists, and the most characters of each.
const VALUES: usize = 6;
const LONGEST: usize = 120;

/// One line of a rule's expression.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Condition {
    /// Nesting depth in the expression, from 0.
    pub depth: usize,
    /// `all of`, `not`, or a field and its test.
    pub text: String,
    /// The values in the record. `None` for a line that only groups others.
    pub seen: Option<String>,
    pub holds: bool,
}

impl RuleSet {
    /// The rule's expression on this record, outermost first. Empty if there is no such rule.
    pub fn explain(&self, rule: RuleIndex, record: &Value) -> Vec<Condition> {
        let mut lines = Vec::new();
        if let Some(expr) = self.exprs.get(rule.0 as usize) {
            let text = record.to_string();
            let mut record = record.clone();
            record::complete(&mut record);
            let seen = Seen { record: &record, text: &text, known: &self.known };
            explain(expr, &seen, 0, &mut lines);
        }
        lines
    }
}

/// What a rule is tried on.
struct Seen<'a> {
    record: &'a Value,
    /// The record as written.
    text: &'a str,
    known: &'a BTreeSet<String>,
}

fn explain(expr: &Expr, on: &Seen<'_>, depth: usize, lines: &mut Vec<Condition>) -> bool {
    if let Expr::Shared(inner) = expr {
        return explain(inner, on, depth, lines);
    }
    let position = lines.len();
    let line = |text: String, seen| Condition { depth, text, seen, holds: false };
    let holds = match expr {
        Expr::Shared(_) => false,
        Expr::Field(test) => {
            lines.push(line(describe_field(test), Some(values_in_record(test, on.record))));
            test.matches(on.record, on.known)
        }
        Expr::Keyword(keyword) => {
            lines.push(line(
                format!("the record contains {}", describe_values(&keyword.values, keyword.all)),
                None,
            ));
            keyword.matches(on.record, on.text, &super::pattern::fold(on.text))
        }
        Expr::Not(inner) => {
            lines.push(line("not".to_owned(), None));
            !explain(inner, on, depth + 1, lines)
        }
        Expr::All(parts) => {
            lines.push(line("all of".to_owned(), None));
            let held = parts.iter().map(|part| explain(part, on, depth + 1, lines));
            held.fold(true, |all, one| all & one)
        }
        Expr::Any(parts) => {
            lines.push(line("any of".to_owned(), None));
            let held = parts.iter().map(|part| explain(part, on, depth + 1, lines));
            held.fold(false, |any, one| any | one)
        }
        Expr::AtLeast(count, parts) => {
            lines.push(line(format!("at least {count} of"), None));
            let held = parts.iter().map(|part| explain(part, on, depth + 1, lines));
            held.filter(|held| *held).count() >= *count
        }
    };
    if let Some(line) = lines.get_mut(position) {
        line.holds = holds;
    }
    holds
}

fn describe_field(test: &FieldTest) -> String {
    let negated = if test.negated { "not " } else { "" };
    format!("{} {negated}{}", test.path.as_str(), describe_values(&test.values, test.all))
}

/// The values at the field's path, as the record has them.
fn values_in_record(test: &FieldTest, record: &Value) -> String {
    let mut found: Vec<String> = Vec::new();
    test.path.any(record, &mut |value| {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Array(_) => return false,
            other => other.to_string(),
        };
        if !found.contains(&text) {
            found.push(text);
        }
        found.len() > VALUES
    });
    match found.as_slice() {
        [] => "(absent)".to_owned(),
        all => listed(all.iter().map(String::as_str), all.len()),
    }
}

fn describe_values(values: &[Vec<Test>], all: bool) -> String {
    // All variants of a value mean the same; the first one is shown.
    let texts: Vec<String> =
        values.iter().filter_map(|forms| forms.first()).map(describe_test).collect();
    let joined = listed(texts.iter().map(String::as_str), texts.len());
    if all && texts.len() > 1 { format!("all: {joined}") } else { joined }
}

fn listed<'a>(items: impl Iterator<Item = &'a str>, count: usize) -> String {
    let mut text = String::new();
    for (n, item) in items.take(VALUES).enumerate() {
        let cut: String = item.chars().take(LONGEST).collect();
        let more = if cut.len() < item.len() { "…" } else { "" };
        let _ = write!(text, "{}{cut}{more}", if n > 0 { ", " } else { "" });
    }
    if count > VALUES {
        let _ = write!(text, " and {} more", count - VALUES);
    }
    text
}

fn describe_test(test: &Test) -> String {
    match test {
        Test::Null => "is null or absent".to_owned(),
        Test::Exists(true) => "exists".to_owned(),
        Test::Exists(false) => "does not exist".to_owned(),
        Test::Text(pattern) => format!("= {pattern}"),
        Test::Number(number) => format!("= {}", number.text),
        Test::Regex(regex) => format!("~ /{regex}/"),
        Test::Net(net) => format!("in {net}"),
        Test::Comparison(Comparison { operator, value, .. }) => {
            let sign = match operator {
                Operator::Less => "<",
                Operator::LessOrEqual => "<=",
                Operator::Equal => "=",
                Operator::GreaterOrEqual => ">=",
                Operator::Greater => ">",
            };
            format!("{sign} {value}")
        }
        Test::Grants(Reach::Everyone) => "gives access to everyone".to_owned(),
        Test::Grants(_) => "gives access outside the account and the known ones".to_owned(),
        Test::FieldRef(reference) => format!("equals the field {}", reference.path.as_str()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_condition_says_what_was_asked_seen_and_whether_it_fits() {
        let text = "title: T\nlogsource: {product: aws}\ndetection:\n  s:\n    eventName: [A, B]\n    \
                    f|startswith: x\n  t:\n    errorCode: null\n  condition: s and not t\n";
        let set = RuleSet::from_texts([("t.yml", text)]);
        let record = json!({"eventName": "b", "f": "y", "errorCode": "Denied"});
        let lines = set.explain(RuleIndex(0), &record);
        let told: Vec<String> = lines
            .iter()
            .map(|c| {
                let seen = c.seen.as_deref().unwrap_or("");
                format!("{}{} [{seen}] {}", " ".repeat(c.depth), c.text, c.holds)
            })
            .collect();
        let find = |start: &str| told.iter().find(|line| line.trim().starts_with(start)).cloned();
        assert_eq!(find("eventName").unwrap().trim(), "eventName = a, = b [b] true");
        assert_eq!(find("f ").unwrap().trim(), "f = x* [y] false");
        assert_eq!(find("errorCode").unwrap().trim(), "errorCode is null or absent [Denied] false");
        assert!(find("not").unwrap().ends_with("true") && told[0].ends_with("false"));
        assert!(set.explain(RuleIndex(9), &record).is_empty());
    }
}
