//! Finds the trails of an account and where they deliver logs.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Access, Accounts, Discovered, DiscoveryQuery, LogLocation};
use crate::clock::{self, Millis};
use crate::cloud::{Arn, Call, ErrorKind};
use crate::event::time;
use crate::source::layout::Level;
use crate::source::walk::Root;

/// A trail that delivers to a bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trail {
    name: String,
    arn: String,
    bucket: String,
    /// Empty, or ending in `/`.
    prefix: String,
    home: String,
    multi_region: bool,
    organization: bool,
    /// When it was off, or since when it is off.
    gap: Option<Gap>,
    /// False if it is known to leave out management events.
    management: bool,
}

/// A half-open time range; `None` is unbounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    pub from: Option<Millis>,
    pub to: Option<Millis>,
}

/// The management events that readable trails record.
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

    /// Orders trails by how many of an account's events they record.
    fn rank(&self) -> (bool, bool, bool, bool) {
        (self.organization, self.multi_region, self.management, self.gap.is_none())
    }

    pub fn label(&self) -> String {
        format!("the trail {} ({})", self.name, self.home)
    }

    /// The folders to list. An organization's folder is named by its id, which only a listing shows.
    pub fn locations(&self, access: &Access, query: &DiscoveryQuery) -> Vec<LogLocation> {
        let bucket = access.bucket(&self.bucket);
        let logs = format!("{}AWSLogs/", self.prefix);
        let location = |prefix: String, level: Level| LogLocation {
            label: self.label(),
            root: Root { bucket: bucket.clone(), prefix, level },
        };
        if self.organization || query.accounts == Accounts::All {
            return vec![location(logs, Level::AwsLogs)];
        }
        let accounts = query.accounts(&access.account);
        accounts.iter().map(|a| location(format!("{logs}{a}/"), Level::Account)).collect()
    }
}

/// The trails that deliver the account's logs, each bucket and prefix once.
pub fn find(access: &Access, query: &DiscoveryQuery, found: &mut Discovered) -> Vec<Trail> {
    let mut described = match access.api.call(&Call::new("cloudtrail", "DescribeTrails", [])) {
        Ok(trails) => trails.as_array().cloned().unwrap_or_default(),
        Err(e) => {
            if e.kind == ErrorKind::Denied {
                found.missing_permission("cloudtrail:DescribeTrails", "*");
            }
            found.record_failure(format!("trails of {}", access.account), &e);
            return Vec::new();
        }
    };
    described.extend(in_other_regions(access, &described, found));
    let mut trails: Vec<Trail> = Vec::new();
    for mut trail in described.iter().filter_map(Trail::of) {
        // Only the account that owns a trail can read its status and selectors.
        if Arn::parse(&trail.arn).is_none_or(|arn| arn.account == access.account) {
            status(access, query, &mut trail, found);
            selectors(access, &mut trail, found);
        }
        if !query.regions.is_empty() && !trail.multi_region && !query.regions.contains(&trail.home)
        {
            continue;
        }
        match trails.iter_mut().find(|t| (&t.bucket, &t.prefix) == (&trail.bucket, &trail.prefix)) {
            // Two trails with the same target are listed once, by the one that records more.
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

/// Trails that DescribeTrails shows only in their home region.
fn in_other_regions(access: &Access, known: &[Value], found: &mut Discovered) -> Vec<Value> {
    let listed = match access.api.call(&Call::new("cloudtrail", "ListTrails", [])) {
        Ok(listed) => listed,
        Err(e) => {
            if e.kind == ErrorKind::Denied {
                found.missing_permission("cloudtrail:ListTrails", "*");
            }
            let region = access.api.region();
            found.notes.push(format!("Trails were searched in {region} only: {e}."));
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
                    found.missing_permission("cloudtrail:GetTrail", arn);
                }
                found.record_failure(format!("trail {arn}"), &e);
            }
        }
    }
    trails
}

/// Reads when a trail was off, and notes it.
fn status(access: &Access, query: &DiscoveryQuery, trail: &mut Trail, found: &mut Discovered) {
    let name = trail.label();
    let call = Call::new("cloudtrail", "GetTrailStatus", [("Name", trail.arn.as_str().into())]);
    let status = match access.api.call(&call.in_region(&trail.home)) {
        Ok(status) => status,
        Err(e) => {
            if e.kind == ErrorKind::Denied {
                found.missing_permission("cloudtrail:GetTrailStatus", trail.arn.as_str());
            }
            found.notes.push(format!("Could not check whether {name} is logging: {e}."));
            return;
        }
    };
    let moment = |name: &str| status[name].as_str().and_then(time::parse);
    let (stopped, started) = (moment("StopLoggingTime"), moment("StartLoggingTime"));
    let text = |at: Option<Millis>| at.map_or_else(|| "an unknown time".to_string(), clock::plain);
    if status["IsLogging"] == false {
        trail.gap = Some(Gap { from: stopped, to: None });
        found.notes.push(format!("{name} has been off since {}.", text(stopped)));
    } else if let (Some(from), Some(to)) = (stopped, started)
        && from < to
        && query.overlaps(from, to)
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

/// Reads whether a trail records all management events, and notes it if not.
fn selectors(access: &Access, trail: &mut Trail, found: &mut Discovered) {
    let call =
        Call::new("cloudtrail", "GetEventSelectors", [("TrailName", trail.arn.as_str().into())]);
    let selectors = match access.api.call(&call.in_region(&trail.home)) {
        Ok(selectors) => selectors,
        Err(e) => {
            if e.kind == ErrorKind::Denied {
                found.missing_permission("cloudtrail:GetEventSelectors", trail.arn.as_str());
            }
            let name = trail.label();
            found.notes.push(format!(
                "Could not check whether {name} records all management events: {e}."
            ));
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
    // Without selectors a trail records all management events.
    let none = basic.is_empty() && advanced.is_empty();
    let all = |s: &Value| s["IncludeManagementEvents"] == true && s["ReadWriteType"] == "All";
    trail.management = none || basic.iter().any(all) || advanced.iter().any(category);
    if !trail.management {
        found.notes.push(format!("{} does not record all management events.", trail.label()));
    }
}

/// What the readable trails cover together.
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
