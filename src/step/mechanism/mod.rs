//! What steps share: each file is one mechanism, none of them is a step. A step imports mechanisms and
//! never another step.

pub mod access_log_target;
pub mod answer;
pub mod bucket;
pub mod bucket_deny;
pub mod bucket_policy;
#[cfg(test)]
pub mod bucket_policy_laws;
pub mod bucket_rules;
pub mod event_selectors;
pub mod guardduty_detector;
pub mod holder;
pub mod inline_policy;
pub mod login_profile;
pub mod managed_deny;
pub mod management_events;
pub mod owner_tag;
pub mod policy;
pub mod policy_size;
pub mod principals;
pub mod public_access_block;
pub mod role;
pub mod role_holders;
pub mod trail_survey;
pub mod trail_switch;
pub mod trails;
pub mod trust_policy;
pub mod trust_refusal;
pub mod user_credentials;
