//! Sign-ins that fail again and again: one identity's password is guessed, or one network tries many.
//!
//! The console is open to the whole internet, and a guess that succeeds leaves no other trace than a sign-in.
//! People mistype: a few failures that the same person ends with a success from the same network are left out
//! before anything is counted, and a network in which the identity already worked weighs less.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use polars::prelude::*;

use super::build::{Build, list};
use super::cx::{syms, times};
use super::{Cx, Detector, Meta, advice};
use crate::clock::{HOUR, Millis, length, plain};
use crate::config::{Resolved, Setting};
use crate::event::{Outcome, SourceClass};
use crate::finding::{Cause, Finding, Severity};
use crate::rollup::{Phase, Sym, activity};
use crate::ui::number::{counted, grouped};

const MIN_FAILURES: Setting = Setting {
    name: "min_failures",
    default: 5.0,
    unit: "failures",
    help: "Failed sign-ins of one principal in hours that follow each other",
};
const MIN_USERS: Setting = Setting {
    name: "min_users",
    default: 3.0,
    unit: "principals",
    help: "Principals that one network fails to sign in as, in hours that follow each other",
};
const MISTYPED: Setting = Setting {
    name: "mistyped",
    default: 2.0,
    unit: "failures",
    help: "Failures that do not count when the principal signs in from the same network within the hour after",
};

static META: Meta = Meta {
    id: "sign-in.failures",
    finds: "Many failed sign-ins of one principal, or one network that fails to sign in as many",
    ordinary: "A forgotten password, a browser that fills in an old one, a lost MFA device",
    attack: &["T1110"],
    settings: &[MIN_FAILURES, MIN_USERS, MISTYPED],
};

const SERVICE: &str = "signin.amazonaws.com";

/// Actions whose success means that someone is in. Others (`CheckMfa`, `CredentialChallenge`) are steps before.
const ENTRIES: [&str; 2] = ["ConsoleLogin", "UserAuthentication"];

/// What CloudTrail writes in place of a user name that does not exist, which may be a password.
const HIDDEN: &str = "HIDDEN_DUE_TO_SECURITY_REASONS";

const MOST_NAMED: usize = 6;

pub struct SignInFailures;

impl Detector for SignInFailures {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn detect(&self, cx: &Cx<'_>) -> PolarsResult<Vec<Finding>> {
        let Some(service) = cx.names.find(SERVICE) else { return Ok(Vec::new()) };
        let attempts = Attempts::new(cx, service)?;
        let (mut found, sprayed) = attempts.sprays();
        found.extend(attempts.guesses(&sprayed));
        Ok(found)
    }
}

type Row = (activity::Key, activity::Value);

/// Every sign-in of baseline and window, earliest first.
struct Attempts<'a, 'c> {
    cx: &'a Cx<'c>,
    settings: Resolved,
    failures: Vec<&'c Row>,
    entries: Vec<&'c Row>,
    /// When a call of the principal first succeeded from the network. A failure proves nothing of who was there.
    worked: HashMap<(Sym, &'a str), Millis>,
}

/// Failures that belong together, and what they led to.
struct Burst<'c> {
    rows: Vec<&'c Row>,
    first: Millis,
    last: Millis,
    failures: u64,
    entry: Option<&'c Row>,
}

impl<'a, 'c> Attempts<'a, 'c> {
    fn new(cx: &'a Cx<'c>, service: Sym) -> PolarsResult<Attempts<'a, 'c>> {
        let frame = cx.calls().filter(col("service").eq(lit(service))).select([col("row")]);
        let frame = frame.sort(["row"], SortMultipleOptions::default()).collect()?;
        let rows = syms(&frame, "row")?;
        let rows = rows.into_iter().filter_map(|row| cx.frames.activity_rows.get(row as usize));
        let (mut failures, mut entries) = (Vec::new(), Vec::new());
        for row in rows {
            if row.0.outcome != Outcome::Success {
                failures.push(row);
            } else if ENTRIES.contains(&cx.text(row.0.action)) {
                entries.push(row);
            }
        }
        let worked = worked(cx, service, &entries)?;
        Ok(Attempts { cx, settings: cx.settings(&META), failures, entries, worked })
    }

    /// One network at many principals. Also answers with the rows that are told with that.
    fn sprays(&self) -> (Vec<Finding>, HashSet<activity::Key>) {
        let mut networks: BTreeMap<&str, Vec<&'c Row>> = BTreeMap::new();
        for row in self.failures.iter().filter(|row| row.0.phase == Phase::Window) {
            networks.entry(self.network(row)).or_default().push(row);
        }
        let (mut found, mut sprayed) = (Vec::new(), HashSet::new());
        for rows in networks.values().flat_map(|rows| by_hours(rows)) {
            let mut victims: BTreeMap<&str, Vec<&'c Row>> = BTreeMap::new();
            for row in rows {
                victims.entry(self.cx.text(row.0.principal)).or_default().push(row);
            }
            victims.retain(|_, rows| !self.is_mistyped(rows) && !self.is_usual(rows));
            if (victims.len() as f64) < self.settings.get(&MIN_USERS) {
                continue;
            }
            let rows: Vec<&'c Row> = victims.values().flatten().copied().collect();
            sprayed.extend(rows.iter().map(|row| row.0));
            found.push(self.spray(&victims, rows));
        }
        (found, sprayed)
    }

    /// Many failures of one principal, from wherever.
    fn guesses(&self, sprayed: &HashSet<activity::Key>) -> Vec<Finding> {
        let mut principals: BTreeMap<&str, Vec<&'c Row>> = BTreeMap::new();
        let left = self
            .failures
            .iter()
            .filter(|row| row.0.phase == Phase::Window && !sprayed.contains(&row.0));
        for row in left {
            principals.entry(self.cx.text(row.0.principal)).or_default().push(row);
        }
        let mut found = Vec::new();
        for rows in principals.values().flat_map(|rows| by_hours(rows)) {
            let mut networks: BTreeMap<&str, Vec<&'c Row>> = BTreeMap::new();
            for row in rows {
                networks.entry(self.network(row)).or_default().push(row);
            }
            networks.retain(|_, rows| !self.is_mistyped(rows));
            let rows: Vec<&'c Row> = networks.values().flatten().copied().collect();
            if count(&rows) as f64 >= self.settings.get(&MIN_FAILURES) {
                found.extend(self.guess(networks.keys().copied(), rows));
            }
        }
        found
    }

    fn network(&self, row: &Row) -> &'a str {
        self.cx.places.network(row.0.source)
    }

    /// The sign-in that followed failures from the same network, of anyone whom `wanted` takes.
    fn entry(&self, rows: &[&Row], wanted: &dyn Fn(&Row) -> bool) -> Option<&'c Row> {
        let follows = |entry: &Row| {
            let (first, last) =
                span(rows.iter().filter(|row| self.network(row) == self.network(entry)));
            wanted(entry)
                && entry.1.last >= first
                && entry.1.first.time <= last.saturating_add(HOUR)
        };
        self.entries.iter().find(|entry| follows(entry)).copied()
    }

    /// Failures of one principal in one network that it ended itself.
    fn is_mistyped(&self, rows: &[&Row]) -> bool {
        let principal = rows.first().map(|row| row.0.principal);
        count(rows) as f64 <= self.settings.get(&MISTYPED)
            && self.entry(rows, &|entry| Some(entry.0.principal) == principal).is_some()
    }

    /// True if the principal worked from the network before these failures of it, or the network is one's own.
    fn is_usual(&self, rows: &[&Row]) -> bool {
        let (first, _) = span(rows.iter());
        rows.iter().all(|row| {
            let own = self
                .cx
                .places
                .get(row.0.source)
                .is_some_and(|place| place.class == SourceClass::Own);
            own || self
                .worked
                .get(&(row.0.principal, self.network(row)))
                .is_some_and(|at| *at < first)
        })
    }

    fn burst(&self, rows: Vec<&'c Row>, wanted: &dyn Fn(&Row) -> bool) -> Burst<'c> {
        let (first, last) = span(rows.iter());
        Burst { first, last, failures: count(&rows), entry: self.entry(&rows, wanted), rows }
    }

    fn spray(&self, victims: &BTreeMap<&str, Vec<&'c Row>>, rows: Vec<&'c Row>) -> Finding {
        // Someone who works from there anyway is not the one who was guessed.
        let guessed = |entry: &Row| {
            let from = rows.first().map_or(0, |row| row.1.first.time);
            self.worked.get(&(entry.0.principal, self.network(entry))).is_none_or(|at| *at >= from)
        };
        let burst = self.burst(rows.clone(), &guessed);
        let network = burst.rows.first().map_or("", |row| self.network(row));
        let mut build = self.build(&burst);
        build.attack("T1110.003");
        let users = counted(victims.len() as u64, "principal", "principals");
        let names: Vec<String> = victims.keys().map(|arn| named(arn)).collect();
        build.reason(format!(
            "{} from {network} for {users} in {}, none of whom had worked from there in the {} before: {}",
            counted(burst.failures, "failed sign-in", "failed sign-ins"),
            length(burst.last - burst.first),
            length(self.cx.history_before(burst.first)),
            list(names.iter().map(String::as_str), MOST_NAMED),
        ));
        self.close(&mut build, &burst);
        let root = victims.keys().any(|arn| is_root(arn));
        let severity = if burst.entry.is_some() { Severity::High } else { Severity::Medium };
        build.finish(
            raised(severity, root),
            format!("{network} failed to sign in as {users}{}", then(&burst)),
        )
    }

    fn guess(
        &self,
        networks: impl Iterator<Item = &'a str>,
        rows: Vec<&'c Row>,
    ) -> Option<Finding> {
        let principal = rows.first()?.0.principal;
        let burst = self.burst(rows, &|entry| entry.0.principal == principal);
        let arn = self.cx.text(principal);
        let usual = self.is_usual(&burst.rows);
        let networks: Vec<&str> = networks.collect();
        let mut build = self.build(&burst);
        build.attack("T1110.001");
        let earlier = self
            .failures
            .iter()
            .filter(|row| row.0.principal == principal && row.1.first.time < burst.first);
        build.reason(format!(
            "{} of {} in {}, against {} in the {} before",
            counted(burst.failures, "failed sign-in", "failed sign-ins"),
            named(arn),
            length(burst.last - burst.first),
            grouped(earlier.map(|row| row.1.events).sum()),
            length(self.cx.history_before(burst.first)),
        ));
        let from = match networks.len() {
            1 => networks.concat(),
            n => format!("{n} networks"),
        };
        build.reason(match (usual, networks.len()) {
            (true, _) => format!("from {from}, where it worked before"),
            (false, 1) => format!("from {from}, where it had not worked before"),
            (false, _) => format!(
                "from {from}, in not all of which it had worked before: {}",
                list(networks.iter().copied(), MOST_NAMED)
            ),
        });
        self.close(&mut build, &burst);
        let severity = match (burst.entry.is_some(), usual) {
            (true, false) => Severity::High,
            (true, true) | (false, false) => Severity::Medium,
            (false, true) => Severity::Low,
        };
        let failures = counted(burst.failures, "failed sign-in", "failed sign-ins");
        let title = format!("{failures} of {} from {from}{}", named(arn), then(&burst));
        Some(build.finish(raised(severity, is_root(arn)), title))
    }

    fn build(&self, burst: &Burst<'c>) -> Build<'a, 'c> {
        let mut build = Build::new(self.cx, &META, Cause::SignIn);
        let mut actions = BTreeSet::new();
        for (key, value) in &burst.rows {
            build.activity(key, value);
            actions.insert((
                self.cx.text(key.service).to_string(),
                self.cx.text(key.action).to_string(),
            ));
        }
        build.scope().outcomes = vec![Outcome::Denied, Outcome::Failed];
        build.scope().actions = actions.into_iter().collect();
        for setting in META.settings {
            build.setting(&self.settings, setting);
        }
        build
    }

    /// What came of it, and what to do.
    fn close(&self, build: &mut Build<'_, '_>, burst: &Burst<'_>) {
        let Some((key, value)) = burst.entry else {
            build.reason("no sign-in succeeded from there within the hour after");
            build.next(
                "Check that MFA is on for them: aws iam get-credential-report (column mfa_active)",
            );
            return;
        };
        let arn = self.cx.text(key.principal);
        let failed = span(
            burst.rows.iter().filter(|row| self.network(row) == self.cx.places.network(key.source)),
        )
        .1;
        let when = match value.first.time - failed {
            after @ 0.. => format!("{} after the last failure", length(after)),
            _ => "among the failures".to_string(),
        };
        build.reason(format!(
            "then it succeeded: {} as {} from {} at {} UTC, {when}",
            self.cx.text(key.action),
            named(arn),
            self.cx.text(key.source),
            plain(value.first.time),
        ));
        build.next(format!("Ask the owner of {} whether that sign-in was theirs", named(arn)));
        advice::contain_credential(self.cx, build, key.principal, 0);
    }
}

/// First successful call by principal and network. Of the sign-in service only entries prove anything.
fn worked<'a>(
    cx: &'a Cx<'_>,
    service: Sym,
    entries: &[&Row],
) -> PolarsResult<HashMap<(Sym, &'a str), Millis>> {
    let success =
        col("outcome").eq(lit(Outcome::Success as u32)).and(col("service").neq(lit(service)));
    let frame = cx
        .calls()
        .filter(success)
        .group_by([col("principal"), col("source")])
        .agg([col("first").min()])
        .collect()?;
    let calls = syms(&frame, "principal")?
        .into_iter()
        .zip(syms(&frame, "source")?)
        .zip(times(&frame, "first")?);
    let entries =
        entries.iter().map(|(key, value)| ((key.principal, key.source), value.first.time));
    let mut worked = HashMap::new();
    for ((principal, source), at) in calls.chain(entries) {
        let first = worked.entry((principal, cx.places.network(source))).or_insert(at);
        *first = at.min(*first);
    }
    Ok(worked)
}

/// Rows of hours that follow each other; the rows are in the order of their times.
fn by_hours<'r, 'c>(rows: &'r [&'c Row]) -> impl Iterator<Item = &'r [&'c Row]> {
    rows.chunk_by(|a, b| b.0.hour - a.0.hour <= 1)
}

fn count(rows: &[&Row]) -> u64 {
    rows.iter().map(|row| row.1.events).sum()
}

/// From the first to the last of the rows; of none, a span in which nothing lies.
fn span<'r>(rows: impl Iterator<Item = &'r &'r Row>) -> (Millis, Millis) {
    rows.fold((Millis::MAX, Millis::MIN), |(first, last), row| {
        (first.min(row.1.first.time), last.max(row.1.last))
    })
}

fn is_root(arn: &str) -> bool {
    arn.ends_with(":root")
}

/// A principal as sentences name it.
fn named(arn: &str) -> String {
    match advice::name_of(arn) {
        HIDDEN => "a user name that does not exist".to_string(),
        _ if is_root(arn) => "root".to_string(),
        name => name.to_string(),
    }
}

fn then(burst: &Burst<'_>) -> &'static str {
    if burst.entry.is_some() { ", then it succeeded" } else { "" }
}

fn raised(severity: Severity, by_one: bool) -> Severity {
    let higher = Severity::ALL.into_iter().find(|s| *s > severity);
    if by_one { higher.unwrap_or(severity) } else { severity }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Scene, at, reasons};
    use super::*;
    use crate::clock::{DAY, MINUTE};
    use crate::event::Outcome::{Failed, Success};

    const HOME: &str = "198.51.100.7";
    const AWAY: &str = "203.0.113.9";

    /// Dana works from home for ten days.
    fn ordinary() -> Scene {
        Scene::new()
            .sign_in(at("2026-11-01 08:00"), "user/dana", HOME, Success)
            .repeat(10, DAY)
            .call(
                at("2026-11-01 08:01"),
                "user/dana",
                "ASIADANA",
                HOME,
                "ec2:DescribeInstances",
                Success,
            )
            .repeat(10, DAY)
    }

    fn failures(scene: Scene, who: &str, source: &str, times: usize) -> Scene {
        scene.sign_in(at("2026-11-12 09:00"), who, source, Failed).repeat(times, MINUTE)
    }

    #[test]
    fn a_password_is_guessed() {
        let scene = failures(ordinary(), "user/dana", AWAY, 12);
        let found = scene.finding(&SignInFailures);
        assert_eq!(
            (found.severity, found.cause, found.events),
            (Severity::Medium, Cause::SignIn, 12)
        );
        assert_eq!(scene.selected(&found), 12);
        assert_eq!(found.title, "12 failed sign-ins of dana from 203.0.113.0/24");
        assert_eq!(found.attack, ["T1110", "T1110.001"]);
        assert_eq!(found.playbook, None);
        assert_eq!(
            reasons(&found),
            "12 failed sign-ins of dana in 11 min, against 0 in the 11 d 1 h before\n\
             from 203.0.113.0/24, where it had not worked before\n\
             no sign-in succeeded from there within the hour after"
        );
    }

    #[test]
    fn and_then_it_succeeded() {
        let scene = failures(ordinary(), "user/dana", AWAY, 12).sign_in(
            at("2026-11-12 09:20"),
            "user/dana",
            AWAY,
            Success,
        );
        let found = scene.finding(&SignInFailures);
        assert_eq!(
            (found.severity, found.events, scene.selected(&found)),
            (Severity::High, 12, 12)
        );
        assert_eq!(
            found.title,
            "12 failed sign-ins of dana from 203.0.113.0/24, then it succeeded"
        );
        assert_eq!(
            found.reasons[2].text,
            "then it succeeded: ConsoleLogin as dana from 203.0.113.9 at 2026-11-12 09:20:00 UTC, 9 min after the last failure"
        );
        assert_eq!(found.playbook.map(|p| p.id).as_deref(), Some("console-takeover"));
    }

    #[test]
    fn a_success_elsewhere_or_later_is_not_theirs() {
        for (when, source) in [("2026-11-12 09:20", HOME), ("2026-11-12 10:12", AWAY)] {
            let scene = failures(ordinary(), "user/dana", AWAY, 12).sign_in(
                at(when),
                "user/dana",
                source,
                Success,
            );
            assert_eq!(scene.finding(&SignInFailures).severity, Severity::Medium, "{when}");
        }
    }

    #[test]
    fn a_forgotten_password_at_ones_usual_place_weighs_less() {
        let scene = failures(ordinary(), "user/dana", HOME, 6);
        assert_eq!(scene.finding(&SignInFailures).severity, Severity::Low);
        let scene = scene.sign_in(at("2026-11-12 09:20"), "user/dana", HOME, Success);
        assert_eq!(scene.finding(&SignInFailures).severity, Severity::Medium);
        let own = failures(
            Scene::new().config("own_ranges = [\"203.0.113.0/24\"]"),
            "user/dana",
            AWAY,
            6,
        );
        assert_eq!(own.finding(&SignInFailures).severity, Severity::Low);
    }

    #[test]
    fn root_weighs_more() {
        assert_eq!(
            failures(ordinary(), "root", AWAY, 5).finding(&SignInFailures).severity,
            Severity::High
        );
        let entered = failures(ordinary(), "root", AWAY, 5).sign_in(
            at("2026-11-12 09:20"),
            "root",
            AWAY,
            Success,
        );
        assert_eq!(entered.finding(&SignInFailures).severity, Severity::Critical);
    }

    #[test]
    fn hours_that_follow_each_other_are_one_burst() {
        let slow = ordinary()
            .sign_in(at("2026-11-12 09:50"), "user/dana", AWAY, Failed)
            .repeat(6, 30 * MINUTE);
        assert_eq!(slow.finding(&SignInFailures).events, 6);
        let slower = ordinary()
            .sign_in(at("2026-11-12 09:50"), "user/dana", AWAY, Failed)
            .repeat(6, 120 * MINUTE);
        assert!(slower.detect(&SignInFailures).is_empty());
    }

    #[test]
    fn one_principal_from_many_networks() {
        let mut scene = ordinary();
        for n in 0..6 {
            let source = format!("203.0.{n}.9");
            scene =
                scene.sign_in(at("2026-11-12 09:00") + n * MINUTE, "user/dana", &source, Failed);
        }
        let found = scene.finding(&SignInFailures);
        assert_eq!((found.events, found.sources.len(), scene.selected(&found)), (6, 6, 6));
    }

    #[test]
    fn one_network_tries_many() {
        let mut scene = ordinary();
        for who in ["user/ann", "user/bob", "user/cy", "user/HIDDEN_DUE_TO_SECURITY_REASONS"] {
            scene = failures(scene, who, AWAY, 2);
        }
        let found = scene.finding(&SignInFailures);
        assert_eq!(
            (found.severity, found.events, scene.selected(&found)),
            (Severity::Medium, 8, 8)
        );
        assert_eq!(found.title, "203.0.113.0/24 failed to sign in as 4 principals");
        assert_eq!(found.attack, ["T1110", "T1110.003"]);
        assert!(
            found.reasons[0].text.contains("a user name that does not exist, ann, bob, cy"),
            "{}",
            reasons(&found)
        );
        // The one whose password was right at once never failed.
        let entered = scene
            .sign_in(at("2026-11-12 09:05"), "user/dana", AWAY, Success)
            .finding(&SignInFailures);
        assert_eq!(entered.severity, Severity::High);
        assert!(entered.reasons[1].text.contains("ConsoleLogin as dana"), "{}", reasons(&entered));
    }

    #[test]
    fn a_spray_is_told_once() {
        let mut scene = ordinary();
        for who in ["user/ann", "user/bob", "user/cy"] {
            scene = failures(scene, who, AWAY, 7);
        }
        assert_eq!(scene.finding(&SignInFailures).events, 21);
    }

    #[test]
    fn quiet_when_people_mistype() {
        let typed = failures(ordinary(), "user/dana", AWAY, 2).sign_in(
            at("2026-11-12 09:05"),
            "user/dana",
            AWAY,
            Success,
        );
        assert!(typed.detect(&SignInFailures).is_empty());
        assert!(failures(ordinary(), "user/dana", AWAY, 4).detect(&SignInFailures).is_empty());
        // An away day: many people in one new network, each of whom gets it right in the end.
        let mut away_day = ordinary();
        for who in ["user/ann", "user/bob", "user/cy", "user/dana"] {
            away_day = failures(away_day, who, AWAY, 2).sign_in(
                at("2026-11-12 09:05"),
                who,
                AWAY,
                Success,
            );
        }
        assert!(away_day.detect(&SignInFailures).is_empty());
    }

    #[test]
    fn quiet_when_colleagues_fail_where_they_work() {
        let mut office = Scene::new();
        for who in ["user/ann", "user/bob", "user/cy", "user/dana"] {
            office = office.sign_in(at("2026-11-02 08:00"), who, HOME, Success);
            office = failures(office, who, HOME, 1);
        }
        assert!(office.detect(&SignInFailures).is_empty());
    }

    #[test]
    fn quiet_for_other_failures_and_the_baseline() {
        let calls = ordinary().call(
            at("2026-11-12 09:00"),
            "user/dana",
            "AKIADANA",
            AWAY,
            "iam:ListUsers",
            Failed,
        );
        assert!(calls.repeat(50, MINUTE).detect(&SignInFailures).is_empty());
        let before = failures(ordinary(), "user/dana", AWAY, 12).since(at("2026-11-13 00:00"));
        assert!(before.detect(&SignInFailures).is_empty());
    }

    #[test]
    fn quiet_for_aws_services() {
        let scene = failures(ordinary(), "user/dana", AWAY, 12).with(|call| call.by_service = true);
        assert!(scene.detect(&SignInFailures).is_empty());
    }
}
