//! Tests of `iam.close-role-trust`.

use serde_json::{Value, json};

use super::*;
use crate::step::testing::{Fake, context};

const TRUST: &str = r#"{ "Version":"2012-10-17",
  "Statement" : [ {"Effect":"Allow", "Principal": {"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"} ] }"#;

fn item(text: &str) -> Item {
    Item { resource: "arn:aws:iam::123456789012:role/app#trust-policy".into(), state: text.into() }
}

#[test]
fn nobody_gets_a_session_and_undo_restores_every_byte() {
    let args = [("role", "app")].into();
    let cx = context(&args);
    let role = json!({"Path": "/team/", "AssumeRolePolicyDocument": TRUST});
    let items = CloseRoleTrust.observe(&Fake::default().answers("iam:GetRole", role), &cx).unwrap();
    assert_eq!(items, [item(TRUST)]);
    let change = CloseRoleTrust.change(&cx, &items[0]).unwrap().unwrap();
    assert_eq!(change.call.text("PolicyDocument"), change.after.as_str().unwrap());
    assert_eq!(change.affects, ["ec2.amazonaws.com gets no new session of app"]);
    let written: Value = serde_json::from_str(change.after.as_str().unwrap()).unwrap();
    assert_eq!(
        written["Statement"][1],
        json!({
            "Sid": "IncidentCloseTrustCasecaseByresponderOn20261121",
            "Effect": "Deny",
            "Principal": {"AWS": "*", "Service": ["ec2.amazonaws.com"]},
            "Action": ["sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"],
        })
    );

    let held = Item { state: change.after.clone(), ..items[0].clone() };
    assert_eq!(CloseRoleTrust.change(&cx, &held).unwrap(), None);
    let undo = |now: &Item| CloseRoleTrust.undo(&cx, now, &items[0].state, &change.after).unwrap();
    assert!(matches!(undo(&held), Undo::Change(c) if c.call.text("PolicyDocument") == TRUST));
    assert_eq!(undo(&items[0]), Undo::Nothing);
}

#[test]
fn iam_may_write_it_its_own_way() {
    let args = [("role", "app")].into();
    let cx = context(&args);
    let rewritten = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":
        "ec2.amazonaws.com"},"Action":"sts:AssumeRole"},{"Sid":"IncidentCloseTrustCasecaseByresponderOn20261121","Effect":"Deny",
        "Principal":{"Service":"ec2.amazonaws.com","AWS":["*"]},"Action":["sts:AssumeRoleWithWebIdentity",
        "sts:AssumeRole","sts:AssumeRoleWithSAML"]}]}"#;
    assert_eq!(CloseRoleTrust.change(&cx, &item(rewritten)).unwrap(), None);
    let after = CloseRoleTrust.change(&cx, &item(TRUST)).unwrap().unwrap().after;
    let back = CloseRoleTrust.undo(&cx, &item(rewritten), &TRUST.into(), &after).unwrap();
    assert!(matches!(back, Undo::Change(c) if c.call.text("PolicyDocument") == TRUST));
}

#[test]
fn later_changes_by_others_stay_and_do_not_open_the_role() {
    let args = [("role", "app")].into();
    let cx = context(&args);
    let after = CloseRoleTrust.change(&cx, &item(TRUST)).unwrap().unwrap().after;
    let closed = after.as_str().unwrap();
    let added = closed.replace(
        "\"Statement\":[",
        r#""Statement":[{"Effect":"Allow","Principal":{"Federated":"idp"},"Action":"sts:AssumeRoleWithSAML"},"#,
    );
    let again = CloseRoleTrust
        .change(&cx, &item(&added))
        .unwrap()
        .expect("a newly trusted principal is denied too");
    assert!(again.call.text("PolicyDocument").contains(r#""Federated":["idp"]"#));
    let Undo::Change(back) =
        CloseRoleTrust.undo(&cx, &item(&added), &TRUST.into(), &after).unwrap()
    else {
        panic!("no undo")
    };
    let left = back.call.text("PolicyDocument");
    assert!(left.contains("idp") && !left.contains("Incident"), "{left}");

    for weakened in [
        closed.replace("\"Deny\"", "\"Allow\""),
        closed.replace("\"AWS\":\"*\"", "\"AWS\":\"arn:aws:iam::123456789012:user/x\""),
        closed.replace("\"Effect\":\"Deny\"", "\"Condition\":{},\"Effect\":\"Deny\""),
        closed.replace("\"sts:AssumeRoleWithSAML\",", ""),
    ] {
        assert_ne!(weakened, closed);
        let change = CloseRoleTrust.change(&cx, &item(&weakened)).unwrap();
        assert!(change.is_some(), "{weakened}");
    }
}

#[test]
fn hostile_documents_are_refused_not_replaced() {
    let args = [("role", "app")].into();
    let cx = context(&args);
    for text in ["", "{", "[1]", "null", "7"] {
        assert!(CloseRoleTrust.change(&cx, &item(text)).is_err(), "{text}");
    }
    let ours = CloseRoleTrust.change(&cx, &item(TRUST)).unwrap().unwrap().after;
    let only = policy::without(ours.as_str().unwrap(), &[]).unwrap().unwrap();
    let mut only: Value = serde_json::from_str(&only).unwrap();
    only["Statement"].as_array_mut().unwrap().remove(0);
    let undo = CloseRoleTrust.undo(&cx, &item(&only.to_string()), &TRUST.into(), &ours).unwrap();
    assert!(matches!(undo, Undo::Refused(_)));
    let gone = r#"{"Statement":{"Effect":"Allow","Principal":{"AWS":"AIDAEXAMPLE"},"Action":"sts:AssumeRole"}}"#;
    let change = CloseRoleTrust.change(&cx, &item(gone)).unwrap().unwrap();
    assert!(change.affects.iter().any(|a| a.contains("AIDAEXAMPLE, a deleted user")));
}

/// A generator with the same numbers in every run (xorshift).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % n as u64).unwrap()
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }
}

/// A foreign statement, written as people write: odd spacing, escapes, numbers, nesting.
fn statement(r: &mut Numbers) -> String {
    let space = |r: &mut Numbers| r.one(&["", " ", "\n  ", "\t", "\r\n"]);
    let sids = [
        "",
        "\"Sid\":\"A\",",
        "\"Sid\" : \"IncidentCloseTrustCaseothercaseByresponderOn20261121\", ",
        "\"Sid\":\"\\u00e9\",",
        "\"Sid\":7,",
    ];
    let principals = [
        r#"{"Service":"ec2.amazonaws.com"}"#,
        r#"{ "AWS" : ["arn:aws:iam::1:root", "*"] }"#,
        r#"{"Federated":["cognito-identity.amazonaws.com"],"Service":["a.amazonaws.com","b.amazonaws.com"]}"#,
        r#""*""#,
        r#"{"AWS":[]}"#,
    ];
    let tails = [
        "",
        r#","Condition":{"StringEquals":{"sts:ExternalId":"a\"],{}\\"}}"#,
        r#","Condition": {"NumericLessThan":{"n":1.50e0}}"#,
        r#","Note":"\u0041\/ — ü""#,
    ];
    let (a, b) = (space(r), space(r));
    format!(
        "{{{a}{}\"Effect\":{b}\"{}\",\"Principal\":{},\"Action\":\"sts:AssumeRole\"{}{a}}}",
        r.one(&sids),
        r.one(&["Allow", "Deny"]),
        r.one(&principals),
        r.one(&tails),
    )
}

#[test]
fn statements_of_others_stay_byte_equal_whatever_they_look_like() {
    let args = [("role", "app")].into();
    let cx = context(&args);
    let mut r = Numbers(0x9e37_79b9_7f4a_7c15);
    for round in 0..500 {
        let many: Vec<String> = (0..=r.below(4)).map(|_| statement(&mut r)).collect();
        let list = if many.len() == 1 && r.below(2) == 0 {
            many[0].clone()
        } else {
            format!("[{}]", many.join(" , "))
        };
        let text = match r.below(3) {
            0 => format!("{{\"Version\":\"2012-10-17\",\"Statement\":{list}}}"),
            1 => format!(
                "{{ \"Statement\" :{list}, \"Id\" : \"x\\u0041\",\"Version\":\"2008-10-17\"}}"
            ),
            _ => format!("{{\n\"Version\" : \"2012-10-17\",\n\"Statement\": {list}\n}}"),
        };
        let change = CloseRoleTrust.change(&cx, &item(&text)).unwrap().expect("not closed yet");
        let merged = change.after.as_str().unwrap();
        for theirs in &many {
            assert!(merged.contains(theirs.as_str()), "round {round}: {theirs}\n{merged}");
        }
        assert_eq!(CloseRoleTrust.change(&cx, &item(merged)).unwrap(), None, "round {round}");
        let before = Value::from(text.as_str());
        let undo = |now: &str, after: &Value| {
            CloseRoleTrust.undo(&cx, &item(now), &before, after).unwrap()
        };
        for after in [change.after.clone(), Value::Null] {
            let Undo::Change(back) = undo(merged, &after) else { panic!("round {round}: no undo") };
            assert_eq!(back.call.text("PolicyDocument"), text, "round {round}");
        }
        assert_eq!(undo(&text, &change.after), Undo::Nothing);
        let since = merged.replacen("\"Statement\":[", "\"Statement\":[{\"Effect\":\"Deny\"},", 1);
        let Undo::Change(back) = undo(&since, &change.after) else {
            panic!("round {round}: no undo")
        };
        for theirs in &many {
            assert!(back.call.text("PolicyDocument").contains(theirs.as_str()), "round {round}");
        }
        assert!(
            !back
                .call
                .text("PolicyDocument")
                .contains("\"IncidentCloseTrustCasecaseByresponderOn20261121\"")
        );
    }
}

#[test]
fn a_trust_policy_that_may_be_too_long_is_named() {
    let args = [("role", "app")].into();
    let cx = context(&args);
    let room = |size: usize| {
        let trust = TRUST.replace("ec2", &"x".repeat(size));
        let role = json!({"Path": "/", "AssumeRolePolicyDocument": trust});
        CloseRoleTrust.room(&Fake::default().answers("iam:GetRole", role), &cx).unwrap()
    };
    assert_eq!(room(3), None);
    // The name is in the policy twice: in theirs, and in our statement.
    let long = room(1_000).unwrap();
    assert!(long.fits, "AWS raises the quota on request: {}", long.note);
    assert!(long.note.contains("2048 by default"), "{}", long.note);
}
