//! An analysis in a case: kept, numbered, sealed, and what the report is made of.

use std::collections::BTreeMap;
use std::fs;

use crate::support::Env;
use crate::support::run::sample_logs;

#[track_caller]
fn run(env: &Env, args: &[&str], code: i32) -> String {
    let run = env.run(args);
    assert_eq!(run.code, code, "{args:?}: {run:?}");
    run.stdout
}

#[test]
fn an_analysis_is_kept_numbered_sealed_and_reported() {
    let env = Env::new();
    run(&env, &["case", "new", "--dir", "kept", "--author", "alice"], 0);
    for _ in 0..2 {
        run(&env, &["analyze", sample_logs(), "--case", "kept", "-q", "--no-builtin"], 0);
    }
    let names = ["findings-001.json", "timeline-002.csv", "objects-002.csv", "findings-002.json"];
    for name in names {
        assert!(env.path("kept").join(name).is_file(), "{name}");
    }
    let mut csv = csv::Reader::from_path(env.path("kept/objects-002.csv")).unwrap();
    let rows: Vec<BTreeMap<String, String>> = csv.deserialize().map(Result::unwrap).collect();
    let read =
        rows.iter().filter(|r| r["bucket"] == "acme-invoices" && r["operation"] == "GetObject");
    assert_eq!(read.clone().count(), 412, "each object once, though both logs have it");
    assert_eq!(read.map(|r| r["requests"].parse::<u64>().unwrap()).sum::<u64>(), 412);
    run(&env, &["verify", "kept"], 0);
    let report = run(&env, &["report", "kept"], 0);
    assert!(report.contains("412 objects (722.3 MiB)"), "{report}");
    for name in names {
        let path = env.path("kept").join(name);
        let whole = fs::read(&path).unwrap();
        let mut changed = whole.clone();
        changed[whole.len() / 2] ^= 1;
        fs::write(&path, changed).unwrap();
        run(&env, &["verify", "kept"], 1);
        fs::write(&path, whole).unwrap();
    }
    run(&env, &["verify", "kept"], 0);
    run(&env, &["case", "close", "kept"], 0);
    run(&env, &["analyze", sample_logs(), "--case", "kept", "-q", "--no-builtin"], 6);
    let none = env.run(&["analyze", sample_logs(), "--case", "nowhere", "-q", "--no-builtin"]);
    assert!(none.code == 2 && none.stderr.contains("nowhere is not a case folder"), "{none:?}");
}
