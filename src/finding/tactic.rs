//! ATT&CK's tactics, in the order of an attack (MITRE ATT&CK, Enterprise matrix, cloud).

use super::Cause;

/// Name in words, and the name in a Sigma tag.
const TACTICS: &[(&str, &str)] = &[
    ("Reconnaissance", "reconnaissance"),
    ("Resource Development", "resource-development"),
    ("Initial Access", "initial-access"),
    ("Execution", "execution"),
    ("Persistence", "persistence"),
    ("Privilege Escalation", "privilege-escalation"),
    ("Defense Evasion", "defense-evasion"),
    ("Credential Access", "credential-access"),
    ("Discovery", "discovery"),
    ("Lateral Movement", "lateral-movement"),
    ("Collection", "collection"),
    ("Command and Control", "command-and-control"),
    ("Exfiltration", "exfiltration"),
    ("Impact", "impact"),
];

/// The tactic of a tag's last part, written with `-` or `_`.
pub fn of_tag(tag: &str) -> Option<&'static str> {
    let tag = tag.replace('_', "-");
    TACTICS.iter().find(|(_, name)| *name == tag).map(|(words, _)| *words)
}

/// The tactic's position in the order.
pub fn place(name: &str) -> usize {
    TACTICS.iter().position(|(words, _)| *words == name).unwrap_or(TACTICS.len())
}

/// The tactic that a detector of this behaviour reports.
pub fn of_cause(cause: Cause) -> Option<&'static str> {
    match cause {
        Cause::ForeignUse => Some("Initial Access"),
        Cause::Discovery => Some("Discovery"),
        Cause::BulkRead => Some("Exfiltration"),
        Cause::BulkDestroy => Some("Impact"),
        Cause::SignIn => Some("Credential Access"),
        Cause::Volume | Cause::Act => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_known_in_both_spellings() {
        assert_eq!(of_tag("privilege_escalation"), of_tag("privilege-escalation"));
        assert_eq!(of_tag("privilege-escalation"), Some("Privilege Escalation"));
        assert_eq!(of_tag("t1098"), None);
        assert!(place("Initial Access") < place("Impact") && place("Impact") < place("?"));
    }
}
