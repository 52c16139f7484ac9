//! A proposed playbook as a command that is ready to copy.

use crate::finding::Proposal;
use crate::ui::sanitize::clip;

/// `incident contain leaked-access-key --access-key AKIA…`, to be copied into a shell; not as a command when
/// a value could mean something else there.
pub(super) fn contain_command(proposal: &Proposal) -> String {
    if proposal.params.iter().all(|(_, value)| plain(value)) {
        let params = proposal.params.iter().map(|(name, value)| format!(" --{name} {value}"));
        return format!("incident contain {}{}", proposal.id, params.collect::<String>());
    }
    let params: Vec<String> = proposal
        .params
        .iter()
        .map(|(name, value)| format!("{name}={}", clip(value, 200)))
        .collect();
    if params.is_empty() {
        return proposal.id.clone();
    }
    format!("{} ({})", proposal.id, params.join(", "))
}

/// True for names, ARNs and addresses without anything that a shell or an argument parser reads otherwise.
fn plain(value: &str) -> bool {
    !value.starts_with('-')
        && value.chars().all(|c| c.is_ascii_alphanumeric() || "_+=,.@:/-".contains(c))
}
