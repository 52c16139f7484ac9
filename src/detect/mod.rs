//! Detectors: polars queries over rollups that make findings. They know no log formats and read no events.
//!
//! To add one: a file with a [`Detector`], its `mod` line and its line in [`DETECTORS`].

mod advice;
mod api_denied_burst;
mod api_enumeration;
mod build;
pub mod change;
mod change_new_to_role;
mod change_refused_first_time;
mod columns;
pub mod coverage;
mod credential_odd_source;
mod credential_unfamiliar_source;
mod cx;
mod evidence_contradicting_copies;
mod first_acts;
mod grouping;
mod history;
mod intel_match;
mod key_in_several_networks;
mod object_bursts;
mod request_spike;
mod rows;
mod rule_matches;
mod run;
mod s3_bulk_delete;
mod s3_bulk_read;
mod session_used_elsewhere;
pub mod sessions;
mod sign_in_failures;
mod source_networks;
mod stories;
mod summary;
#[cfg(test)]
mod testing;
mod text;
mod user_agents;
mod weigh;

pub use cx::Cx;
pub use rule_matches::rule_id;
pub use run::{Detected, run};
pub use source_networks::SourceNetworks;

use polars::prelude::PolarsResult;

use crate::config::{Group, Setting};
use crate::finding::Finding;

/// Describes a detector.
pub struct Meta {
    /// Names the behaviour: `s3.bulk-read`. The file has the same name in snake case.
    pub id: &'static str,
    /// What it finds, one sentence.
    pub finds: &'static str,
    /// Ordinary causes: what a false positive looks like.
    pub ordinary: &'static str,
    /// What the behaviour usually means, and what an ordinary cause looks like: the findings say so.
    pub means: &'static str,
    /// MITRE ATT&CK technique ids.
    pub attack: &'static [&'static str],
    pub settings: &'static [Setting],
}

impl Meta {
    pub fn group(&self) -> Group {
        Group { id: self.id, settings: self.settings }
    }
}

pub trait Detector: Sync {
    fn meta(&self) -> &'static Meta;

    /// # Errors
    /// Only when polars refuses a query, which would be a defect.
    fn detect(&self, cx: &Cx<'_>) -> PolarsResult<Vec<Finding>>;
}

/// Every detector, in the order in which they run.
pub const DETECTORS: &[&dyn Detector] = &[
    &credential_unfamiliar_source::CredentialUnfamiliarSource,
    &credential_odd_source::CredentialOddSource,
    &key_in_several_networks::KeyInSeveralNetworks,
    &session_used_elsewhere::SessionUsedElsewhere,
    &s3_bulk_read::S3BulkRead,
    &s3_bulk_delete::S3BulkDelete,
    &api_enumeration::ApiEnumeration,
    &api_denied_burst::ApiDeniedBurst,
    &change_refused_first_time::ChangeRefusedFirstTime,
    &change_new_to_role::ChangeNewToRole,
    &sign_in_failures::SignInFailures,
    &request_spike::RequestSpike,
    &intel_match::IntelMatch,
    &evidence_contradicting_copies::EvidenceContradictingCopies,
];

/// The settings of all detectors. The configuration is checked against them.
pub fn groups() -> Vec<Group> {
    DETECTORS.iter().map(|d| d.meta().group()).collect()
}
