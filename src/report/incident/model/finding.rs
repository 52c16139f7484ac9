//! The findings of the report, with their evidence.

use serde::Serialize;

use super::{Action, At};

/// A finding as the appendix shows it: the analysis's finding with evidence numbers and technique names.
#[derive(Debug, Clone, Serialize)]
pub struct FindingDetail {
    /// Safe in a link: letters, digits and dashes.
    pub anchor: String,
    pub id: String,
    pub rule: String,
    pub rules: Vec<String>,
    pub title: String,
    pub severity: &'static str,
    /// True if it is part of the incident. Other findings are for information.
    pub weighty: bool,
    pub attack: Vec<Technique>,
    pub tactics: Vec<String>,
    pub first: Option<At>,
    pub last: Option<At>,
    pub events: u64,
    pub account: String,
    pub principal: String,
    pub principal_type: String,
    pub access_key: String,
    pub session: String,
    pub origin: String,
    pub outcome: String,
    pub sources: Vec<String>,
    pub reasons: Vec<String>,
    pub descriptions: Vec<String>,
    pub actions: Vec<Action>,
    pub resources: Vec<String>,
    pub settings: Vec<(String, String)>,
    pub events_shown: Vec<Event>,
    pub playbook: String,
    pub next: Vec<String>,
    pub evidence: Vec<usize>,
}

/// A technique of MITRE ATT&CK.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Technique {
    pub id: String,
    pub name: String,
    /// The address of the technique's page; only for ids of the known form.
    pub url: Option<String>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Event {
    pub id: String,
    pub time: Option<At>,
    pub action: String,
    pub file: String,
    pub offset: u64,
}
