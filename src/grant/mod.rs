//! Who gains access by a policy, an access control list, a share or an address range. Pure: it reads a value of a
//! request and knows no event, no rule and no AWS call.
//!
//! It judges by structure, never by the text as a whole: each statement on its own, each principal, each condition.
//! A statement that denies takes nothing back here, since whoever writes a grant can also write a denial that never
//! applies.
//!
//! Facts: IAM User Guide, "IAM JSON policy elements" (Principal, NotPrincipal, Condition), "Global condition context
//! keys"; S3 User Guide, "Access control list (ACL) overview".

mod acl;
mod condition;
mod policy;
mod range;
mod share;

use std::collections::BTreeSet;

use serde_json::Value;

/// How far a grant reaches. Later is further.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reach {
    /// The account itself, its known accounts, an AWS service on its behalf.
    Inside,
    /// It cannot be told from the value: an organization or a network endpoint that nobody named as ours, an
    /// identity provider, text that is no policy.
    Unclear,
    /// An account, principal or address that is not ours.
    Outside,
    /// Anyone.
    Everyone,
}

/// Whose account it is, and which others belong to it.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// The 12 digits of the account that the request was made to.
    pub own: &'a str,
    /// Account ids, organization ids (`o-…`), endpoints (`vpce-…`, `vpc-…`) and canonical user ids that are ours.
    pub known: &'a BTreeSet<String>,
}

/// Accounts of AWS itself, one a region, by which Elastic Load Balancing writes access logs into buckets (Elastic Load
/// Balancing user guide, "Enable access logs for your Application Load Balancer").
const LOAD_BALANCING: &[&str] = &[
    "127311923021",
    "033677994240",
    "027434742980",
    "797873946194",
    "098369216593",
    "985666609251",
    "054676820928",
    "156460612806",
    "652711504416",
    "009996457667",
    "897822967062",
    "635631232127",
    "754344448648",
    "718504428378",
    "383597477331",
    "600734575887",
    "114774131450",
    "783225319266",
    "582318560864",
    "076674570225",
    "507241528517",
    "589379963580",
    "048591011584",
    "190560391635",
    "638102146993",
    "037604701340",
];

impl Scope<'_> {
    fn account(&self, id: &str) -> Reach {
        let ours = id == self.own || self.known.contains(id) || LOAD_BALANCING.contains(&id);
        if ours { Reach::Inside } else { Reach::Outside }
    }

    /// Something that has an owner which its id does not tell.
    fn named(&self, id: &str) -> Reach {
        if self.known.contains(id) { Reach::Inside } else { Reach::Unclear }
    }
}

/// How far a value of a request reaches: a policy as text or object, an access control list, account ids or ARNs that
/// something is shared with, CIDR ranges; alone or in lists. `None` where it grants nothing to anybody.
pub fn reach(value: &Value, scope: Scope<'_>) -> Option<Reach> {
    match value {
        Value::String(text) => of_text(text, scope),
        Value::Object(members) if policy::is_policy(members) => policy::reach(members, scope),
        Value::Object(members) => acl::reach(members, scope)
            .or_else(|| members.values().filter_map(|member| reach(member, scope)).max()),
        Value::Array(_) => {
            // Ranges add up: two halves of the internet are all of it.
            let all: Vec<&str> = range::texts(value);
            let ranges = (!all.is_empty()).then(|| range::reach(&all, scope));
            items(value).filter_map(|item| reach(item, scope)).max().max(ranges)
        }
        _ => None,
    }
}

fn of_text(text: &str, scope: Scope<'_>) -> Option<Reach> {
    let text = text.trim();
    if let Some(document) = policy::parse(text) {
        return match document {
            Some(members) => policy::reach(&members, scope),
            None => Some(Reach::Unclear),
        };
    }
    acl::of_text(text, scope)
        .or_else(|| share::reach(text, scope))
        .or_else(|| range::is_range(text).then(|| range::reach(&[text], scope)))
}

fn items(value: &Value) -> std::slice::Iter<'_, Value> {
    value.as_array().map_or([].iter(), |items| items.iter())
}

/// The value itself, or the items of a list.
fn each(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().collect(),
        one => vec![one],
    }
}

#[cfg(test)]
mod tests;
