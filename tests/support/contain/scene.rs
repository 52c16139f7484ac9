//! The stage of one test: a server, a proxy in front of it, the account, and the binary that contains it.

use std::io::Read;
use std::process::{Child, Command};
use std::sync::{Arc, Mutex, OnceLock};

use serde_json::Value;

use super::state::state;
use crate::support::Env;
use crate::support::aws::account::{CERTIFICATE, VICTIM};
use crate::support::aws::answers::Answers;
use crate::support::aws::calls::Exchange;
use crate::support::aws::quotas::Full;
use crate::support::aws::{Account, Proxy, Server};

/// A playbook with its arguments, and the account that it contains.
pub struct Scene {
    pub name: &'static str,
    /// May contain `{key}` and `{other}`, the victim's keys, and `{account}`.
    pub args: &'static [&'static str],
    /// Turns the seeded account into that of the scene.
    pub prepare: fn(&Account),
    /// Calls of IAM for which a quota leaves no room.
    pub full: &'static [&'static str],
    /// The exit code of a second run, as a new case.
    pub again: i32,
    /// Paths where the account still differs after an undo that restores credentials.
    pub stays: &'static [&'static str],
    pub reference: OnceLock<Reference>,
}

/// A run of the scene without faults.
pub struct Reference {
    /// The saved plan; every test of the scene applies this one.
    pub plan: Vec<u8>,
    pub begin: Value,
    pub end: Value,
    /// Mutating calls, by name.
    pub changes: Vec<String>,
    /// All calls, by name.
    pub calls: Vec<String>,
    pub planning: Vec<Exchange>,
    pub ended: Ended,
}

pub struct Stage {
    pub env: Env,
    pub answers: Answers,
    pub quota: Arc<Full>,
    pub proxy: Proxy,
    pub account: Account,
    running: Killer,
    _server: Server,
}

/// Kills the current run of a stage.
#[derive(Clone, Default)]
pub struct Killer(Arc<Mutex<Option<Child>>>);

impl Killer {
    pub fn kill(&self) {
        let mut child = self.0.lock().unwrap();
        child.as_mut().expect("a run under way").kill().unwrap();
    }
}

/// How a run ended: without a code when it was killed. The text is stdout and stderr in order of arrival.
#[must_use]
#[derive(Clone, Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub text: String,
}

impl Ended {
    #[track_caller]
    pub fn exits(self, code: i32) -> Ended {
        assert_eq!(self.code, Some(code), "{}", self.text);
        self
    }

    #[track_caller]
    pub fn says(self, what: &str) -> Ended {
        assert!(self.text.contains(what), "no '{what}' in\n{}", self.text);
        self
    }
}

/// No waiting: moto shows every change at once.
pub const QUICK: [&str; 4] = ["--hold", "0", "--settle", "0.1"];
/// The case folder of every test.
pub const CASE: &str = "the-case";

impl Scene {
    pub fn stage(&self) -> Stage {
        let (server, account) = Account::on_moto();
        let proxy = Proxy::new(&server);
        let answers = Answers::install(&proxy, &server);
        answers.credentials.add(VICTIM, "ACCAEXAMPLE1EXAMPLE12", "Active");
        (self.prepare)(&account);
        let quota = Arc::new(Full::new(self.full));
        proxy.answer_with(&quota);
        let running = Killer::default();
        let env = Env::in_memory();
        env.write("roots.pem", CERTIFICATE);
        Stage { env, answers, quota, proxy, account, running, _server: server }
    }

    /// Whether changes come before evidence: everywhere except in one scene.
    pub fn contains_first(&self) -> bool {
        !self.name.ends_with("evidence first")
    }

    /// The scene's arguments, filled in.
    pub fn args(&self, stage: &Stage) -> Vec<String> {
        let [key, other] = stage.account.victim.each_ref().map(|k| k.id.as_str());
        let fill = |arg: &&str| {
            arg.replace("{key}", key)
                .replace("{other}", other)
                .replace("{account}", &stage.account.id)
        };
        self.args.iter().map(fill).collect()
    }

    /// Runs once, when first needed.
    pub fn reference(&self) -> &Reference {
        self.reference.get_or_init(|| {
            let stage = self.stage();
            let begin = state(&stage);
            stage.proxy.clear_log();
            let args = self.args(&stage);
            let mut plan: Vec<&str> = args.iter().map(String::as_str).collect();
            plan.extend(["--plan-only", "-o", "plan.json"]);
            plan.push(match self.contains_first() {
                true => "--contain-first",
                false => "--evidence-first",
            });
            _ = stage.contain(&plan).exits(0);
            let planning = stage.proxy.log();
            stage.proxy.clear_log();
            let plan = std::fs::read(stage.env.path("plan.json")).unwrap();
            let ended = stage.apply(self, &plan).exits(0);
            let (changes, calls) = (stage.proxy.mutating(), stage.proxy.names());
            Reference { plan, begin, end: state(&stage), changes, calls, planning, ended }
        })
    }
}

impl Stage {
    /// Runs the binary with the responder's key, through the proxy.
    pub fn run(&self, args: &[&str]) -> Ended {
        let mut command = self.env.command(args);
        command.args(["--endpoint-url", &self.proxy.url(), "--region", "us-east-1"]);
        command.envs(self.account.responder.variables());
        // The proxy has no TLS, so the system's root certificates need not be read.
        command.env("SSL_CERT_FILE", self.env.path("roots.pem"));
        self.ended(command)
    }

    /// Runs the binary without an endpoint.
    pub fn run_offline(&self, args: &[&str]) -> Ended {
        self.ended(self.env.command(args))
    }

    fn ended(&self, mut command: Command) -> Ended {
        let (mut reader, writer) = std::io::pipe().unwrap();
        command.stdout(writer.try_clone().unwrap()).stderr(writer);
        {
            let mut running = self.running.0.lock().unwrap();
            *running = Some(command.spawn().unwrap());
        }
        // The pipe ends with the process once this side has dropped its writers.
        drop(command);
        let mut text = String::new();
        reader.read_to_string(&mut text).unwrap();
        let mut child = self.running.0.lock().unwrap().take().unwrap();
        Ended { code: child.wait().unwrap().code(), text }
    }

    pub fn contain(&self, args: &[&str]) -> Ended {
        self.run(&[&["contain"], args, &QUICK].concat())
    }

    /// Applies the saved plan in the test's case folder.
    pub fn apply(&self, scene: &Scene, plan: &[u8]) -> Ended {
        let path = self.env.path("plan.json");
        if !path.exists() {
            std::fs::write(path, plan).unwrap();
        }
        let args = scene.args(self);
        let mut all = vec!["--apply", "plan.json", "--case", CASE];
        if let Some(at) = args.iter().position(|a| a == "--irreversible") {
            all.extend([args[at].as_str(), args[at + 1].as_str()]);
        }
        self.contain(&all)
    }

    pub fn resume(&self) -> Ended {
        self.run(&[&["resume", CASE][..], &QUICK].concat())
    }

    pub fn undo(&self, args: &[&str]) -> Ended {
        self.run(&[&["undo", CASE, "--yes"], args, &QUICK].concat())
    }

    pub fn status(&self) -> Ended {
        self.run(&["status", CASE])
    }

    pub fn killer(&self) -> Killer {
        self.running.clone()
    }

    /// Mutating calls that succeeded.
    pub fn took_effect(&self) -> Vec<Exchange> {
        let done = |e: &Exchange| e.mutating && (200..300).contains(&e.status);
        self.proxy.log().into_iter().filter(done).collect()
    }
}
