//! Commands that are ready to copy: a proposed playbook, and one plan for everything that a story names.

use crate::finding::credentials::{Credential, Kind};
use crate::finding::{Proposal, Story};
use crate::report::{Report, schema};
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

/// The command that contains every user, role and key of a story with one plan: `incident contain --from CASE`, or the
/// names as flags where no case keeps the analysis. `None` when one playbook for one credential does the same.
pub(super) fn contain_story(report: &Report, story: &Story) -> Option<String> {
    let named = credentials(report, story);
    if let Some(case) = report.case.as_ref().filter(|_| !named.is_empty()) {
        let line = CommandLine::new("incident contain --from").path(case);
        let line = match report.stories.len() {
            1 => line,
            _ => line.option("--story", &story.id),
        };
        return Some(whole(&line));
    }
    let has_users = named.iter().any(|c| c.kind == Kind::User);
    // A key counts as its user. Without any user, incident asks AWS for the owner.
    let flags: Vec<(&str, &Credential)> = (named.iter())
        .filter_map(|c| match c.kind {
            Kind::User => Some(("--user", c)),
            Kind::Role => Some(("--role", c)),
            Kind::AccessKey => (!has_users).then_some(("--access-key", c)),
        })
        .collect();
    if flags.len() < 2 {
        return None;
    }
    let start = CommandLine::new("incident contain intruder");
    Some(whole(&flags.iter().fold(start, |line, (flag, c)| line.option(flag, &c.name))))
}

fn whole(line: &CommandLine) -> String {
    line.text().map_or_else(|| line.after("Contain the story"), str::to_string)
}

/// The credentials of the story's own account, by the parts of the document that they rest on.
fn credentials(report: &Report, story: &Story) -> Vec<Credential> {
    let of_story = report.findings.iter().filter(|f| story.findings.contains(&f.id));
    let findings: Vec<schema::Finding> = of_story.map(schema::Finding::from).collect();
    let sessions: Vec<schema::Session> = report.sessions.iter().map(Into::into).collect();
    let stories = [schema::Story::from(story)];
    let mut found = schema::credentials(stories.iter(), &findings, &sessions).known;
    found.retain(|credential| credential.account == story.account);
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::rich;
    use crate::report::schema::Analysis;

    #[test]
    fn a_story_is_contained_with_one_command() {
        let mut report = rich();
        let mut story = report.stories[0].clone();
        let contain = |report: &Report, story: &Story| contain_story(report, story);
        assert_eq!(contain(&report, &story), None, "its playbook contains the one user");
        let role = "arn:aws:sts::111122223333:assumed-role/app/x".to_string();
        story.actor.principals.push(role);
        story.actor.principals.push("arn:aws:iam::999988887777:user/theirs".into());
        report.stories = vec![story.clone()];
        let command = contain(&report, &story).unwrap();
        assert_eq!(command, "incident contain intruder --user ci-deploy --role app");
        report.case = Some("my case".into());
        assert_eq!(contain(&report, &story).unwrap(), "incident contain --from 'my case'");
        report.stories.push(Story { id: "s-2".into(), ..story.clone() });
        let command = contain(&report, &story).unwrap();
        assert_eq!(command, "incident contain --from 'my case' --story s-01");
        assert!(!serde_json::to_string(&Analysis::from(&report)).unwrap().contains("my case"));
    }

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
