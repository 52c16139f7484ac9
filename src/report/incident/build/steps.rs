//! Containment steps: what each is called and what it is for.

use crate::step;

/// What a step does, in the imperative, or its id.
pub fn title(id: &str) -> String {
    match (step::find(id), id) {
        (Some(step), _) => step.meta().title.to_string(),
        (None, "reissue-access-key") => "Give the user a new access key".into(),
        (None, _) => id.to_string(),
    }
}

/// The step turns on logging or detection; it takes no access away.
pub fn improves_visibility(step: &str) -> bool {
    let prefixes = ["cloudtrail.", "guardduty.", "s3.enable-", "s3.inventory-"];
    prefixes.iter().any(|prefix| step.starts_with(prefix))
}

/// What a step is for.
pub fn kind_of(step: &str) -> &'static str {
    match step {
        "reissue-access-key" => "Recovery",
        _ if improves_visibility(step) => "Visibility",
        _ => "Containment",
    }
}
