//! One access key in use in several networks at once: its owner in one, someone else in another.
//!
//! A person who travels leaves one network before entering the next. Calls from a second network that lie
//! *between* calls from the first need two users of one key. The finding counts the newer network's calls;
//! the older one is named beside it. Left out is what looks the same and is not: networks that the principal
//! has used together for long (address pools), one machine with IPv4 and IPv6, two networks of one operator,
//! private addresses beside the public one of the same machine, and principals that do this all the time.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use polars::prelude::*;

use super::build::{Build, list};
use super::cx::{hours, syms, times};
use super::places::Place;
use super::{Cx, Detector, Meta, advice};
use crate::clock::{DAY, HOUR, Millis, date, length, plain};
use crate::config::{Resolved, Setting};
use crate::event::SourceClass;
use crate::finding::{Cause, Finding, Severity};
use crate::rollup::{Phase, Sym, activity};
use crate::ui::number::counted;

const MIN_NETWORKS: Setting = Setting {
    name: "min_networks",
    default: 2.0,
    unit: "networks",
    help: "Networks in which the key is in use at once",
};
const MIN_EVENTS: Setting = Setting {
    name: "min_events",
    default: 10.0,
    unit: "calls",
    help: "Calls from the newer network, unless it calls min_services",
};
const MIN_SERVICES: Setting = Setting {
    name: "min_services",
    default: 2.0,
    unit: "services",
    help: "Services called from the newer network, unless it makes min_events",
};
const USUAL_DAYS: Setting = Setting {
    name: "usual_days",
    default: 3.0,
    unit: "days",
    help: "Earlier days with the network that make it usual for the principal, or with such findings that make those usual",
};
const LEAD_HOURS: Setting = Setting {
    name: "lead_hours",
    default: 1.0,
    unit: "hours",
    help: "How long the principal must have used the other network before it came to the newer one",
};

static META: Meta = Meta {
    id: "key.in-several-networks",
    finds: "One access key in use in several networks at once, one of which is not usual for it",
    ordinary: "A VPN that drops in and out, a key that a new job shares with an old one, a phone beside a laptop",
    attack: &["T1078.004"],
    settings: &[MIN_NETWORKS, MIN_EVENTS, MIN_SERVICES, USUAL_DAYS, LEAD_HOURS],
};

/// Hours without calls that may lie inside one use.
const GAP: i32 = 2;

const MOST_NAMED: usize = 5;

pub struct KeyInSeveralNetworks;

impl Detector for KeyInSeveralNetworks {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn detect(&self, cx: &Cx<'_>) -> PolarsResult<Vec<Finding>> {
        let keys = keys(cx)?;
        let days = Days::new(cx, &keys)?;
        let detection = Detection { cx, settings: cx.settings(&META), days };
        let mut intrusions: Vec<_> =
            keys.iter().flat_map(|key| detection.intrusions(key)).collect();
        intrusions.sort_by_key(|i| (i.run.first, cx.text(i.key.key), i.run.network));
        detection.leave_out_habits(&mut intrusions);
        Ok(detection
            .joined(intrusions)
            .into_iter()
            .filter_map(|group| detection.finding(&group))
            .collect())
    }
}

type Row = (activity::Key, activity::Value);

/// One access key and where it was used, in the order of the times.
struct Key<'c> {
    key: Sym,
    principal: Sym,
    networks: BTreeMap<&'c str, Vec<&'c Row>>,
}

/// One key in one network, in hours that follow each other.
struct Run<'k, 'c> {
    network: &'c str,
    rows: &'k [&'c Row],
    first: Millis,
    from: i32,
    until: i32,
}

/// A use of a newer network amid the use of older ones.
struct Intrusion<'k, 'c> {
    key: &'k Key<'c>,
    run: Run<'k, 'c>,
    /// The networks in use at the same time, that of longest standing first.
    homes: Vec<&'c str>,
    /// Hours in which calls from both lie between each other.
    hours: usize,
}

/// Keys that were used from more than one outside network, baseline included.
fn keys<'c>(cx: &'c Cx<'_>) -> PolarsResult<Vec<Key<'c>>> {
    let several = cx
        .calls()
        .filter(col("access_key").neq(lit(0u32)))
        .group_by([col("access_key")])
        .agg([col("source").n_unique().alias("sources")])
        .filter(col("sources").gt(lit(1u32)))
        .collect()?;
    let several: HashSet<Sym> = syms(&several, "access_key")?.into_iter().collect();
    let mut keys: BTreeMap<Sym, Key<'c>> = BTreeMap::new();
    for row in &cx.frames.activity_rows {
        let used = row.0;
        if used.by_service || !several.contains(&used.access_key) || !cx.places.outside(used.source)
        {
            continue;
        }
        let none =
            || Key { key: used.access_key, principal: used.principal, networks: BTreeMap::new() };
        let key = keys.entry(used.access_key).or_insert_with(none);
        key.networks.entry(cx.places.network(used.source)).or_default().push(row);
    }
    Ok(keys
        .into_values()
        .filter(|key| key.networks.len() > 1 && !cx.is_service(key.principal))
        .collect())
}

/// On which days a principal used a network, with whichever key, and since when.
struct Days<'c>(HashMap<(Sym, &'c str), (Millis, BTreeSet<i32>)>);

impl<'c> Days<'c> {
    fn new(cx: &'c Cx<'_>, keys: &[Key<'_>]) -> PolarsResult<Days<'c>> {
        let principals: HashSet<Sym> = keys.iter().map(|key| key.principal).collect();
        let by = [col("principal"), col("source"), col("hour")];
        let frame = cx.calls().group_by(by).agg([col("first").min()]).collect()?;
        let uses = syms(&frame, "principal")?.into_iter().zip(syms(&frame, "source")?);
        let when = hours(&frame, "hour")?.into_iter().zip(times(&frame, "first")?);
        let mut days: HashMap<(Sym, &str), (Millis, BTreeSet<i32>)> = HashMap::new();
        for ((principal, source), (hour, first)) in
            uses.zip(when).filter(|((p, _), _)| principals.contains(p))
        {
            let use_ = days
                .entry((principal, cx.places.network(source)))
                .or_insert((first, BTreeSet::new()));
            use_.0 = use_.0.min(first);
            use_.1.insert(hour.div_euclid(24));
        }
        Ok(Days(days))
    }

    fn since(&self, principal: Sym, network: &'c str) -> Millis {
        self.0.get(&(principal, network)).map_or(Millis::MAX, |(first, _)| *first)
    }

    /// Days before the one that holds `hour`.
    fn before(&self, principal: Sym, network: &'c str, hour: i32) -> usize {
        self.0
            .get(&(principal, network))
            .map_or(0, |(_, days)| days.range(..hour.div_euclid(24)).count())
    }
}

struct Detection<'c, 'a> {
    cx: &'c Cx<'a>,
    settings: Resolved,
    days: Days<'c>,
}

impl<'c> Detection<'c, '_> {
    fn intrusions<'k>(&self, key: &'k Key<'c>) -> Vec<Intrusion<'k, 'c>> {
        let spans: BTreeMap<&str, Spans> =
            key.networks.iter().map(|(n, rows)| (*n, hourly(rows))).collect();
        let runs = key.networks.iter().flat_map(|(network, rows)| runs(network, rows));
        let strange = runs.filter(|run| self.is_strange(key, run));
        strange.filter_map(|run| self.intrusion(key, run, &spans)).collect()
    }

    /// Not usual for the principal, and enough to be more than a stray call.
    fn is_strange(&self, key: &Key<'c>, run: &Run<'_, 'c>) -> bool {
        let days = self.days.before(key.principal, run.network, run.from);
        let services: BTreeSet<Sym> = run.rows.iter().map(|row| row.0.service).collect();
        let private = self.place(run.rows).is_none_or(|place| place.class == SourceClass::Private);
        let much = count(run.rows) as f64 >= self.settings.get(&MIN_EVENTS)
            || services.len() as f64 >= self.settings.get(&MIN_SERVICES);
        !private && much && (days as f64) < self.settings.get(&USUAL_DAYS)
    }

    fn intrusion<'k>(
        &self,
        key: &'k Key<'c>,
        run: Run<'k, 'c>,
        spans: &BTreeMap<&str, Spans>,
    ) -> Option<Intrusion<'k, 'c>> {
        let own = spans.get(run.network)?;
        let lead = (self.settings.get(&LEAD_HOURS) * HOUR as f64) as Millis;
        let since = self.days.since(key.principal, run.network);
        let (mut homes, mut amid) = (Vec::new(), BTreeSet::new());
        for (network, rows) in key.networks.iter().filter(|(network, _)| **network != run.network) {
            let older = self.days.since(key.principal, network).saturating_add(lead) <= since;
            let Some(other) =
                spans.get(network).filter(|_| older && !self.is_one_place(key, run.rows, rows))
            else {
                continue;
            };
            let inside = own.range(run.from..=run.until);
            let both = inside
                .filter(|(hour, span)| other.get(hour).is_some_and(|other| cross(span, other)));
            let both: Vec<i32> = both.map(|(hour, _)| *hour).collect();
            if !both.is_empty() {
                homes.push(*network);
                amid.extend(both);
            }
        }
        homes.sort_by_key(|network| (self.days.since(key.principal, network), *network));
        (!homes.is_empty()).then(|| Intrusion { key, run, homes, hours: amid.len() })
    }

    /// True if both networks can be one machine's, or one person's with one provider.
    fn is_one_place(&self, key: &Key<'c>, newer: &[&Row], older: &[&Row]) -> bool {
        let (Some(a), Some(b)) = (self.place(newer), self.place(older)) else { return true };
        // A machine in a VPC has a private address towards endpoints and a public one towards the rest.
        let long_term = self.cx.is_long_term(key.key);
        let same_machine = !long_term && b.class == SourceClass::Private;
        // Where hosting is rented by the hour, the operator says nothing.
        let same_operator = !a.asn.is_empty() && a.asn == b.asn && a.class != SourceClass::Cloud;
        let both_protocols = a.network.contains(':') != b.network.contains(':');
        same_machine
            || same_operator
            || (both_protocols && !self.agents(key, newer).is_disjoint(&self.agents(key, older)))
    }

    fn place(&self, rows: &[&Row]) -> Option<&'c Place> {
        self.cx.places.get(rows.first()?.0.source)
    }

    /// User agents as sent, which name the machine's system and versions.
    fn agents(&self, key: &Key<'c>, rows: &[&Row]) -> BTreeSet<Sym> {
        let sources: BTreeSet<Sym> = rows.iter().map(|row| row.0.source).collect();
        let agents = self.cx.rollups.agents.keys();
        let agents = agents
            .filter(|a| a.access_key == key.key && sources.contains(&a.source))
            .map(|a| a.agent);
        agents.filter(|agent| !self.cx.text(*agent).is_empty()).collect()
    }

    /// Where the same was already seen on several earlier days, it is how this principal works.
    fn leave_out_habits(&self, intrusions: &mut Vec<Intrusion<'_, 'c>>) {
        let mut days: HashMap<Sym, BTreeSet<i32>> = HashMap::new();
        intrusions.retain(|i| {
            let (day, seen) = (i.run.from.div_euclid(24), days.entry(i.key.principal).or_default());
            seen.insert(day);
            (seen.range(..day).count() as f64) < self.settings.get(&USUAL_DAYS)
        });
    }

    /// Intrusions on one key whose times touch are one.
    fn joined<'k>(&self, mut intrusions: Vec<Intrusion<'k, 'c>>) -> Vec<Vec<Intrusion<'k, 'c>>> {
        intrusions.sort_by_key(|i| (self.cx.text(i.key.key), i.run.from, i.run.network));
        let mut groups: Vec<Vec<Intrusion<'k, 'c>>> = Vec::new();
        for intrusion in intrusions {
            match groups.last_mut() {
                Some(group) if group.iter().any(|i| touch(i, &intrusion)) => group.push(intrusion),
                _ => groups.push(vec![intrusion]),
            }
        }
        groups
    }

    fn finding(&self, group: &[Intrusion<'_, 'c>]) -> Option<Finding> {
        let cx = self.cx;
        let key = group.first()?.key;
        let newer: BTreeSet<&str> = group.iter().map(|i| i.run.network).collect();
        let homes: BTreeSet<&str> =
            group.iter().flat_map(|i| &i.homes).copied().filter(|n| !newer.contains(n)).collect();
        let window: Vec<&Row> = rows(group).filter(|row| row.0.phase == Phase::Window).collect();
        let networks = newer.len() + homes.len();
        if window.is_empty() || (networks as f64) < self.settings.get(&MIN_NETWORKS) {
            return None;
        }
        let mut build = Build::new(cx, &META, Cause::ForeignUse);
        window.iter().for_each(|(key, value)| build.activity(key, value));
        build.scope().access_keys = vec![cx.text(key.key).to_string()];
        for reason in group.iter().filter_map(|i| self.amid(i)) {
            build.reason(reason);
        }
        for network in &homes {
            build.reason(self.meanwhile(key, network, group));
        }
        let grave: Vec<String> = group.iter().flat_map(|i| self.grave(i)).collect();
        let severity = if grave.is_empty() { Severity::Medium } else { Severity::High };
        grave.into_iter().for_each(|reason| build.reason(reason));
        for setting in META.settings {
            build.setting(&self.settings, setting);
        }
        let newer = list(newer.into_iter(), MOST_NAMED);
        build.next(format!(
            "Ask the owner of {} whether the calls from {newer} are theirs",
            cx.text(key.principal)
        ));
        advice::contain_credential(cx, &mut build, key.principal, key.key);
        let title = format!(
            "Access key {} used from {networks} networks at once, {newer} the newest",
            cx.text(key.key)
        );
        Some(build.finish(severity, title))
    }

    /// Nothing for a use that lies before the window.
    fn amid(&self, i: &Intrusion<'_, 'c>) -> Option<String> {
        let rows: Vec<&Row> =
            i.run.rows.iter().filter(|row| row.0.phase == Phase::Window).copied().collect();
        let services: BTreeSet<&str> =
            rows.iter().map(|row| service(self.cx.text(row.0.service))).collect();
        let days = match self.days.before(i.key.principal, i.run.network, i.run.from) {
            0 => "a network that its principal had used on no day before".to_string(),
            n => format!(
                "a network that its principal had used on {} before",
                counted(n as u64, "day", "days")
            ),
        };
        let text = format!(
            "{} from {}, {days}, to {}; in {} they lie between calls from elsewhere",
            counted(count(&rows), "call", "calls"),
            i.run.network,
            list(services.into_iter(), MOST_NAMED),
            counted(i.hours as u64, "hour", "hours"),
        );
        (!rows.is_empty()).then_some(text)
    }

    /// What the key did in the older network in the same hours.
    fn meanwhile(&self, key: &Key<'c>, network: &'c str, group: &[Intrusion<'_, 'c>]) -> String {
        let inside =
            |row: &&&Row| group.iter().any(|i| (i.run.from..=i.run.until).contains(&row.0.hour));
        let rows: Vec<&Row> =
            key.networks.get(network).into_iter().flatten().filter(inside).copied().collect();
        let (since, until) =
            (self.days.since(key.principal, network), group.first().map_or(0, |i| i.run.from));
        let days = self.days.before(key.principal, network, until);
        format!(
            "meanwhile {} from {network}, which its principal uses since {} ({} before)",
            counted(count(&rows), "call", "calls"),
            date(since),
            counted(days as u64, "day", "days"),
        )
    }

    /// What makes it more than a second connection of the same person.
    fn grave(&self, i: &Intrusion<'_, 'c>) -> Vec<String> {
        let mut grave = Vec::new();
        let before = self.cx.history_before(i.run.first);
        let first = self.cx.history.network_first(i.run.network).unwrap_or(i.run.first);
        if before >= DAY && first > i.run.first - DAY {
            let (network, since) = (i.run.network, plain(first));
            grave.push(format!(
                "{network} is new to the account: first seen {since} UTC, after {} of logs",
                length(before)
            ));
        }
        let country = |rows: &[&Row]| self.place(rows).map_or("", |place| &place.country);
        let homes = i
            .homes
            .iter()
            .filter_map(|network| Some((network, country(i.key.networks.get(network)?))));
        let here = country(i.run.rows);
        for (network, home) in
            homes.filter(|(_, home)| !home.is_empty() && !here.is_empty() && *home != here)
        {
            grave.push(format!("{} is in {here}, {network} in {home}", i.run.network));
        }
        grave
    }
}

/// First and last call by hour.
type Spans = BTreeMap<i32, (Millis, Millis)>;

fn hourly(rows: &[&Row]) -> Spans {
    let mut spans = Spans::new();
    for (key, value) in rows {
        let span = spans.entry(key.hour).or_insert((value.first.time, value.last));
        *span = (span.0.min(value.first.time), span.1.max(value.last));
    }
    spans
}

/// True if a call of one lies between calls of the other. One that follows the other is a person who moved.
fn cross(a: &(Millis, Millis), b: &(Millis, Millis)) -> bool {
    a.0 < b.1 && b.0 < a.1
}

fn runs<'k, 'c>(network: &'c str, rows: &'k [&'c Row]) -> impl Iterator<Item = Run<'k, 'c>> {
    let chunks = rows.chunk_by(|a, b| b.0.hour - a.0.hour <= GAP);
    chunks.filter_map(move |rows| {
        let (first, last) = (rows.first()?, rows.last()?);
        Some(Run {
            network,
            rows,
            first: first.1.first.time,
            from: first.0.hour,
            until: last.0.hour,
        })
    })
}

fn rows<'g, 'c>(group: &'g [Intrusion<'_, 'c>]) -> impl Iterator<Item = &'c Row> + 'g {
    group.iter().flat_map(|i| i.run.rows.iter().copied())
}

fn touch(a: &Intrusion<'_, '_>, b: &Intrusion<'_, '_>) -> bool {
    a.key.key == b.key.key && b.run.from - a.run.until <= GAP && a.run.from - b.run.until <= GAP
}

fn count(rows: &[&Row]) -> u64 {
    rows.iter().map(|row| row.1.events).sum()
}

/// `s3` of `s3.amazonaws.com`.
fn service(name: &str) -> &str {
    name.strip_suffix(".amazonaws.com").unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Scene, at, reasons};
    use super::*;
    use crate::clock::MINUTE;
    use crate::event::Outcome::Success;

    const HOME: &str = "198.51.100.7";
    const AWAY: &str = "203.0.113.9";
    const KEY: &str = "AKIADANA";

    /// Dana lists instances every ten minutes, from nine to five, on ten days.
    fn at_work(key: &str, source: &str) -> Scene {
        Scene::new()
            .call(
                at("2026-11-01 09:00"),
                "user/dana",
                key,
                source,
                "ec2:DescribeInstances",
                Success,
            )
            .repeat(48, 10 * MINUTE)
            .repeat(10, DAY)
    }

    /// And someone reads with the same key.
    fn with(scene: Scene, when: &str, key: &str, source: &str, times: usize) -> Scene {
        scene
            .call(at(when), "user/dana", key, source, "s3:GetObject", Success)
            .repeat(times, MINUTE)
    }

    fn leaked() -> Scene {
        with(at_work(KEY, HOME), "2026-11-08 10:05", KEY, AWAY, 25)
    }

    #[test]
    fn two_users_of_one_key() {
        let scene = leaked();
        let found = scene.finding(&KeyInSeveralNetworks);
        assert_eq!(
            (found.severity, found.cause, found.events),
            (Severity::High, Cause::ForeignUse, 25)
        );
        assert_eq!(
            (found.scope.sources.as_slice(), scene.selected(&found)),
            (&[AWAY.to_string()][..], 25)
        );
        assert_eq!(
            found.title,
            "Access key AKIADANA used from 2 networks at once, 203.0.113.0/24 the newest"
        );
        assert_eq!(
            reasons(&found),
            "25 calls from 203.0.113.0/24, a network that its principal had used on no day before, to s3; \
             in 1 hour they lie between calls from elsewhere\n\
             meanwhile 6 calls from 198.51.100.0/24, which its principal uses since 2026-11-01 (7 days before)\n\
             203.0.113.0/24 is new to the account: first seen 2026-11-08 10:05:00 UTC, after 7 d 1 h of logs"
        );
        let playbook = found.playbook.unwrap();
        assert_eq!(playbook.id, "leaked-access-key");
        assert!(playbook.params.contains(&("access_key".to_string(), KEY.to_string())));
    }

    #[test]
    fn counts_the_window_and_compares_with_the_baseline() {
        let scene = leaked().since(at("2026-11-08 10:10"));
        let found = scene.finding(&KeyInSeveralNetworks);
        assert_eq!((found.events, scene.selected(&found)), (20, 20));
        assert!(leaked().since(at("2026-11-09 00:00")).detect(&KeyInSeveralNetworks).is_empty());
    }

    #[test]
    fn new_to_the_key_alone_weighs_less() {
        let colleague = leaked().call(
            at("2026-11-01 09:00"),
            "user/bob",
            "AKIABOB",
            AWAY,
            "iam:ListUsers",
            Success,
        );
        assert_eq!(colleague.finding(&KeyInSeveralNetworks).severity, Severity::Medium);
    }

    #[test]
    fn another_country_weighs_more() {
        let colleague = leaked().call(
            at("2026-11-01 09:00"),
            "user/bob",
            "AKIABOB",
            AWAY,
            "iam:ListUsers",
            Success,
        );
        let abroad = colleague.geo("198.51.100.0/24", "DE", 64500, "Home Net").geo(
            "203.0.113.0/24",
            "BR",
            64501,
            "Other Net",
        );
        let found = abroad.finding(&KeyInSeveralNetworks);
        assert_eq!(found.severity, Severity::High);
        assert!(
            reasons(&found).contains("203.0.113.0/24 is in BR, 198.51.100.0/24 in DE"),
            "{}",
            reasons(&found)
        );
    }

    #[test]
    fn few_calls_count_when_they_go_to_several_services() {
        let two = with(at_work(KEY, HOME), "2026-11-08 10:05", KEY, AWAY, 1);
        let two =
            two.call(at("2026-11-08 10:06"), "user/dana", KEY, AWAY, "iam:ListUsers", Success);
        assert_eq!(two.finding(&KeyInSeveralNetworks).events, 2);
        assert!(
            with(at_work(KEY, HOME), "2026-11-08 10:05", KEY, AWAY, 9)
                .detect(&KeyInSeveralNetworks)
                .is_empty()
        );
        assert_eq!(
            with(at_work(KEY, HOME), "2026-11-08 10:05", KEY, AWAY, 10)
                .detect(&KeyInSeveralNetworks)
                .len(),
            1
        );
    }

    #[test]
    fn two_strangers_at_once_are_one_finding() {
        let scene = with(leaked(), "2026-11-08 12:31", KEY, "192.0.2.9", 20);
        let found = scene.finding(&KeyInSeveralNetworks);
        assert_eq!((found.events, found.sources.len(), scene.selected(&found)), (45, 2, 45));
        assert!(
            found.title.contains("from 3 networks at once, 192.0.2.0/24, 203.0.113.0/24"),
            "{}",
            found.title
        );
        let later = with(leaked(), "2026-11-08 13:31", KEY, "192.0.2.9", 20);
        assert_eq!(later.detect(&KeyInSeveralNetworks).len(), 2);
    }

    #[test]
    fn a_temporary_key_of_a_role() {
        let scene = at_work("ASIADANA", HOME)
            .with(|call| call.principal = "arn:aws:iam::123456789012:role/deploy".into());
        let scene = with(scene, "2026-11-08 10:05", "ASIADANA", AWAY, 25)
            .with(|call| call.principal = "arn:aws:iam::123456789012:role/deploy".into());
        assert_eq!(scene.finding(&KeyInSeveralNetworks).playbook.unwrap().id, "compromised-role");
    }

    #[test]
    fn quiet_when_a_person_moves() {
        let moved = with(at_work(KEY, HOME), "2026-11-08 16:51", KEY, AWAY, 50);
        assert!(moved.detect(&KeyInSeveralNetworks).is_empty());
    }

    #[test]
    fn quiet_when_the_networks_were_long_used_together() {
        let pool = at_work(KEY, HOME).call(
            at("2026-11-01 09:00"),
            "user/dana",
            KEY,
            AWAY,
            "s3:GetObject",
            Success,
        );
        let pool = pool.repeat(40, 11 * MINUTE).repeat(10, DAY);
        assert!(pool.detect(&KeyInSeveralNetworks).is_empty(), "in use together from the start");
        let later = at_work(KEY, HOME).call(
            at("2026-11-02 09:00"),
            "user/dana",
            KEY,
            AWAY,
            "s3:GetObject",
            Success,
        );
        let later = later.repeat(40, 11 * MINUTE).repeat(9, DAY);
        assert_eq!(later.detect(&KeyInSeveralNetworks).len(), 3, "until it is usual");
        assert!(later.since(at("2026-11-06 00:00")).detect(&KeyInSeveralNetworks).is_empty());
    }

    #[test]
    fn quiet_when_the_principal_always_does_that() {
        let mut runners = at_work(KEY, HOME);
        for day in 2..=9 {
            runners =
                with(runners, &format!("2026-11-0{day} 10:05"), KEY, &format!("203.0.{day}.9"), 25);
        }
        assert!(runners.since(at("2026-11-05 00:00")).detect(&KeyInSeveralNetworks).is_empty());
    }

    #[test]
    fn quiet_inside_ones_own_ranges_and_for_services() {
        assert!(
            leaked()
                .config("own_ranges = [\"203.0.113.0/24\"]")
                .detect(&KeyInSeveralNetworks)
                .is_empty()
        );
        let athena = with(at_work(KEY, HOME), "2026-11-08 10:05", KEY, "athena.amazonaws.com", 25);
        assert!(athena.detect(&KeyInSeveralNetworks).is_empty());
        assert!(
            leaked().with(|call| call.by_service = true).detect(&KeyInSeveralNetworks).is_empty()
        );
    }

    #[test]
    fn quiet_for_two_addresses_of_one_machine() {
        let both =
            with(at_work("ASIADANA", HOME), "2026-11-08 10:05", "ASIADANA", "2001:db8::9", 25);
        assert!(both.detect(&KeyInSeveralNetworks).is_empty());
        let other_machine = both.with(|call| call.user_agent = "Boto3/1.40.1".into());
        assert_eq!(other_machine.detect(&KeyInSeveralNetworks).len(), 1);
        let endpoint =
            with(at_work("ASIADANA", "10.0.1.5"), "2026-11-08 10:05", "ASIADANA", AWAY, 25);
        assert!(endpoint.detect(&KeyInSeveralNetworks).is_empty());
        let gateway = with(at_work(KEY, HOME), "2026-11-08 10:05", KEY, "10.0.1.5", 25);
        assert!(gateway.detect(&KeyInSeveralNetworks).is_empty());
    }

    #[test]
    fn a_long_term_key_of_a_vpc_used_outside() {
        let scene = with(at_work(KEY, "10.0.1.5"), "2026-11-08 10:05", KEY, AWAY, 25);
        assert_eq!(scene.finding(&KeyInSeveralNetworks).events, 25);
    }

    #[test]
    fn quiet_for_two_networks_of_one_operator() {
        let one = leaked().geo("198.51.100.0/24", "DE", 64500, "Home Net").geo(
            "203.0.113.0/24",
            "DE",
            64500,
            "Home Net",
        );
        assert!(one.detect(&KeyInSeveralNetworks).is_empty());
    }
}
