//! Ordinary months of accounts, as `examples/generate` invents them: nearly nothing may be found.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;

use crate::support::report::text;
use crate::support::{Analysis, Env};

/// Findings at low or above that a month may have.
const MOST: usize = 5;

/// What may weigh more than low: rule, end of the principal, severity. A responder wants to know of it.
const WANTED: [(&str, &str, &str); 2] = [
    // An administrator travels: a session from a network that nobody of the account ever used.
    ("credential.unfamiliar-source", "/chloe@example.com", "medium"),
    // A new user's first sign-in, before a second factor is set up: a password alone opens the console.
    ("initial-access/console_login_user_without_mfa", "/erik", "high"),
];

/// The generator, built once. It lies beside the binary, in the same profile.
fn generator() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let folder = Path::new(env!("CARGO_BIN_EXE_incident")).parent().unwrap();
        let release = folder.ends_with("release").then_some("--release");
        let mut cargo = Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".into()));
        // Build scripts of dependencies look at these: cargo would build polars again, and once more after the tests.
        let inherited =
            |name: &str| ["CARGO_MANIFEST_", "CARGO_PKG_"].iter().any(|p| name.starts_with(p));
        for (name, _) in std::env::vars_os().filter(|(n, _)| n.to_str().is_some_and(inherited)) {
            cargo.env_remove(name);
        }
        let status = cargo
            .args(["build", "--quiet", "--example", "generate"])
            .args(release)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .status()
            .unwrap();
        assert!(status.success(), "the generator cannot be built");
        folder.join("examples/generate")
    })
}

fn assert_quiet(analysis: &Analysis) {
    let severity = |f: &&Value| text(&f["severity"]);
    let counted: Vec<&Value> =
        analysis.findings().iter().filter(|f| severity(f) != "info").collect();
    let grave = counted.iter().filter(|f| severity(f) != "low");
    let unwanted: Vec<String> = grave
        .filter(|f| {
            let is = |(rule, who, weight): &(&str, &str, &str)| {
                f["rule"] == *rule && text(&f["principal"]).ends_with(who) && severity(f) == *weight
            };
            !WANTED.iter().any(is)
        })
        .map(|f| format!("{}: {}", severity(f), text(&f["title"])))
        .collect();
    assert!(unwanted.is_empty(), "{unwanted:#?}");
    assert!(counted.len() <= MOST, "{:#?}", analysis.titles());
}

/// Lets the generator make a month in the folder `month`.
fn generate(env: &Env, arguments: &[&str]) {
    let made =
        Command::new(generator()).args(arguments).arg("--out").arg(env.path("month")).output();
    let made = made.unwrap();
    assert!(made.status.success(), "{made:?}");
}

/// The whole month, and its last week beside the three before.
fn month(seed: &str) {
    let env = Env::new();
    generate(&env, &["quiet-month", "--seed", seed]);
    let whole = env.judge(&["month"]);
    assert_eq!((whole.problems(), whole.code), (vec![], 0));
    let events = whole.json["coverage"]["events"]["decoded"].as_u64().unwrap();
    assert!((95_000..120_000).contains(&events), "{events}");
    assert_quiet(&whole);
    assert_quiet(&env.judge(&["month", "--days", "7", "--until", "latest"]));
}

#[test]
fn an_ordinary_month_is_quiet() {
    month("7");
}

#[test]
fn another_is_quiet_too() {
    month("8");
}

#[test]
fn and_a_third() {
    month("9");
}

/// Months of a company that works in one way, whole and their last weeks.
fn company(kind: &str, seeds: &[&str]) {
    for seed in seeds {
        let env = Env::new();
        generate(&env, &["company-month", "--kind", kind, "--seed", seed]);
        let whole = env.judge(&["month"]);
        assert_eq!((whole.problems(), whole.code), (vec![], 0), "{kind} {seed}");
        assert!(whole.decoded() > 4_000, "{kind} {seed}: {}", whole.decoded());
        for analysis in [whole, env.judge(&["month", "--days", "7", "--until", "latest"])] {
            let counted = analysis.findings().iter().filter(|f| f["severity"] != "info");
            let counted: Vec<String> =
                counted.map(|f| format!("{}: {}", text(&f["severity"]), f["title"])).collect();
            assert!(counted.len() <= MOST, "{kind} {seed}: {counted:#?}");
        }
    }
}

#[test]
fn a_company_with_single_sign_on_is_quiet() {
    company("single-sign-on", &["7", "8"]);
}

#[test]
fn a_company_whose_infrastructure_is_code_is_quiet() {
    company("infrastructure", &["7"]);
}

#[test]
fn a_company_with_data_pipelines_is_quiet() {
    company("pipelines", &["7"]);
}

#[test]
fn a_company_in_the_console_is_quiet() {
    company("console", &["7", "8"]);
}
