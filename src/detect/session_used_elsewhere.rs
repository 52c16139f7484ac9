//! Temporary credentials used elsewhere than where they were handed out: someone carried them off.
//!
//! The record of the STS call says where a session's credentials went. Calls with them from another network
//! are a copy at work, unless whoever asked for them, or the role, already worked from that network. The
//! credentials of an EC2 instance are handed out by AWS itself, so the instance's own first network is its
//! home. It cannot be in two places: a call from a third one is the instance's role in other hands, as after
//! a request forgery that reads the metadata service.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use polars::prelude::*;

use super::build::{Build, list};
use super::cx::syms;
use super::places::Place;
use super::{Cx, Detector, Meta, advice};
use crate::clock::{DAY, HOUR, Millis, length, plain};
use crate::config::{Resolved, Setting};
use crate::event::SourceClass;
use crate::finding::{Cause, Finding, Severity};
use crate::rollup::sessions::Session;
use crate::rollup::{Phase, Sym, activity};
use crate::ui::number::counted;

const KNOWN_HOURS: Setting = Setting {
    name: "known_hours",
    default: 24.0,
    unit: "hours",
    help: "How long before the use the principal must have worked from the network for it to be its own",
};
const USUAL_DAYS: Setting = Setting {
    name: "usual_days",
    default: 3.0,
    unit: "days",
    help: "Earlier days on which the principal's sessions moved like this that make it a habit, which is quiet",
};
const SETTLE_HOURS: Setting = Setting {
    name: "settle_hours",
    default: 1.0,
    unit: "hours",
    help: "Time from an EC2 instance's first call in which its networks count as its home",
};

static META: Meta = Meta {
    id: "session.used-elsewhere",
    finds: "Temporary credentials used from another network than the one they were issued to",
    ordinary: "A laptop that changes networks within a session, a service that hands credentials to its workers",
    attack: &["T1078.004", "T1550.001"],
    settings: &[KNOWN_HOURS, USUAL_DAYS, SETTLE_HOURS],
};

/// Uses of one principal's sessions that are this close are one finding.
const TOUCH: Millis = 2 * HOUR;

const MOST_NAMED: usize = 3;

pub struct SessionUsedElsewhere;

impl Detector for SessionUsedElsewhere {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn detect(&self, cx: &Cx<'_>) -> PolarsResult<Vec<Finding>> {
        let uses = uses(cx)?;
        let detection = Detection { cx, settings: cx.settings(&META), proper: proper(cx), uses };
        let mut strays = detection.handed_out();
        strays.extend(detection.instances());
        detection.leave_out_habits(&mut strays);
        Ok(detection
            .joined(strays)
            .into_iter()
            .filter_map(|group| detection.finding(&group))
            .collect())
    }
}

type Row = (activity::Key, activity::Value);

/// One temporary key in one outside network.
struct Use<'c> {
    key: Sym,
    session: Session,
    principal: Sym,
    network: &'c str,
    place: &'c Place,
    rows: Vec<&'c Row>,
    first: Millis,
    last: Millis,
}

/// A use that is not where the credentials belong.
struct Stray<'u, 'c> {
    used: &'u Use<'c>,
    /// Where they belong: the source of the STS call, or the instance's networks.
    home: String,
    homes: BTreeSet<&'c str>,
    instance: bool,
}

struct Detection<'c, 'a> {
    cx: &'c Cx<'a>,
    settings: Resolved,
    uses: Vec<Use<'c>>,
    /// Since when a principal works from a network with credentials that belong there.
    proper: HashMap<(Sym, &'c str), Millis>,
}

/// Where temporary keys were used, baseline included, earliest first.
fn uses<'c>(cx: &'c Cx<'_>) -> PolarsResult<Vec<Use<'c>>> {
    let keys =
        cx.calls().select([col("access_key")]).unique(None, UniqueKeepStrategy::Any).collect()?;
    let keys: HashMap<Sym, Session> = syms(&keys, "access_key")?
        .into_iter()
        .filter_map(|key| Some((key, *cx.rollups.sessions.get(&key)?)))
        .collect();
    let mut uses: BTreeMap<(Sym, &str), Use<'c>> = BTreeMap::new();
    for row in cx.frames.activity_rows.iter().filter(|row| !row.0.by_service) {
        let (key, value) = row;
        let place = cx.places.get(key.source).filter(|place| place.outside());
        let (Some(session), Some(place)) = (keys.get(&key.access_key), place) else { continue };
        let network = place.network.as_str();
        let used = uses.entry((key.access_key, network)).or_insert_with(|| Use {
            key: key.access_key,
            session: *session,
            principal: key.principal,
            network,
            place,
            rows: Vec::new(),
            first: value.first.time,
            last: value.last,
        });
        used.rows.push(row);
        used.last = used.last.max(value.last);
    }
    let mut uses: Vec<_> =
        uses.into_values().filter(|used| !cx.is_service(used.principal)).collect();
    uses.sort_by_key(|used| (used.first, cx.text(used.key), used.network));
    Ok(uses)
}

/// First sights by principal and network, without sessions that were handed out elsewhere and without those
/// of instances: a stranger must not become an acquaintance by coming again.
fn proper<'c>(cx: &'c Cx<'_>) -> HashMap<(Sym, &'c str), Millis> {
    let mut proper = HashMap::new();
    for (key, value) in cx.frames.activity_rows.iter().filter(|row| !row.0.by_service) {
        let network = cx.places.network(key.source);
        let session = cx.rollups.sessions.get(&key.access_key);
        let belongs = session.is_none_or(|session| {
            let issued = issued_to(cx, session);
            issued.is_none_or(|home| home.network == network) && !is_instance(cx.text(session.name))
        });
        if belongs {
            proper.entry((key.principal, network)).or_insert(value.first.time);
        }
    }
    proper
}

/// The address, or the own network, that asked for the session; `None` where AWS did.
fn issued_to<'c>(cx: &'c Cx<'_>, session: &Session) -> Option<&'c Place> {
    let issued = cx.places.get(session.issued_to).filter(|_| session.issued_at != 0);
    issued.filter(|place| place.outside() || place.class == SourceClass::Own)
}

impl<'c> Detection<'c, '_> {
    /// Sessions whose STS call came from an address.
    fn handed_out(&self) -> Vec<Stray<'_, 'c>> {
        let mut strays = Vec::new();
        for used in &self.uses {
            let Some(home) = issued_to(self.cx, &used.session) else { continue };
            if home.network == used.network
                || self.is_known(used)
                || self.is_one_machine(used, home)
            {
                continue;
            }
            let homes = BTreeSet::from([home.network.as_str()]);
            let home = self.cx.text(used.session.issued_to).to_string();
            strays.push(Stray { used, home, homes, instance: false });
        }
        strays
    }

    /// True if the principal, or whoever asked for the session, worked from the network long enough ago. A
    /// first sight of today proves nothing: the same stranger may have more than one kind of credentials.
    fn is_known(&self, used: &Use<'_>) -> bool {
        let at = used.first - (self.settings.get(&KNOWN_HOURS) * HOUR as f64) as Millis;
        let knew = |principal| {
            self.proper.get(&(principal, used.network)).is_some_and(|first| *first < at)
        };
        knew(used.principal) || (used.session.parent != 0 && knew(used.session.parent))
    }

    /// True if the use and the STS call can be one machine's, or one person's with one provider.
    fn is_one_machine(&self, used: &Use<'_>, home: &Place) -> bool {
        // A machine in a VPC has a private address towards endpoints and a public one towards the rest.
        let private = |place: &Place| place.class == SourceClass::Private;
        let endpoint =
            private(used.place) || (private(home) && self.cx.history_before(used.first) < DAY);
        // Where hosting is rented by the hour, the operator says nothing.
        let operator =
            !home.asn.is_empty() && home.asn == used.place.asn && home.class != SourceClass::Cloud;
        let protocols = home.network.contains(':') != used.network.contains(':');
        endpoint || operator || (protocols && self.is_one_agent(used))
    }

    /// The same user agent as sent, which names the machine's system and versions.
    fn is_one_agent(&self, used: &Use<'_>) -> bool {
        let sources: HashSet<Sym> = used.rows.iter().map(|row| row.0.source).collect();
        let (mut here, mut asking) = (BTreeSet::new(), BTreeSet::new());
        for seen in
            self.cx.rollups.agents.keys().filter(|seen| !self.cx.text(seen.agent).is_empty())
        {
            if seen.access_key == used.key && sources.contains(&seen.source) {
                here.insert(seen.agent);
            }
            let session = &used.session;
            if seen.principal == session.parent
                && seen.access_key == session.parent_key
                && seen.source == session.issued_to
            {
                asking.insert(seen.agent);
            }
        }
        !here.is_disjoint(&asking)
    }

    /// Sessions of EC2 instances, which AWS hands out.
    fn instances(&self) -> Vec<Stray<'_, 'c>> {
        let mut instances: BTreeMap<(&str, &str), Vec<&Use<'c>>> = BTreeMap::new();
        for used in &self.uses {
            let by_aws = used.session.issued_at == 0
                || self.cx.places.get(used.session.issued_to).is_some_and(|place| {
                    matches!(place.class, SourceClass::Service | SourceClass::AwsInternal)
                });
            let name = self.cx.text(used.session.name);
            if by_aws && is_instance(name) {
                instances.entry((self.cx.text(used.principal), name)).or_default().push(used);
            }
        }
        let shared = self.shared_by_instances();
        instances.values().flat_map(|uses| self.away(uses, &shared)).collect()
    }

    /// Networks by the instances that used them, and since when: an account's NAT gateways are among them.
    fn shared_by_instances(&self) -> HashMap<&'c str, BTreeMap<Sym, Millis>> {
        let mut shared: HashMap<&str, BTreeMap<Sym, Millis>> = HashMap::new();
        for used in self.uses.iter().filter(|used| is_instance(self.cx.text(used.session.name))) {
            let first = shared
                .entry(used.network)
                .or_default()
                .entry(used.session.name)
                .or_insert(used.first);
            *first = used.first.min(*first);
        }
        shared
    }

    /// One instance's uses that are not at its home.
    fn away<'u>(
        &'u self,
        uses: &[&'u Use<'c>],
        shared: &HashMap<&str, BTreeMap<Sym, Millis>>,
    ) -> Vec<Stray<'u, 'c>> {
        let home = self.home(uses);
        let is_home = |used: &Use<'_>| {
            used.place.class == SourceClass::Private || home.contains(used.network)
        };
        let known = (self.settings.get(&KNOWN_HOURS) * HOUR as f64) as Millis;
        let mut strays = Vec::new();
        for used in uses.iter().filter(|used| !is_home(used)) {
            let others = shared.get(used.network).into_iter().flatten();
            let gateway = others
                .into_iter()
                .any(|(name, at)| *name != used.session.name && *at <= used.first - known);
            // An instance that was stopped and started has a new address, a new key, and has left the old one.
            let still = |other: &&&Use<'_>| {
                is_home(other) && (other.key == used.key || other.last >= used.first)
            };
            let at_home: Vec<_> = uses.iter().filter(still).collect();
            if gateway || at_home.is_empty() || self.is_known(used) {
                continue;
            }
            let homes: BTreeSet<&str> = at_home.iter().map(|used| used.network).collect();
            let home = list(homes.iter().copied(), MOST_NAMED);
            strays.push(Stray { used, home, homes, instance: true });
        }
        strays
    }

    /// The public networks of an instance, one of each protocol. A gateway shows within the first hour, so an
    /// instance that is behind endpoints alone for longer has none.
    fn home<'u>(&self, uses: &[&'u Use<'c>]) -> BTreeSet<&'u str> {
        let settle = (self.settings.get(&SETTLE_HOURS) * HOUR as f64) as Millis;
        let begin = uses.iter().map(|used| used.first).min().unwrap_or(0);
        let early = uses.iter().filter(|used| {
            used.first <= begin + settle && used.place.class != SourceClass::Private
        });
        let (v6, v4): (Vec<&&Use<'c>>, Vec<_>) = early.partition(|used| used.network.contains(':'));
        [v4, v6].iter().filter_map(|uses| uses.first()).map(|used| used.network).collect()
    }

    /// Where sessions of the principal, or of the instance, moved on several earlier days, it is how they are used.
    fn leave_out_habits(&self, strays: &mut Vec<Stray<'_, 'c>>) {
        strays.sort_by_key(|stray| stray.used.first);
        let mut days: HashMap<(Sym, Sym), BTreeSet<i64>> = HashMap::new();
        strays.retain(|stray| {
            let instance = if stray.instance { stray.used.session.name } else { 0 };
            let seen = days.entry((stray.used.principal, instance)).or_default();
            let day = stray.used.first.div_euclid(DAY);
            seen.insert(day);
            (seen.range(..day).count() as f64) < self.settings.get(&USUAL_DAYS)
        });
    }

    /// Strays of one principal from one home, or of one instance, that touch in time are one finding.
    fn joined<'u>(&self, mut strays: Vec<Stray<'u, 'c>>) -> Vec<Vec<Stray<'u, 'c>>> {
        strays.sort_by_cached_key(|s| {
            let (principal, home) = self.cause(s);
            (
                principal.to_string(),
                home.to_string(),
                s.used.first,
                self.cx.text(s.used.key),
                s.used.network,
            )
        });
        let mut groups: Vec<Vec<Stray<'u, 'c>>> = Vec::new();
        for stray in strays {
            match groups.last_mut() {
                Some(group) if group.iter().any(|known| self.touch(known, &stray)) => {
                    group.push(stray)
                }
                _ => groups.push(vec![stray]),
            }
        }
        groups
    }

    fn cause<'s>(&'s self, stray: &'s Stray<'_, '_>) -> (&'s str, &'s str) {
        let home = if stray.instance { self.cx.text(stray.used.session.name) } else { &stray.home };
        (self.cx.text(stray.used.principal), home)
    }

    fn touch(&self, a: &Stray<'_, '_>, b: &Stray<'_, '_>) -> bool {
        let near = b.used.first <= a.used.last + TOUCH && a.used.first <= b.used.last + TOUCH;
        near && self.cause(a) == self.cause(b)
    }

    fn finding(&self, group: &[Stray<'_, 'c>]) -> Option<Finding> {
        let (cx, window) = (self.cx, |row: &&&Row| row.0.phase == Phase::Window);
        let mut build = Build::new(cx, &META, Cause::ForeignUse);
        let group: Vec<_> =
            group.iter().filter(|stray| stray.used.rows.iter().any(|row| window(&&row))).collect();
        let main = group.first()?;
        for (key, value) in group.iter().flat_map(|stray| stray.used.rows.iter().filter(window)) {
            build.activity(key, value);
        }
        let keys: BTreeSet<&str> = group.iter().map(|stray| cx.text(stray.used.key)).collect();
        build.scope().access_keys = keys.iter().map(|key| key.to_string()).collect();
        for stray in group.iter().take(MOST_NAMED) {
            build.reason(self.origin(stray));
            build.reason(self.elsewhere(stray));
        }
        if let Some(more) = group.len().checked_sub(MOST_NAMED).filter(|more| *more > 0) {
            build.reason(format!(
                "and {} like these",
                counted(more as u64, "more use", "more uses")
            ));
        }
        let before = cx.history_before(main.used.first);
        build.reason(self.unknown(main, before));
        for setting in META.settings {
            build.setting(&self.settings, setting);
        }
        self.advise(&mut build, main);
        let severity = match (main.instance, before >= DAY) {
            (true, true) => Severity::Critical,
            (true, false) | (false, true) => Severity::High,
            (false, false) => Severity::Medium,
        };
        let networks: BTreeSet<&str> = group.iter().map(|stray| stray.used.network).collect();
        let name = match (main.instance, keys.len()) {
            (true, _) => format!("EC2 instance {}", cx.text(main.used.session.name)),
            (false, 1) => format!(
                "{} session {}",
                advice::name_of(cx.text(main.used.principal)),
                session_name(cx, main.used)
            ),
            (false, n) => {
                format!("{n} sessions of {}", advice::name_of(cx.text(main.used.principal)))
            }
        };
        let from = list(networks.into_iter(), MOST_NAMED);
        let title = match main.instance {
            true => format!("Credentials of {name} used from {from}"),
            false => format!("{name} used from {from}, issued to {}", main.home),
        };
        Some(build.finish(severity, title))
    }

    /// When and to whom the credentials were handed out.
    fn origin(&self, stray: &Stray<'_, '_>) -> String {
        let (cx, used) = (self.cx, stray.used);
        let (key, session) = (cx.text(used.key), &used.session);
        if session.issued_at == 0 {
            return format!(
                "{key} (session {}): no record of the STS call in these logs",
                session_name(cx, used)
            );
        }
        let parent_key = match cx.text(session.parent_key) {
            "" => String::new(),
            parent_key => format!(" with {parent_key}"),
        };
        format!(
            "{key} (session {}) was issued at {} UTC to {}, asked for by {}{parent_key}",
            session_name(cx, used),
            plain(session.issued_at),
            cx.text(session.issued_to),
            cx.text(session.parent),
        )
    }

    /// The calls from elsewhere, beside those of the same session, or of the same instance, from home.
    fn elsewhere(&self, stray: &Stray<'_, '_>) -> String {
        let used = stray.used;
        let rows: Vec<&Row> =
            used.rows.iter().filter(|row| row.0.phase == Phase::Window).copied().collect();
        let first = rows.iter().map(|row| row.1.first.time).min().unwrap_or(used.first);
        let same = |other: &&Use<'_>| match stray.instance {
            true => other.principal == used.principal && other.session.name == used.session.name,
            false => other.key == used.key,
        };
        let others =
            self.uses.iter().filter(same).filter(|other| stray.homes.contains(other.network));
        let (calls, last) =
            others.fold((0, 0), |(n, last), other| (n + count(&other.rows), last.max(other.last)));
        let (whose, home) =
            (if stray.instance { "the instance" } else { "the session" }, &stray.home);
        let at_home = match calls {
            0 => format!("{whose} made none from {home}"),
            n if last < first => {
                format!("before, {whose} made {} from {home}", counted(n, "call", "calls"))
            }
            n => format!(
                "{whose} made {} from {home}, up to {} UTC",
                counted(n, "call", "calls"),
                plain(last)
            ),
        };
        let calls = counted(count(&rows), "call", "calls");
        format!(
            "{calls} from {} from {} to {} UTC; {at_home}",
            used.network,
            plain(first),
            plain(used.last)
        )
    }

    /// What the place was compared with.
    fn unknown(&self, stray: &Stray<'_, '_>, before: Millis) -> String {
        let parent = stray.used.session.parent;
        let who = match self.cx.text(parent) {
            parent if parent.is_empty() || stray.instance => {
                self.cx.text(stray.used.principal).to_string()
            }
            parent => format!("neither {} nor {parent}", self.cx.text(stray.used.principal)),
        };
        let had = if who.starts_with("neither") { "had" } else { "had not" };
        let network = stray.used.network;
        let hours = self.settings.get(&KNOWN_HOURS);
        match before >= DAY {
            true => format!(
                "{who} {had} worked from {network} by {hours} h before, in {} of logs",
                length(before)
            ),
            false => format!(
                "the logs begin only {} before, too little to know whose network {network} is",
                length(before)
            ),
        }
    }

    fn advise(&self, build: &mut Build<'_, '_>, stray: &Stray<'_, '_>) {
        let (cx, used) = (self.cx, stray.used);
        advice::contain_credential(cx, build, used.principal, used.key);
        if stray.instance {
            let name = cx.text(used.session.name);
            build.attack("T1552.005");
            build.next(format!(
                "Close the metadata service to forged requests: aws ec2 modify-instance-metadata-options \
                 --instance-id {name} --http-tokens required"
            ));
            build.next(format!(
                "Search the web logs of {name} for requests that name 169.254.169.254"
            ));
        } else if used.session.parent != 0 {
            let (parent, key) = (cx.text(used.session.parent), cx.text(used.session.parent_key));
            let key = if key.is_empty() { String::new() } else { format!(" and the key {key}") };
            build.next(format!(
                "Find out how the credentials left {}: check {parent}{key} too",
                stray.home
            ));
        }
    }
}

fn session_name<'c>(cx: &Cx<'c>, used: &Use<'_>) -> &'c str {
    match cx.text(used.session.name) {
        "" => "without a name",
        name => name,
    }
}

/// `i-0c29d6abb6a09589a`: EC2 names an instance's sessions after it.
fn is_instance(session: &str) -> bool {
    let id = session.strip_prefix("i-").unwrap_or("");
    matches!(id.len(), 8 | 17) && id.bytes().all(|b| b.is_ascii_hexdigit())
}

fn count(rows: &[&Row]) -> u64 {
    rows.iter().map(|row| row.1.events).sum()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Scene, at, reasons};
    use super::*;
    use crate::clock::MINUTE;
    use crate::event::Outcome::Success;

    const HOME: &str = "198.51.100.7";
    const AWAY: &str = "203.0.113.9";
    const INSTANCE: &str = "i-0c29d6abb6a09589a";

    /// Build machines assume the deployment role every day, and use it where they are.
    fn builds() -> Scene {
        let mut scene = Scene::new();
        for day in 1..=9 {
            scene = build(scene, &format!("2026-11-0{day} 10:00"), &format!("ASIA{day}"), HOME, 12);
        }
        scene
    }

    fn build(scene: Scene, when: &str, key: &str, source: &str, calls: usize) -> Scene {
        let scene = scene.issue(at(when), "user/ci", "AKIACI", HOME, key, "build-42");
        used(scene, at(when) + MINUTE, key, source, calls)
    }

    fn used(scene: Scene, when: Millis, key: &str, source: &str, calls: usize) -> Scene {
        let scene = scene.call(when, "role/deploy", key, source, "ecs:UpdateService", Success);
        scene.with(|call| call.session = "build-42".into()).repeat(calls, MINUTE)
    }

    fn carried_off() -> Scene {
        used(builds(), at("2026-11-09 10:30"), "ASIA9", AWAY, 25)
    }

    /// An instance at work for a week, with a new key every six hours.
    fn instance(source: &str) -> Scene {
        let mut scene = Scene::new();
        for n in 0..28 {
            let (when, key) = (at("2026-11-01 00:00") + n * 6 * HOUR, format!("ASIAEC2N{n}"));
            scene = scene.issue(when, "ec2.amazonaws.com", "", "ec2.amazonaws.com", &key, INSTANCE);
            scene = by_instance(scene, when + MINUTE, &key, source, INSTANCE, 36);
        }
        scene
    }

    fn by_instance(
        scene: Scene,
        when: Millis,
        key: &str,
        source: &str,
        name: &str,
        calls: usize,
    ) -> Scene {
        let scene = scene.call(when, "role/web", key, source, "s3:GetObject", Success);
        scene.with(|call| call.session = name.into()).repeat(calls, 10 * MINUTE)
    }

    fn quiet(scene: &Scene) -> bool {
        scene.detect(&SessionUsedElsewhere).is_empty()
    }

    #[test]
    fn a_session_is_carried_off() {
        let scene = carried_off();
        let found = scene.finding(&SessionUsedElsewhere);
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
            "deploy session build-42 used from 203.0.113.0/24, issued to 198.51.100.7"
        );
        assert_eq!(
            reasons(&found),
            "ASIA9 (session build-42) was issued at 2026-11-09 10:00:00 UTC to 198.51.100.7, \
             asked for by arn:aws:iam::123456789012:user/ci with AKIACI\n\
             25 calls from 203.0.113.0/24 from 2026-11-09 10:30:00 to 2026-11-09 10:54:00 UTC; \
             before, the session made 12 calls from 198.51.100.7\n\
             neither arn:aws:iam::123456789012:role/deploy nor arn:aws:iam::123456789012:user/ci had worked \
             from 203.0.113.0/24 by 24 h before, in 8 d of logs"
        );
        assert_eq!(found.playbook.unwrap().id, "compromised-role");
        assert!(found.next.iter().any(|step| step.contains("AKIACI")), "{:?}", found.next);
    }

    #[test]
    fn with_little_history_it_weighs_less_and_says_so() {
        let scene = used(
            build(Scene::new(), "2026-11-09 10:00", "ASIA9", HOME, 12),
            at("2026-11-09 10:30"),
            "ASIA9",
            AWAY,
            25,
        );
        let found = scene.finding(&SessionUsedElsewhere);
        assert_eq!(found.severity, Severity::Medium);
        assert!(
            reasons(&found).contains("the logs begin only 30 min before"),
            "{}",
            reasons(&found)
        );
    }

    #[test]
    fn several_sessions_are_one_finding() {
        let scene = build(carried_off(), "2026-11-09 11:00", "ASIA10", AWAY, 5);
        let found = scene.finding(&SessionUsedElsewhere);
        assert_eq!(
            (found.events, scene.selected(&found), found.scope.access_keys.len()),
            (30, 30, 2)
        );
        assert!(found.title.starts_with("2 sessions of deploy"), "{}", found.title);
        let next_day = build(carried_off(), "2026-11-10 11:00", "ASIA10", AWAY, 5);
        assert_eq!(
            next_day.detect(&SessionUsedElsewhere).len(),
            2,
            "a stranger is no acquaintance by then"
        );
    }

    #[test]
    fn the_window_counts() {
        let found = carried_off().since(at("2026-11-09 10:40")).finding(&SessionUsedElsewhere);
        assert_eq!(found.events, 15);
        assert!(quiet(&carried_off().since(at("2026-11-10 00:00"))));
    }

    #[test]
    fn quiet_where_the_principal_is_known() {
        for who in ["user/ci", "role/deploy"] {
            let known =
                carried_off().call(at("2026-11-03 10:00"), who, "", AWAY, "iam:ListUsers", Success);
            assert!(quiet(&known), "{who}");
        }
        let colleague = carried_off().call(
            at("2026-11-03 10:00"),
            "user/bob",
            "",
            AWAY,
            "iam:ListUsers",
            Success,
        );
        assert_eq!(colleague.detect(&SessionUsedElsewhere).len(), 1);
    }

    #[test]
    fn quiet_in_ones_own_network_at_home_and_for_services() {
        assert!(quiet(&builds()));
        assert!(
            quiet(&used(builds(), at("2026-11-09 10:30"), "ASIA9", "198.51.100.200", 25)),
            "the same network"
        );
        assert!(quiet(&carried_off().config("own_ranges = [\"203.0.113.0/24\"]")));
        assert!(quiet(&used(
            builds(),
            at("2026-11-09 10:30"),
            "ASIA9",
            "athena.amazonaws.com",
            25
        )));
        assert!(quiet(&carried_off().with(|call| call.by_service = true)));
    }

    #[test]
    fn issued_in_ones_own_ranges_and_used_outside() {
        let scene = carried_off().config("own_ranges = [\"198.51.100.0/24\"]");
        assert_eq!(scene.finding(&SessionUsedElsewhere).severity, Severity::High);
    }

    #[test]
    fn quiet_when_sessions_of_the_principal_move_every_day() {
        let mut scene = builds();
        for day in 1..=9 {
            let (when, key) = (at(&format!("2026-11-0{day} 10:30")), format!("ASIA{day}"));
            scene = used(scene, when, &key, &format!("203.0.{day}.9"), 5);
        }
        assert!(quiet(&scene.since(at("2026-11-05 00:00"))));
    }

    #[test]
    fn quiet_for_two_addresses_of_one_machine() {
        assert!(quiet(&used(builds(), at("2026-11-09 10:30"), "ASIA9", "10.0.1.5", 25)));
        let other_protocol = used(builds(), at("2026-11-09 10:30"), "ASIA9", "2001:db8::9", 25);
        assert!(quiet(&other_protocol));
        assert!(!quiet(&other_protocol.with(|call| call.user_agent = "Boto3/1.40.1".into())));
        let operator = carried_off().geo("198.51.100.0/24", "DE", 64500, "Net").geo(
            "203.0.113.0/24",
            "DE",
            64500,
            "Net",
        );
        assert!(quiet(&operator));
    }

    #[test]
    fn quiet_for_functions_which_have_no_home() {
        let mut scene = Scene::new();
        for (n, source) in ["203.0.1.9", "203.0.2.9", "203.0.3.9"].into_iter().enumerate() {
            let when = at("2026-11-01 00:00") + n as i64 * DAY;
            scene = scene.issue(
                when,
                "lambda.amazonaws.com",
                "",
                "lambda.amazonaws.com",
                "ASIAFN",
                "resize-images",
            );
            scene = by_instance(scene, when + MINUTE, "ASIAFN", source, "resize-images", 10);
        }
        assert!(quiet(&scene));
    }

    #[test]
    fn an_instances_credentials_in_other_hands() {
        let scene =
            by_instance(instance(HOME), at("2026-11-06 02:00"), "ASIAEC2N20", AWAY, INSTANCE, 20);
        let found = scene.finding(&SessionUsedElsewhere);
        assert_eq!(
            (found.severity, found.events, scene.selected(&found)),
            (Severity::Critical, 20, 20)
        );
        assert_eq!(
            found.title,
            "Credentials of EC2 instance i-0c29d6abb6a09589a used from 203.0.113.0/24"
        );
        assert_eq!(found.attack, ["T1078.004", "T1550.001", "T1552.005"]);
        assert!(reasons(&found).contains("asked for by ec2.amazonaws.com"), "{}", reasons(&found));
        assert!(
            found.next.iter().any(|step| step.contains("--http-tokens required")),
            "{:?}",
            found.next
        );
    }

    #[test]
    fn an_instance_whose_key_was_handed_out_before_the_logs_begin() {
        let mut scene =
            by_instance(Scene::new(), at("2026-11-01 00:00"), "ASIAOLD", HOME, INSTANCE, 36);
        scene = by_instance(scene, at("2026-11-01 03:00"), "ASIAOLD", AWAY, INSTANCE, 5);
        let found = scene.finding(&SessionUsedElsewhere);
        assert_eq!((found.severity, found.events), (Severity::High, 5));
        assert!(reasons(&found).contains("no record of the STS call"), "{}", reasons(&found));
    }

    #[test]
    fn an_instance_behind_endpoints_seen_outside() {
        let scene = by_instance(
            instance("10.0.1.5"),
            at("2026-11-06 02:00"),
            "ASIAEC2N20",
            AWAY,
            INSTANCE,
            20,
        );
        assert_eq!(scene.finding(&SessionUsedElsewhere).severity, Severity::Critical);
    }

    #[test]
    fn quiet_for_an_instances_endpoints_and_gateways() {
        let endpoint = by_instance(
            instance(HOME),
            at("2026-11-06 02:00"),
            "ASIAEC2N20",
            "10.0.1.5",
            INSTANCE,
            20,
        );
        assert!(quiet(&endpoint));
        let boot = by_instance(
            instance("10.0.1.5"),
            at("2026-11-01 00:30"),
            "ASIAEC2N0",
            AWAY,
            INSTANCE,
            20,
        );
        assert!(quiet(&boot));
        let other = "i-0aaaaaaaaaaaaaaaa";
        let gateway =
            by_instance(instance(HOME), at("2026-11-06 02:00"), "ASIAEC2N20", AWAY, INSTANCE, 20);
        let gateway = by_instance(gateway, at("2026-11-02 00:00"), "ASIAOTHER", AWAY, other, 20);
        assert!(quiet(
            &gateway.with(|call| call.principal = "arn:aws:iam::123456789012:role/batch".into())
        ));
    }

    #[test]
    fn quiet_when_an_instance_has_had_a_second_address_for_days() {
        let mut scene = instance(HOME);
        for n in 8..28 {
            let when = at("2026-11-01 00:30") + n * 6 * HOUR;
            scene = by_instance(scene, when, &format!("ASIAEC2N{n}"), AWAY, INSTANCE, 30);
        }
        assert!(quiet(&scene.since(at("2026-11-06 00:00"))));
    }

    #[test]
    fn quiet_for_an_instance_that_was_stopped_and_started() {
        let restarted =
            by_instance(instance(HOME), at("2026-11-09 00:00"), "ASIANEW", AWAY, INSTANCE, 20);
        assert!(quiet(&restarted));
    }
}
