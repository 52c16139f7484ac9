//! The columns of each table on disk. Texts are numbers of the table `names`.

use super::cells::Row;
use crate::event::action::ObjectAction;
use crate::event::{Log, Outcome, SignInKind};
use crate::rollup::activity::{self, Behaviour};
use crate::rollup::event_id::EventId;
use crate::rollup::event_location::EventLocation;
use crate::rollup::sessions::issued::IssuedKey;
use crate::rollup::sessions::seen::{Facts, Seen};
use crate::rollup::sessions::{Caller, CreatedCredential, SignIn};
use crate::rollup::{Phase, Sym, agents, buckets, matches, objects};

const BOTH: [bool; 2] = [false, true];
const MFA: [Option<bool>; 3] = [None, Some(false), Some(true)];
const SIGN_INS: [SignInKind; 3] =
    [SignInKind::ConsoleLogin, SignInKind::SwitchRole, SignInKind::GetSigninToken];

/// The phase is not written: it depends on the window.
pub fn behaviour(k: &mut Behaviour, row: &mut Row) {
    row.one_of("log", &mut k.log, &Log::ALL);
    row.one_of("by_service", &mut k.by_service, &BOTH);
    row.one_of("outcome", &mut k.outcome, &Outcome::ALL);
    row.number("account", &mut k.account);
    row.number("region", &mut k.region);
    row.number("principal", &mut k.principal);
    row.number("kind", &mut k.kind);
    row.number("access_key", &mut k.access_key);
    row.number("agent", &mut k.agent);
    row.number("service", &mut k.service);
    row.number("action", &mut k.action);
    row.number("error", &mut k.error);
}

pub fn matcher(by: &mut matches::Caller, row: &mut Row) {
    behaviour(&mut by.behaviour, row);
    row.number("source", &mut by.source);
}

pub fn blank_behaviour(phase: Phase) -> Behaviour {
    Behaviour {
        phase,
        log: Log::CloudTrail,
        by_service: false,
        outcome: Outcome::Success,
        account: 0,
        region: 0,
        principal: 0,
        kind: 0,
        access_key: 0,
        agent: 0,
        service: 0,
        action: 0,
        error: 0,
    }
}

/// Files have the numbers of the batch.
fn location(p: &mut EventLocation, row: &mut Row) {
    row.time("first", &mut p.time);
    let (mut kind, [mut high, mut low], mut text) = p.id.to_parts();
    row.number("first_id_kind", &mut kind);
    row.large("first_id_high", &mut high);
    row.large("first_id_low", &mut low);
    row.text("first_id_text", &mut text);
    p.id = EventId::from_parts(kind, [high, low], &text);
    row.number("first_file", &mut p.file);
    row.number("first_input", &mut p.input);
    row.large("first_offset", &mut p.offset);
}

pub fn blank_location() -> EventLocation {
    EventLocation { time: 0, offset: 0, file: 0, input: 0, id: EventId::new("") }
}

pub fn hour(v: &mut activity::Value, row: &mut Row) {
    let (mut span, mut events) = (v.span(), v.events());
    row.number("behaviour", &mut v.behaviour);
    row.number("source", &mut v.source);
    row.number("span", &mut span);
    row.large("events", &mut events);
    v.set(events, span);
    row.large("bytes_out", &mut v.bytes_out);
    location(&mut v.first, row);
}

pub fn agent_caller(c: &mut agents::Caller, row: &mut Row) {
    row.number("principal", &mut c.principal);
    row.number("access_key", &mut c.access_key);
}

pub fn agent(a: &mut agents::Row, row: &mut Row) {
    row.number("caller", &mut a.caller);
    row.number("source", &mut a.source);
    row.number("agent", &mut a.agent);
    row.number("calls", &mut a.calls);
    row.time("first", &mut a.first);
}

pub fn agent_sums(((_, agent), v): &mut ((Phase, Sym), agents::Sums), row: &mut Row) {
    row.number("agent", agent);
    row.large("success", &mut v.success);
    row.large("denied", &mut v.denied);
    row.large("failed", &mut v.failed);
    row.large("bytes_out", &mut v.bytes_out);
    row.time("first", &mut v.first);
    row.time("last", &mut v.last);
}

pub fn bucket((k, v): &mut (buckets::Key, buckets::Value), row: &mut Row) {
    row.one_of("log", &mut k.log, &Log::ALL);
    row.number("bucket", &mut k.bucket);
    row.large("success", &mut v.success);
    row.large("denied", &mut v.denied);
    row.large("failed", &mut v.failed);
    row.large("reads", &mut v.reads);
    row.large("bytes_out", &mut v.bytes_out);
    row.time("first", &mut v.first);
    row.time("last", &mut v.last);
}

pub fn objects((k, v): &mut objects::Row, row: &mut Row) {
    row.one_of("log", &mut k.log, &Log::ALL);
    row.one_of("action", &mut k.action, &ObjectAction::ALL);
    let mut slot = i64::from(k.slot);
    row.time("slot", &mut slot);
    k.slot = slot as i32;
    row.number("principal", &mut k.principal);
    row.number("source", &mut k.source);
    row.large("requests", &mut v.requests);
    row.large("batches", &mut v.batches);
    row.large("bytes_out", &mut v.bytes_out);
    row.time("last", &mut v.last);
    location(&mut v.first, row);
    row.number("account", &mut v.account);
    row.number("access_key", &mut v.access_key);
    let mut objects = v.objects.to_bytes();
    row.bytes("objects", &mut objects);
    v.objects = crate::rollup::distinct::Distinct::from_bytes(&objects);
    let mut samples = v.samples.to_bytes();
    row.bytes("samples", &mut samples);
    v.samples = crate::rollup::samples::Samples::from_bytes(samples);
    let mut prefixes = serde_json::to_string(&v.prefixes).unwrap_or_default();
    row.text("prefixes", &mut prefixes);
    v.prefixes = serde_json::from_str(&prefixes).unwrap_or_default();
    numbers("buckets", &mut v.buckets, row);
}

fn numbers(name: &'static str, list: &mut Vec<Sym>, row: &mut Row) {
    let mut packed = super::cells::packed(list.iter().copied());
    row.bytes(name, &mut packed);
    *list = super::cells::unpacked(&packed).collect();
}

pub fn session((key, seen): &mut (Sym, Seen), row: &mut Row) {
    row.number("access_key", key);
    row.number("principal", &mut seen.principal);
    row.number("name", &mut seen.name);
    row.number("created", &mut seen.created);
    row.number("facts", &mut seen.facts);
    let mut flags = u32::from(seen.flags);
    row.number("flags", &mut flags);
    seen.flags = flags as u8;
}

pub fn facts(facts: &mut Facts, row: &mut Row) {
    row.number("source_identity", &mut facts.source_identity);
    row.number("provider", &mut facts.provider);
    row.number("issuer", &mut facts.issuer);
    row.number("service", &mut facts.service);
    row.number("scope", &mut facts.scope);
}

pub fn sign_in(s: &mut SignIn, row: &mut Row) {
    row.one_of("kind", &mut s.kind, &SIGN_INS);
    row.time("at", &mut s.at);
    row.time("created", &mut s.created);
    row.number("principal", &mut s.principal);
    row.number("name", &mut s.name);
    row.number("account", &mut s.account);
    row.number("source", &mut s.source);
    row.number("access_key", &mut s.access_key);
    row.one_of("mfa", &mut s.mfa, &MFA);
    row.number("from", &mut s.from);
}

pub fn blank_sign_in() -> SignIn {
    SignIn {
        kind: SignInKind::ConsoleLogin,
        at: 0,
        created: 0,
        principal: 0,
        name: 0,
        account: 0,
        source: 0,
        access_key: 0,
        mfa: None,
        from: 0,
        caller: None,
    }
}

pub fn caller(c: &mut Caller, row: &mut Row) {
    row.number("how", &mut c.how);
    row.number("principal", &mut c.principal);
    row.number("kind", &mut c.kind);
    row.number("account", &mut c.account);
    row.number("access_key", &mut c.access_key);
    row.number("source", &mut c.source);
    row.number("provider", &mut c.provider);
    row.number("role", &mut c.role);
}

pub fn issued_key(h: &mut IssuedKey, row: &mut Row) {
    row.large("key", &mut h.key);
    row.large("recipient", &mut h.recipient);
    row.number("at", &mut h.at);
    row.number("to", &mut h.caller);
}

pub fn created(m: &mut CreatedCredential, row: &mut Row) {
    row.number("access_key", &mut m.access_key);
    row.number("user", &mut m.user);
    row.time("at", &mut m.at);
    row.number("caller", &mut m.caller);
}

pub fn matched(m: &mut matches::Row, row: &mut Row) {
    row.number("rule", &mut m.rule);
    row.number("caller", &mut m.caller);
    row.number("span", &mut m.span);
    row.large("events", &mut m.events);
    location(&mut m.first, row);
    let mut targets: Vec<Sym> = m.targets.iter().map(|(_, sym)| *sym).collect();
    numbers("targets", &mut targets, row);
    let mut hashes: Vec<u8> = m.targets.iter().flat_map(|(h, _)| h.to_le_bytes()).collect();
    row.bytes("target_hashes", &mut hashes);
    let hashes = hashes.as_chunks::<8>().0.iter().map(|eight| u64::from_le_bytes(*eight));
    m.targets = hashes.zip(targets).collect();
}
