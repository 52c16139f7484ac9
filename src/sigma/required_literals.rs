//! What a record must hold for a rule to match, read from the rule's expression. Both answers may
//! be too wide and are never too narrow: they only decide which rules are tried.

use std::collections::BTreeSet;

use super::detection::Expr;
use super::value::{FieldTest, Test};

/// How many texts may stand in for one another before a rule is always tried.
const TEXTS: usize = 64;

/// Shorter names stand in most records by chance.
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

/// The values, in lower case, of which `field` must have one. Nothing where any will do.
pub fn names(expr: &Expr, field: &str) -> Option<BTreeSet<String>> {
    match expr {
        Expr::Field(test) if test.path.as_str() == field => exact(test),
        Expr::Shared(inner) => names(inner, field),
        Expr::All(parts) => {
            parts.iter().filter_map(|part| names(part, field)).min_by_key(BTreeSet::len)
        }
        Expr::Any(parts) | Expr::AtLeast(_, parts) => {
            let mut joined = BTreeSet::new();
            for part in parts {
                joined.extend(names(part, field)?);
            }
            Some(joined)
        }
        Expr::Field(_) | Expr::Not(_) | Expr::Keyword(_) => None,
    }
}

fn exact(test: &FieldTest) -> Option<BTreeSet<String>> {
    if test.unlike {
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

/// Texts, in lower case, of which the record must hold one. Nothing where there are none or too
/// many.
///
/// They are runs of ASCII letters, digits and a few signs, which JSON does not escape.
pub fn texts(expr: &Expr) -> Option<Vec<String>> {
    match expr {
        Expr::Shared(inner) => texts(inner),
        Expr::All(parts) => parts
            .iter()
            .filter_map(texts)
            .max_by_key(|found| (weight(found), std::cmp::Reverse(found.len()))),
        Expr::Any(parts) | Expr::AtLeast(_, parts) => any(parts.iter().map(texts)),
        // Service and action are settled before.
        Expr::Field(test)
            if test.unlike
                || matches!(test.path.as_str(), "eventSource" | "eventName" | "operation") =>
        {
            None
        }
        Expr::Field(test) => of_values(&test.values, test.all),
        Expr::Keyword(keyword) => of_values(&keyword.values, keyword.all),
        Expr::Not(_) => None,
    }
}

/// A name of a member that the record must hold, as it is written. Nothing where there is none that tells.
pub fn member(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Shared(inner) => member(inner),
        Expr::All(parts) => parts.iter().filter_map(member).max_by_key(String::len),
        Expr::Any(parts) | Expr::AtLeast(_, parts) => {
            let (first, rest) = parts.split_first()?;
            let name = member(first)?;
            rest.iter().all(|part| member(part).as_ref() == Some(&name)).then_some(name)
        }
        Expr::Field(test) if !test.unlike => telling(test).map(str::to_owned),
        Expr::Field(_) | Expr::Keyword(_) | Expr::Not(_) => None,
    }
}

/// The last name of the field's path, where the test fails without the field and not every record has one.
fn telling(test: &FieldTest) -> Option<&str> {
    let name = test.path.as_str().rsplit('.').next()?;
    let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
    let telling = name.len() >= SHORTEST && plain && !COMMON.contains(&name);
    let absent = serde_json::Value::Object(serde_json::Map::new());
    (telling && !test.matches(&absent)).then_some(name)
}

fn of_values(values: &[Vec<Test>], all: bool) -> Option<Vec<String>> {
    let forms = values.iter().map(|forms| {
        any(forms.iter().map(|form| match form {
            Test::Text(pattern) => pattern.required().map(|text| vec![text]),
            _ => None,
        }))
    });
    if all { forms.flatten().max_by_key(|found| weight(found)) } else { any(forms) }
}

fn any(parts: impl Iterator<Item = Option<Vec<String>>>) -> Option<Vec<String>> {
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

/// How telling the least telling of the texts is.
fn weight(texts: &[String]) -> usize {
    texts.iter().map(String::len).min().unwrap_or(0)
}
