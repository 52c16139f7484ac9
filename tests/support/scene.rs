//! An incident to contain: the account at a server, the proxy before it, and the binary with the responder's key.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::aws::account::VICTIM;
use super::aws::answers::Answers;
use super::aws::{Account, Key, Proxy, Server};
use super::run::{Env, Run};

/// Readings that follow each other quickly.
pub const QUICK: [&str; 4] = ["--hold", "0.2,0.3", "--settle", "1"];

/// Everything that a run needs. Ends with the test.
pub struct Scene {
    pub env: Env,
    pub proxy: Proxy,
    pub answers: Answers,
    pub account: Account,
    _server: Server,
}

impl Scene {
    pub fn moto() -> Scene {
        Scene::at(Account::on_moto())
    }

    pub fn ministack() -> Scene {
        Scene::at(Account::on_ministack())
    }

    fn at((server, account): (Server, Account)) -> Scene {
        let proxy = Proxy::new(&server);
        let answers = Answers::install(&proxy, &server);
        Scene { env: Env::new(), proxy, answers, account, _server: server }
    }

    /// The binary with this key in its environment.
    pub fn command_as(&self, key: &Key, args: &[&str]) -> Command {
        let mut command = self.env.command(args);
        command
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("AWS_REGION", "us-east-1")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .envs(key.variables());
        command
    }

    /// Any command, as the responder.
    pub fn run(&self, args: &[&str]) -> Run {
        self.run_as(&self.account.responder, args)
    }

    pub fn run_as(&self, key: &Key, args: &[&str]) -> Run {
        Run::from(self.command_as(key, args).output().unwrap())
    }

    /// `contain ARGS` at the proxy, with quick readings, into the folder `case`.
    pub fn contain(&self, args: &[&str]) -> Run {
        self.contain_as(&self.account.responder, args)
    }

    pub fn contain_as(&self, key: &Key, args: &[&str]) -> Run {
        let url = self.proxy.url();
        self.run_as(key, &contain(&url, args))
    }

    /// The victim's key leaked, and nothing is turned on beside the containment.
    pub fn contain_victim(&self, more: &[&str]) -> Run {
        let key = self.account.victim[0].id.clone();
        let first = ["leaked-access-key", "--access-key", &key, "--visibility", "none"];
        self.contain(&[&first, more].concat())
    }

    /// The plan of [`Scene::contain_victim`], saved as `plan.json`.
    pub fn plan_victim(&self) -> PathBuf {
        let run = self.contain_victim(&["--plan-only", "-o", "plan.json"]);
        assert_eq!(run.code, 0, "{run:?}");
        self.env.path("plan.json")
    }

    pub fn case(&self) -> PathBuf {
        self.env.path("case")
    }

    pub fn journal(&self) -> String {
        fs::read_to_string(self.case().join("journal.jsonl")).unwrap()
    }

    /// The proxy saw no call that changes anything.
    #[track_caller]
    pub fn unchanged(&self) {
        let made = self.proxy.mutating();
        assert!(made.is_empty(), "{made:?}");
    }

    /// The status of one of the victim's keys; none when it is gone.
    pub fn key_status(&self, id: &str) -> Option<String> {
        let args = serde_json::json!({"UserName": VICTIM});
        let keys = self.account.aws.call("iam", "list_access_keys", args);
        let keys = keys["AccessKeyMetadata"].as_array().unwrap();
        let key = keys.iter().find(|k| k["AccessKeyId"] == id)?;
        Some(key["Status"].as_str().unwrap().to_string())
    }
}

/// The arguments of a quick run at this address.
pub fn contain<'a>(url: &'a str, args: &[&'a str]) -> Vec<&'a str> {
    let mut all = vec!["contain"];
    all.extend(args);
    all.extend(["--endpoint-url", url]);
    if !args.contains(&"--case") {
        all.extend(["--case", "case"]);
    }
    if !args.contains(&"--hold") {
        all.extend(QUICK);
    }
    all
}

/// Every file below a folder, with what it holds.
pub fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let entries = walkdir::WalkDir::new(folder).into_iter().map(Result::unwrap);
    let files = entries.filter(|e| e.file_type().is_file());
    files.map(|e| (e.path().to_path_buf(), fs::read(e.path()).unwrap())).collect()
}
