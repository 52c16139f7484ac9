//! A proposed playbook as a command that is ready to copy.

use crate::finding::Proposal;
use crate::ui::shell::CommandLine;

/// `incident contain leaked-access-key --access-key AKIA…`, to be copied into a shell. Without a command, when a value
/// cannot be written in one, the playbook and what it cannot be given.
pub(in crate::report) fn contain_command(proposal: &Proposal) -> String {
    let start = CommandLine::new("incident contain").then(&proposal.id);
    let command = proposal
        .params
        .iter()
        .fold(start, |line, (name, value)| line.option(&format!("--{name}"), value));
    match command.text() {
        Some(text) => text.to_string(),
        None => command.after(&proposal.id),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proposal(user: &str) -> Proposal {
        Proposal { id: "console-takeover".into(), params: vec![("user".into(), user.into())] }
    }

    #[test]
    fn a_hostile_name_stays_one_word() {
        let contain = |user: &str| contain_command(&proposal(user));
        assert_eq!(contain("ci"), "incident contain console-takeover --user ci");
        for user in ["a; rm -rf ~", "$(id)", "it's", "`id`", "a b", "a\\", "!x", "東京"] {
            let words = ["incident", "contain", "console-takeover", "--user", user];
            let words = words.map(String::from).to_vec();
            assert_eq!(shlex::split(&contain(user)), Some(words), "{user}");
        }
        assert_eq!(contain("--yes"), "incident contain console-takeover --user=--yes");
        assert!(contain("a\nincident contain x").starts_with("console-takeover by hand"));
    }
}
