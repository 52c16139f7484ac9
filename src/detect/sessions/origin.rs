//! Where credentials come from, as sentences.

use super::super::Cx;
use super::super::text::short_name;
use crate::clock::{Millis, plain};
use crate::rollup::Sym;
use crate::rollup::lineage::{Console, How, Lineage, Link, Missing, Node, Origin, Root};

/// Links that are listed from the key backwards. A longer chain is listed from its root on, with a gap.
const MOST_LINKS: usize = 3;

/// The chain of a key back to its root, in one line; empty for a long-term key that the logs do not show being
/// created.
pub fn origin(cx: &Cx<'_>, key: Sym) -> String {
    if key == 0 {
        return String::new();
    }
    let lineage = &cx.lineage;
    let way = lineage.origin(key);
    if way.links.is_empty() && matches!(way.root, Root::LongTerm { .. }) {
        return String::new();
    }
    let start = origin_start(lineage, &way);
    // Keys of the console have the origin of their session.
    let own = usize::from(way.links.first().is_some_and(|link| link.how == How::Console));
    match &way.links[own..] {
        [] if own > 0 => start,
        [] => match issue(lineage, key) {
            Some(issue) if !is_console(way.root) => format!("{issue} ← {start}"),
            _ => start,
        },
        [first, rest @ ..] if rest.len() < MOST_LINKS => {
            let rest = rest
                .iter()
                .map(|link| format!("{}: {}", id(lineage, link.child), step(lineage, link)));
            let steps: Vec<String> =
                std::iter::once(detailed_step(lineage, first)).chain(rest).chain([start]).collect();
            steps.join(" ← ")
        }
        [first, rest @ ..] => {
            let last = rest.last().map(|link| step(lineage, link)).unwrap_or_default();
            let (between, first) = (rest.len() - 1, detailed_step(lineage, first));
            format!("{start} → {last} → {between} more → {first}")
        }
    }
}

fn is_console(root: Root<'_>) -> bool {
    matches!(root, Root::Console { .. })
}

/// A link with its time and source.
fn detailed_step(lineage: &Lineage<'_>, link: &Link) -> String {
    let step = step(lineage, link);
    let at = if link.at == 0 { String::new() } else { format!(" at {} UTC", plain(link.at)) };
    let from = match lineage.text(link.from) {
        "" => String::new(),
        from => format!(" from {from}"),
    };
    format!("{step}{at}{from}")
}

/// `AssumeRole deploy (session ci-77)`.
pub fn step(lineage: &Lineage<'_>, link: &Link) -> String {
    let owner = short_name(lineage.text(lineage.principal(link.child)));
    let session = match session_name(lineage, link.child) {
        "" => String::new(),
        name if name == owner => String::new(),
        name => format!(" (session {name})"),
    };
    match link.how {
        How::Call(action) => match lineage.text(action) {
            action @ "CreateAccessKey" => format!("{action} for user {owner}"),
            action @ ("CreateLoginProfile" | "UpdateLoginProfile") => {
                format!("console session of {owner}, password by {action}")
            }
            action @ "GetSessionToken" => action.to_string(),
            action => format!("{action} {owner}{session}"),
        },
        How::Console => format!("console session of {owner}{session}"),
        How::Forwarded(service) => format!("forwarded by {}", lineage.text(service)),
        How::SigninToken => format!("console session of {owner}{session}, by a sign-in link"),
    }
}

pub fn session_name<'r>(lineage: &Lineage<'r>, node: Node) -> &'r str {
    let name = match node {
        Node::Key(key) => lineage.session(key).map_or(0, |s| s.name),
        Node::Console(number) => lineage.console(number).map_or(0, |c| c.name),
    };
    lineage.text(name)
}

/// How a key was issued that no other key requested.
fn issue(lineage: &Lineage<'_>, key: Sym) -> Option<String> {
    let session = lineage.session(key)?;
    let caller = session.caller?;
    let principal = short_name(lineage.text(session.principal));
    let how = lineage.text(caller.how);
    Some(format!("{how} {principal} at {} UTC", plain(session.issued_at)))
}

/// The start of a chain.
pub fn origin_start(lineage: &Lineage<'_>, way: &Origin<'_>) -> String {
    match (way.root, way.top) {
        (Root::LongTerm { owner }, Node::Key(key)) => {
            let from = match lineage.text(lineage.first_source(key)) {
                "" => String::new(),
                from => format!(", first from {from}"),
            };
            format!("access key {} of {}{from}", lineage.text(key), short_principal(owner))
        }
        (Root::Console { number }, _) => lineage
            .console(number)
            .map_or_else(String::new, |console| describe_sign_in(lineage, console)),
        (root, _) => describe_root(root),
    }
}

/// `console sign-in of user dana at 2026-11-02 10:00:00 UTC from 198.51.100.7, with MFA`.
fn describe_sign_in(lineage: &Lineage<'_>, console: &Console) -> String {
    let principal = short_principal(lineage.text(console.principal));
    let mfa = match console.mfa {
        Some(true) => ", with MFA",
        Some(false) => ", without MFA",
        None => "",
    };
    match console.sign_in {
        Some(sign_in) => {
            let kind = match lineage.text(sign_in.from) {
                "" => String::new(),
                from => format!(" ({} {from})", sign_in.kind.name()),
            };
            let source = lineage.text(sign_in.source);
            format!(
                "console sign-in of {principal} at {} UTC from {source}{mfa}{kind}",
                plain(sign_in.at)
            )
        }
        None => format!(
            "console session of {principal} since {} UTC{mfa}; its sign-in is not in these logs",
            plain(console.created)
        ),
    }
}

pub fn describe_root(root: Root<'_>) -> String {
    match root {
        Root::LongTerm { owner } => format!("access key of {}", short_principal(owner)),
        Root::Console { .. } => "console sign-in".to_string(),
        Root::Federated { who: "", provider, .. } => format!("sign-in through {provider}"),
        Root::Federated { who, provider: "", how } => format!("{how} by {who}"),
        Root::Federated { who, provider, .. } => format!("sign-in of {who} through {provider}"),
        Root::IdentityCenter { person } => format!("IAM Identity Center sign-in of {person}"),
        Root::Instance { id, certain: false, .. } => {
            format!("EC2 instance {id}, judging by the session name alone")
        }
        Root::Instance { id, delivery: 0, .. } => format!("EC2 instance {id}"),
        Root::Instance { id, delivery, .. } => format!("EC2 instance {id} (IMDSv{delivery})"),
        Root::Service { service, scope: "" } => service.to_string(),
        Root::Service { service, scope } => format!("{service} for {}", short_scope(scope)),
        Root::Forwarded { service, principal } => {
            format!(
                "{service} for {}, with a key that the records do not name",
                short_principal(principal)
            )
        }
        Root::OtherAccount { account: "", who } => {
            format!("{who}, in an account whose logs are not here")
        }
        Root::OtherAccount { account, who } => {
            format!("{who} of account {account}, whose logs are not here")
        }
        Root::Unnamed { who: by, how } => {
            format!("{how} by {}, in a record that names no key", short_principal(by))
        }
        Root::Unknown { by: "", why } => missing(why),
        Root::Unknown { by, why } => {
            format!("requested by {}, {}", short_principal(by), missing(why))
        }
    }
}

fn missing(why: Missing) -> String {
    let at = |created: Millis| plain(created);
    match why {
        Missing::BeforeLogs { created } => {
            format!("issued at {} UTC, before the logs begin", at(created))
        }
        Missing::NotInLogs { created: 0 } => {
            "issued before the logs begin, or in an account whose logs are not here".to_string()
        }
        Missing::NotInLogs { created } => format!(
            "issued at {} UTC, in an account or a region whose logs are not here",
            at(created)
        ),
        Missing::Circle => "unknown: the records name each other as origin".to_string(),
        Missing::TooLong => "unknown: the chain is too long to follow".to_string(),
    }
}

/// `function:resize` of a function's ARN.
fn short_scope(arn: &str) -> &str {
    arn.splitn(6, ':').nth(5).unwrap_or(arn)
}

/// `user dana`, `role deploy`, `dana of role AWSReservedSSO_Admin_0af`, `root`; other text as it is.
pub fn short_principal(principal: &str) -> String {
    let resource = principal.splitn(6, ':').nth(5).unwrap_or("");
    match resource.split_once('/') {
        _ if !principal.starts_with("arn:") => principal.to_string(),
        Some(("user", path)) => format!("user {}", short_name(path)),
        Some(("role", path)) => format!("role {}", short_name(path)),
        Some(("federated-user", name)) => format!("federated user {name}"),
        Some(("assumed-role", rest)) => match rest.split_once('/') {
            Some((role, session)) => format!("{session} of role {role}"),
            None => format!("role {rest}"),
        },
        None if resource == "root" => "root".to_string(),
        _ => principal.to_string(),
    }
}

/// The key's id. A console session gets an id that is equal in every run over the same logs.
pub fn id(lineage: &Lineage<'_>, node: Node) -> String {
    let number = match node {
        Node::Key(key) => return lineage.text(key).to_string(),
        Node::Console(number) => number,
    };
    let Some(console) = lineage.console(number) else { return String::new() };
    let (principal, name) = (lineage.text(console.principal), lineage.text(console.name));
    let text = format!("{principal}\0{name}\0{}", console.created);
    let hash = xxhash_rust::xxh3::xxh3_64(text.as_bytes());
    format!("console-{:012x}", hash >> 16)
}
