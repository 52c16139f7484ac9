//! How the first node of a chain began.

use super::super::Sym;
use super::super::sessions::{Caller, Session};
use super::{Lineage, Node};
use crate::clock::Millis;
use crate::event::identity::is_instance;

/// Texts are as logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Root<'r> {
    /// An access key of a user or of root.
    LongTerm { owner: &'r str },
    /// Somebody signed in to the console.
    Console { number: u32 },
    /// Somebody signed in through an identity provider: SAML, OpenID Connect, Cognito.
    Federated { who: &'r str, provider: &'r str, how: &'r str },
    /// A person signed in at IAM Identity Center.
    IdentityCenter { person: &'r str },
    /// An EC2 instance got the credentials of its role. `certain` if the records say so; otherwise only the session
    /// name is an instance's.
    Instance { id: &'r str, delivery: u8, certain: bool },
    /// An AWS service assumed a role. `scope` is the ARN of the function or task, where the records name it.
    Service { service: &'r str, scope: &'r str },
    /// A service forwarded a call of this principal with its own credentials; the records do not name the
    /// principal's key.
    Forwarded { service: &'r str, principal: &'r str },
    /// Somebody from another account requested the session, and that account's logs are not here.
    OtherAccount { account: &'r str, who: &'r str },
    /// The call is in the logs but does not name the key that made it.
    Unnamed { who: &'r str, how: &'r str },
    /// The record that issued the credentials is not in the logs. `by` is the requester, if later calls name it.
    Unknown { by: &'r str, why: Missing },
}

/// Why the chain ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Missing {
    /// The credentials are older than the logs.
    BeforeLogs { created: Millis },
    /// No record, although the time is covered or unknown: it is in another account's or region's logs.
    NotInLogs { created: Millis },
    /// The records name each other as origin, so some are false.
    Circle,
    /// The chain has more links than are followed.
    TooLong,
}

const SSO: &str = ":assumed-role/AWSReservedSSO_";

impl<'r> Lineage<'r> {
    /// How a node without a parent began.
    pub(super) fn root(&self, node: Node) -> Root<'r> {
        let key = match node {
            Node::Console(number) => return Root::Console { number },
            Node::Key(key) => key,
        };
        let owner = self.text(self.principal(node));
        if self.is_long_term(key) {
            return Root::LongTerm { owner };
        }
        let Some(session) = self.session(key) else {
            return Root::Unknown { by: "", why: Missing::NotInLogs { created: 0 } };
        };
        match session.caller {
            Some(caller) => self.issued_root(&session, &caller),
            None => self.root_from_calls(&session, owner),
        }
    }

    /// The record that issued the credentials is there and names no access key.
    fn issued_root(&self, session: &Session, caller: &Caller) -> Root<'r> {
        let text = |sym: Sym| self.text(sym);
        let (who, how) = (text(caller.principal), text(caller.how));
        match text(caller.kind) {
            "AWSService" => match text(session.name) {
                id if who == "ec2.amazonaws.com" && is_instance(id) => {
                    Root::Instance { id, delivery: session.delivery, certain: true }
                }
                _ => Root::Service { service: who, scope: text(session.scope) },
            },
            "SAMLUser" if text(session.principal).contains(SSO) => {
                Root::IdentityCenter { person: text(session.name) }
            }
            "AWSAccount" => Root::OtherAccount { account: text(caller.account), who },
            "SAMLUser" | "WebIdentityUser" => {
                Root::Federated { who, provider: text(caller.provider), how }
            }
            _ if how == "GetCredentialsForIdentity" => {
                Root::Federated { who: "", provider: "cognito-identity.amazonaws.com", how }
            }
            _ => Root::Unnamed { who, how },
        }
    }

    /// No record of the issue exists: only the session's own calls describe it.
    fn root_from_calls(&self, session: &Session, principal: &'r str) -> Root<'r> {
        let (name, scope) = (self.text(session.name), self.text(session.scope));
        let provider = self.text(session.provider);
        let in_scope = scope.split_once(":instance/").map(|(_, id)| id);
        if let Some(id) = in_scope.or((session.delivery != 0).then_some(name)) {
            return Root::Instance { id, delivery: session.delivery, certain: true };
        }
        if let Some(service) = linked_service(principal) {
            return Root::Service { service, scope };
        }
        match () {
            _ if !scope.is_empty() => Root::Service { service: service_of(scope), scope },
            _ if principal.contains(SSO) => Root::IdentityCenter { person: name },
            _ if !provider.is_empty() => Root::Federated { who: "", provider, how: "" },
            _ if is_instance(name) => Root::Instance { id: name, delivery: 0, certain: false },
            _ if session.forwarded => {
                Root::Forwarded { service: self.text(session.service), principal }
            }
            _ => {
                let created = session.created;
                let why = match created != 0 && created < self.begin() {
                    true => Missing::BeforeLogs { created },
                    false => Missing::NotInLogs { created },
                };
                Root::Unknown { by: self.text(session.issuer), why }
            }
        }
    }
}

/// The only service that can assume a service-linked role (IAM User Guide, "Service-linked roles").
fn linked_service(role: &str) -> Option<&str> {
    let (_, path) = role.split_once(":role/aws-service-role/")?;
    path.split_once('/').map(|(service, _)| service)
}

/// `arn:aws:lambda:…` → `lambda`.
fn service_of(arn: &str) -> &str {
    arn.split(':').nth(2).unwrap_or("")
}
