//! Properties that every step with a bucket policy statement must have, over generated policies.

use serde_json::{Value, json};

use super::{bucket_deny, bucket_policy, policy};
use crate::step::testing::{Fake, context};
use crate::step::{Args, Item, Step, Undo};

/// A linear congruential generator: the same documents in every run.
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, sides: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        let count = from.len() as u64;
        from[usize::try_from(self.roll(count)).unwrap()]
    }
}

/// Somebody's statement in one of the ways that people write them.
fn statement(dice: &mut Dice) -> String {
    let sid = format!("{}{}", dice.pick(&["Theirs", "Incident", "deny"]), dice.roll(1000));
    let action =
        dice.pick(&["\"s3:*\"", "[\"s3:GetObject\"]", "[ \"s3:PutObject\",\"s3:GetObject\" ]"]);
    let principal =
        dice.pick(&["\"*\"", "{\"AWS\": \"*\"}", "{\"AWS\":[\"AIDAEXAMPLE\",\"arn:x\"]}"]);
    let effect = dice.pick(&["Allow", "Deny"]);
    let space = dice.pick(&["", " ", "\n  "]);
    let sid = if dice.roll(3) == 0 { String::new() } else { format!("\"Sid\":{space}\"{sid}\",") };
    format!(
        "{{{sid}{space}\"Effect\":\"{effect}\",\"Principal\":{principal},{space}\"Action\":{action},\
         \"Resource\":\"arn:aws:s3:::b/\\u00e9*\"}}"
    )
}

/// Somebody's policy, and its statements as the policy has them.
fn generated_policy(dice: &mut Dice) -> (String, Vec<String>) {
    let statements: Vec<String> = (0..=dice.roll(4)).map(|_| statement(dice)).collect();
    let version = dice.pick(&["2012-10-17", "2008-10-17"]);
    let text = if statements.len() == 1 && dice.roll(2) == 0 {
        format!("{{\"Statement\": {}, \"Version\":\"{version}\"}}", statements[0])
    } else {
        format!(
            "{{ \"Version\":\"{version}\",\"Id\":\"p\",\"Statement\":[{}]}}",
            statements.join(" ,")
        )
    };
    (text, statements)
}

/// The laws for a bucket, and for one with logs in it.
pub fn check(step: &dyn Step, args: &Args) {
    check_one(step, args);
    for arg in bucket_deny::LOG_BUCKETS {
        let mut args = args.clone();
        args.set_all(arg, vec!["other".into(), args.text("bucket").into()]);
        check_one(step, &args);
    }
}

/// Change, hold and undo: without a policy, with a foreign one, and with a foreign one that changed since.
fn check_one(step: &dyn Step, args: &Args) {
    let cx = context(args);
    let mut dice = Dice(42);
    let none = step.observe(&Fake::default(), &cx).unwrap();
    assert_eq!((none.len(), &none[0].state), (1, &Value::Null));
    let mut before: Vec<(Value, Vec<String>)> = vec![(Value::Null, Vec::new())];
    before.extend((0..200).map(|_| generated_policy(&mut dice)).map(|(t, s)| (json!(t), s)));
    for (before, theirs) in before {
        let item = Item { state: before.clone(), ..none[0].clone() };
        let change = step.change(&cx, &item).unwrap().unwrap();
        assert_eq!(change.call.name(), "s3:PutBucketPolicy");
        assert_eq!(change.call.text("Policy"), change.after.as_str().unwrap());
        assert!(!change.affects.is_empty());
        let after = change.after.as_str().unwrap().to_string();
        assert!(theirs.iter().all(|s| after.contains(s)), "{theirs:?} in {after}");
        assert_eq!(bucket_policy::statements(&after).unwrap().len(), theirs.len() + 1);

        let now = Item { state: change.after.clone(), ..item.clone() };
        assert_eq!(step.change(&cx, &now).unwrap(), None);
        let undo = |state: Value| {
            let now = Item { state, ..item.clone() };
            step.undo(&cx, &now, &before, &change.after).unwrap()
        };
        let Undo::Change(back) = undo(change.after.clone()) else { panic!("no undo") };
        assert_eq!(back.after, before);
        let wanted = if before.is_null() { "s3:DeleteBucketPolicy" } else { "s3:PutBucketPolicy" };
        assert_eq!(back.call.name(), wanted);
        assert_eq!(undo(before.clone()), Undo::Nothing);
        assert_eq!(undo(Value::Null), Undo::Nothing);

        // The policy as S3 may write it: without whitespace.
        let compact: Value = serde_json::from_str(&after).unwrap();
        let now = Item { state: json!(compact.to_string()), ..item.clone() };
        assert_eq!(step.change(&cx, &now).unwrap(), None);
        assert!(matches!(undo(json!(compact.to_string())), Undo::Change(c) if c.after == before));

        // Somebody added a statement since: undo keeps it and removes ours.
        let added =
            json!({"Sid": "Later", "Effect": "Allow", "Principal": "*", "Action": "s3:Get*"});
        let grown = policy::merge(Some(&after), &[added]).unwrap();
        let Undo::Change(back) = undo(json!(grown)) else { panic!("no undo") };
        let left = back.after.as_str().unwrap();
        assert!(left.contains("\"Later\"") && theirs.iter().all(|s| left.contains(s)));
        assert_eq!(bucket_policy::statements(left).unwrap().len(), theirs.len() + 1);
        assert_eq!(undo(json!(left)), Undo::Nothing);
    }
    let broken = Item { state: json!("{"), ..none[0].clone() };
    assert!(step.change(&cx, &broken).is_err());
    assert!(step.undo(&cx, &broken, &Value::Null, &json!("{}")).is_err());
    let large = format!("{{\"Statement\":[],\"Id\":\"{}\"}}", "x".repeat(20_400));
    assert!(step.change(&cx, &Item { state: json!(large), ..none[0].clone() }).is_err());
}
