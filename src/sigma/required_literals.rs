//! The texts that a record must contain for a rule to match, derived from the rule's expression. The answers may be too
//! wide but never too narrow: they only decide which rules are tried.

use std::collections::BTreeSet;

use super::detection::Expr;
use super::value::{FieldTest, NONE_KNOWN, Test};

/// With more alternative literals than this, a rule is always tried.
const TEXTS: usize = 64;

/// With more alternative names than this, a rule is tried without a search for them: each is searched on its own.
const NAMES: usize = 8;

/// Shorter names occur in most records by chance.
const SHORTEST: usize = 6;

/// Names of members that most CloudTrail records have.
const COMMON: &[&str] = &[
    "accessKeyId",
    "accountId",
    "additionalEventData",
    "attributes",
    "awsRegion",
    "bucketName",
    "creationDate",
    "errorCode",
    "errorMessage",
    "eventCategory",
    "eventID",
    "eventName",
    "eventSource",
    "eventTime",
    "eventType",
    "eventVersion",
    "invokedBy",
    "managementEvent",
    "mfaAuthenticated",
    "principalId",
    "readOnly",
    "recipientAccountId",
    "requestID",
    "requestParameters",
    "resources",
    "responseElements",
    "sessionContext",
    "sessionIssuer",
    "sourceIPAddress",
    "tlsDetails",
    "userAgent",
    "userIdentity",
    "userName",
];

/// `field` must have one of these values, in lower case. `None` if any value may match.
pub fn field_values(expr: &Expr, field: &str) -> Option<BTreeSet<String>> {
    match expr {
        Expr::Field(test) if test.path.as_str() == field => exact(test),
        Expr::Shared(inner) => field_values(inner, field),
        Expr::All(parts) => {
            parts.iter().filter_map(|part| field_values(part, field)).min_by_key(BTreeSet::len)
        }
        Expr::Any(parts) | Expr::AtLeast(_, parts) => {
            let mut joined = BTreeSet::new();
            for part in parts {
                joined.extend(field_values(part, field)?);
            }
            Some(joined)
        }
        Expr::Field(_) | Expr::Not(_) | Expr::Keyword(_) => None,
    }
}

fn exact(test: &FieldTest) -> Option<BTreeSet<String>> {
    if test.negated {
        return None;
    }
    let forms = test.values.iter().flatten();
    forms
        .map(|form| match form {
            Test::Text(pattern) => {
                pattern.exact().filter(|text| text.is_ascii()).map(str::to_ascii_lowercase)
            }
            _ => None,
        })
        .collect()
}

/// Literals, in lower case. The record must contain one of them. `None` if there are none or too many.
///
/// They are runs of ASCII letters, digits and a few signs, which JSON does not escape.
pub fn literals(expr: &Expr) -> Option<Vec<String>> {
    match expr {
        Expr::Shared(inner) => literals(inner),
        Expr::All(parts) => parts
            .iter()
            .filter_map(literals)
            .max_by_key(|found| (shortest(found), std::cmp::Reverse(found.len()))),
        Expr::Any(parts) | Expr::AtLeast(_, parts) => union(parts.iter().map(literals)),
        // Service and action were tested before. A record need not have `readOnly`.
        Expr::Field(test)
            if test.negated
                || matches!(
                    test.path.as_str(),
                    "eventSource" | "eventName" | "operation" | "readOnly"
                ) =>
        {
            None
        }
        Expr::Field(test) => literals_of_values(&test.values, test.all),
        Expr::Keyword(keyword) => literals_of_values(&keyword.values, keyword.all),
        Expr::Not(_) => None,
    }
}

/// Names of members, as written: the record must have one of them. `None` if no distinctive ones are required, or too
/// many.
pub fn member_names(expr: &Expr) -> Option<Vec<String>> {
    match expr {
        Expr::Shared(inner) => member_names(inner),
        Expr::All(parts) => parts
            .iter()
            .filter_map(member_names)
            .min_by_key(|found| (found.len(), std::cmp::Reverse(shortest(found)))),
        Expr::Any(parts) | Expr::AtLeast(_, parts) => {
            let mut names = union(parts.iter().map(member_names))?;
            // A name is found wherever a longer one is that contains it.
            let all = names.clone();
            names.retain(|name| !all.iter().any(|other| other != name && name.contains(other)));
            (names.len() <= NAMES).then_some(names)
        }
        Expr::Field(test) if !test.negated => Some(vec![distinctive_member(test)?.to_owned()]),
        Expr::Field(_) | Expr::Keyword(_) | Expr::Not(_) => None,
    }
}

/// The last name of the field's path, if the test fails without the field and few records have it.
fn distinctive_member(test: &FieldTest) -> Option<&str> {
    let name = test.path.as_str().rsplit('.').next()?;
    let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
    let distinctive = name.len() >= SHORTEST && plain && !COMMON.contains(&name);
    let absent = serde_json::Value::Object(serde_json::Map::new());
    (distinctive && !test.matches(&absent, &NONE_KNOWN)).then_some(name)
}

fn literals_of_values(values: &[Vec<Test>], all: bool) -> Option<Vec<String>> {
    let forms = values.iter().map(|forms| {
        union(forms.iter().map(|form| match form {
            Test::Text(pattern) => pattern.required_literal().map(|text| vec![text]),
            _ => None,
        }))
    });
    if all { forms.flatten().max_by_key(|found| shortest(found)) } else { union(forms) }
}

fn union(parts: impl Iterator<Item = Option<Vec<String>>>) -> Option<Vec<String>> {
    let mut joined = Vec::new();
    for part in parts {
        joined.extend(part?);
        if joined.len() > TEXTS {
            return None;
        }
    }
    joined.sort_unstable();
    joined.dedup();
    (!joined.is_empty()).then_some(joined)
}

/// The length of the shortest literal.
fn shortest(texts: &[String]) -> usize {
    texts.iter().map(String::len).min().unwrap_or(0)
}
