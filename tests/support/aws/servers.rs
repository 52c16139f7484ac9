//! Servers that speak AWS's APIs, on loopback: moto and ministack, from a pinned Python environment under `target`.
//!
//! One Python process a test binary (`factory.py`) loads moto and forks a fresh copy for each test, so a server
//! costs milliseconds and no two tests share one. All of them end with the test process, however it ends.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use crate::support::python;

const SCRIPTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/aws");

/// A server on loopback, ended on drop.
pub struct Server {
    pub port: u16,
    kind: &'static str,
    pid: u64,
    log: PathBuf,
    factory: &'static Mutex<Factory>,
}

impl Server {
    /// A fresh moto, with AWS's managed policies. Account 123456789012; it checks no signature.
    pub fn moto() -> Server {
        Server::start("moto", &FACTORY)
    }

    /// A fresh MiniStack that checks signatures and policies. Account 000000000000, root key `test`/`test`.
    pub fn ministack() -> Server {
        Server::start("ministack", &FACTORY)
    }

    /// The process behind `Aws`, which is no AWS server.
    pub(super) fn helper() -> Server {
        Server::start("helper", &FACTORY)
    }

    pub(super) fn start(kind: &'static str, factory: &'static Mutex<Factory>) -> Server {
        let made = lock(factory).ask(kind);
        let log = PathBuf::from(made["log"].as_str().expect("a log"));
        let port = u16::try_from(made["port"].as_u64().expect("a port")).unwrap();
        let pid = made["pid"].as_u64().expect("a process");
        assert_ne!(port, 0, "{kind} did not start; see {}", log.display());
        Server { port, kind, pid, log, factory }
    }

    /// Where calls go. By address, so that SDKs put a bucket's name into the path.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn is_ministack(&self) -> bool {
        self.kind == "ministack"
    }

    pub fn account(&self) -> &'static str {
        if self.is_ministack() { "000000000000" } else { "123456789012" }
    }

    /// As it was at the start, on another port.
    pub fn reset(&mut self) {
        *self = Server::start(self.kind, self.factory);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let stop = format!("stop {}", self.pid);
        lock(self.factory).ask(&stop);
        if std::thread::panicking() && self.kind != "helper" {
            eprintln!("the log of {}: {}", self.kind, self.log.display());
        } else {
            _ = fs::remove_file(&self.log);
        }
    }
}

fn lock(factory: &Mutex<Factory>) -> MutexGuard<'_, Factory> {
    factory.lock().unwrap_or_else(PoisonError::into_inner)
}

static FACTORY: LazyLock<Mutex<Factory>> = LazyLock::new(|| Mutex::new(Factory::new()));

/// The Python process that makes servers. It ends when its stdin closes, which this process's end does.
pub(super) struct Factory {
    _child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

impl Factory {
    pub(super) fn new() -> Factory {
        let home = python::home();
        let logs = home.join("logs");
        fs::create_dir_all(&logs).unwrap();
        let mut child = Command::new(environment().join("bin/python"))
            .arg("-B")
            .arg(Path::new(SCRIPTS).join("factory.py"))
            .arg(&logs)
            // No key or profile of the user's own.
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_CONFIG_FILE", "/dev/null")
            .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|e| panic!("test servers: {e}; remove {} and retry", home.display()));
        let stdin = child.stdin.take().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let mut factory = Factory { _child: child, stdin, stdout };
        factory.answer();
        factory
    }

    pub(super) fn ask(&mut self, line: &str) -> Value {
        writeln!(self.stdin, "{line}").expect("the factory of test servers is gone");
        self.answer()
    }

    fn answer(&mut self) -> Value {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        serde_json::from_str(&line)
            .expect("the factory of test servers ended; see its message above")
    }
}

/// The Python that the test servers run in.
pub fn python() -> PathBuf {
    environment().join("bin/python")
}

fn environment() -> PathBuf {
    python::environment(&Path::new(SCRIPTS).join("requirements.txt"))
}
