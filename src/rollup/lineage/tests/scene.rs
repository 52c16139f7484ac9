//! Scenes for the graph. Each is folded in order by one worker and backwards by two, and must give the same graph.

use super::super::{Lineage, Node, Root};
use crate::clock::{MINUTE, Millis};
use crate::event::{
    Actor, Context, Event, Issued, IssuedKind, Log, Outcome, SignIn, SignInKind, time,
};
use crate::rollup::{Frames, Origin, Phase, Renumber, Rollups};

pub const ACCOUNT: &str = "111122223333";
pub const HOME: &str = "198.51.100.7";

/// Minutes after 2026-11-02 10:00.
pub fn at(minutes: i64) -> Millis {
    time::parse("2026-11-02T10:00:00Z").unwrap() + minutes * MINUTE
}

pub fn arn(who: &str) -> String {
    match who {
        _ if who.starts_with("role/") || who.starts_with("user/") || who == "root" => {
            format!("arn:aws:iam::{ACCOUNT}:{who}")
        }
        _ => who.to_string(),
    }
}

/// One record.
#[derive(Debug, Clone, Default)]
pub struct Call {
    pub at: Millis,
    pub kind: &'static str,
    pub who: String,
    pub key: String,
    pub session: String,
    pub created: Millis,
    pub action: &'static str,
    pub source: &'static str,
    pub account: &'static str,
    pub mfa: Option<bool>,
    pub provider: &'static str,
    pub source_identity: &'static str,
    pub issuer: &'static str,
    pub service: &'static str,
    pub scope: &'static str,
    pub delivery: &'static str,
    pub console: bool,
    pub from: &'static str,
    /// Key, role and session of the issued credentials.
    pub issued: Option<(String, String, String)>,
}

impl Call {
    pub fn new(minutes: i64, who: &str, key: &str, action: &'static str) -> Call {
        let kind = match who {
            "root" => "Root",
            _ if who.ends_with(".amazonaws.com") => "AWSService",
            _ if who.contains("role/") => "AssumedRole",
            _ => "IAMUser",
        };
        Call {
            at: at(minutes),
            kind,
            who: arn(who),
            key: key.into(),
            action,
            source: HOME,
            account: ACCOUNT,
            ..Call::default()
        }
    }

    /// Signed with a session that began at that minute.
    pub fn session(mut self, name: &str, created: i64) -> Call {
        self.session = name.into();
        self.created = at(created);
        self
    }

    /// Issues a key to a session of a role or to a user, or a password.
    pub fn issues(mut self, key: &str, role: &str, session: &str) -> Call {
        self.issued = Some((key.into(), arn(role), session.into()));
        self
    }

    pub fn with(mut self, change: impl FnOnce(&mut Call)) -> Call {
        change(&mut self);
        self
    }

    fn event<'a>(&'a self, id: &'a str) -> Event<'a> {
        let (service, action) = self.action.split_once(':').unwrap();
        let signs_in = SignInKind::of(action).filter(|_| service == "signin");
        Event {
            log: Log::CloudTrail,
            time: self.at,
            id,
            request_id: id,
            account: self.account,
            region: "eu-central-1",
            service,
            action,
            source: self.source,
            user_agent: "aws-cli/2.31.4",
            error: "",
            outcome: Outcome::Success,
            actor: Actor {
                kind: self.kind,
                principal: &self.who,
                account: self.account,
                access_key: &self.key,
                session: &self.session,
                session_created: self.created,
                by_service: !self.service.is_empty(),
                context: Context {
                    mfa: self.mfa,
                    source_identity: self.source_identity,
                    provider: self.provider,
                    issuer: self.issuer,
                    service: self.service,
                    scope: self.scope,
                    delivery: self.delivery,
                },
                fingerprint: 0,
            },
            vpc_endpoint: "",
            bytes_out: 0,
            object: None,
            copied_from: None,
            issued: self.issued.as_ref().map(|(access_key, role, session)| Issued {
                access_key,
                role,
                session,
                expires: 0,
                kind: match action {
                    "CreateAccessKey" => IssuedKind::LongTerm,
                    "CreateLoginProfile" | "UpdateLoginProfile" => IssuedKind::Password,
                    _ => IssuedKind::Temporary,
                },
            }),
            sign_in: signs_in.map(|kind| SignIn { kind, mfa: self.mfa, from: self.from }),
            from_console: self.console,
        }
    }
}

/// The rollups of some records.
pub struct Logs {
    pub rollups: Rollups,
    pub frames: Frames,
}

impl Logs {
    fn resolved(mut rollups: Rollups) -> Logs {
        rollups.resolve_sessions();
        let frames = Frames::take(&mut rollups, &|| {}).unwrap();
        Logs { rollups, frames }
    }

    pub fn new(calls: &[Call]) -> Logs {
        Logs::in_order(calls)
    }

    fn in_order(calls: &[Call]) -> Logs {
        let mut rollups = Rollups::default();
        (0..calls.len()).for_each(|n| fold(&mut rollups, calls, n));
        Logs::resolved(rollups)
    }

    fn backwards(calls: &[Call]) -> Logs {
        let mut workers = [Rollups::default(), Rollups::default()];
        (0..calls.len()).rev().for_each(|n| fold(&mut workers[n % 2], calls, n));
        let [mut whole, other] = workers;
        whole.merge(vec![other], Renumber::SAME, drop);
        Logs::resolved(whole)
    }

    pub fn lineage(&self) -> Lineage<'_> {
        Lineage::new(&self.rollups, &self.frames.activity_rows)
    }
}

fn fold(rollups: &mut Rollups, calls: &[Call], n: usize) {
    let origin = Origin { file: 0, input: 0, offset: n as u64, duplicate: false };
    rollups.fold(&calls[n].event(&format!("event-{n:06}")), Phase::Window, &origin);
}

/// The chain of a key as a text, the same for any order of the records:
/// `ASIA2 <AssumeRole ASIA1 <AssumeRole AKIACI: key of user/ci`.
pub fn origin(calls: &[Call], key: &str) -> String {
    let chain = describe(&Logs::in_order(calls), key);
    assert_eq!(chain, describe(&Logs::backwards(calls), key), "the order of files counts");
    chain
}

fn describe(logs: &Logs, key: &str) -> String {
    let lineage = logs.lineage();
    let origin = lineage.origin(logs.rollups.names.find(key).expect("a key of the logs"));
    let mut chain = key.to_string();
    for link in &origin.links {
        chain += &format!(" <{} {}", how(&lineage, link.how), name(&lineage, link.parent));
    }
    format!("{chain}: {}", root(&lineage, origin.root))
}

fn how(lineage: &Lineage<'_>, how: super::super::How) -> String {
    use super::super::How;
    match how {
        How::Call(action) => lineage.text(action).to_string(),
        How::Console => "console".into(),
        How::Forwarded(service) => format!("forwarded by {}", lineage.text(service)),
        How::SigninToken => "GetSigninToken".into(),
    }
}

pub fn name(lineage: &Lineage<'_>, node: Node) -> String {
    match node {
        Node::Key(key) => lineage.text(key).to_string(),
        Node::Console(number) => {
            let console = lineage.console(number).unwrap();
            let who = lineage.text(console.principal).rsplit(':').next().unwrap_or("");
            format!("[{who} {}]", (console.created - at(0)) / MINUTE)
        }
    }
}

fn root(lineage: &Lineage<'_>, root: Root<'_>) -> String {
    match root {
        Root::LongTerm { owner } => format!("key of {}", owner.rsplit(':').next().unwrap_or("")),
        Root::Console { number } => {
            let console = lineage.console(number).unwrap();
            let mfa = match console.mfa {
                Some(true) => "with MFA",
                Some(false) => "without MFA",
                None => "MFA unknown",
            };
            let from = console.sign_in.map_or("no record", |s| lineage.text(s.source));
            format!("console, {mfa}, {from}")
        }
        other => format!("{other:?}"),
    }
}

/// The descendants of a key, an indented line each.
pub fn tree(calls: &[Call], key: &str) -> String {
    let tree = branches(&Logs::in_order(calls), key);
    assert_eq!(tree, branches(&Logs::backwards(calls), key), "the order of files counts");
    tree
}

fn branches(logs: &Logs, key: &str) -> String {
    let lineage = logs.lineage();
    let mut tree = String::new();
    let top = Node::Key(logs.rollups.names.find(key).expect("a key of the logs"));
    let mut open = vec![(top, 0)];
    while let Some((node, depth)) = open.pop() {
        tree += &format!("{:1$}{2}\n", "", depth, name(&lineage, node));
        open.extend(lineage.children(node).iter().rev().map(|child| (*child, depth + 1)));
        assert!(depth < 20, "{tree}");
    }
    tree
}
