//! Temporary credentials used from another network than the one they were issued to: someone copied them.
//!
//! The record of the STS call says where a session's credentials went. Calls from another network mean a copy,
//! unless the requester or the role already worked from that network. AWS issues the credentials of an EC2
//! instance, so the instance's first public networks count as its home. An instance does not move: a call from
//! elsewhere means that someone else has its credentials, for example after a server-side request forgery that
//! reads the metadata service.
//!
//! False positives: laptops that change networks, services that pass credentials to workers, NAT gateways. Known
//! networks, one operator, one machine with two addresses and movement on several earlier days are left out;
//! `known_hours`, `usual_days` and `settle_hours` set how strictly.

mod elsewhere;
mod reasons;
mod uses;

use std::collections::{BTreeSet, HashMap};

use polars::prelude::PolarsResult;

use super::build::Build;
use super::grouping::group_touching;
use super::history::Recurrence;
use super::rows::{Row, in_window};
use super::text::{list, short_name};
use super::user_agents::UserAgents;
use super::{Cx, Detector, Meta, advice};
use crate::clock::{DAY, HOUR, Millis};
use crate::config::{Resolved, Setting};
use crate::finding::{Cause, Finding, Severity};
use crate::rollup::Sym;
use crate::ui::number::counted;
use crate::ui::shell::CommandLine;
use elsewhere::UseElsewhere;
use reasons::session_name;
use uses::{Use, own_networks, uses};

const KNOWN_HOURS: Setting = Setting {
    name: "known_hours",
    default: 24.0,
    unit: "hours",
    help: "The network counts as the principal's own if the principal used it at least this long before",
};
const USUAL_DAYS: Setting = Setting {
    name: "usual_days",
    default: 3.0,
    unit: "days",
    help: "After this many earlier days with such moves, they are routine and raise no finding",
};
const HOME_HOURS: Setting = Setting {
    name: "settle_hours",
    default: 1.0,
    unit: "hours",
    help: "Networks that an EC2 instance uses within this time after its first call count as its home",
};

static META: Meta = Meta {
    id: "session.used-elsewhere",
    finds: "Temporary credentials used from another network than the one they were issued to",
    ordinary: "A laptop that changes networks within a session, a service that passes credentials to its workers",
    means: "Temporary credentials left the place that they were issued to, as they do when somebody steals them from an instance, a laptop or a function. A laptop that changes networks, or a service that hands credentials to its workers, looks the same.",
    attack: &["T1078.004", "T1550.001"],
    settings: &[KNOWN_HOURS, USUAL_DAYS, HOME_HOURS],
};

const MOST_NAMED: usize = 3;

/// Uses of one principal's sessions that are this close are one finding.
const TOUCH: Millis = 2 * HOUR;

pub struct SessionUsedElsewhere;

impl Detector for SessionUsedElsewhere {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn detect(&self, cx: &Cx<'_>) -> PolarsResult<Vec<Finding>> {
        let detection = Detection::new(cx)?;
        let mut found = detection.requested_sessions();
        found.extend(detection.instance_sessions());
        detection.leave_out_routine(&mut found);
        Ok(detection
            .grouped(found)
            .into_iter()
            .filter_map(|group| detection.finding(&group))
            .collect())
    }
}

struct Detection<'c, 'a> {
    cx: &'c Cx<'a>,
    settings: Resolved,
    uses: Vec<Use<'c>>,
    /// Since when a principal works from a network with credentials that belong there.
    own_networks: HashMap<(Sym, &'c str), Millis>,
    agents: UserAgents<'c>,
}

impl<'c, 'a> Detection<'c, 'a> {
    fn new(cx: &'c Cx<'a>) -> PolarsResult<Detection<'c, 'a>> {
        Ok(Detection {
            cx,
            settings: cx.settings(&META),
            uses: uses(cx),
            own_networks: own_networks(cx),
            agents: UserAgents::new(cx),
        })
    }

    /// Drops movement that the principal, or the instance, already showed on several earlier days.
    fn leave_out_routine(&self, found: &mut Vec<UseElsewhere<'_, 'c>>) {
        found.sort_by_key(|one| one.used.first);
        let mut recurrence = Recurrence::default();
        found.retain(|one| {
            let instance = if one.instance { one.used.session.name } else { 0 };
            let who = (one.used.principal, instance);
            (recurrence.earlier_days(who, one.used.first) as f64) < self.settings.get(&USUAL_DAYS)
        });
    }

    /// Groups the uses of one principal with one home, or of one instance, that touch in time.
    fn grouped<'u>(&self, mut found: Vec<UseElsewhere<'u, 'c>>) -> Vec<Vec<UseElsewhere<'u, 'c>>> {
        found.sort_by_cached_key(|one| {
            let (principal, home) = self.origin_key(one);
            (
                principal.to_string(),
                home.to_string(),
                one.used.first,
                self.cx.text(one.used.key),
                one.used.network,
            )
        });
        group_touching(found, |a, b| {
            let near = b.used.first <= a.used.last + TOUCH && a.used.first <= b.used.last + TOUCH;
            near && self.origin_key(a) == self.origin_key(b)
        })
    }

    /// Principal and home, or principal and instance.
    fn origin_key<'s>(&'s self, one: &'s UseElsewhere<'_, '_>) -> (&'s str, &'s str) {
        let home = if one.instance { self.cx.text(one.used.session.name) } else { &one.home };
        (self.cx.text(one.used.principal), home)
    }

    fn finding(&self, group: &[UseElsewhere<'_, 'c>]) -> Option<Finding> {
        let cx = self.cx;
        let group: Vec<(&UseElsewhere<'_, '_>, Vec<Row<'_>>)> = group
            .iter()
            .map(|one| (one, in_window(&one.used.rows)))
            .filter(|(_, rows)| !rows.is_empty())
            .collect();
        let mut build = Build::new(cx, &META, Cause::ForeignUse);
        for (key, value) in group.iter().flat_map(|(_, rows)| rows) {
            build.activity(key, value);
        }
        let group: Vec<_> = group.into_iter().map(|(one, _)| one).collect();
        let main = group.first()?;
        let keys: BTreeSet<&str> = group.iter().map(|one| cx.text(one.used.key)).collect();
        build.scope().access_keys = keys.iter().map(|key| key.to_string()).collect();
        for one in group.iter().take(MOST_NAMED) {
            build.reason(self.issue(one));
            build.reason(self.calls(one));
        }
        if let Some(more) = group.len().checked_sub(MOST_NAMED).filter(|more| *more > 0) {
            build.reason(format!(
                "and {} like these",
                counted(more as u64, "more use", "more uses")
            ));
        }
        let before = cx.history_before(main.used.first);
        build.reason(self.comparison(main, before));
        for setting in META.settings {
            build.setting(&self.settings, setting);
        }
        self.advise(&mut build, main);
        let severity = match (main.instance, before >= DAY) {
            (true, true) => Severity::Critical,
            (true, false) | (false, true) => Severity::High,
            (false, false) => Severity::Medium,
        };
        let networks: BTreeSet<&str> = group.iter().map(|one| one.used.network).collect();
        let name = match (main.instance, keys.len()) {
            (true, _) => format!("EC2 instance {}", cx.text(main.used.session.name)),
            (false, 1) => format!(
                "{} session {}",
                short_name(cx.text(main.used.principal)),
                session_name(cx, main.used)
            ),
            (false, n) => {
                format!("{n} sessions of {}", short_name(cx.text(main.used.principal)))
            }
        };
        let from = list(networks.into_iter(), MOST_NAMED);
        let title = match main.instance {
            true => format!("Credentials of {name} used from {from}"),
            false => format!("{name} used from {from}, issued to {}", main.home),
        };
        Some(build.finish(severity, title))
    }

    fn advise(&self, build: &mut Build<'_, '_>, found: &UseElsewhere<'_, '_>) {
        let (cx, used) = (self.cx, found.used);
        advice::contain_credential(cx, build, used.principal, used.key);
        if found.instance {
            let name = cx.text(used.session.name);
            build.attack("T1552.005");
            let require = CommandLine::new("aws ec2 modify-instance-metadata-options")
                .option("--instance-id", name)
                .then("--http-tokens required");
            build.next(require.after("Require IMDSv2, which forged requests cannot use"));
            build.next(format!(
                "Search the web logs of {name} for requests that contain 169.254.169.254"
            ));
        } else if used.session.parent != 0 {
            let (parent, key) = (cx.text(used.session.parent), cx.text(used.session.parent_key));
            let key = if key.is_empty() { String::new() } else { format!(" and the key {key}") };
            build.next(format!(
                "Find out how the credentials left {}: check {parent}{key} too",
                found.home
            ));
        }
    }
}

#[cfg(test)]
mod tests;
