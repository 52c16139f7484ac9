//! The credentials that stories name, and those that the session graph links with them: what one plan contains.

use std::collections::{BTreeMap, BTreeSet};

use crate::cloud::Arn;

/// Calls that make a credential or open one, and the kinds of their targets that the caller then holds.
const MAKES: &[(&str, &[&str])] = &[
    ("iam:CreateUser", &["user"]),
    ("iam:CreateAccessKey", &["user", "access-key"]),
    ("iam:CreateLoginProfile", &["user"]),
    ("iam:UpdateLoginProfile", &["user"]),
    ("iam:CreateRole", &["role"]),
    ("iam:UpdateAssumeRolePolicy", &["role"]),
    ("sts:AssumeRole", &["role"]),
];

/// Who acted in a story, and what they made.
#[derive(Debug, Clone, Default)]
pub struct Trace<'a> {
    /// Its id.
    pub story: &'a str,
    pub account: &'a str,
    /// ARNs.
    pub principals: Vec<&'a str>,
    pub access_keys: Vec<&'a str>,
    /// Kinds and names of what its calls made, as [`made`] tells them.
    pub made: Vec<(&'a str, &'a str)>,
}

/// One key or console session of the session graph, with the one that it came from.
#[derive(Debug, Clone, Copy)]
pub struct Link<'a> {
    pub access_key: &'a str,
    /// ARN where there is one.
    pub principal: &'a str,
    pub account: &'a str,
    /// Empty at the start of a chain.
    pub parent_key: &'a str,
    /// Who requested it: ARN where there is one.
    pub parent: &'a str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    User,
    Role,
    /// A long-term key (`AKIA…`) whose user the logs do not tell. A temporary one ends with its user or role.
    AccessKey,
}

/// One credential to contain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    pub kind: Kind,
    /// The name of a user or role without its path, or the key's id.
    pub name: String,
    pub account: String,
    /// How it belongs to the story: `acted in story s-1`.
    pub because: String,
}

/// What stories name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Credentials {
    /// Each once: users, roles, keys, in the order of the stories.
    pub known: Vec<Credential>,
    /// Principals that are no user or role, with their stories: root, federated users, services.
    pub others: Vec<(String, String)>,
}

/// The targets that a finding's calls made. `actions` are names, and whether a call succeeded; `targets` are kinds and
/// names.
pub fn made<'a>(
    actions: impl IntoIterator<Item = (&'a str, bool)>,
    targets: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Vec<(&'a str, &'a str)> {
    let worked: BTreeSet<&str> =
        actions.into_iter().filter(|(_, worked)| *worked).map(|(action, _)| action).collect();
    let makes = MAKES.iter().filter(|(action, _)| worked.contains(action));
    let kinds: BTreeSet<&str> = makes.flat_map(|(_, kinds)| *kinds).copied().collect();
    targets.into_iter().filter(|(kind, _)| kinds.contains(kind)).collect()
}

/// The credentials of the stories: who acted, what they made, the keys that these came from, and the keys that they
/// issued. Keys that only share their origin with one of a story are not in it.
pub fn of_stories(traces: &[Trace<'_>], links: &[Link<'_>]) -> Credentials {
    let graph = Graph::new(links);
    let mut found = Credentials::default();
    for trace in traces {
        let story = trace.story;
        let (mut above, mut below) = (BTreeSet::new(), BTreeSet::new());
        for principal in &trace.principals {
            found.principal(principal, trace.account, &format!("acted in story {story}"), true);
        }
        for (kind, name) in &trace.made {
            found.made(kind, name, trace, &format!("made or taken over in story {story}"));
        }
        for key in &trace.access_keys {
            if !graph.keys.contains_key(key) {
                found.key(key, trace.account, &format!("used in story {story}"));
            }
            let from = format!("a key of story {story} came from it");
            for link in graph.above(key, &mut above) {
                found.link(&link, trace, &from);
            }
            let issued = format!("issued from a key of story {story}");
            for link in graph.below(key, &mut below) {
                found.link(&link, trace, &issued);
            }
        }
    }
    found.known.sort_by_key(|credential| credential.kind);
    found
}

/// The session graph by key and by parent.
struct Graph<'l> {
    keys: BTreeMap<&'l str, Link<'l>>,
    children: BTreeMap<&'l str, Vec<Link<'l>>>,
}

impl<'l> Graph<'l> {
    fn new(links: &[Link<'l>]) -> Graph<'l> {
        let mut children: BTreeMap<&str, Vec<Link<'_>>> = BTreeMap::new();
        for link in links.iter().filter(|link| !link.parent_key.is_empty()) {
            children.entry(link.parent_key).or_default().push(*link);
        }
        Graph { keys: links.iter().map(|link| (link.access_key, *link)).collect(), children }
    }

    /// The key itself and those that it came from, but for those seen before.
    fn above(&self, key: &str, seen: &mut BTreeSet<&'l str>) -> Vec<Link<'l>> {
        let mut found = Vec::new();
        let mut next = self.keys.get(key);
        while let Some(link) = next.filter(|link| seen.insert(link.access_key)) {
            found.push(*link);
            next = self.keys.get(link.parent_key);
        }
        found
    }

    /// The keys that were issued from it, and from those, but for those seen before.
    fn below(&self, key: &str, seen: &mut BTreeSet<&'l str>) -> Vec<Link<'l>> {
        let mut found = Vec::new();
        let mut open = vec![key];
        while let Some(key) = open.pop() {
            for link in self.children.get(key).into_iter().flatten() {
                if seen.insert(link.access_key) {
                    found.push(*link);
                    open.push(link.access_key);
                }
            }
        }
        found
    }
}

impl Credentials {
    fn add(&mut self, kind: Kind, name: &str, account: &str, because: &str) {
        let same = |known: &Credential| {
            known.kind == kind && known.name == name && known.account == account
        };
        if !name.is_empty() && !self.known.iter().any(same) {
            self.known.push(Credential {
                kind,
                name: name.into(),
                account: account.into(),
                because: because.into(),
            });
        }
    }

    /// `named` is true if the story itself names it: then one that is no user or role is listed.
    fn principal(&mut self, principal: &str, account: &str, because: &str, named: bool) {
        let arn = Arn::parse(principal);
        let of = |arn: &Arn| match arn.account.is_empty() {
            true => account.to_string(),
            false => arn.account.clone(),
        };
        match &arn {
            Some(arn) if arn.user().is_some() => {
                self.add(Kind::User, arn.user().unwrap_or_default(), &of(arn), because);
            }
            Some(arn) if arn.role().is_some() => {
                self.add(Kind::Role, arn.role().unwrap_or_default(), &of(arn), because);
            }
            _ if named && !self.others.iter().any(|(known, _)| known == principal) => {
                self.others.push((principal.to_string(), because.to_string()));
            }
            _ => {}
        }
    }

    fn key(&mut self, key: &str, account: &str, because: &str) {
        if key.starts_with("AKIA") {
            self.add(Kind::AccessKey, key, account, because);
        }
    }

    fn made(&mut self, kind: &str, name: &str, trace: &Trace<'_>, because: &str) {
        match kind {
            _ if name.starts_with("arn:") => self.principal(name, trace.account, because, false),
            "user" => self.add(Kind::User, name, trace.account, because),
            "role" => self.add(Kind::Role, name, trace.account, because),
            _ => self.key(name, trace.account, because),
        }
    }

    fn link(&mut self, link: &Link<'_>, trace: &Trace<'_>, because: &str) {
        let account = if link.account.is_empty() { trace.account } else { link.account };
        // A user stands for its keys.
        if Arn::parse(link.principal).is_none_or(|arn| arn.user().is_none()) {
            self.key(link.access_key, account, because);
        }
        self.principal(link.principal, account, because, false);
        self.principal(link.parent, account, because, false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNT: &str = "111122223333";

    fn link<'a>(access_key: &'a str, principal: &'a str, parent_key: &'a str) -> Link<'a> {
        Link { access_key, principal, account: ACCOUNT, parent_key, parent: "" }
    }

    fn names(found: &Credentials, kind: Kind) -> Vec<&str> {
        found.known.iter().filter(|c| c.kind == kind).map(|c| c.name.as_str()).collect()
    }

    #[test]
    fn a_chain_is_followed_up_and_down_and_not_to_its_siblings() {
        let links = [
            link("AKIACI", "arn:aws:iam::111122223333:user/team/ci", ""),
            link("ASIAONE", "arn:aws:sts::111122223333:assumed-role/deploy/x", "AKIACI"),
            link("ASIATWO", "arn:aws:sts::111122223333:assumed-role/admin/x", "ASIAONE"),
            link("AKIANEW", "arn:aws:iam::111122223333:user/backdoor", "ASIATWO"),
            link("ASIASIBLING", "arn:aws:sts::111122223333:assumed-role/nightly/x", "AKIACI"),
            link("ASIAFAR", "arn:aws:sts::999988887777:assumed-role/theirs/x", "ASIATWO"),
        ];
        let trace = Trace {
            story: "s-1",
            account: ACCOUNT,
            principals: vec!["arn:aws:sts::111122223333:assumed-role/deploy/x"],
            access_keys: vec!["ASIAONE"],
            made: vec![
                ("user", "quiet"),
                ("role", "arn:aws:iam::111122223333:role/door"),
                ("access-key", "AKIAUNUSED"),
            ],
        };
        let found = of_stories(&[trace.clone(), trace], &links);
        assert_eq!(names(&found, Kind::User), ["quiet", "ci", "backdoor"]);
        assert_eq!(names(&found, Kind::Role), ["deploy", "door", "admin", "theirs"]);
        assert_eq!(
            names(&found, Kind::AccessKey),
            ["AKIAUNUSED"],
            "the users stand for the others"
        );
        let theirs = found.known.iter().find(|c| c.name == "theirs").unwrap();
        assert_eq!(theirs.account, "999988887777", "the account of the ARN counts");
        assert!(found.others.is_empty());
    }

    #[test]
    fn a_circle_ends_and_others_are_listed() {
        let links = [link("ASIAA", "", "ASIAB"), link("ASIAB", "", "ASIAA")];
        let root = "arn:aws:iam::111122223333:root";
        let trace = Trace {
            story: "s-1",
            account: ACCOUNT,
            principals: vec![root, root],
            access_keys: vec!["ASIAA"],
            made: Vec::new(),
        };
        let found = of_stories(&[trace], &links);
        assert_eq!(found.known, []);
        assert_eq!(found.others, [(root.to_string(), "acted in story s-1".to_string())]);
    }

    #[test]
    fn only_calls_that_worked_make_something() {
        let targets = [("user", "mallory"), ("access-key", "AKIANEW"), ("bucket", "b")];
        let of = |actions: &[(&'static str, bool)]| made(actions.iter().copied(), targets);
        assert_eq!(of(&[("iam:CreateUser", true), ("s3:ListBuckets", true)]), targets[..1]);
        assert_eq!(of(&[("iam:CreateAccessKey", true)]), targets[..2]);
        assert_eq!(of(&[("iam:CreateUser", false), ("iam:ListUsers", true)]), []);
    }
}
