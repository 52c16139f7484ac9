//! The AWS techniques of Stratus Red Team (https://stratus-red-team.cloud/attack-techniques/AWS/), one file each in
//! `tests/stratus`: done with an ordinary client and from where the principal always is, so that the act must be
//! seen and not the tool or the address.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;

use serde::Deserialize;
use serde_json::Value;

use crate::support::acts::{self, Act};
use crate::support::logs::document;
use crate::support::report::{list, text};
use crate::support::{Analysis, Env};

/// What a technique leaves in the log, and the rule or detector that must tell of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Technique {
    found: String,
    acts: Vec<Act>,
}

/// Found, but low from where the principal always is, because the same is daily work there.
const DAILY: [(&str, &str); 1] = [(
    "aws.impact.ec2-deregister-ami",
    "one image deregistered is how old images are cleared away; its snapshots are still there",
)];

/// Not found, because no record tells the technique from ordinary use.
const UNTOLD: [(&str, &str); 1] = [(
    "aws.persistence.cognito-refresh-token-reuse",
    "GetTokensFromRefreshToken is not signed: the record names neither principal nor key, and each \
     user's application makes the same call all day",
)];

const ALL: usize = 49;

fn techniques() -> BTreeMap<String, Technique> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stratus");
    let file = |entry: std::io::Result<std::fs::DirEntry>| {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let technique =
            serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        (path.file_stem().unwrap().to_str().unwrap().to_string(), technique)
    };
    std::fs::read_dir(folder).unwrap().map(file).collect()
}

fn analyze(records: &[Value]) -> Analysis {
    let env = Env::in_memory();
    env.write("log.json", document(records));
    let analysis = env.analyze(&["log.json"]);
    assert_eq!(analysis.decoded(), records.len() as u64, "{}", analysis.account());
    analysis
}

/// The acts after some quiet days, from the principals' own places or from `place`.
fn done(technique: &Technique, place: Option<&str>) -> Analysis {
    let mut records = acts::quiet_days();
    records.extend(acts::records(&technique.acts, place));
    analyze(&records)
}

/// The severest finding that the technique's rule had a part in.
fn severity(analysis: &Analysis, technique: &Technique) -> Option<String> {
    let rules = |f: &&Value| list(&f["rules"]).iter().any(|r| r == technique.found.as_str());
    let found = analysis.findings().iter().filter(rules).map(|f| text(&f["severity"]));
    found.max_by_key(|s| rank(s))
}

fn rank(severity: &str) -> usize {
    let all = ["info", "low", "medium", "high", "critical"];
    all.iter().position(|s| *s == severity).unwrap()
}

fn daily(name: &str) -> bool {
    DAILY.iter().any(|(daily, _)| *daily == name)
}

#[test]
fn every_technique_is_found_at_medium_or_above() {
    let techniques: Vec<_> = techniques().into_iter().collect();
    assert_eq!(techniques.len() + UNTOLD.len(), ALL);
    let (table, missed) = (Mutex::new(BTreeMap::new()), Mutex::new(BTreeMap::new()));
    std::thread::scope(|scope| {
        for part in techniques.chunks(techniques.len().div_ceil(4)) {
            let (table, missed) = (&table, &missed);
            scope.spawn(move || {
                for (name, technique) in part {
                    let analysis = done(technique, None);
                    let severity = severity(&analysis, technique);
                    if severity.as_deref().is_none_or(|s| rank(s) < 2) && !daily(name) {
                        missed.lock().unwrap().insert(name, analysis.titles());
                    }
                    let line = format!("{} {}", technique.found, severity.unwrap_or_default());
                    table.lock().unwrap().insert(name, line);
                }
            });
        }
    });
    for (name, line) in table.into_inner().unwrap() {
        println!("{name} → {line}");
    }
    for (name, why) in UNTOLD {
        println!("{name} → not told: {why}");
    }
    let missed = missed.into_inner().unwrap();
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn what_is_daily_work_is_low_at_home_and_found_elsewhere() {
    let techniques = techniques();
    for (name, why) in DAILY {
        let technique = &techniques[name];
        let [here, there] = [None, Some("192.0.2.77")].map(|place| done(technique, place));
        assert_eq!(severity(&here, technique).as_deref(), Some("low"), "{name}: {why}");
        let there = severity(&there, technique).unwrap();
        assert!(rank(&there) >= 2, "{name} from elsewhere: {there}");
    }
}

#[test]
fn quiet_days_have_no_findings() {
    let analysis = analyze(&acts::quiet_days());
    assert_eq!(analysis.titles(), Vec::<String>::new());
}
