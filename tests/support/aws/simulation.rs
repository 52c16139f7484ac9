//! IAM's simulation of an identity's policies, which the servers lack: by the policies that the server has.

use std::sync::{Arc, Mutex, OnceLock};

use chrono::DateTime;
use serde_json::{Value, json};

use super::answers::{Answer, xml};
use super::boundary::UserBoundary;
use super::calls::Exchange;
use super::client::Aws;
use super::http::Message;
use super::rules::failure;

/// Says what is denied by a statement about every action, or by AWSDenyAll. It knows no other deny, and calls all else
/// allowed.
pub struct Simulation {
    url: String,
    aws: OnceLock<Aws>,
    /// The boundary of a user, where the proxy keeps it in place of the server.
    boundary: Mutex<Option<Arc<UserBoundary>>>,
}

impl Simulation {
    pub fn at(url: String) -> Simulation {
        Simulation { url, aws: OnceLock::new(), boundary: Mutex::default() }
    }

    /// Reads the policies as this identity: for an account other than the server's own. Before the first call.
    pub fn read_as(&self, aws: &Aws) {
        assert!(self.aws.set(aws.clone()).is_ok(), "the simulation has read already");
    }

    pub fn beside(&self, boundary: &Arc<UserBoundary>) {
        *self.boundary.lock().unwrap() = Some(Arc::clone(boundary));
    }

    fn denies(&self, kind: &str, name: &str, issued: Option<&str>) -> bool {
        let aws = self.aws.get_or_init(|| Aws::new(&self.url));
        let owner =
            |kind: &str| json!({(if kind == "user" { "UserName" } else { "RoleName" }): name});
        let ask = |operation: &str, args: Value| aws.try_call("iam", operation, args);
        let names = ask(&format!("list_{kind}_policies"), owner(kind)).unwrap_or_default();
        let inline = names["PolicyNames"].as_array().into_iter().flatten().any(|policy| {
            let mut args = owner(kind);
            args["PolicyName"] = policy.clone();
            let found = ask(&format!("get_{kind}_policy"), args).unwrap_or_default();
            let document = match &found["PolicyDocument"] {
                Value::String(text) => serde_json::from_str(text).unwrap_or_default(),
                document => document.clone(),
            };
            let statements = document["Statement"].as_array().cloned().unwrap_or_default();
            statements.iter().any(|statement| is_denied(statement, issued))
        });
        let attached = ask(&format!("list_attached_{kind}_policies"), owner(kind));
        let described = ask(&format!("get_{kind}"), owner(kind));
        let own = self.boundary.lock().unwrap().as_ref().and_then(|b| b.policy());
        let seen = format!("{:?} {:?} {own:?}", attached, described);
        inline || seen.contains(":policy/AWSDenyAll")
    }
}

/// Whether a statement denies everything to a session of this issue time; to a long-term key without one.
fn is_denied(statement: &Value, issued: Option<&str>) -> bool {
    if statement["Effect"] != "Deny" || statement["Action"] != "*" {
        return false;
    }
    let cutoff = &statement["Condition"]["DateLessThan"]["aws:TokenIssueTime"];
    match (statement["Condition"].is_null(), cutoff.as_str(), issued) {
        (true, ..) => true,
        (_, Some(cutoff), Some(issued)) => {
            let at = |text: &str| DateTime::parse_from_rfc3339(text).unwrap();
            at(issued) < at(cutoff)
        }
        _ => false,
    }
}

impl Answer for Simulation {
    fn answer(&self, call: &Exchange) -> Option<Message> {
        if call.name() != "iam:SimulatePrincipalPolicy" {
            return None;
        }
        let arn = call.parameter("PolicySourceArn")?;
        let (kind, name) = arn.rsplit_once(':')?.1.split_once('/')?;
        let name = name.rsplit('/').next()?;
        if !["user", "role"].contains(&kind) {
            return Some(failure(call, 400, "InvalidInput"));
        }
        let issued = call.parameter("ContextEntries.member.1.ContextKeyValues.member.1");
        let decision = match self.denies(kind, name, issued.as_deref()) {
            true => "explicitDeny",
            false => "allowed",
        };
        Some(xml(call, &results(call, decision)))
    }
}

/// The same decision for every action of the call.
pub fn results(call: &Exchange, decision: &str) -> String {
    let actions = (1..).map_while(|n| call.parameter(&format!("ActionNames.member.{n}")));
    let members: String = actions
        .map(|action| {
            format!(
                "<member><EvalActionName>{action}</EvalActionName><EvalResourceName>*</EvalResourceName>\
                 <EvalDecision>{decision}</EvalDecision></member>"
            )
        })
        .collect();
    format!("<EvaluationResults>{members}</EvaluationResults><IsTruncated>false</IsTruncated>")
}
