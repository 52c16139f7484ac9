//! What the stories of a document name for one plan.

use super::{Finding, Session, Story};
use crate::finding::credentials::{Credentials, Link, Trace, made, of_stories};

/// The credentials of these stories, by their findings and by the session graph of the analysis.
pub fn credentials<'a>(
    stories: impl Iterator<Item = &'a Story>,
    findings: &'a [Finding],
    sessions: &'a [Session],
) -> Credentials {
    let traces: Vec<Trace<'_>> = stories.map(|story| trace(story, findings)).collect();
    let links: Vec<Link<'_>> = sessions
        .iter()
        .map(|s| Link {
            access_key: &s.access_key,
            principal: &s.principal,
            account: &s.account,
            parent_key: &s.parent_key,
            parent: &s.parent,
        })
        .collect();
    of_stories(&traces, &links)
}

fn trace<'a>(story: &'a Story, findings: &'a [Finding]) -> Trace<'a> {
    let of_story = findings.iter().filter(|f| story.findings.contains(&f.id));
    let made = of_story.flat_map(|f| {
        let worked = f.action_counts.iter();
        let worked = worked.map(|a| (a.action.as_str(), a.denied + a.failed < a.events));
        made(worked, f.targets.iter().map(|t| (t.kind.as_str(), t.name.as_str())))
    });
    Trace {
        story: &story.id,
        account: &story.account,
        principals: story.actor.principals.iter().map(String::as_str).collect(),
        access_keys: story.actor.access_keys.iter().map(String::as_str).collect(),
        made: made.collect(),
    }
}
