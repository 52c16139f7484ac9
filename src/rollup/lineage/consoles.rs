//! Console sessions. Each has many keys, at least one per service that is opened, and all of them say when the session
//! began.

use hashbrown::HashSet;
use rustc_hash::FxBuildHasher;

use super::super::sessions::{Caller, Session, SignIn, Table};
use super::super::{Names, Sym};
use super::Map;
use crate::clock::{MINUTE, Millis, SECOND};
use crate::event::SignInKind;
use crate::rollup::sessions::recipient;

/// Longest time between a sign-in and the start of its session.
const SIGN_IN_TOLERANCE: Millis = MINUTE;

/// Lifetime of a sign-in token (IAM User Guide, "Enabling custom identity broker access").
const TOKEN_LIFETIME: Millis = 15 * MINUTE;

/// One console session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Console {
    pub principal: Sym,
    /// Role session name.
    pub name: Sym,
    /// When it began.
    pub created: Millis,
    /// The sign-in, if its record is in the logs.
    pub sign_in: Option<SignIn>,
    /// Who requested the role session that signed in.
    pub caller: Option<Caller>,
    /// As its keys say, or else the sign-in.
    pub mfa: Option<bool>,
}

type Key = (Sym, Sym, Millis);

#[derive(Debug, Default)]
pub struct Consoles {
    list: Vec<Console>,
    numbers: Map<Key, u32>,
    /// Sign-in links by principal and session name: when and with which key they were made.
    tokens: Map<(Sym, Sym), Vec<(Millis, Sym)>>,
    /// Passwords by user: when they were set, and their index among the created credentials.
    passwords: Map<u64, Vec<(Millis, usize)>>,
    users: Map<Sym, u64>,
}

fn key(session: &Session) -> Key {
    (session.principal, session.name, session.created)
}

/// True for a key that the console may have created: no record issued it to anyone.
fn is_orphan(session: &Session) -> bool {
    let issued = session.direct && session.caller.is_some_and(|c| c.access_key != 0);
    session.created != 0 && !issued
}

impl Consoles {
    pub fn new(names: &Names, sessions: &Table) -> Consoles {
        let mut found: Map<Key, Console> = Map::default();
        for (_, session) in sessions.select(|s| s.from_console).filter(|(_, s)| is_orphan(s)) {
            found.entry(key(&session)).or_insert_with(|| console(&session));
        }
        attach_sign_ins(&mut found, sessions);
        let ids = found.keys().copied().collect::<HashSet<Key, FxBuildHasher>>();
        let known = sessions.select(|s| ids.contains(&(s.principal, s.name, s.created)));
        for (_, session) in known.filter(|(_, s)| is_orphan(s)) {
            if let Some(console) = found.get_mut(&key(&session)) {
                console.mfa = session.mfa.or(console.mfa);
                console.caller = preferred_caller(names, console.caller, session.caller);
            }
        }
        let mut list: Vec<Console> = found.into_values().collect();
        list.sort_by(|a, b| {
            let texts = |c: &Console| (names.text(c.principal), names.text(c.name));
            a.created.cmp(&b.created).then_with(|| texts(a).cmp(&texts(b)))
        });
        let numbers = list.iter().zip(0..).map(|(c, n)| ((c.principal, c.name, c.created), n));
        let numbers = numbers.collect();
        Consoles { numbers, list, ..Consoles::default() }.with_creators(names, sessions)
    }

    fn with_creators(mut self, names: &Names, sessions: &Table) -> Consoles {
        let is_token = |s: &&SignIn| s.kind == SignInKind::GetSigninToken && s.access_key != 0;
        for s in sessions.sign_ins.iter().filter(is_token) {
            self.tokens.entry((s.principal, s.name)).or_default().push((s.at, s.access_key));
        }
        let created = sessions.created.iter().enumerate();
        for (n, password) in created.filter(|(_, created)| created.access_key == 0) {
            let user = recipient(names.text(password.user), "");
            self.passwords.entry(user).or_default().push((password.at, n));
        }
        if !self.passwords.is_empty() {
            let people = self.list.iter().filter(|c| c.name == 0);
            self.users =
                people.map(|c| (c.principal, recipient(names.text(c.principal), ""))).collect();
        }
        self
    }

    pub fn get(&self, number: u32) -> Option<&Console> {
        self.list.get(number as usize)
    }

    pub fn len(&self) -> u32 {
        self.list.len() as u32
    }

    /// The console session that a key belongs to.
    pub fn number(&self, session: &Session) -> Option<u32> {
        if is_orphan(session) { self.numbers.get(&key(session)).copied() } else { None }
    }

    /// The key that made the sign-in link of the session.
    pub fn token(&self, console: &Console) -> Option<Sym> {
        let made = self.tokens.get(&(console.principal, console.name))?;
        let at = console.sign_in.map_or(console.created, |s| s.at);
        let last = made.iter().rev().find(|(t, _)| *t <= at)?;
        (at - last.0 <= TOKEN_LIFETIME).then_some(last.1)
    }

    /// Index of the password that was set last before the session began.
    pub fn password(&self, console: &Console) -> Option<usize> {
        let set = self.passwords.get(self.users.get(&console.principal)?)?;
        set.iter().rev().find(|(t, _)| *t <= console.created).map(|(_, n)| *n)
    }
}

fn console(session: &Session) -> Console {
    let Session { principal, name, created, mfa, .. } = *session;
    Console { principal, name, created, sign_in: None, caller: None, mfa }
}

/// Attaches each sign-in to its session: the one of the same second, or else the nearest without a sign-in. A sign-in
/// without a session becomes a session of its own.
fn attach_sign_ins(found: &mut Map<Key, Console>, sessions: &Table) {
    let sign_ins = || sessions.sign_ins.iter().filter(|s| s.kind != SignInKind::GetSigninToken);
    let whole = |at: Millis| at.div_euclid(SECOND) * SECOND;
    let mut late = Vec::new();
    for s in sign_ins() {
        match found.get_mut(&(s.principal, s.name, whole(s.created))) {
            Some(console) if console.sign_in.is_none() => attach(console, s, sessions),
            Some(_) => {}
            None => late.push(s),
        }
    }
    let mut free: Map<(Sym, Sym), Vec<Millis>> = Map::default();
    for console in found.values().filter(|c| c.sign_in.is_none()) {
        free.entry((console.principal, console.name)).or_default().push(console.created);
    }
    for s in late {
        let near = free.get_mut(&(s.principal, s.name)).and_then(|times| {
            let away = |t: Millis| (t - s.created).abs();
            let n = (0..times.len()).min_by_key(|n| (away(times[*n]), times[*n]))?;
            (away(times[n]) <= SIGN_IN_TOLERANCE).then(|| times.swap_remove(n))
        });
        let created = near.unwrap_or(whole(s.created));
        let alone = Console {
            principal: s.principal,
            name: s.name,
            created,
            sign_in: None,
            caller: None,
            mfa: s.mfa,
        };
        attach(found.entry((s.principal, s.name, created)).or_insert(alone), s, sessions);
    }
}

fn attach(console: &mut Console, s: &SignIn, sessions: &Table) {
    if console.sign_in.is_none() {
        console.sign_in = Some(*s);
        console.mfa = console.mfa.or(s.mfa);
        console.caller = s.caller.map(|n| sessions.caller(n));
    }
}

/// The caller whose key is known, then the smaller by its texts.
fn preferred_caller(names: &Names, a: Option<Caller>, b: Option<Caller>) -> Option<Caller> {
    match (a, b) {
        (Some(a), Some(b)) => {
            let rank = |c: &Caller| (c.access_key == 0, c.texts(names));
            Some(if rank(&a) <= rank(&b) { a } else { b })
        }
        (a, b) => a.or(b),
    }
}
