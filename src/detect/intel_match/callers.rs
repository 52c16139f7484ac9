//! Callers that a threat list names: principal, key, source and the indicators that match.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::clock::Millis;
use crate::config::intel::{Call, Field, Lead};
use crate::detect::Cx;
use crate::detect::rows::Row;
use crate::event::SourceClass;
use crate::rollup::{Phase, Sym, agents};

/// An indicator that matches a caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hit {
    pub field: Field,
    pub lead: Lead,
    /// The matching text, as logged.
    pub text: Sym,
}

/// One caller at one source: its calls in the window and the indicators that match them.
pub struct ListedCaller<'a> {
    pub principal: Sym,
    /// The long-term or listed key; 0 for all other keys of the principal.
    pub key: Sym,
    pub source: Sym,
    /// Number of matching calls, by indicator.
    pub hits: BTreeMap<Hit, u64>,
    pub rows: Vec<Row<'a>>,
    /// Keys of the rows; empty if the principal uses no others at the source.
    pub keys: Vec<Sym>,
}

/// Principal, key and source, as in [`ListedCaller`].
type Caller = (Sym, Sym, Sym);

struct Matched {
    hits: BTreeMap<Hit, u64>,
    /// The time when the last of the indicators expires.
    until: Millis,
}

/// Every caller that a list names.
pub fn listed_callers<'a>(cx: &'a Cx<'_>) -> Vec<ListedCaller<'a>> {
    let mut lookup = Lookup { cx, known: HashMap::new() };
    let mut hits: Vec<(agents::Key, u64, Vec<Hit>)> = Vec::new();
    for (key, row) in cx.rollups.agents.iter() {
        if key.phase == Phase::Window && can_be_listed(cx, key.source) {
            let found = lookup.hits(&key, row.first);
            if !found.is_empty() {
                hits.push((key, u64::from(row.calls), found));
            }
        }
    }
    let listed: BTreeSet<Sym> = (hits.iter())
        .filter(|(_, _, found)| found.iter().any(|hit| hit.field == Field::AccessKey))
        .map(|(key, ..)| key.access_key)
        .collect();
    let credential = |key: Sym| if cx.is_long_term(key) || listed.contains(&key) { key } else { 0 };
    let mut callers: BTreeMap<Caller, Matched> = BTreeMap::new();
    for (key, calls, found) in hits {
        let caller = (key.principal, credential(key.access_key), key.source);
        let new = || Matched { hits: BTreeMap::new(), until: Millis::MIN };
        let known = callers.entry(caller).or_insert_with(new);
        for hit in found {
            let until = cx.config.intel().indicator(hit.lead).until;
            known.until = known.until.max(until.unwrap_or(Millis::MAX));
            *known.hits.entry(hit).or_default() += calls;
        }
    }
    with_rows(cx, callers, &credential)
}

/// False for AWS services and own ranges, whatever a list says.
fn can_be_listed(cx: &Cx<'_>, source: Sym) -> bool {
    let class = cx.networks.get(source).map(|network| network.class);
    !matches!(
        class,
        None | Some(SourceClass::Service | SourceClass::AwsInternal | SourceClass::Own)
    )
}

fn with_rows<'a>(
    cx: &'a Cx<'_>,
    callers: BTreeMap<Caller, Matched>,
    credential: &dyn Fn(Sym) -> Sym,
) -> Vec<ListedCaller<'a>> {
    let mut rows: HashMap<Caller, Vec<Row<'a>>> = HashMap::new();
    // By principal and source: every key, with the credential that it counts for.
    let mut keys: HashMap<(Sym, Sym), BTreeSet<(Sym, Sym)>> = HashMap::new();
    let pairs: BTreeSet<(Sym, Sym)> = callers.keys().map(|(p, _, s)| (*p, *s)).collect();
    for row in cx.rows() {
        let (key, value) = row;
        let pair = (key.principal, key.source);
        if key.phase != Phase::Window || key.by_service || !pairs.contains(&pair) {
            continue;
        }
        let used = credential(key.access_key);
        keys.entry(pair).or_default().insert((used, key.access_key));
        let caller = (key.principal, used, key.source);
        if callers.get(&caller).is_some_and(|found| value.first.time < found.until) {
            rows.entry(caller).or_default().push(row);
        }
    }
    let mut all = Vec::new();
    for (caller, found) in callers {
        let (principal, key, source) = caller;
        let Some(rows) = rows.remove(&caller) else { continue };
        let at_source = keys.get(&(principal, source));
        let own = at_source.into_iter().flatten().filter(|(used, _)| *used == key);
        let mut own_keys: Vec<Sym> = own.map(|(_, key)| *key).collect();
        if at_source.is_some_and(|all| all.len() == own_keys.len()) {
            own_keys.clear();
        }
        all.push(ListedCaller { principal, key, source, hits: found.hits, rows, keys: own_keys });
    }
    all
}

/// Looks every text up once.
struct Lookup<'a, 'c> {
    cx: &'a Cx<'c>,
    known: HashMap<(Field, Sym), Vec<Lead>>,
}

impl Lookup<'_, '_> {
    fn hits(&mut self, key: &agents::Key, first: Millis) -> Vec<Hit> {
        let cx = self.cx;
        let session = cx.rollups.sessions.get(&key.access_key);
        let parent_key = session.map_or(0, |s| s.parent_key);
        let principal = cx.text(key.principal);
        let other = other_form(principal, session.map_or("", |s| cx.text(s.name)));
        let call = Call {
            source: cx.text(key.source),
            user_agent: cx.text(key.agent),
            access_keys: [cx.text(key.access_key), cx.text(parent_key)],
            principals: [principal, &other],
        };
        let intel = cx.config.intel();
        let mut hits = Vec::new();
        let mut look_up = |field: Field, sym: Sym| {
            let find = || intel.leads(field, cx.text(sym));
            let leads = self.known.entry((field, sym)).or_insert_with(find);
            let matching = leads.iter().filter(|lead| intel.is_match(**lead, &call, first));
            hits.extend(matching.map(|lead| Hit { field, lead: *lead, text: sym }));
        };
        // Wide ranges contain private addresses too.
        if cx.networks.get(key.source).is_some_and(|network| network.class != SourceClass::Private)
        {
            look_up(Field::Source, key.source);
        }
        look_up(Field::AccessKey, key.access_key);
        look_up(Field::AccessKey, parent_key);
        look_up(Field::Principal, key.principal);
        look_up(Field::UserAgent, key.agent);
        if !other.is_empty() {
            let leads = intel.leads(Field::Principal, &other);
            let matching = leads.into_iter().filter(|lead| intel.is_match(*lead, &call, first));
            let hit = |lead| Hit { field: Field::Principal, lead, text: key.principal };
            hits.extend(matching.map(hit));
        }
        hits
    }
}

/// The session's ARN for a role, and the role's for a session: lists may name either. `""` if there is none.
fn other_form(principal: &str, session: &str) -> String {
    let parts: Vec<&str> = principal.splitn(6, ':').collect();
    let [arn, partition, service, region, account, name] = parts[..] else { return String::new() };
    match (service, name.split_once('/')) {
        ("iam", Some(("role", role))) if !session.is_empty() => {
            let role = role.rsplit('/').next().unwrap_or(role);
            format!("{arn}:{partition}:sts:{region}:{account}:assumed-role/{role}/{session}")
        }
        ("sts", Some(("assumed-role", rest))) => {
            let role = rest.split('/').next().unwrap_or(rest);
            format!("{arn}:{partition}:iam:{region}:{account}:role/{role}")
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_and_its_session_stand_for_each_other() {
        for (principal, session, expected) in [
            ("arn:aws:iam::1:role/x/deploy", "ci", "arn:aws:sts::1:assumed-role/deploy/ci"),
            ("arn:aws:iam::1:role/deploy", "", ""),
            ("arn:aws:sts::1:assumed-role/admin/d@x", "d@x", "arn:aws:iam::1:role/admin"),
            ("arn:aws:iam::1:user/dana", "x", ""),
            ("anonymous", "x", ""),
        ] {
            assert_eq!(other_form(principal, session), expected);
        }
    }
}
