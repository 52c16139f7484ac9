//! The containment steps, one file each: what exists, what should exist, and how to undo it.
//!
//! A step reads through [`Api`](crate::cloud::Api) and otherwise only computes: it changes nothing itself.
//! It returns the one call that would make a change, so that a plan can show the call, the journal can
//! record it, and a crash loses nothing. A step imports [`mechanism`]s; it knows no other step, no journal
//! and no terminal.

mod args;
mod cloudtrail_add_s3_data_events;
mod cloudtrail_create_trail;
mod cloudtrail_enable_multi_region;
mod cloudtrail_enable_validation;
mod cloudtrail_record_management_events;
mod cloudtrail_start_logging;
mod guardduty_enable_detector;
mod guardduty_enable_s3_protection;
mod iam_close_role_trust;
mod iam_deactivate_access_keys;
mod iam_deactivate_service_credentials;
mod iam_deactivate_signing_certificates;
mod iam_deactivate_ssh_keys;
mod iam_deny_role;
mod iam_deny_role_attached;
mod iam_deny_role_boundary;
mod iam_deny_user;
mod iam_deny_user_attached;
mod iam_deny_user_boundary;
mod iam_name_untouched;
mod iam_remove_console_password;
mod iam_reset_console_password;
mod iam_revoke_role_sessions;
mod iam_revoke_user_sessions;
mod iam_tag_role;
mod iam_tag_user;
mod mark;
mod mechanism;
mod model;
mod s3_block_account_public_access;
mod s3_block_customer_keys;
mod s3_block_public_access;
mod s3_deny_addresses;
mod s3_deny_all_but;
mod s3_deny_customer_keys;
mod s3_deny_destruction;
mod s3_deny_foreign_kms_keys;
mod s3_deny_principals;
mod s3_enable_access_logging;
mod s3_enable_versioning;
mod s3_inventory_versions;
mod s3_suspend_expiration;
mod s3_suspend_replication;
#[cfg(test)]
pub mod testing;

pub use args::Args;
pub use mark::Mark;
pub use mechanism::trail_survey::{TrailSurvey, survey as survey_trails};
pub use mechanism::trails::CHOSEN as CHOSEN_TRAILS;
pub use model::{
    Change, ChangeKind, Context, Item, Meta, Risk, Room, Step, StepError, TrailChoice, Undo,
    UndoKind,
};

/// Every step, in no particular order.
pub fn all() -> &'static [&'static dyn Step] {
    static STEPS: &[&dyn Step] = &[
        &cloudtrail_add_s3_data_events::AddS3DataEvents,
        &cloudtrail_create_trail::CreateTrail,
        &cloudtrail_enable_multi_region::STEP,
        &cloudtrail_enable_validation::STEP,
        &cloudtrail_record_management_events::RecordManagementEvents,
        &cloudtrail_start_logging::STEP,
        &guardduty_enable_detector::EnableDetector,
        &guardduty_enable_s3_protection::EnableS3Protection,
        &iam_close_role_trust::CloseRoleTrust,
        &iam_deactivate_access_keys::STEP,
        &iam_deactivate_service_credentials::STEP,
        &iam_deactivate_signing_certificates::STEP,
        &iam_deactivate_ssh_keys::STEP,
        &iam_deny_role::STEP,
        &iam_deny_role_attached::STEP,
        &iam_deny_role_boundary::STEP,
        &iam_deny_user::STEP,
        &iam_deny_user_attached::STEP,
        &iam_deny_user_boundary::STEP,
        &iam_name_untouched::NameUntouched,
        &iam_remove_console_password::RemoveConsolePassword,
        &iam_reset_console_password::ResetConsolePassword,
        &iam_revoke_role_sessions::STEP,
        &iam_revoke_user_sessions::STEP,
        &iam_tag_role::STEP,
        &iam_tag_user::STEP,
        &s3_block_account_public_access::STEP,
        &s3_block_customer_keys::BlockCustomerKeys,
        &s3_block_public_access::STEP,
        &s3_deny_addresses::STEP,
        &s3_deny_all_but::STEP,
        &s3_deny_customer_keys::STEP,
        &s3_deny_destruction::STEP,
        &s3_deny_foreign_kms_keys::STEP,
        &s3_deny_principals::STEP,
        &s3_enable_access_logging::EnableAccessLogging,
        &s3_enable_versioning::EnableVersioning,
        &s3_inventory_versions::InventoryVersions,
        &s3_suspend_expiration::STEP,
        &s3_suspend_replication::STEP,
    ];
    STEPS
}

/// The step with this id.
pub fn find(id: &str) -> Option<&'static dyn Step> {
    all().iter().copied().find(|s| s.meta().id == id)
}
