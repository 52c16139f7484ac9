//! What must hold for every log: properties over generated accounts, each a theft after ordinary days.
//!
//! More records take no finding away. What a caller chooses lowers one by a level at most. How the records are packed
//! changes nothing. Every line of an input is counted.

use serde_json::{Value, json};

use crate::support::account::Account;
use crate::support::logs::{document, record, text, with};
use crate::support::run::analyze_file;
use crate::support::told::{Told, fallen};
use crate::support::{Analysis, Env};

const SEEDS: std::ops::Range<u64> = 0..6;
const TERRAFORM: &str = "APN/1.0 HashiCorp/1.0 Terraform/1.9.8 (+https://www.terraform.io) terraform-provider-aws/5.70.0";

fn analyze(files: &[(&str, Vec<u8>)]) -> Analysis {
    let env = Env::in_memory();
    for (name, content) in files {
        env.write(&format!("logs/{name}"), content);
    }
    env.judge(&["logs"])
}

/// The account alone, and what it tells.
fn plain(account: &Account) -> Told {
    let told = Told::new(&analyze(&[("a.json", document(&account.records()))]));
    assert!(told.all.len() > 5, "{told:#?}");
    assert!(told.leading.values().any(|level| *level >= 2), "{told:#?}");
    told
}

/// No account loses a finding, or a level of one, to more records.
#[track_caller]
fn more_records_hide_nothing(more: impl Fn(&mut Account) -> Vec<u8>) {
    more_records_hide(0, more);
}

/// No finding falls by more than `most` levels.
#[track_caller]
fn more_records_hide(most: usize, more: impl Fn(&mut Account) -> Vec<u8>) {
    let mut failed = Vec::new();
    for seed in SEEDS {
        let mut account = Account::new(seed);
        let before = plain(&account);
        let records = document(&account.records());
        // Whoever reads the added file first or last.
        let name = if seed % 2 == 0 { "0.json" } else { "b.json" };
        let after = Told::new(&analyze(&[("a.json", records), (name, more(&mut account))]));
        failed.extend(fallen(&before, &after, most).iter().map(|f| format!("{seed}: {f}")));
    }
    assert!(failed.is_empty(), "{failed:#?}");
}

/// No finding of an account falls by more than a level if the acts are changed, but for those of `except`.
#[track_caller]
fn other_words_hide_little(except: &[&str], change: impl Fn(u64, Value) -> Value) {
    let mut failed = Vec::new();
    for seed in SEEDS {
        let account = Account::new(seed);
        let acts = account.theft.iter().map(|act| change(seed, act.clone()));
        let records: Vec<Value> = account.ordinary.iter().cloned().chain(acts).collect();
        let after = Told::new(&analyze(&[("a.json", document(&records))]));
        let before = plain(&account).except(except);
        failed.extend(fallen(&before, &after, 1).iter().map(|f| format!("{seed}: {f}")));
    }
    assert!(failed.is_empty(), "{failed:#?}");
}

#[test]
fn copies_hide_nothing() {
    more_records_hide_nothing(|account| document(&account.records()));
}

#[test]
fn refused_calls_hide_no_act() {
    more_records_hide_nothing(|account| document(&account.refused_calls(300)));
}

/// An act from an address that the account knows weighs a level less.
#[test]
fn other_credentials_hide_no_act() {
    more_records_hide(1, |account| document(&account.other_credentials(300)));
}

#[test]
fn later_days_hide_nothing() {
    more_records_hide_nothing(|account| document(&account.days(9..15)));
}

/// Use that lasts looks like a move to a new place, which weighs a level less, and two in the first week of the logs,
/// in which new behaviour tells little.
#[test]
fn the_thief_s_later_use_hides_no_act() {
    more_records_hide(2, |account| {
        let (victim, end) = (account.victim.clone(), account.end);
        let away = crate::support::account::AWAY;
        let later = (1..40)
            .map(|n| account.record(end + n * 7 * 3600, &victim, away, "ec2", "DescribeInstances"));
        document(&later.collect::<Vec<Value>>())
    });
}

#[test]
fn junk_hides_nothing() {
    more_records_hide_nothing(|account| {
        let mut junk = document(&account.records()[..3]);
        junk.truncate(junk.len() / 2);
        junk.extend(b"\x00\xff}}]]\n{\"Records\":[{\"eventVersion\":\"1.1\"},{},null,7]}\n\"");
        junk.extend(vec![b'['; 5_000]);
        junk
    });
}

#[test]
fn a_user_agent_hides_little() {
    let agents =
        [TERRAFORM, "", "aws-sdk-go/1.44", "cloudformation.amazonaws.com", "S3Console/0.4"];
    other_words_hide_little(&[], |seed, act| {
        with(act, json!({ "userAgent": agents[seed as usize % agents.len()] }))
    });
}

#[test]
fn a_session_name_hides_little() {
    let names =
        ["AWSCloudFormation", "GitHubActions", "i-0b91ad4ce7f2305d8", "eve@example.com", "x"];
    other_words_hide_little(&[], |seed, mut act| {
        let identity = &mut act["userIdentity"];
        for member in ["arn", "principalId"] {
            let end = if member == "arn" { '/' } else { ':' };
            let named = identity["type"] == "AssumedRole";
            let split =
                identity[member].as_str().filter(|_| named).and_then(|t| t.rsplit_once(end));
            if let Some((start, _)) = split {
                let name = names[seed as usize % names.len()];
                identity[member] = format!("{start}{end}{name}").into();
            }
        }
        act
    });
}

/// What only the caller's address tells: a service's call has none.
const WITHOUT_ADDRESS: [&str; 2] = ["credential.unfamiliar-source", "key.in-several-networks"];

/// What weighs up to two levels more where the address is unfamiliar: it must be told, at any level.
const BURSTS: [&str; 2] = ["s3.bulk-read", "s3.bulk-delete"];

#[test]
fn an_act_through_a_service_is_told() {
    let services = ["cloudformation.amazonaws.com", "athena.amazonaws.com", "ssm.amazonaws.com"];
    for seed in SEEDS {
        let service = services[seed as usize % services.len()];
        let mut account = Account::new(seed);
        let before = plain(&account);
        // Without a name there is nobody for whom a service could call.
        let named = |act: &&mut Value| {
            act["userIdentity"]["arn"].as_str().is_some_and(|arn| !arn.is_empty())
        };
        for act in account.theft.iter_mut().filter(named) {
            act["userIdentity"]["invokedBy"] = service.into();
            let through = json!({ "userAgent": service, "sourceIPAddress": service });
            *act = with(act.take(), through);
        }
        let after = plain(&account);
        let but_bursts = [&WITHOUT_ADDRESS[..], &BURSTS].concat();
        let mut failed = fallen(&before.clone().except(&but_bursts), &after, 1);
        failed.extend(fallen(&before.except(&WITHOUT_ADDRESS), &after, 4));
        assert!(failed.is_empty(), "{seed}: {failed:#?}");
    }
}

#[test]
fn packing_changes_nothing() {
    for seed in SEEDS {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut records = Account::new(seed).records();
        let env = Env::in_memory();
        env.write("whole/log.json", document(&records));
        random.shuffle(&mut records);
        let folders = ["AWSLogs", "aws-service-role", "..data", "a b [1]", "terraform"];
        let mut rest = &records[..];
        while !rest.is_empty() {
            let (part, more) = rest.split_at(random.usize(1..60).min(rest.len()));
            let folder = folders[random.usize(..folders.len())];
            env.write(&format!("split/{folder}/{}.json", more.len()), document(part));
            rest = more;
        }
        let expected = env.judge(&["whole", "--threads", "1"]).substance();
        for threads in ["1", "3"] {
            let split = env.judge(&["split", "--threads", threads]);
            assert_eq!(split.substance(), expected, "seed {seed}, {threads} threads");
        }
    }
}

/// A line, and whether it is a record that CloudTrail may have written.
fn line(random: &mut fastrand::Rng, number: u64) -> (String, bool) {
    let good = text(&record(number));
    match random.u8(..8) {
        0 => (text(&with(record(number), json!({ "eventTime": "soon" }))), false),
        1 => (good[..random.usize(20..good.len() - 1)].to_string(), false),
        2 => (good.replacen("\"eventSource\":", "\"eventSource\" ", 1), false),
        3 => (text(&with(record(number), json!({ "eventName": null, "eventTime": 7 }))), false),
        _ => (good, true),
    }
}

#[test]
fn every_line_is_an_event_or_a_loss() {
    for seed in 0..40 {
        let mut random = fastrand::Rng::with_seed(seed);
        let lines: Vec<(String, bool)> =
            (0..random.u64(5..80)).map(|n| line(&mut random, n)).collect();
        let content: String = lines.iter().map(|(line, _)| format!("{line}\n")).collect();
        let good = lines.iter().filter(|(_, good)| *good).count() as u64;
        let analysis = analyze_file("log.jsonl", &content);
        let events = &analysis.json["coverage"]["events"];
        assert_eq!(analysis.decoded(), good, "seed {seed}: {}\n{content}", analysis.account());
        let lost = lines.len() as u64 - good;
        assert_eq!(events["lost"], lost, "seed {seed}: {}\n{content}", analysis.account());
        assert_eq!(analysis.code, if lost > 0 { 3 } else { 0 }, "seed {seed}");
    }
}

#[test]
fn a_document_that_ends_anywhere_keeps_its_whole_records() {
    let records: Vec<Value> = (0..12).map(record).collect();
    let whole = document(&records);
    let ends: Vec<usize> =
        (0..records.len()).map(|n| document(&records[..=n]).len() - "]}".len()).collect();
    for seed in 0..40 {
        let at = fastrand::Rng::with_seed(seed).usize(20..whole.len());
        let analysis = analyze_file("log.json", &whole[..at]);
        let inside = ends.iter().filter(|end| **end <= at).count() as u64;
        assert_eq!(analysis.decoded(), inside, "cut at {at}: {}", analysis.account());
        assert_eq!(analysis.code, 3, "cut at {at}: {}", analysis.account());
    }
}
