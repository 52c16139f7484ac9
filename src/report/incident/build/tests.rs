//! What the report says about cases that did not go as planned.

use serde_json::{Value, json};

use super::build;
use crate::cloud::{ApiError, Call, ErrorKind};
use crate::journal::{Entry, Event, Outcome, RunEnd};
use crate::plan::Kind;
use crate::report::incident::Input;
use crate::report::incident::model::{At, Document, Side, State, TaskState};
use crate::report::incident::sample::{analysis_only, case_only, empty, rich};
use crate::report::schema::Analysis;

/// Appends lines to the case's journal, a second apart, after all others.
fn journaled(mut input: Input, events: impl IntoIterator<Item = Event>) -> Document {
    let case = input.case.as_mut().expect("a case");
    for event in events {
        let seq = case.entries.len() as u64 + 1;
        let time = format!("2026-11-09T16:00:{seq:02}Z");
        case.history.apply(&event).expect("a legal line");
        case.entries.push(Entry { seq, time, event });
        case.hashes.push(format!("{seq:064}"));
    }
    build(&input)
}

fn undo(change: usize, step: &str) -> [Event; 2] {
    let call = Call::new("iam", "DeleteUserPolicy", []);
    let (resource, before, after) = ("arn:aws:iam::1:user/dana#x".into(), Value::Null, Value::Null);
    [
        Event::UndoIntent {
            change,
            step: step.into(),
            resource,
            call,
            before,
            after,
            narrows: false,
            prepares: false,
        },
        Event::UndoDone { change, outcome: Outcome::Applied, aws_time: String::new() },
    ]
}

fn finished(state: RunEnd) -> Event {
    Event::Finished { state }
}

fn task<'a>(document: &'a Document, id: &str) -> &'a crate::report::incident::model::Task {
    let lists = document.checklists.iter().flat_map(|l| l.eradication.iter().chain(&l.recovery));
    lists.into_iter().find(|t| t.id == id).expect(id)
}

#[test]
fn an_identity_that_nothing_reaches_is_said_so_everywhere() {
    let document = build(&rich());
    assert_eq!(document.status.state, State::Partial);
    for text in [&document.status.text, &document.summary[3].text] {
        assert!(text.contains("user/svc-backup"), "{text}");
    }
    assert!(document.gaps[0].weighty && document.gaps[0].text.contains("user/svc-backup"));
    let loose = document.actors.iter().filter(|a| a.contained.is_empty());
    let names: Vec<&str> = loose.map(|a| super::short(&a.principal)).collect();
    assert_eq!(names, ["assumed-role/billing-read/dana-tmp", "user/svc-backup"]);
}

#[test]
fn a_case_without_loose_ends_is_contained() {
    let mut input = rich();
    let findings = &mut input.analysis.as_mut().expect("an analysis").findings;
    findings.retain(|f| !f.principal.ends_with("svc-backup"));
    let document = build(&input);
    assert_eq!(
        (document.status.state, document.status.name),
        (State::Held, "contained and holding")
    );
    assert!(
        document.status.text.contains("show no finding after containment"),
        "{}",
        document.status.text
    );
}

#[test]
fn findings_after_containment_are_not_passed_over() {
    let mut input = rich();
    let findings = &mut input.analysis.as_mut().expect("an analysis").findings;
    findings.retain(|f| !f.principal.ends_with("svc-backup"));
    findings[0].last_seen = Some(At(1_794_500_000_000));
    let text = build(&input).status.text;
    assert!(
        text.contains("But findings continue until") && text.contains("after containment"),
        "{text}"
    );
}

#[test]
fn a_contest_is_the_attackers_move() {
    let contested = Event::Contested {
        change: Some(2),
        step: "iam.deactivate-access-keys".into(),
        resource: "arn:aws:iam::111122223333:user/dana#access-key/AKIARTX3GSDSYRLDHKZO".into(),
        found: Value::Null,
        by: Some("arn:aws:iam::111122223333:user/svc-backup".into()),
    };
    let document = journaled(rich(), [contested, finished(RunEnd::Contested)]);
    assert_eq!(document.status.state, State::Contested);
    let moment = document.timeline.iter().find(|m| m.kind == "Contest").expect("on the timeline");
    assert_eq!((moment.side, moment.who.as_str()), (Side::Attacker, "user/svc-backup"));
    let step = document.steps.iter().find(|s| s.number == Some(2)).expect("the change");
    assert_eq!(step.state, "contested");
    let keys = task(&document, "leaked-access-key/keys-inactive");
    assert_eq!((keys.state, keys.note.as_str()), (TaskState::Partly, "1 of 2 changes in force"));
}

#[test]
fn undoing_containment_is_not_undoing_visibility() {
    let document = journaled(
        rich(),
        undo(9, "guardduty.enable-detector").into_iter().chain([finished(RunEnd::Undone)]),
    );
    assert_eq!(document.status.state, State::Partial, "the identity is still denied");
    assert_eq!(task(&document, "leaked-access-key/guardduty-on").state, TaskState::Open);
    let document = journaled(
        rich(),
        undo(1, "iam.deny-user").into_iter().chain([finished(RunEnd::PartlyUndone)]),
    );
    assert_eq!(document.status.state, State::Undone);
    assert!(document.summary[3].text.contains("undone later"), "{}", document.summary[3].text);
    let sessions = task(&document, "leaked-access-key/sessions-ended");
    assert_eq!(
        (sessions.state, sessions.note.as_str()),
        (TaskState::Open, "change 1: undone later")
    );
    assert!(document.measures.iter().all(|m| m.name != "Time to hold"));
}

#[test]
fn a_failed_change_has_its_reason() {
    let call = Call::new("iam", "UpdateAccessKey", []);
    let error = ApiError::new("iam:UpdateAccessKey", ErrorKind::Denied, "AccessDenied", "no");
    let events = [
        Event::Intent {
            change: 20,
            at: 1,
            step: "iam.deactivate-access-keys".into(),
            resource: "arn:aws:iam::1:user/dana#access-key/AKIAX".into(),
            call,
            before: json!({"Status": "Active"}),
            after: json!({"Status": "Inactive"}),
            again: false,
            found: false,
            instead_of: None,
        },
        Event::Failed { change: 20, error },
        Event::Stopped { why: "AccessDenied".into() },
    ];
    let document = journaled(case_only(), events);
    let step = document.steps.iter().find(|s| s.number == Some(20)).expect("the change");
    assert_eq!(step.state, "failed");
    assert!(step.text.contains("AccessDenied: no"), "{}", step.text);
    assert_eq!(
        step.diff,
        ["  {", "-   \"Status\": \"Active\"", "+   \"Status\": \"Inactive\"", "  }"]
    );
    assert!(
        document
            .gaps
            .iter()
            .any(|g| g.weighty && g.text.contains("failed, are contested or unknown: 1"))
    );
}

#[test]
fn what_a_plan_could_not_do_is_a_step_and_a_gap() {
    let mut input = rich();
    let plan = input.case.as_mut().and_then(|c| c.plan.as_mut()).expect("a plan");
    plan.steps[2].kind = Kind::Blocked("AccessDenied".into());
    let document = build(&input);
    assert!(document.steps.iter().any(|s| s.state == "cannot" && s.text == "AccessDenied"));
    assert!(document.gaps.iter().any(|g| g.weighty && g.text.starts_with("Could not be done")));
    let task = task(&document, "leaked-access-key/other-credentials");
    assert_eq!(task.state, TaskState::Open);
}

#[test]
fn a_trail_that_may_not_exist_is_not_ticked() {
    let document = build(&rich());
    let trail = task(&document, "leaked-access-key/trail-on");
    assert_eq!(trail.state, TaskState::Open);
    assert!(trail.note.contains("confirm"), "{}", trail.note);
    let denied = task(&document, "leaked-access-key/sessions-ended");
    assert_eq!((denied.state, denied.note.as_str()), (TaskState::Done, "change 1: held"));
    assert!(!denied.evidence.is_empty());
}

#[test]
fn times_come_from_the_journal() {
    let document = build(&rich());
    let of = |name: &str| document.measures.iter().find(|m| m.name == name).expect(name).length;
    assert_eq!(of("Time to detect"), (90 * 60 + 31) * 1_000);
    assert_eq!(of("Time to contain"), 49_600);
    let mut input = rich();
    input.detected = Some(1_794_237_000_000);
    let document = build(&input);
    let detect = document.measures.iter().find(|m| m.name == "Time to detect").expect("noticed");
    assert_eq!(
        (detect.to.0, detect.about),
        (1_794_237_000_000, "from the first activity until it was noticed")
    );
}

#[test]
fn logs_that_end_before_containment_are_a_gap() {
    let mut input = rich();
    let analysis = input.analysis.as_mut().expect("an analysis");
    analysis.coverage.newest = Some(At(1_794_237_000_000));
    let gaps = build(&input).gaps;
    assert!(gaps.iter().any(|g| g.weighty && g.text.contains("before containment")));
}

#[test]
fn sessions_in_a_ring_end() {
    let mut input = analysis_only();
    let text = r#"{"schema": "incident.analysis/1", "sessions": [
        {"access_key": "a", "parent_key": "b"}, {"access_key": "b", "parent_key": "a"},
        {"access_key": "c", "parent_key": "c"}, {"access_key": "d", "parent_key": "c"},
        {"access_key": "", "parent_key": ""}]}"#;
    input.analysis = Some(Analysis::parse(text.as_bytes()).expect("an analysis"));
    let actors = build(&input).actors;
    assert_eq!(actors.len(), 5);
    for (i, actor) in actors.iter().enumerate() {
        assert!(actor.parent.is_none_or(|p| p < i), "parents come first");
    }
}

#[test]
fn nobody_is_called_an_actor_for_a_finding_of_no_weight() {
    let document = build(&rich());
    assert!(document.findings.iter().any(|f| !f.weighty && f.principal.ends_with("invoice-app")));
    let told =
        serde_json::to_string(&(&document.actors, &document.sources, &document.timeline)).unwrap();
    assert!(!told.contains("invoice-app") && !told.contains("198.51.100.9"));
    let mut input = rich();
    input.analysis.as_mut().expect("an analysis").sessions.push(crate::report::schema::Session {
        access_key: "AKIARTX3GSDSVK2LN7OR".into(),
        principal: "arn:aws:iam::111122223333:user/invoice-app".into(),
        ..Default::default()
    });
    assert_eq!(build(&input).actors.len(), document.actors.len());
}

#[test]
fn an_object_list_counts_objects_once() {
    let mut input = rich();
    let again = input.objects[0].clone();
    input.objects.push(again);
    let touched = build(&input).touched;
    assert_eq!((touched.buckets[0].read, touched.buckets[0].deleted), (Some(60), Some(1)));
    assert_eq!(touched.objects_total, 62);
}

#[test]
fn nothing_known_is_said_as_that() {
    let document = build(&empty());
    assert_eq!(document.summary.len(), 5);
    assert_eq!((document.status.state, document.status.severity), (State::Open, "none"));
    assert!(document.timeline.is_empty() && document.evidence.is_empty());
}

#[test]
fn indicators_leave_own_and_service_addresses_out() {
    let document = build(&rich());
    let addresses: Vec<&str> = document
        .indicators
        .iter()
        .filter(|i| i.kind.ends_with("-addr"))
        .map(|i| i.value.as_str())
        .collect();
    assert_eq!(addresses, ["192.0.2.77"]);
}

#[test]
fn a_delivery_gap_is_listed_once_and_weighs_with_a_call_that_stops_the_trail() {
    let gap = |region: &str, calls: Value| {
        json!({"account": "111122223333", "region": region, "from": "2026-11-03T13:35:00Z",
            "until": "2026-11-07T00:30:00Z", "length": 298_500, "stopped_by": calls})
    };
    let call =
        json!([{"time": "2026-11-03T13:30:00Z", "principal": "dana", "action": "StopLogging"}]);
    let quiet: Vec<Value> = (0..25).map(|n| gap(&format!("r-{n}"), json!([]))).collect();
    let gaps = [quiet, vec![gap("us-east-1", call)]].concat();
    let of_gap = "1 gap: no logs after StopLogging by dana.";
    // Reads like a note on a gap, and is none: its words come from an archive.
    let notes = [of_gap, "Another note, in CloudTrail's logs around StopTrail."];
    let text = json!({"schema": "incident.analysis/1", "coverage": {"gaps": gaps}, "notes": notes,
        "gap_notes": [of_gap]});
    let analysis = Some(Analysis::parse(text.to_string().as_bytes()).expect("an analysis"));
    let document = build(&Input { analysis, ..Input::default() });
    let told = |words: &str| document.gaps.iter().filter(|g| g.text.contains(words)).count();
    let stopped = document.gaps.iter().find(|g| g.text.contains("us-east-1")).expect("the stop");
    assert_eq!(
        (stopped.weighty, stopped.text.as_str()),
        (
            true,
            "CloudTrail delivered nothing for 111122223333 us-east-1 from 2026-11-03 13:35:00 to \
             2026-11-07 00:30:00 UTC (3 d 10 h); possible cause: StopLogging by dana at 2026-11-03 13:30:00 UTC."
        )
    );
    assert_eq!(
        (told("StopLogging"), told("Another note, in"), told(" r-"), told("6 more gaps")),
        (1, 1, 19, 1)
    );
}
