//! Copies of events: each event counts once, and no copy makes another event vanish.

use serde_json::{Value, json};

use crate::support::logs::{
    ACCOUNT, ANSWER, OWNER, document, get_object, id, record, records, role, user, with,
};
use crate::support::run::analyze_file;
use crate::support::{Analysis, Env, csv, shapes};

/// What a thief did, and harmless records that have the same ids.
fn real_and_planted(count: u64) -> (Vec<Value>, Vec<Value>) {
    let read = |n| get_object(n, user("mallory"), "acme", &format!("in/{n}.csv"), 2000.0);
    let real: Vec<Value> = (0..count).map(read).collect();
    let planted = real.iter().map(|real| {
        let kept = ["eventID", "eventTime", "requestID"].map(|key| (key, real[key].clone()));
        kept.into_iter().fold(record(0), |record, (key, value)| with(record, json!({ key: value })))
    });
    (real.clone(), planted.collect())
}

fn run(env: &Env, threads: &str, paths: &[&str]) -> Analysis {
    env.analyze(&[paths, &["--threads", threads]].concat())
}

#[test]
fn copied_ids_make_no_event_vanish_in_any_order() {
    let (real, planted) = real_and_planted(3000);
    let mut expected = None;
    for (first, second) in [(&real, &planted), (&planted, &real)] {
        let env = Env::new();
        env.write("whole/a.json", document(first));
        env.write("whole/b.json", document(second));
        env.write("one/all.json", document(&[&first[..], second].concat()));
        for (n, part) in first.chunks(500).chain(second.chunks(500)).enumerate() {
            env.write(&format!("split/{n:02}.json"), document(part));
        }
        for threads in ["1", "4"] {
            for folder in ["whole", "one", "split"] {
                let analysis = run(&env, threads, &[folder]);
                assert_eq!(analysis.decoded(), 6000, "{folder}: {}", analysis.account());
                assert_eq!(analysis.code, 3, "{folder}");
                let principals = analysis.table("principals");
                let all =
                    |name| format!("arn:aws:iam::{ACCOUNT}:user/{name} (IAMUser): 3000 + 0 + 0");
                assert_eq!(principals, [all("alice"), all("mallory")], "{folder}");
                let substance = analysis.substance();
                assert_eq!(expected.get_or_insert_with(|| substance.clone()), &substance);
            }
        }
    }
}

#[test]
fn contradicting_copies_are_named_with_their_places() {
    let (real, planted) = real_and_planted(2);
    let env = Env::new();
    env.write("a.json", document(&[planted[1].clone(), record(7)]));
    env.write("b.json", document(&real));
    env.write("c.json", document(&[real[1].clone(), record(7)]));
    for (threads, paths) in
        [("1", ["a.json", "b.json", "c.json"]), ("4", ["c.json", "b.json", "a.json"])]
    {
        let analysis = run(&env, threads, &paths);
        assert_eq!(analysis.account(), "3 found, 3 read; 6 records, 4 decoded, 2 duplicates");
        let place = document(&real[..1]).len() - 1;
        assert_eq!(
            analysis.problems(),
            [
                "a.json:12 contradicting copy".to_string(),
                format!("b.json:{place} contradicting copy"),
                "c.json:12 contradicting copy".to_string(),
            ]
        );
        let json = analysis.json.to_string();
        assert!(json.contains(&format!("event id {} occurs", id(1))), "{json}");
        assert!(!json.contains(&format!("event id {} occurs", id(7))), "{json}");
        assert!(
            json.contains("3 records have the event id of a record with another content"),
            "{json}"
        );
        assert_eq!(analysis.code, 3);
    }
    let input = document(&[&real[..], &planted].concat());
    let analysis = env.analyze_input(&["-"], &input);
    assert_eq!((analysis.decoded(), analysis.code), (4, 3));
    assert_eq!(analysis.problems(), ["<stdin> contradicting copy"]);
}

/// The finding about contradicting copies.
fn contradiction(analysis: &Analysis) -> Option<&Value> {
    analysis.findings().iter().find(|f| f["rule"] == "evidence.contradicting-copies")
}

#[test]
fn contradicting_copies_are_a_finding_that_belongs_to_nobody() {
    let (real, planted) = real_and_planted(2);
    let env = Env::new();
    env.write("a.json", document(&[planted[1].clone(), record(7)]));
    env.write("b.json", document(&real));
    let mut expected = None;
    for (threads, paths) in [("1", ["a.json", "b.json"]), ("4", ["b.json", "a.json"])] {
        let analysis = run(&env, threads, &paths);
        let found = contradiction(&analysis).expect("a finding");
        assert_eq!(expected.get_or_insert_with(|| found.clone()), found);
        assert_eq!((&found["severity"], &found["events"]), (&json!("medium"), &json!(2)));
        assert!(found["principal"].is_null(), "{found}");
        assert_eq!(found.get("playbook").filter(|p| !p.is_null()), None, "{found}");
        let text = found.to_string();
        let place = document(&real[..1]).len() - 1;
        for said in [
            id(1),
            "a.json:12 says ec2:DescribeInstances by alice".to_string(),
            format!("b.json:{place} says s3:GetObject by mallory"),
            "somebody may have planted or changed records".to_string(),
        ] {
            assert!(text.contains(&said), "{said}: {text}");
        }
        let evidence = found["evidence"].as_array().unwrap();
        let files: Vec<&Value> = evidence.iter().map(|e| &e["file"]).collect();
        assert_eq!(files, ["a.json", "b.json"], "{text}");
    }
    env.write("b.json", document(&real[..1]));
    assert_eq!(contradiction(&run(&env, "1", &["a.json", "b.json"])), None);
    // Standard input cannot be read again to find them.
    let input = document(&[&real[..], &planted].concat());
    let analysis = env.analyze_input(&["-"], &input);
    let found = contradiction(&analysis).expect("a finding").to_string();
    assert!(found.contains("not named here"), "{found}");
}

#[test]
fn a_flood_of_contradicting_copies_hides_neither_the_first_nor_the_last() {
    let (real, planted) = real_and_planted(2000);
    let env = Env::new();
    env.write("a.json", document(&real));
    env.write("b.json", document(&planted));
    let analysis = run(&env, "4", &["a.json", "b.json"]);
    let found = contradiction(&analysis).expect("a finding");
    assert_eq!(found["events"], 4000);
    let evidence = found["evidence"].as_array().unwrap();
    let (first, last) = (evidence.first().unwrap(), evidence.last().unwrap());
    assert_eq!((&first["event_id"], &last["event_id"]), (&json!(id(0)), &json!(id(1999))));
}

#[test]
fn any_part_of_a_record_may_contradict() {
    let policy = |arn: &str| json!({ "policyArn": arn, "userName": "x", "tags": [{ "key": "a", "value": "b" }] });
    let plain = with(
        record(1),
        json!({ "requestParameters": policy("arn:aws:iam::aws:policy/AdministratorAccess") }),
    );
    for change in [
        json!({ "eventTime": "2026-11-02T11:00:00Z" }),
        json!({ "recipientAccountId": "444455556666" }),
        json!({ "awsRegion": "eu-west-1" }),
        json!({ "eventSource": "iam.amazonaws.com" }),
        json!({ "eventName": "RunInstances" }),
        json!({ "sourceIPAddress": "192.0.2.9" }),
        json!({ "userIdentity": user("bob") }),
        json!({ "userIdentity": role("deploy", "alice") }),
        json!({ "userIdentity": with(user("alice"), json!({ "accessKeyId": "AKIAOTHER" })) }),
        json!({ "errorCode": "AccessDenied" }),
        json!({ "userAgent": "curl/8" }),
        json!({ "requestParameters": policy("arn:aws:iam::aws:policy/ReadOnlyAccess") }),
        json!({ "responseElements": { "x": 1 } }),
    ] {
        let content = document(&[plain.clone(), with(plain.clone(), change.clone())]);
        let analysis = analyze_file("x.json", &content);
        assert_eq!((analysis.decoded(), analysis.code), (2, 3), "{change}");
    }
}

/// The console's export of its event history.
fn console(records: &[Value]) -> Vec<u8> {
    let mut csv = ::csv::Writer::from_writer(Vec::new());
    let header = "User name,AWS access key,Event time,Event source,Event name,AWS region,Source IP address,Event ID,Error code";
    csv.write_record(header.split(',')).unwrap();
    for record in records {
        let identity = &record["userIdentity"];
        let session = || identity["arn"].as_str().unwrap().rsplit('/').next().unwrap().into();
        let name = identity["userName"].as_str().map_or_else(session, str::to_string);
        let text = |value: &Value| value.as_str().unwrap_or("").to_string();
        let cells = [
            "eventTime",
            "eventSource",
            "eventName",
            "awsRegion",
            "sourceIPAddress",
            "eventID",
            "errorCode",
        ];
        let mut row = vec![name, text(&identity["accessKeyId"])];
        row.extend(cells.map(|key| text(&record[key])));
        csv.write_record(row).unwrap();
    }
    csv.into_inner().unwrap()
}

#[test]
fn copies_in_every_format_count_once() {
    let mut all = records(20);
    all.extend((20..30).map(|n| get_object(n, role("deploy", "build-7"), "acme", "k", 10.0)));
    all[3]["requestParameters"] =
        json!({ "instancesSet": { "items": [{ "instanceId": "i-1" }] }, "dryRun": false });
    let env = Env::new();
    let shapes = shapes::all(&all);
    for (name, content) in &shapes {
        env.write(&format!("logs/{name}"), content);
    }
    env.write("logs/console.csv", console(&all));
    let files = shapes.len() + 1;
    for threads in ["1", "4"] {
        let analysis = run(&env, threads, &["logs"]);
        let expected = format!(
            "{files} found, {files} read; {} records, 30 decoded, {} duplicates",
            files * 30,
            files * 30 - 30
        );
        assert_eq!((analysis.account(), analysis.code), (expected, 0), "{:?}", analysis.problems());
    }
}

#[test]
fn a_row_that_contradicts_a_record_is_kept() {
    let altered = with(record(1), json!({ "sourceIPAddress": "192.0.2.9" }));
    for row in
        [console(std::slice::from_ref(&altered)), csv::athena(std::slice::from_ref(&altered))]
    {
        let env = Env::new();
        env.write("a.csv", row);
        env.write("b.json", document(&records(3)));
        let analysis = env.analyze(&["a.csv", "b.json"]);
        assert_eq!(analysis.account(), "2 found, 2 read; 4 records, 4 decoded");
        assert_eq!((analysis.problems().len(), analysis.code), (2, 3));
    }
}

#[test]
fn equal_rows_without_an_id_are_events_of_their_own_in_one_file() {
    let row = |user: &str| format!("2026-11-02T10:00:00Z,GetObject,s3.amazonaws.com,{user}\n");
    let header = "eventtime,eventname,eventsource,my_own_column\n";
    let fifty = format!("{header}{}{}", row("x").repeat(50), row("y"));
    let env = Env::new();
    env.write("a.csv", &fifty);
    assert_eq!(env.analyze(&["a.csv"]).account(), "1 found, 1 read; 51 records, 51 decoded");
    env.write("b.csv", format!("{header}{}", row("x").repeat(60)));
    env.write("c.csv", &fifty);
    for threads in ["1", "4"] {
        let analysis = run(&env, threads, &["."]);
        let expected = "3 found, 3 read; 162 records, 61 decoded, 101 duplicates";
        assert_eq!((analysis.account().as_str(), analysis.code), (expected, 0));
    }
}

#[test]
fn both_sides_of_a_copy_in_place_are_events() {
    let line = |operation: &str, uri: &str| {
        let (_, answer) = ANSWER.split_once("\" ").unwrap();
        format!(
            "{OWNER} acme [02/Nov/2026:10:00:01 +0000] 198.51.100.7 \
             arn:aws:iam::{ACCOUNT}:user/dana 3E57427F3EXAMPLE {operation} in/1.csv \"{uri}\" {answer}\n"
        )
    };
    let put = "PUT /acme/in/1.csv HTTP/1.1";
    let text = line("REST.COPY.OBJECT", put)
        + &line("REST.COPY.OBJECT_GET", put)
        + &line("REST.COPY.OBJECT_GET", "-");
    let env = Env::new();
    env.write("2026-11-02-10-41-17-FDA4C70277B94B0E", &text);
    env.write("2026-11-02-10-41-18-FDA4C70277B94B0E", &text);
    let analysis = env.analyze(&["."]);
    assert_eq!(analysis.account(), "2 found, 2 read; 6 records, 3 decoded, 3 duplicates");
    assert_eq!(analysis.code, 0);
}
