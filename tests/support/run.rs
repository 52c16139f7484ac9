//! Runs the binary in a fresh folder, with an empty environment and a fixed clock.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use super::report::Analysis;

/// The moment that every run takes for now.
pub const NOW: &str = "2026-11-21T00:00:00Z";

/// A working folder and a home, removed at the end.
pub struct Env {
    dir: tempfile::TempDir,
}

/// How a run ended.
#[must_use = "check the exit code or the output"]
#[derive(Debug)]
pub struct Run {
    pub stdout: String,
    pub stderr: String,
    pub code: i32,
}

impl Env {
    pub fn new() -> Env {
        Env::below(&std::env::temp_dir())
    }

    /// In memory, where the system has such a place: what is written is flushed at once.
    pub fn in_memory() -> Env {
        let memory = Path::new("/dev/shm");
        if memory.is_dir() { Env::below(memory) } else { Env::new() }
    }

    fn below(folder: &Path) -> Env {
        let dir = tempfile::tempdir_in(folder).unwrap();
        for sub in ["home", "config", "work"] {
            fs::create_dir(dir.path().join(sub)).unwrap();
        }
        Env { dir }
    }

    /// A path in the working folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join("work").join(name)
    }

    /// Where the user's own `incident.toml` is looked for.
    pub fn user_config(&self) -> PathBuf {
        self.dir.path().join("config/incident/incident.toml")
    }

    /// Writes a file below the working folder, with the folders on the way.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        write_all(&path, content.as_ref());
        path
    }

    pub fn write_user_config(&self, text: &str) {
        write_all(&self.user_config(), text.as_bytes());
    }

    /// The binary with its environment, in the working folder. Global flags stand at the end.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_incident"));
        command
            .env_clear()
            .env("HOME", self.dir.path().join("home"))
            .env("XDG_CONFIG_HOME", self.dir.path().join("config"))
            .current_dir(self.path(""))
            .stdin(Stdio::null())
            .args(args);
        command
    }

    pub fn run(&self, args: &[&str]) -> Run {
        Run::from(self.command(args).output().unwrap())
    }

    pub fn run_with_input(&self, args: &[&str], input: &[u8]) -> Run {
        let mut command = self.command(args);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        std::thread::scope(|scope| {
            // The program may end before it has read everything.
            scope.spawn(move || _ = stdin.write_all(input));
            Run::from(child.wait_with_output().unwrap())
        })
    }

    /// `analyze ARGS --format json`, by detectors alone, parsed; the sums of its coverage are checked.
    ///
    /// Reading the rules takes a debug build a quarter of a second, which tests with hundreds of runs would feel.
    pub fn analyze(&self, args: &[&str]) -> Analysis {
        self.judge(&[args, &["--no-builtin"]].concat())
    }

    /// The same with the rules.
    pub fn judge(&self, args: &[&str]) -> Analysis {
        Analysis::new(self.run(&with_json(args)))
    }

    pub fn analyze_input(&self, args: &[&str], input: &[u8]) -> Analysis {
        let args = [args, &["--no-builtin"]].concat();
        Analysis::new(self.run_with_input(&with_json(&args), input))
    }
}

fn with_json<'a>(args: &[&'a str]) -> Vec<&'a str> {
    let mut all = vec!["analyze", "--format", "json", "--now", NOW];
    all.extend(args);
    all
}

/// Writes one file into a fresh folder and analyses it under its name.
pub fn analyze_file(name: &str, content: impl AsRef<[u8]>) -> Analysis {
    let env = Env::new();
    env.write(name, content);
    env.analyze(&[name])
}

fn write_all(path: &Path, content: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

impl From<Output> for Run {
    fn from(output: Output) -> Run {
        Run {
            stdout: String::from_utf8(output.stdout).expect("stdout is UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("stderr is UTF-8"),
            code: output.status.code().unwrap_or_else(|| panic!("ended by {}", output.status)),
        }
    }
}

/// The logs that the README's first command reads.
pub fn sample_logs() -> &'static str {
    concat!(env!("CARGO_MANIFEST_DIR"), "/sample-logs")
}
