//! `examples/weekly.sh`: what is mailed, and how it ends.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Command;

use crate::support::pull::Pull;
use crate::support::{Env, Run};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/weekly.sh");

/// A `PATH` with the few tools that the script needs, and those that the test makes.
struct Desk(Env);

impl Desk {
    fn new() -> Desk {
        let desk = Desk(Env::new());
        fs::create_dir(desk.0.path("bin")).unwrap();
        for tool in ["cat", "date", "head", "mkdir"] {
            let there = ["/usr/bin", "/bin"].map(|folder| format!("{folder}/{tool}"));
            let there = there.iter().find(|path| fs::exists(path).unwrap()).unwrap();
            symlink(there, desk.0.path("bin").join(tool)).unwrap();
        }
        desk
    }

    fn tool(&self, name: &str, script: &str) {
        let path = self.0.write(&format!("bin/{name}"), format!("#!/bin/sh\n{script}\n"));
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Keeps what it is given, in the place of a mail program.
    fn mail(&self) {
        let to = self.0.path("");
        let to = to.display();
        self.tool("mail", &format!("printf '%s\\n' \"$@\" >{to}/args; cat >{to}/mail"));
    }

    /// An `incident` that writes this report, if any, and ends so.
    fn incident(&self, report: &str, code: i32) {
        let log = self.0.path("calls");
        self.tool(
            "incident",
            &format!(
                "echo \"$*\" >>{}\n[ \"$1\" = analyze ] || exit 0\necho 'said of it' >&2\nwhile [ $# -gt 0 ]; do \
                 if [ \"$1\" = --output ] && [ -n '{report}' ]; then printf '{report}\\n' >\"$2\"; fi; shift; done\n\
                 exit {code}",
                log.display()
            ),
        );
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new("/bin/sh");
        command.arg(SCRIPT).args(args).env_clear().current_dir(self.0.path(""));
        command.env("PATH", self.0.path("bin")).env("HOME", self.0.path("home"));
        command.env("INCIDENT_TO", "soc@example.com").env("INCIDENT_STATE", "state");
        command
    }

    fn run(&self, args: &[&str]) -> Run {
        Run::from(self.command(args).output().unwrap())
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.path(name)).unwrap_or_default()
    }
}

#[test]
fn the_first_line_is_the_subject_and_the_exit_code_stays() {
    for code in [0, 3, 4] {
        let desk = Desk::new();
        desk.mail();
        desk.incident("incident: 1 high $(id) `id`\\n\\nbody", code);
        let run = desk.run(&["--fail-on", "high"]);
        assert_eq!((run.code, run.stdout.as_str(), run.stderr.as_str()), (code, "", ""));
        assert_eq!(desk.read("args"), "-s\nincident: 1 high $(id) `id`\nsoc@example.com\n");
        assert!(desk.read("mail").ends_with("\n\nbody\n"), "{}", desk.read("mail"));
        let calls = desk.read("calls");
        assert!(calls.starts_with("analyze --days 7 --state state --output "), "{calls}");
        assert!(
            calls.contains(" --fail-on high\nstate prune --keep 100 --state state\n"),
            "{calls}"
        );
    }
}

#[test]
fn a_run_that_failed_is_mailed_with_what_it_said() {
    // With half a report, with none; and one that ends well and wrote nothing.
    for (report, code, ends) in [("", 1, 1), ("incident: half", 1, 1), ("", 2, 2), ("", 0, 1)] {
        let desk = Desk::new();
        desk.mail();
        desk.incident(report, code);
        assert_eq!(desk.run(&[]).code, ends);
        assert!(
            desk.read("args")
                .contains(&format!("incident: FAILED with exit code {ends}, no report"))
        );
        let mail = desk.read("mail");
        assert!(mail.starts_with("said of it\n") && mail.contains("There is no report"), "{mail}");
    }
}

#[test]
fn a_mail_that_is_not_taken_is_said_and_the_report_stays() {
    for (code, ends) in [(0, 1), (3, 3)] {
        let desk = Desk::new();
        desk.tool("mail", "exit 75");
        desk.incident("incident: 1 high", code);
        let run = desk.run(&[]);
        assert_eq!(run.code, ends);
        assert!(run.stderr.contains("not mailed to soc@example.com"), "{}", run.stderr);
        let reports = desk.0.path("home/.local/share/incident/reports");
        let names = fs::read_dir(&reports).unwrap().map(|e| e.unwrap().path());
        let report = names.filter(|path| path.extension().is_some_and(|e| e == "txt")).count();
        assert_eq!(report, 1);
        assert_eq!(reports.metadata().unwrap().permissions().mode() & 0o777, 0o700);
    }
}

#[test]
fn without_mail_sendmail_is_asked() {
    let desk = Desk::new();
    let to = desk.0.path("mail");
    desk.tool("sendmail", &format!("echo \"$*\" >{0}; cat >>{0}", to.display()));
    desk.incident("incident: 1 high", 0);
    let run = desk.run(&[]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    let mail = desk.read("mail");
    assert!(
        mail.starts_with("-t -oi\nTo: soc@example.com\nSubject: incident: 1 high\nMIME-Version"),
        "{mail}"
    );
    assert!(mail.ends_with("8bit\n\nincident: 1 high\n"), "{mail}");
}

#[test]
fn nobody_to_mail_to_is_an_error() {
    let desk = Desk::new();
    desk.incident("incident: 1 high", 0);
    let output = desk.command(&[]).env_remove("INCIDENT_TO").output().unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("INCIDENT_TO"));
    assert_eq!(desk.read("calls"), "");
}

#[test]
fn the_logs_of_an_account_are_mailed() {
    let pull = Pull::new();
    pull.trail_file("us-east-1", 18, 1);
    let desk = Desk::new();
    desk.mail();
    let program = env!("CARGO_BIN_EXE_incident");
    desk.tool("incident", &format!("exec {program} \"$@\" --now {}", pull.now));
    let mut command = desk.command(&["--endpoint-url", &pull.proxy.url(), "--no-builtin"]);
    command.env("AWS_REGION", "us-east-1").envs(pull.key.variables());
    command.env("SSL_CERT_FILE", pull.env.path("roots.pem"));
    let run = Run::from(command.output().unwrap());
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{}", desk.read("mail"));
    let args = desk.read("args");
    let subject = args.lines().nth(1).unwrap();
    assert_eq!(
        subject,
        "incident: nothing found in 1 event in 7 days to 2026-11-20, account 111122223333, first run"
    );
    assert_eq!(desk.read("mail").lines().next(), Some(subject));
    assert!(desk.0.path("state/last").is_dir());
}
