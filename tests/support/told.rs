//! What a report tells: how grave the findings of each rule and detector are, so that two reports can be compared.

use std::collections::BTreeMap;

use super::report::{Analysis, list, text};

const LEVELS: [&str; 5] = ["info", "low", "medium", "high", "critical"];

/// Rule or detector and principal, with the highest severity as 0 to 4.
type Levels = BTreeMap<(String, String), usize>;

#[derive(Debug, Default, Clone)]
pub struct Told {
    /// Of the rules that findings are named after.
    pub leading: Levels,
    /// Also of rules whose finding joined another one, which has that one's severity.
    pub all: Levels,
}

impl Told {
    pub fn new(analysis: &Analysis) -> Told {
        let mut told = Told::default();
        for finding in analysis.findings() {
            let level = LEVELS.iter().position(|l| *l == text(&finding["severity"])).unwrap();
            let who = without_session(&text(&finding["principal"]));
            raise(&mut told.leading, (text(&finding["rule"]), who.clone()), level);
            for rule in list(&finding["rules"]) {
                raise(&mut told.all, (text(rule), who.clone()), level);
            }
        }
        told
    }

    /// Without some of the rules and detectors.
    pub fn except(mut self, rules: &[&str]) -> Told {
        for levels in [&mut self.leading, &mut self.all] {
            levels.retain(|(rule, _), _| !rules.contains(&rule.as_str()));
        }
        self
    }

    /// The same for these rules alone, whoever the principals are.
    pub fn by_rule(&self, is_compared: impl Fn(&str) -> bool) -> Told {
        let compared = |levels: &Levels| {
            let mut found = Levels::new();
            for ((rule, _), level) in levels.iter().filter(|((rule, _), _)| is_compared(rule)) {
                raise(&mut found, (rule.clone(), String::new()), *level);
            }
            found
        };
        Told { leading: compared(&self.leading), all: compared(&self.all) }
    }
}

/// The role of a session: its name is the caller's choice, and decides whether the report names the session.
fn without_session(principal: &str) -> String {
    let role = principal
        .strip_prefix("arn:aws:sts::")
        .and_then(|rest| rest.split_once(":assumed-role/"))
        .map(|(account, rest)| (account, rest.split('/').next().unwrap_or(rest)));
    match role {
        Some((account, role)) => format!("arn:aws:iam::{account}:role/{role}"),
        None => principal.to_string(),
    }
}

fn raise(levels: &mut Levels, key: (String, String), level: usize) {
    let most = levels.entry(key).or_default();
    *most = level.max(*most);
}

/// What fell silent, or by more than `most` levels.
pub fn fallen(before: &Told, after: &Told, most: usize) -> Vec<String> {
    let fell = before.all.keys().filter_map(|key @ (rule, who)| {
        let level = before.leading.get(key).copied().unwrap_or(0);
        match after.all.get(key) {
            None => Some(format!("{rule} of {who}: silent, was {}", LEVELS[level])),
            Some(now) if now + most < level => {
                Some(format!("{rule} of {who}: {}, was {}", LEVELS[*now], LEVELS[level]))
            }
            Some(_) => None,
        }
    });
    fell.collect()
}
