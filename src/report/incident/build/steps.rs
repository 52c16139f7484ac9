//! The name and the purpose of each containment step.

use crate::step;

/// The step's title, in the imperative, or else its id.
pub fn title(id: &str) -> String {
    match (step::find(id), id) {
        (Some(step), _) => step.meta().title.to_string(),
        (None, "reissue-access-key") => "Re-issue the access key of the user".into(),
        (None, _) => id.to_string(),
    }
}

/// True if the step turns on logging or detection and takes no access away.
pub fn improves_visibility(step: &str) -> bool {
    let prefixes = ["cloudtrail.", "guardduty.", "s3.enable-", "s3.inventory-"];
    prefixes.iter().any(|prefix| step.starts_with(prefix))
}

/// The purpose of a step.
pub fn kind_of(step: &str) -> &'static str {
    match step {
        "reissue-access-key" => "Recovery",
        _ if improves_visibility(step) => "Visibility",
        _ => "Containment",
    }
}
