//! The cost of rules: the same archive with 0, 10, 150 and 1,000 rules of typical shapes.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use super::measure::{best_of, run_measured};
use super::{RUNS, analyze, row};

/// Actions in the archive, so that rules are evaluated on records and not only on action names.
const ACTIONS: &[(&str, &str)] = &[
    ("s3", "PutObject"),
    ("s3", "GetObject"),
    ("sts", "AssumeRole"),
    ("ec2", "DescribeInstances"),
    ("secretsmanager", "GetSecretValue"),
    ("iam", "ListUsers"),
    ("lambda", "UpdateFunctionCode20150331v2"),
];

pub fn compare(folder: &Path) {
    println!("\n200,000 events and rules");
    let none = best_of(RUNS, || run_measured(analyze(folder, &["--no-builtin"])));
    row("no rules", &none, Some(&none), super::EVENTS);
    let mut ten = none.seconds;
    for count in [10, 150, 1000] {
        let dir = rules(count);
        let dir = dir.to_string_lossy();
        let run =
            best_of(RUNS, || run_measured(analyze(folder, &["--no-builtin", "--rules", &dir])));
        row(&format!("{count} rules"), &run, Some(&none), super::EVENTS);
        if count == 10 {
            ten = run.seconds;
        }
        println!("{:<34} {:.2} x the time with ten", "", run.seconds / ten);
    }
}

/// A folder with `count` rules: most name an action and a field, some a user agent, some neither.
fn rules(count: usize) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("rules-{count}"));
    std::fs::create_dir_all(&dir).expect("a folder for rules");
    let mut text = String::new();
    for n in 0..count {
        let (service, action) = ACTIONS[n % ACTIONS.len()];
        let selection = match n % 10 {
            0..5 => format!(
                "eventSource: {service}.amazonaws.com\n    eventName: {action}\n    \
                 requestParameters.userName: intruder{n}"
            ),
            5 | 6 => format!("eventName: Rare{n}\n    errorCode: null"),
            7 => format!("userAgent|contains: evil{n}tool"),
            8 => format!("eventName|startswith: [Delete{n}, Stop{n}]"),
            _ => format!("requestParameters.policyDocument|contains: user/bad{n}name"),
        };
        let _ = write!(
            text,
            "title: Rule {n}\nlogsource: {{product: aws, service: cloudtrail}}\ndetection:\n  s:\n    \
             {selection}\n  condition: s\nlevel: low\n---\n"
        );
    }
    std::fs::write(dir.join("rules.yml"), text).expect("rules are written");
    dir
}
