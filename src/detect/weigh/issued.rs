//! What credentials were issued to, told by the records that issued them or by AWS's own words in the calls. Nobody
//! chooses these, as they choose the name of a session.

use crate::clock::Millis;
use crate::detect::Cx;
use crate::rollup::Sym;
use crate::rollup::activity::Key;
use crate::rollup::lineage::Root;
use crate::rollup::sessions::Session;

/// A program that credentials were issued to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Program {
    /// An AWS service assumed the role for it: a function, a task, a build.
    OfService,
    /// An OpenID Connect provider vouched for it, as for a pipeline.
    OfProvider,
}

/// The program that the credentials of a key began with. A machine is none: whoever is on it has its credentials.
/// People come through SAML, through IAM Identity Center, or with an app's own sign-in.
pub fn issued_to(cx: &Cx<'_>, key: Sym) -> Option<Program> {
    match cx.lineage.origin(key).root {
        Root::Service { .. } => Some(Program::OfService),
        Root::Federated { provider, .. } if provider.contains(":oidc-provider/") => {
            Some(Program::OfProvider)
        }
        _ => None,
    }
}

/// True if the call came from a network that is unfamiliar to its principal. A pipeline runs on whatever machine is
/// free: the place where its session was issued says nothing, and any other does.
pub fn is_new_place(cx: &Cx<'_>, key: &Key<'_>, at: Millis) -> bool {
    cx.is_unfamiliar(key.principal, key.source, at) && !is_where_issued(cx, key)
}

fn is_where_issued(cx: &Cx<'_>, key: &Key<'_>) -> bool {
    let network = |source: Sym| cx.networks.name(source);
    let session = cx.rollups.sessions.get(&key.access_key).map(Session::only_direct);
    session.is_some_and(|s| s.issued_to != 0 && network(s.issued_to) == network(key.source))
        && issued_to(cx, key.access_key) == Some(Program::OfProvider)
}
