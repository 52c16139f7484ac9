//! Whether a caller in CloudTrail's records is one that a case contains.

use serde_json::Value;

use crate::cloud::Arn;
use crate::journal::History;
use crate::plan::Plan;

/// Whom a case contains.
pub(super) struct Contained<'r> {
    pub(super) plan: &'r Plan,
    /// Access keys that the case deactivated.
    pub(super) keys: Vec<String>,
}

impl<'r> Contained<'r> {
    pub(super) fn of(plan: &'r Plan, history: &History) -> Contained<'r> {
        let keys = history.changes.values().filter_map(|r| r.resource.split_once("#access-key/"));
        Contained { plan, keys: keys.map(|(_, id)| id.to_string()).collect() }
    }

    /// True when the case contains the caller, or the user or role that its session comes from.
    pub(super) fn has(&self, identity: &Value) -> bool {
        let issuer = &identity["sessionContext"]["sessionIssuer"];
        let arns = [text(identity, "arn"), text(issuer, "arn")];
        let args = &self.plan.args;
        let named = |arn: &&str| {
            let Some(parsed) = Arn::parse(arn).filter(|a| a.account == self.plan.account) else {
                return false;
            };
            let is = |kind: &str, name: Option<&str>| {
                name.is_some_and(|name| args.all(kind).iter().any(|n| n == name))
            };
            is("user", parsed.user()) || is("role", parsed.role())
        };
        let listed = |arn: &&str| args.all("principal").iter().any(|p| p == arn);
        arns.iter().any(|arn| named(arn) || listed(arn)) || self.has_key(identity)
    }

    /// True when the caller used a key that the case stopped.
    pub(super) fn has_key(&self, identity: &Value) -> bool {
        let key = text(identity, "accessKeyId");
        let leaked = self.plan.args.all("access-key").iter();
        !key.is_empty() && self.keys.iter().chain(leaked).any(|k| k == key)
    }
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_default()
}
