//! Conditions that narrow who a statement is for, and those that do not.
//!
//! A condition narrows when it compares a key that the caller cannot choose with values that are not open. What a
//! caller sends by itself (referer, user agent, its own tags) or what is only absent for strangers (`…IfExists`,
//! `ForAllValues:` of a key that is not there) lets strangers in.

use serde_json::Value;

use super::share::account;
use super::{Reach, Scope, each, range};

/// The reach of a statement under its condition. All members of a condition must hold, so the narrowest counts.
pub fn narrowed(reach: Reach, condition: Option<&Value>, scope: Scope<'_>) -> Reach {
    let Some(operators) = condition.and_then(Value::as_object) else { return reach };
    let mut narrowest = reach;
    for (operator, keys) in operators {
        let mounted = |key: &str, values: &Value| {
            operator.eq_ignore_ascii_case("Bool")
                && key.eq_ignore_ascii_case("elasticfilesystem:AccessedViaMountTarget")
                && each(values)
                    .iter()
                    .all(|v| v.as_bool() == Some(true) || v.as_str() == Some("true"))
        };
        for (key, values) in keys.as_object().into_iter().flatten() {
            if mounted(key, values) {
                // Whoever is in the network; whose that is, the policy does not say.
                narrowest = narrowest.min(Reach::Unclear);
            }
            if !narrows(operator) {
                continue;
            }
            if let Some(limit) = limit(&key.to_ascii_lowercase(), values, scope) {
                narrowest = narrowest.min(limit);
            }
        }
    }
    narrowest
}

/// Operators that hold only for a key that is there and has one of the values.
fn narrows(operator: &str) -> bool {
    let name = operator.to_ascii_lowercase();
    let (set, base) = name.split_once(':').unwrap_or(("", &name));
    let positive = [
        "stringequals",
        "stringequalsignorecase",
        "stringlike",
        "arnequals",
        "arnlike",
        "ipaddress",
    ];
    set != "forallvalues" && positive.contains(&base)
}

/// How far a key with these values lets a statement reach; `None` for a key that narrows nothing.
fn limit(key: &str, values: &Value, scope: Scope<'_>) -> Option<Reach> {
    let values: Vec<&str> = each(values).into_iter().filter_map(Value::as_str).collect();
    let furthest = |of: &dyn Fn(&str) -> Reach| {
        // Without a value nothing fits, and nobody gets in.
        Some(values.iter().map(|value| of(value)).max().unwrap_or(Reach::Inside))
    };
    let of_account = |value: &str| match value {
        value if value.contains(['*', '?']) => Reach::Everyone,
        value => scope.account(value),
    };
    let of_arn = |value: &str| match account(value) {
        // Buckets have no account in their names, and the name alone is open to whoever has it.
        Some("") => {
            if value.ends_with(":*") {
                Reach::Everyone
            } else {
                Reach::Unclear
            }
        }
        Some(id) => of_account(id),
        None => Reach::Everyone,
    };
    let of_name = |value: &str| match value {
        value if value.trim_matches(['*', '?']).len() < 4 => Reach::Everyone,
        value => scope.named(value),
    };
    match key {
        "aws:principalaccount"
        | "aws:sourceaccount"
        | "aws:sourceowner"
        | "kms:calleraccount"
        | "s3:dataaccesspointaccount"
        | "aws:resourceaccount" => furthest(&of_account),
        "aws:principalarn" | "aws:sourcearn" | "s3:dataaccesspointarn" => furthest(&of_arn),
        "aws:principalorgid" | "aws:sourceorgid" | "aws:sourcevpce" | "aws:sourcevpc" => {
            furthest(&of_name)
        }
        // `o-…/r-…/ou-…/*`
        "aws:principalorgpaths" | "aws:sourceorgpaths" => {
            furthest(&|value| of_name(value.split('/').next().unwrap_or(value)))
        }
        "aws:userid" => furthest(&of_name),
        "aws:sourceip" | "aws:vpcsourceip" => Some(range::reach(&values, scope)),
        // Whom an identity provider vouches for: a repository, a pool, a service account.
        _ if key.ends_with(":sub") || key.ends_with(":aud") => furthest(&of_name),
        _ => None,
    }
}
