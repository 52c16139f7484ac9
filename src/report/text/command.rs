//! A proposed playbook as a command that is ready to copy.

use crate::finding::Proposal;
use crate::ui::sanitize::clip;

/// `incident contain leaked-access-key --access-key AKIA…`, ready to copy into a shell. Not a command if a shell could
/// read a value differently.
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

/// True for names, ARNs and addresses without characters that a shell or an argument parser interprets.
fn plain(value: &str) -> bool {
    !value.starts_with('-')
        && value.chars().all(|c| c.is_ascii_alphanumeric() || "_+=,.@:/-".contains(c))
}
