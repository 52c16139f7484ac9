//! `incident impact --query` on a real PostgreSQL, as a role that may connect and select, and nothing else.

use std::fmt::Write as _;
use std::fs;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::postgres::tls::Terminator;
use crate::support::postgres::{Database, READERS};
use crate::support::run::NOW;
use crate::support::{Env, Run};

/// People by the path of their records.
const PEOPLE: &str = "CREATE TABLE people (id text, state text, path text, born int)";
/// One row a person and object.
const QUERY: &str =
    "SELECT p.id AS person, p.state AS jurisdiction, 'health' AS kind, 1 AS records,
       a.bucket, a.key
FROM accessed_objects a JOIN people p ON p.path = a.key -- exactly
;";

/// A place with a case and these keys of the bucket `clinic`.
fn place<S: AsRef<str>>(keys: impl IntoIterator<Item = S>) -> Env {
    let env = Env::in_memory();
    let run = env.run(&["case", "new", "--dir", "case", "--author", "alice", "--now", NOW]);
    assert_eq!(run.code, 0, "{run:?}");
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record(["bucket", "key", "version", "operation", "first", "last", "bytes"]).unwrap();
    for key in keys {
        let (first, last) = ("2026-11-20T10:00:00Z", "2026-11-20T11:00:00.5Z");
        csv.write_record(["clinic", key.as_ref(), "v1", "read", first, last, "10"]).unwrap();
    }
    env.write("case/objects-001.csv", csv.into_inner().unwrap());
    env
}

/// The query at this address.
fn ask(env: &Env, url: &str, query: &str, args: &[&str]) -> Run {
    env.write("q.sql", query);
    let common = ["impact", "case", "--query", "q.sql", "--now", NOW, "--author", "bob"];
    let mut command = env.command(&[&common, args].concat());
    Run::from(command.env("INCIDENT_DATABASE_URL", url).output().unwrap())
}

/// What it counts.
#[track_caller]
fn counted(env: &Env, database: &Database, query: &str, code: i32) -> Value {
    let run = ask(env, &database.url(), query, &["--format", "json"]);
    assert_eq!(run.code, code, "{run:?}");
    serde_json::from_str(&run.stdout).unwrap()
}

/// People 1 to `n`, of whom the first `ca` live in California.
fn people(n: u32, ca: u32) -> String {
    format!(
        "{PEOPLE}; INSERT INTO people SELECT 'patient-' || n, CASE WHEN n <= {ca} THEN 'CA' ELSE 'NY' END,
         'records/' || n, 1970 FROM generate_series(1, {n}) n"
    )
}

#[test]
fn people_of_a_table_are_counted_by_jurisdiction() {
    let database = Database::new(&people(1_001, 501));
    let env = place((1..=1_001).map(|n| format!("records/{n}")));
    let document = counted(&env, &database, QUERY, 0);
    assert_eq!(document["by"], "query");
    assert_eq!(
        (&document["persons"]["total"], &document["records"]),
        (&1_001.into(), &1_001.into())
    );
    let rows: Vec<(&Value, &Value, &Value)> = document["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| (&r["jurisdiction"], &r["persons"], &r["objects"]))
        .collect();
    assert_eq!(
        rows,
        [(&"CA".into(), &501.into(), &501.into()), (&"NY".into(), &500.into(), &500.into())]
    );
    let reached = &document["thresholds"]["residents_of_one_jurisdiction"]["reached_by"];
    assert_eq!(*reached, serde_json::json!([{"jurisdiction": "CA", "persons": 501}]));
    let kept = |name: &str| fs::read_to_string(env.path("case").join(name)).unwrap();
    let mut texts = vec![kept("impact-001.json"), kept("journal.jsonl"), kept("manifest.json")];
    for format in ["text", "md", "html", "json"] {
        let run = env.run(&["report", "case", "--format", format]);
        assert!(run.code == 0 && run.stdout.contains("accessed objects: 501"), "{run:?}");
        texts.push(run.stdout);
    }
    for text in texts {
        assert!(!text.contains("patient-1") && !text.contains(READERS), "{text}");
    }
    assert_eq!(env.run(&["verify", "case"]).code, 0);
}

#[test]
fn the_thresholds_are_500_individuals_and_501_residents() {
    for (n, individuals, residents) in [(499, false, 0), (500, true, 0), (501, true, 1)] {
        let database = Database::new(&people(n, n));
        let env = place((1..=n).map(|n| format!("records/{n}")));
        let found = counted(&env, &database, QUERY, 0)["thresholds"].take();
        assert_eq!(found["individuals"]["reached"], individuals, "{n}");
        let reached = &found["residents_of_one_jurisdiction"]["reached_by"];
        assert_eq!(reached.as_array().unwrap().len(), residents, "{n}");
    }
}

#[test]
fn keys_that_an_attacker_wrote_are_data() {
    let mut keys: Vec<String> = [
        "'; DROP TABLE people; --",
        "$$); DELETE FROM people; SELECT ($$",
        "a\"b\\'c\\\\",
        "{1,2},NULL",
        "NULL",
        "%_%",
        "=1+1",
        "x\u{202e}y東京",
        "a,b;\n\r\nc",
    ]
    .map(String::from)
    .into();
    keys.extend((1..0x20).chain([0x7f]).map(|c| format!("control {} here", char::from(c))));
    let database = Database::new(PEOPLE);
    let mut admin = database.admin();
    for (n, key) in keys.iter().enumerate() {
        admin
            .execute("INSERT INTO people VALUES ($1, 'CA', $2, 1)", &[&n.to_string(), key])
            .unwrap();
    }
    let env = place(&keys);
    let document = counted(&env, &database, QUERY, 0);
    assert_eq!(document["persons"]["total"], keys.len());
    assert_eq!(document["objects"]["unmatched"], 0, "every key came back as it was");
    assert_eq!(database.number("SELECT count(*) FROM people"), keys.len() as i64);
}

#[test]
fn objects_are_handed_over_with_version_operation_times_and_bytes() {
    let database = Database::new(PEOPLE);
    let query = "SELECT count(*) AS records, sum(bytes) AS persons, 'ca' AS jurisdiction
        FROM accessed_objects
        WHERE version = 'v1' AND operation = 'read' AND first = '2026-11-20 10:00:00+00'
          AND last - first = interval '1 hour 0.5 s'";
    let document = counted(&place(["a", "b"]), &database, query, 0);
    assert_eq!((&document["records"], &document["persons"]["without_id"]), (&2.into(), &20.into()));
    assert_eq!(document["jurisdictions"][0]["jurisdiction"], "CA");
    assert_eq!(document["objects"]["matched"], Value::Null, "no key came back");
    let text = document["notes"].to_string();
    assert!(text.contains("the matched objects are not known: the query returns no `key`"));
}

#[test]
fn what_the_query_does_not_speak_of_is_listed() {
    let database = Database::new(&people(2, 2));
    let env = place(["records/1", "records/3"]);
    let left = "SELECT p.id AS person, a.bucket, a.key, p.born FROM accessed_objects a
        LEFT JOIN people p ON p.path = a.key";
    let document = counted(&env, &database, left, 3);
    assert_eq!(
        (&document["objects"]["unmatched"], &document["complete"]),
        (&1.into(), &false.into())
    );
    let notes = document["notes"].to_string();
    for said in ["1 row without a person or number", "ignored columns: born"] {
        assert!(notes.contains(said), "{said}: {notes}");
    }
    let list = fs::read_to_string(env.path("case/impact-001-unmatched.csv")).unwrap();
    assert_eq!(list, "bucket,key,operations\nclinic,records/3,read\n");
}

#[test]
fn a_query_that_writes_is_refused_and_nothing_is_written() {
    let setup = format!(
        "{}; CREATE SEQUENCE s;
         CREATE FUNCTION touch() RETURNS int LANGUAGE sql SECURITY DEFINER
         AS 'INSERT INTO people VALUES (''x'') RETURNING 1';
         GRANT USAGE ON SEQUENCE s TO reader; GRANT ALL ON people TO reader",
        people(1, 1)
    );
    let database = Database::new(&setup);
    let env = place(["records/1"]);
    for (query, code) in [
        ("SELECT touch() AS records", 6),
        ("SELECT nextval('s') AS records", 6),
        ("WITH gone AS (DELETE FROM people RETURNING id) SELECT id AS person FROM gone", 6),
        ("DELETE FROM people RETURNING id AS person", 1),
        ("SELECT 1 AS records) AS x; COMMIT; DELETE FROM people; SELECT (1", 1),
        (
            "SELECT set_config('transaction_read_only', 'off', false) AS person, touch() AS records",
            1,
        ),
        ("SELECT 1 AS records FROM people FOR UPDATE", 6),
    ] {
        let run = ask(&env, &database.url(), query, &[]);
        assert_eq!((run.code, run.stdout.as_str()), (code, ""), "{query}: {run:?}");
        assert!(run.stderr.contains("q.sql"), "{query}: {}", run.stderr);
    }
    assert_eq!(database.number("SELECT count(*) FROM people"), 1);
    assert_eq!(database.number("SELECT count(*) FROM s WHERE is_called"), 0);
    assert!(!env.path("case/impact-001.json").exists());
}

#[test]
fn a_slow_query_ends_when_its_time_is_over() {
    let database = Database::new(PEOPLE);
    let begin = Instant::now();
    let query = "SELECT 1 AS records FROM pg_sleep(60)";
    let run = ask(&place(["a"]), &database.url(), query, &["--statement-timeout", "1"]);
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.stderr.contains("the limit is 1 s; --statement-timeout"), "{}", run.stderr);
    assert!(begin.elapsed() < Duration::from_secs(30));
}

#[test]
fn a_wrong_password_is_not_shown() {
    let database = Database::new(PEOPLE);
    let env = place(["a"]);
    let wrong = "hunter2-hunter2";
    let run = ask(&env, &database.url_with(wrong), QUERY, &[]);
    assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{run:?}");
    assert!(run.stderr.contains("password authentication failed"), "{}", run.stderr);
    assert!(!run.stderr.contains(wrong), "{}", run.stderr);
    let journal = fs::read_to_string(env.path("case/journal.jsonl")).unwrap();
    assert!(!journal.contains(wrong) && !journal.contains("impact"), "{journal}");
}

#[test]
fn the_password_can_be_of_the_environment() {
    let database = Database::new(&people(1, 1));
    let env = place(["records/1"]);
    env.write("q.sql", QUERY);
    let url = database.url().replace(&format!(":{READERS}"), "");
    let mut command = env.command(&["impact", "case", "--query", "q.sql", "--database-url", &url]);
    let run = Run::from(command.env("PGPASSWORD", READERS).output().unwrap());
    assert_eq!(run.code, 0, "{run:?}");
    let run = Run::from(command.env_remove("PGPASSWORD").output().unwrap());
    assert!(run.code == 1 && run.stderr.contains("give it in PGPASSWORD"), "{run:?}");
}

#[test]
fn mistakes_are_named_with_the_line_and_data_are_left_out() {
    let raises = "CREATE FUNCTION raises() RETURNS int LANGUAGE plpgsql AS
        'BEGIN RAISE EXCEPTION ''records/1'' USING ERRCODE = ''ZZ001'', HINT = ''records/1''; END'";
    let database = Database::new(&format!("{}; {raises}", people(1, 1)));
    let env = place(["records/1"]);
    for (query, code, said) in [
        ("SELECT 1 AS records\nFROM peopel", 1, "q.sql:2: relation \"peopel\" does not exist"),
        ("SELECT 1 AS records;\nSELECT 2 AS records", 1, "q.sql:1: syntax error"),
        ("SELECT id AS name FROM people", 2, "q.sql: the query counts nothing"),
        ("SELECT 1 AS records, 2 AS records", 2, "duplicate column `records`"),
        ("SELECT rolpassword AS person FROM pg_authid", 1, "permission denied"),
        ("SELECT path::int AS records FROM people", 1, "a value does not fit"),
        ("SELECT raises() AS records", 1, "is left out (SQLSTATE ZZ001)"),
        (" ;", 2, "q.sql contains no query"),
    ] {
        let run = ask(&env, &database.url(), query, &[]);
        assert_eq!((run.code, run.stdout.as_str()), (code, ""), "{query}: {run:?}");
        assert!(run.stderr.contains(said), "{said}: {}", run.stderr);
        assert!(!run.stderr.contains("records/1"), "{}", run.stderr);
    }
    let shown =
        ask(&env, &database.url(), "SELECT path::int AS records FROM people", &["--show-persons"]);
    assert!(shown.stderr.contains("records/1"), "{}", shown.stderr);
}

#[test]
fn hundreds_of_thousands_of_keys_are_handed_over() {
    let n = 200_000;
    let database = Database::new(&people(n, n / 2));
    let env = place((1..=n).map(|n| format!("records/{n}")));
    let document = counted(&env, &database, QUERY, 0);
    assert_eq!(document["persons"]["total"], n);
    assert_eq!(document["objects"]["matched"], n);
}

#[test]
fn sslmode_says_how_sure_to_be_of_the_server() {
    let database = Database::new(&people(1, 1));
    let env = place(["records/1"]);
    let server = Terminator::start();
    let root = server.root().display().to_string();
    let (here, by_address) =
        (database.url_at("localhost", server.port), database.url_at("127.0.0.1", server.port));
    let mut wrong = String::new();
    for (url, said) in [
        (format!("{here}?sslmode=verify-full&sslrootcert={root}"), None),
        (format!("{here}?sslrootcert={root}"), None),
        (format!("{here}?sslmode=require"), None),
        (format!("{by_address}?sslmode=verify-ca&sslrootcert={root}"), None),
        (format!("{by_address}?sslmode=require&sslrootcert={root}"), None),
        (
            format!("{by_address}?sslmode=verify-full&sslrootcert={root}"),
            Some("with sslmode=verify-ca"),
        ),
        (format!("{here}?sslmode=verify-ca"), Some("sslrootcert=FILE")),
        (
            format!("{here}?sslmode=verify-full&sslrootcert=none.pem"),
            Some("none.pem cannot be read"),
        ),
    ] {
        let run = ask(&env, &url, QUERY, &[]);
        let fits = match said {
            None => run.code == 0,
            Some(said) => run.code != 0 && run.stderr.contains(said),
        };
        if !fits {
            _ = writeln!(wrong, "{url}: {run:?}");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
