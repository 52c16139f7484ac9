//! Policy documents: statements one by one, each with its principals and its conditions.

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::condition;
use super::share::account;
use super::{Reach, Scope, each};

/// A member by its name. AWS compares the names of elements without regard to case in places, so a spelling must not
/// hide one.
fn member<'v>(members: &'v Map<String, Value>, name: &str) -> Option<&'v Value> {
    let same = |(key, _): &(&String, &Value)| key.eq_ignore_ascii_case(name);
    members.get(name).or_else(|| members.iter().find(same).map(|(_, value)| value))
}

pub fn is_policy(members: &Map<String, Value>) -> bool {
    member(members, "Statement").is_some()
}

/// A text that is a JSON document, also percent-encoded as IAM answers it: `Some(None)` where it begins as one and is
/// none.
pub fn parse(text: &str) -> Option<Option<Map<String, Value>>> {
    let text = match text.get(..3) {
        Some(start) if start.eq_ignore_ascii_case("%7b") => {
            percent_decode_str(text).decode_utf8().ok()?
        }
        _ => text.into(),
    };
    if !text.starts_with('{') {
        return None;
    }
    let parsed: Option<Map<String, Value>> = serde_json::from_str(&text).ok();
    Some(parsed.filter(is_policy))
}

/// The furthest that a statement of the policy reaches; `None` without a statement that allows.
pub fn reach(members: &Map<String, Value>, scope: Scope<'_>) -> Option<Reach> {
    let statements = each(member(members, "Statement")?);
    statements.into_iter().filter_map(|statement| of_statement(statement, scope)).max()
}

fn of_statement(statement: &Value, scope: Scope<'_>) -> Option<Reach> {
    let members = statement.as_object()?;
    let effect = member(members, "Effect").and_then(Value::as_str).unwrap_or("");
    if !effect.eq_ignore_ascii_case("Allow") {
        return None;
    }
    let condition = member(members, "Condition");
    // Everyone but a few is everyone.
    if member(members, "NotPrincipal").is_some() {
        return Some(condition::narrowed(Reach::Everyone, condition, scope));
    }
    let principals = principals(member(members, "Principal")?);
    let reaches = principals.into_iter().map(|(kind, name)| {
        let narrowed = |reach| condition::narrowed(reach, condition, scope);
        // A service acts for whoever tells it to; a condition may name somebody else as the one who may.
        if kind.eq_ignore_ascii_case("Service") && narrowed(Reach::Everyone) == Reach::Outside {
            return Reach::Outside;
        }
        narrowed(of_principal(kind, name, scope))
    });
    reaches.max()
}

/// Kind and name of each principal: `("AWS", "*")`.
fn principals(value: &Value) -> Vec<(&str, &str)> {
    match value {
        Value::Object(kinds) => kinds
            .iter()
            .flat_map(|(kind, names)| {
                each(names).into_iter().map(move |name| (kind.as_str(), name))
            })
            .filter_map(|(kind, name)| Some((kind, name.as_str()?)))
            .collect(),
        names => each(names).into_iter().filter_map(Value::as_str).map(|n| ("AWS", n)).collect(),
    }
}

fn of_principal(kind: &str, name: &str, scope: Scope<'_>) -> Reach {
    match kind.to_ascii_lowercase().as_str() {
        _ if name == "*" => Reach::Everyone,
        "aws" => match account(name) {
            Some("") => Reach::Unclear,
            Some(id) if id.contains(['*', '?']) => Reach::Everyone,
            Some(id) => scope.account(id),
            // The unique id of a principal that was deleted, which nobody has any more.
            None => Reach::Inside,
        },
        "service" => Reach::Inside,
        "federated" => match account(name) {
            Some(id) => scope.account(id),
            // Cognito and the like: whoever that provider vouches for.
            None => Reach::Unclear,
        },
        "canonicaluser" => scope.named(name),
        _ => Reach::Unclear,
    }
}
