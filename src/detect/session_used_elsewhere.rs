//! Temporary credentials used elsewhere than where they were handed out: someone carried them off.
//!
//! The record of the STS call says where a session's credentials went. Calls with them from another network
//! are a copy at work, unless whoever asked for them, or the role, already worked from that network. The
//! credentials of an EC2 instance are handed out by AWS itself, so the instance's own first network is its
//! home. It cannot be in two places: a call from a third one is the instance's role in other hands, as after
//! a request forgery that reads the metadata service.

mod handed_out;
mod instances;
mod joins;
mod known;
mod uses;
mod words;

use std::collections::{BTreeSet, HashMap};

use polars::prelude::PolarsResult;

use super::build::{Build, list};
use super::rows::{Row, in_window};
use super::user_agents::UserAgents;
use super::{Cx, Detector, Meta, advice};
use crate::clock::{DAY, Millis};
use crate::config::{Resolved, Setting};
use crate::finding::{Cause, Finding, Severity};
use crate::rollup::Sym;
use crate::ui::number::counted;
use uses::{Use, proper, uses};
use words::session_name;

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
    help: "Time from an EC2 instance's first call in which the networks it uses are taken for its home",
};

static META: Meta = Meta {
    id: "session.used-elsewhere",
    finds: "Temporary credentials used from another network than the one they were issued to",
    ordinary: "A laptop that changes networks within a session, a service that hands credentials to its workers",
    attack: &["T1078.004", "T1550.001"],
    settings: &[KNOWN_HOURS, USUAL_DAYS, SETTLE_HOURS],
};

const MOST_NAMED: usize = 3;

pub struct SessionUsedElsewhere;

impl Detector for SessionUsedElsewhere {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn detect(&self, cx: &Cx<'_>) -> PolarsResult<Vec<Finding>> {
        let detection = Detection::new(cx)?;
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
    agents: UserAgents<'c>,
}

impl<'c, 'a> Detection<'c, 'a> {
    fn new(cx: &'c Cx<'a>) -> PolarsResult<Detection<'c, 'a>> {
        Ok(Detection {
            cx,
            settings: cx.settings(&META),
            uses: uses(cx)?,
            proper: proper(cx),
            agents: UserAgents::new(cx),
        })
    }

    fn finding(&self, group: &[Stray<'_, 'c>]) -> Option<Finding> {
        let cx = self.cx;
        let group: Vec<(&Stray<'_, '_>, Vec<Row<'_>>)> = group
            .iter()
            .map(|stray| (stray, in_window(&stray.used.rows)))
            .filter(|(_, rows)| !rows.is_empty())
            .collect();
        let mut build = Build::new(cx, &META, Cause::ForeignUse);
        for (key, value) in group.iter().flat_map(|(_, rows)| rows) {
            build.activity(key, value);
        }
        let group: Vec<_> = group.into_iter().map(|(stray, _)| stray).collect();
        let main = group.first()?;
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

#[cfg(test)]
mod tests;
