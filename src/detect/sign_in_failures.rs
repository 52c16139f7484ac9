//! Sign-ins that fail again and again: one identity's password is guessed, or one network tries many.
//!
//! The console is open to the whole internet, and a guess that succeeds leaves no other trace than a sign-in.
//! People mistype: a few failures that the same person ends with a success from the same network are left out
//! before anything is counted, and a network in which the identity already worked weighs less.

mod attempts;
mod guesses;
mod named;
mod sprays;

use std::collections::BTreeSet;

use polars::prelude::PolarsResult;

use super::build::Build;
use super::{Cx, Detector, Meta, advice};
use crate::clock::{length, plain};
use crate::config::Setting;
use crate::event::Outcome;
use crate::finding::{Cause, Finding, Severity};
use attempts::{Attempts, Burst, span};
use named::named;

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

impl<'a, 'c> Attempts<'a, 'c> {
    /// What every finding of a burst says and selects.
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
        let from = self.cx.places.network(key.source);
        let (_, failed) = span(burst.rows.iter().filter(|row| self.network(row) == from));
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

fn then(burst: &Burst<'_>) -> &'static str {
    if burst.entry.is_some() { ", then it succeeded" } else { "" }
}

fn raised(severity: Severity, by_one: bool) -> Severity {
    let higher = Severity::ALL.into_iter().find(|s| *s > severity);
    if by_one { higher.unwrap_or(severity) } else { severity }
}

#[cfg(test)]
mod tests;
