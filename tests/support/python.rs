//! Python environments for tests, under `target`: made at the first use, from lists of pinned packages.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};

/// `test-servers` in the target folder, wherever that is.
pub fn home() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("test-servers")
}

/// The environment for a `requirements.txt`.
pub fn environment(requirements: &Path) -> PathBuf {
    let home = home();
    fs::create_dir_all(&home).unwrap();
    let hash = Sha256::digest(fs::read(requirements).unwrap());
    let name: String = hash.iter().take(6).map(|b| format!("{b:02x}")).collect();
    let environment = home.join(format!("python-{name}"));
    let stamp = environment.join("ready");
    // Held until the end of this function: another test process may be here too.
    let lock = File::create(home.join("lock")).unwrap();
    lock.lock().unwrap();
    if stamp.exists() {
        return environment;
    }
    eprintln!("installing test servers into {} (about a minute)", environment.display());
    _ = fs::remove_dir_all(&environment);
    let python = std::env::var("PYTHON").unwrap_or("python3".into());
    run(
        Command::new(&python).args(["-m", "venv"]).arg(&environment),
        "Python 3.11 or later with venv is needed (Debian: apt-get install python3-venv)",
    );
    run(
        Command::new(environment.join("bin/python"))
            .args(["-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps", "-r"])
            .arg(requirements),
        "pip could not install the test servers: it needs a package index",
    );
    fs::write(stamp, "").unwrap();
    environment
}

fn run(command: &mut Command, hint: &str) {
    let output = command.output().unwrap_or_else(|e| panic!("{command:?}: {e}. {hint}"));
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    assert!(output.status.success(), "{command:?}: {}. {hint}\n{text}", output.status);
}
