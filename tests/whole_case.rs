//! One incident from the first line of a case to its report: analysed, contained, counted, reported, handed over.

use std::fs;
use std::io::Read;
use std::path::Path;

use serde_json::{Value, json};
use walkdir::WalkDir;

use crate::support::Run;
use crate::support::aws::account::VICTIM;
use crate::support::postgres::Database;
use crate::support::run::sample_logs;
use crate::support::scene::Scene;

/// The key of the sample logs' story, its user and their account.
const STORY: (&str, &str, &str) = ("AKIARTX3GSDSYRLDHKZO", "dana", "111122223333");

const FORMATS: [&str; 8] =
    ["text", "md", "html", "json", "timeline-csv", "indicators-csv", "ocsf", "stix"];

/// Whom the invoices are about.
const PEOPLE: &str = "CREATE TABLE customers (id text, state text, name text, prefix text);
INSERT INTO customers SELECT 'customer-' || n, CASE WHEN n % 3 = 0 THEN 'CA' ELSE 'NY' END,
    'Ada No. ' || n, lpad(n::text, 5, '0') FROM generate_series(1, 99999) n";

const QUERY: &str = "SELECT c.id AS person, c.state AS jurisdiction, 'financial' AS kind, 1 AS records, a.bucket, a.key
FROM accessed_objects a JOIN customers c ON c.prefix = lpad(substring(a.key from '(\\d+)\\.pdf$'), 5, '0')";

/// The sample logs as those of the test account, whose victim's key leaked.
fn logs(scene: &Scene) {
    let victim = &scene.account.victim[0].id;
    for entry in WalkDir::new(sample_logs()).sort_by_file_name() {
        let entry = entry.unwrap();
        if !entry.file_type().is_file() || entry.path().to_str().unwrap().contains("Digest") {
            continue;
        }
        let content = fs::read(entry.path()).unwrap();
        let mut text = String::new();
        if flate2::read::MultiGzDecoder::new(&content[..]).read_to_string(&mut text).is_err() {
            text = String::from_utf8(content).unwrap();
        }
        let text = text.replace(STORY.0, victim).replace(STORY.2, &scene.account.id);
        let text = text.replace(&format!("user/{}", STORY.1), &format!("user/{VICTIM}"));
        let text = text.replace(
            &format!("\"userName\":\"{}\"", STORY.1),
            &format!("\"userName\":\"{VICTIM}\""),
        );
        let name = entry.path().strip_prefix(sample_logs()).unwrap().to_str().unwrap();
        scene.env.write(&format!("logs/{}", name.replace(".gz", "")), text);
    }
}

#[track_caller]
fn step(scene: &Scene, run: Run, args: &[&str]) -> String {
    println!("$ incident {}\n{}{}", args.join(" "), run.stderr, run.stdout);
    assert_eq!(run.code, 0, "{args:?} at {}", scene.env.path("").display());
    run.stdout
}

/// The first file below a folder that holds something.
fn some_file(folder: &Path) -> std::path::PathBuf {
    let entries = WalkDir::new(folder).sort_by_file_name().into_iter().map(Result::unwrap);
    let mut files = entries.filter(|e| e.file_type().is_file() && e.metadata().unwrap().len() > 10);
    files.next().unwrap().into_path()
}

#[test]
fn an_incident_is_opened_contained_counted_reported_and_handed_over() {
    let scene = Scene::moto();
    let run = |args: &[&str]| step(&scene, scene.run(args), args);
    logs(&scene);
    let account = &scene.account.id;
    run(&[
        "case",
        "new",
        "--dir",
        "case",
        "--title",
        "Invoices read from abroad",
        "--account",
        account,
        "--author",
        "ada",
    ]);
    run(&["analyze", "logs", "--case", "case", "-o", "analysis.txt"]);
    let contained = scene.contain_victim(&["--yes"]);
    step(
        &scene,
        contained,
        &["contain", "leaked-access-key", "--access-key", "…", "--case", "case"],
    );
    run(&[
        "case",
        "note",
        "case",
        "Called the owner of the key; it was in a public repository",
        "--author",
        "ada",
    ]);

    let database = Database::new(PEOPLE);
    scene.env.write("people.sql", QUERY);
    let url = database.url();
    let args =
        ["impact", "case", "--query", "people.sql", "--database-url", &url, "--author", "ada"];
    let impact = step(&scene, scene.run(&args), &args[..4]);
    assert!(impact.contains("persons behind 412 accessed objects"), "{}", impact);
    let clocks = run(&[
        "clocks",
        "case",
        "--author",
        "ada",
        "--set",
        "regimes=hipaa,gdpr,nis2",
        "--set",
        "timezone=Europe/Berlin",
        "--set",
        "aware=2026-11-20T10:00",
        "--set",
        "discovered=2026-11-20",
        "--set",
        "individuals=412",
        "--set",
        "residents.CA=137",
    ]);
    for clock in ["hipaa-individuals", "gdpr-authority", "nis2-early-warning"] {
        assert!(clocks.contains(clock), "{}", clocks);
    }

    run(&["case", "verify", "case"]);
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("whole-case");
    fs::create_dir_all(&out).unwrap();
    for format in FORMATS {
        let report = step(
            &scene,
            scene.run(&["report", "case", "--format", format]),
            &["report", "--format", format],
        );
        fs::write(out.join(format!("report.{format}")), &report).unwrap();
    }
    let read = |format: &str| fs::read_to_string(out.join(format!("report.{format}"))).unwrap();
    for format in ["text", "md", "html"] {
        for says in [VICTIM, "192.0.2.77", "acme-invoices", "Art. 33(1)", "412"] {
            assert!(read(format).contains(says), "{format} does not say {says}");
        }
        assert!(!read(format).contains("Ada No."), "a person is named in {format}");
    }
    let json: Value = serde_json::from_str(&read("json")).unwrap();
    assert_ne!(json["impact"], json!(null));

    run(&["case", "close", "case", "--author", "ada"]);
    run(&["case", "export", "case", "-o", "handover.tar.zst"]);
    run(&["case", "verify", "handover.tar.zst"]);
    let evidence = some_file(&scene.case().join("evidence"));
    let mut content = fs::read(&evidence).unwrap();
    content[5] ^= 1;
    fs::write(&evidence, content).unwrap();
    let verify = scene.run(&["case", "verify", "case"]);
    println!("$ incident case verify case\n{}", verify.stdout);
    assert_eq!(verify.code, 1);
    let name = evidence.file_name().unwrap().to_str().unwrap();
    assert!(
        verify.stdout.contains(name) && verify.stdout.contains("was changed"),
        "{}",
        verify.stdout
    );
}
