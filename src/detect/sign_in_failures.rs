//! Repeated failed sign-ins: someone guesses one principal's password, or one network tries many principals.
//!
//! The console is open to the whole internet, and a successful guess leaves no trace but a sign-in. People mistype:
//! a few failures that end with a success from the same network (`mistyped`) are left out before anything is
//! counted (`min_failures`, `min_users`). Failures that follow each other within days count too, from twice as many
//! on, where the principal never worked. A network that the principal worked from before lowers the severity; root
//! and a success after the failures raise it. False positives: forgotten passwords, lost MFA devices.

mod attempts;
mod guessing;
mod spraying;

use std::collections::BTreeSet;

use polars::prelude::PolarsResult;

use super::build::Build;
use super::text::short_name;
use super::{Cx, Detector, Meta, advice};
use crate::clock::{length, plain};
use crate::config::Setting;
use crate::event::Outcome;
use crate::finding::{Cause, Finding, Severity};
use attempts::{Attempts, Burst, Pace, span};

const MIN_FAILURES: Setting = Setting {
    name: "min_failures",
    default: 5.0,
    unit: "failures",
    help: "Failed sign-ins of one principal in consecutive hours; twice as many a few at a time over days",
};
const MIN_USERS: Setting = Setting {
    name: "min_users",
    default: 3.0,
    unit: "principals",
    help: "Principals that one network fails to sign in as, in consecutive hours; twice as many over days",
};
const MISTYPED: Setting = Setting {
    name: "mistyped",
    default: 2.0,
    unit: "failures",
    help: "Up to this many failures do not count if the principal signs in from the same network within the next hour",
};

static META: Meta = Meta {
    id: "sign-in.failures",
    finds: "Many failed sign-ins of one principal, or failed sign-ins of many principals from one network",
    ordinary: "A forgotten password, a browser that fills in an old one, a lost MFA device",
    means: "Somebody may guess passwords: those of one user, or a common one for many users. A forgotten password or a browser that fills in an old one fails as often, but for one user from a known network.",
    attack: &["T1110"],
    settings: &[MIN_FAILURES, MIN_USERS, MISTYPED],
};

const SERVICE: &str = "signin.amazonaws.com";

const MOST_NAMED: usize = 6;

/// CloudTrail's placeholder for a user name that does not exist, which may be a mistyped password.
const HIDDEN: &str = "HIDDEN_DUE_TO_SECURITY_REASONS";

pub struct SignInFailures;

impl Detector for SignInFailures {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn detect(&self, cx: &Cx<'_>) -> PolarsResult<Vec<Finding>> {
        let Some(service) = cx.names.find(SERVICE) else { return Ok(Vec::new()) };
        let attempts = Attempts::new(cx, service)?;
        let (mut found, sprayed) = attempts.sprayed();
        found.extend(attempts.guessed(&sprayed));
        Ok(found)
    }
}

impl<'a, 'c> Attempts<'a, 'c> {
    /// A finding of the burst, with what all findings have in common.
    fn start(&self, burst: &Burst<'c>) -> Build<'a, 'c> {
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

    /// Adds to the finding whether a sign-in succeeded, and what to do.
    fn add_outcome(&self, build: &mut Build<'_, '_>, burst: &Burst<'_>) {
        if burst.pace == Pace::Slow {
            build.reason("a few at a time over days, each too few for a burst");
        }
        let Some((key, value)) = burst.success else {
            let next = if burst.pace == Pace::Burst { "hour" } else { "week" };
            build.reason(format!("no sign-in from there succeeded within the next {next}"));
            build.next(
                "Check that these users have MFA, in the column mfa_active: aws iam get-credential-report",
            );
            return;
        };
        let arn = self.cx.text(key.principal);
        let from = self.cx.networks.name(key.source);
        let (_, failed) = span(burst.rows.iter().filter(|row| self.network(row) == from));
        let when = match value.first.time - failed {
            after @ 0.. => format!("{} after the last failure", length(after)),
            _ => "among the failures".to_string(),
        };
        build.reason(format!(
            "then it succeeded: {} as {} from {} at {} UTC, {when}",
            self.cx.text(key.action),
            display_name(arn),
            self.cx.text(key.source),
            plain(value.first.time),
        ));
        build.next(format!(
            "Ask the owner of {} whether that sign-in was theirs",
            display_name(arn)
        ));
        advice::contain_credential(self.cx, build, key.principal, 0);
    }
}

/// The end of a title.
fn success_suffix(burst: &Burst<'_>) -> &'static str {
    if burst.success.is_some() { ", then it succeeded" } else { "" }
}

/// One level higher if `by_one`.
fn raised(severity: Severity, by_one: bool) -> Severity {
    let higher = Severity::ALL.into_iter().find(|s| *s > severity);
    if by_one { higher.unwrap_or(severity) } else { severity }
}

fn is_nobody(arn: &str) -> bool {
    short_name(arn) == HIDDEN
}

fn is_root(arn: &str) -> bool {
    arn.ends_with(":root")
}

/// A principal's name as a sentence has it.
fn display_name(arn: &str) -> String {
    match short_name(arn) {
        _ if is_nobody(arn) => "a user name that does not exist".to_string(),
        _ if is_root(arn) => "root".to_string(),
        name => name.to_string(),
    }
}

#[cfg(test)]
mod tests;
