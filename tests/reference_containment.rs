//! The example of a containment: a role, from the plan to the undo.

use std::fmt::Write as _;

use crate::support::Scene;
use crate::support::docs::block;
use crate::support::run::NOW;
use crate::support::transcript::{Part, Transcripts};

#[test]
fn containment_of_a_role() {
    let scene = Scene::moto();
    let role = ["compromised-role", "--role", "app", "--now", NOW];
    let case = "case-2026-11-21-compromised-role";
    let contain = "incident contain compromised-role --role app";
    let plan = scene.contain(&[&role[..], &["--plan-only"]].concat());
    let applied = scene.contain(&[&role[..], &["--yes", "--case", case]].concat());
    let status = scene.run(&["status", case, "--now", NOW]);
    let undo = ["undo", case, "--now", NOW, "--yes", "--settle", "1", "--hold", "0.2"];
    let undone = scene.run(&undo);
    let shown = Transcripts::default();
    let mut body = String::new();
    for (heading, command, run, part) in [
        ("The plan", format!("{contain} --plan-only"), plan, Part::Whole),
        ("The run", format!("{contain} --yes"), applied, Part::Result),
        ("The status", format!("incident status {case}"), status, Part::Whole),
        ("Undo", format!("incident undo {case} --yes"), undone, Part::Whole),
    ] {
        let shown = shown.show(&command, &run, 0, part);
        write!(body, "## {heading}\n\n{shown}\n").unwrap();
    }
    block("docs/example-containment.md", "containment", &body);
}
