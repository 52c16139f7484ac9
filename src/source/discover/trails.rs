//! The trails of an account, and where they deliver to.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Access, Accounts, Discovered, DiscoveryQuery, LogLocation};
use crate::clock::{self, Millis};
use crate::cloud::{Arn, Call, ErrorKind};
use crate::event::time;
use crate::source::layout::At;
use crate::source::walk::Root;

/// A trail that delivers to a bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trail {
    name: String,
    arn: String,
    bucket: String,
    /// Empty, or with a `/` at its end.
    prefix: String,
    home: String,
    multi_region: bool,
    organization: bool,
    /// It was off from then until then, or is.
    gap: Option<Gap>,
    /// False where it is known to leave management events out.
    management: bool,
}

/// From a moment up to another; `None` is unbounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    pub from: Option<Millis>,
    pub to: Option<Millis>,
}

/// The management events that readable trails hold.
#[derive(Debug, PartialEq, Eq)]
pub enum Covered {
    Nothing,
    Regions(BTreeSet<String>),
    EverythingBut(Gap),
    Everything,
}

impl Trail {
    fn of(described: &Value) -> Option<Trail> {
        let text = |name: &str| described[name].as_str().filter(|t| !t.is_empty());
        Some(Trail {
            name: text("Name")?.into(),
            arn: text("TrailARN")?.into(),
            bucket: text("S3BucketName")?.into(),
            prefix: text("S3KeyPrefix").map_or(String::new(), |p| format!("{p}/")),
            home: text("HomeRegion").unwrap_or_default().into(),
            multi_region: described["IsMultiRegionTrail"] == true,
            organization: described["IsOrganizationTrail"] == true,
            gap: None,
            management: true,
        })
    }

    /// How much of an account's events it holds.
    fn rank(&self) -> (bool, bool, bool, bool) {
        (self.organization, self.multi_region, self.management, self.gap.is_none())
    }

    pub fn what(&self) -> String {
        format!("the trail {} ({})", self.name, self.home)
    }

    /// The folders to begin with: an organization's lies behind its id, which only a listing tells.
    pub fn places(&self, access: &Access, wish: &DiscoveryQuery) -> Vec<LogLocation> {
        let bucket = access.bucket(&self.bucket);
        let logs = format!("{}AWSLogs/", self.prefix);
        let place = |prefix: String, at: At| LogLocation {
            what: self.what(),
            root: Root { bucket: bucket.clone(), prefix, at },
        };
        if self.organization || wish.accounts == Accounts::All {
            return vec![place(logs, At::AwsLogs)];
        }
        let accounts = wish.accounts(&access.account);
        accounts.iter().map(|a| place(format!("{logs}{a}/"), At::Account)).collect()
    }
}

/// The trails that deliver logs of the account, those of all regions, each place once.
pub fn find(access: &Access, wish: &DiscoveryQuery, found: &mut Discovered) -> Vec<Trail> {
    let mut described = match access.api.call(&Call::new("cloudtrail", "DescribeTrails", [])) {
        Ok(trails) => trails.as_array().cloned().unwrap_or_default(),
        Err(e) => {
            if e.kind == ErrorKind::Denied {
                found.miss("cloudtrail:DescribeTrails", "*");
            }
            found.refuse(format!("trails of {}", access.account), &e);
            return Vec::new();
        }
    };
    described.extend(elsewhere(access, &described, found));
    let mut trails: Vec<Trail> = Vec::new();
    for mut trail in described.iter().filter_map(Trail::of) {
        // Another account's trail: only that account is told.
        if Arn::parse(&trail.arn).is_none_or(|arn| arn.account == access.account) {
            status(access, wish, &mut trail, found);
            selectors(access, &mut trail, found);
        }
        if !wish.regions.is_empty() && !trail.multi_region && !wish.regions.contains(&trail.home) {
            continue;
        }
        match trails.iter_mut().find(|t| (&t.bucket, &t.prefix) == (&trail.bucket, &trail.prefix)) {
            // Two that deliver to one place are listed once, by the one that delivers more.
            Some(same) if trail.rank() > same.rank() => *same = trail,
            Some(_) => {}
            None => trails.push(trail),
        }
    }
    if trails.is_empty() {
        found
            .notes
            .push(format!("Account {} has no trail that delivers to a bucket.", access.account));
    }
    trails
}

/// Trails that are shown in their home region only.
fn elsewhere(access: &Access, known: &[Value], found: &mut Discovered) -> Vec<Value> {
    let listed = match access.api.call(&Call::new("cloudtrail", "ListTrails", [])) {
        Ok(listed) => listed,
        Err(e) => {
            if e.kind == ErrorKind::Denied {
                found.miss("cloudtrail:ListTrails", "*");
            }
            let region = access.api.region();
            found.notes.push(format!("Trails were looked for in {region} alone: {e}."));
            return Vec::new();
        }
    };
    let mut trails = Vec::new();
    for trail in listed.as_array().into_iter().flatten() {
        let (arn, home) = (trail["TrailARN"].as_str(), trail["HomeRegion"].as_str());
        let Some((arn, home)) = arn.zip(home) else { continue };
        if known.iter().any(|t| t["TrailARN"] == arn) {
            continue;
        }
        let call = Call::new("cloudtrail", "GetTrail", [("Name", arn.into())]).in_region(home);
        match access.api.call(&call) {
            Ok(described) => trails.push(described),
            Err(e) => {
                if e.kind == ErrorKind::Denied {
                    found.miss("cloudtrail:GetTrail", arn);
                }
                found.refuse(format!("trail {arn}"), &e);
            }
        }
    }
    trails
}

/// Sees when a trail delivered nothing, and says so.
fn status(access: &Access, wish: &DiscoveryQuery, trail: &mut Trail, found: &mut Discovered) {
    let name = trail.what();
    let call = Call::new("cloudtrail", "GetTrailStatus", [("Name", trail.arn.as_str().into())]);
    let status = match access.api.call(&call.in_region(&trail.home)) {
        Ok(status) => status,
        Err(e) => {
            if e.kind == ErrorKind::Denied {
                found.miss("cloudtrail:GetTrailStatus", trail.arn.as_str());
            }
            found.notes.push(format!("Whether {name} is logging is not known: {e}."));
            return;
        }
    };
    let moment = |name: &str| status[name].as_str().and_then(time::parse);
    let (stopped, started) = (moment("StopLoggingTime"), moment("StartLoggingTime"));
    let text = |at: Option<Millis>| at.map_or_else(|| "an unknown time".to_string(), clock::plain);
    if status["IsLogging"] == false {
        trail.gap = Some(Gap { from: stopped, to: None });
        found.notes.push(format!("{name} is off since {}.", text(stopped)));
    } else if let (Some(from), Some(to)) = (stopped, started)
        && from < to
        && wish.overlaps(from, to)
    {
        trail.gap = Some(Gap { from: Some(from), to: Some(to) });
        found.notes.push(format!(
            "{name} was off from {} to {}.",
            clock::plain(from),
            clock::plain(to)
        ));
    }
    if let Some(error) = status["LatestDeliveryError"].as_str().filter(|e| !e.is_empty()) {
        let bucket = &trail.bucket;
        found.notes.push(format!("{name} cannot deliver to {bucket}: {error}."));
    }
}

/// Sees whether a trail holds management events.
fn selectors(access: &Access, trail: &mut Trail, found: &mut Discovered) {
    let call =
        Call::new("cloudtrail", "GetEventSelectors", [("TrailName", trail.arn.as_str().into())]);
    let selectors = match access.api.call(&call.in_region(&trail.home)) {
        Ok(selectors) => selectors,
        Err(e) => {
            if e.kind == ErrorKind::Denied {
                found.miss("cloudtrail:GetEventSelectors", trail.arn.as_str());
            }
            let name = trail.what();
            found
                .notes
                .push(format!("Whether {name} holds all management events is not known: {e}."));
            return;
        }
    };
    let list = |name: &str| selectors[name].as_array().cloned().unwrap_or_default();
    let (basic, advanced) = (list("EventSelectors"), list("AdvancedEventSelectors"));
    let category = |s: &Value| {
        let fields = s["FieldSelectors"].as_array().cloned().unwrap_or_default();
        fields.iter().any(|f| {
            let equals = f["Equals"].as_array().cloned().unwrap_or_default();
            f["Field"] == "eventCategory" && equals.contains(&"Management".into())
        })
    };
    // Without selectors a trail holds all management events.
    let none = basic.is_empty() && advanced.is_empty();
    let all = |s: &Value| s["IncludeManagementEvents"] == true && s["ReadWriteType"] == "All";
    trail.management = none || basic.iter().any(all) || advanced.iter().any(category);
    if !trail.management {
        found.notes.push(format!("{} does not hold all management events.", trail.what()));
    }
}

pub fn covered<'t>(readable: impl Iterator<Item = &'t Trail>) -> Covered {
    let mut regions = BTreeSet::new();
    let mut but = None;
    for trail in readable.filter(|t| t.management) {
        match (trail.multi_region, trail.gap) {
            (true, None) => return Covered::Everything,
            (true, Some(gap)) => but = Some(gap),
            (false, None) => _ = regions.insert(trail.home.clone()),
            (false, Some(_)) => {}
        }
    }
    match (but, regions.is_empty()) {
        (Some(gap), _) => Covered::EverythingBut(gap),
        (None, true) => Covered::Nothing,
        (None, false) => Covered::Regions(regions),
    }
}
