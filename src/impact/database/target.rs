//! The connection string: where to, as whom, and how sure to be of the server.

use std::path::PathBuf;
use std::time::Duration;

use percent_encoding::percent_decode_str;
use postgres::config::Host;
use postgres::{Config, NoTls, config};

use super::error::DatabaseError;
use super::tls::{self, Files};
use crate::cloud::Secret;

/// How the connection is protected, as libpq's `sslmode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Disable,
    /// Encrypted if the server can; its certificate is not checked.
    Prefer,
    /// Encrypted; the certificate is checked only where `sslrootcert` is given.
    Require,
    /// Signed by a known authority, for whatever name.
    VerifyCa,
    /// Signed by a known authority for the name that was asked for.
    VerifyFull,
}

/// Options of the connection string that are taken: PostgreSQL's own names.
const OPTIONS: &str = "sslmode, sslrootcert, sslcert, sslkey, sslnegotiation, channel_binding, user, \
     password, dbname, host, hostaddr, port, connect_timeout, tcp_user_timeout, keepalives, \
     keepalives_idle, target_session_attrs, load_balance_hosts, application_name, options";
/// Seconds to wait for a server that does not answer.
const CONNECT: u64 = 10;
/// Seconds without a word after which the connection is probed: firewalls forget idle ones.
const IDLE: u64 = 60;

/// A database, ready to be connected to. No text of it holds the password.
#[derive(Debug)]
pub struct Target {
    config: Config,
    mode: Mode,
    files: Files,
    /// `host:5432/database`.
    shown: String,
    password: Option<Secret>,
}

impl Target {
    /// Reads `postgres://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=…`; `password` is for one without.
    ///
    /// Without `sslmode`, a server of this machine is `prefer`, any other `verify-full`: libpq's own default
    /// would give the keys, and a password in clear, to whoever stands between. The modes mean what
    /// PostgreSQL's documentation says (section "SSL Support" of libpq, table "SSL Mode Descriptions"), with
    /// the system's authorities where `sslrootcert` is not given.
    ///
    /// # Errors
    /// When it is no such address. The text of the error holds nothing of it.
    pub fn parse(url: &Secret, password: Option<Secret>) -> Result<Target, DatabaseError> {
        let text = url.reveal();
        if !text.starts_with("postgres://") && !text.starts_with("postgresql://") {
            return Err(DatabaseError::usage("the database's address is none")
                .hint("write postgres://USER@HOST/DATABASE, with the password in PGPASSWORD"));
        }
        let (text, own) = Own::of(text)?;
        // A password with an @ of its own would end up in the host or the database, which are shown.
        let after = text.split_once('@').map_or("", |(_, after)| after);
        if after.split('?').next().is_some_and(|host| host.contains('@')) {
            return Err(DatabaseError::usage("the database's address has more than one @")
                .hint("write @ as %40 in user and password"));
        }
        let mut config: Config = text.parse().map_err(|_| {
            DatabaseError::usage("the database's address cannot be read").hint(format!(
                "write / as %2F and @ as %40 in user and password; options that are taken: {OPTIONS}"
            ))
        })?;
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err(DatabaseError::usage("the database's address names no host").hint(
                "for a socket write its folder: postgres://USER@%2Frun%2Fpostgresql/DATABASE",
            ));
        }
        let mode = own.mode(stays_here(&config))?;
        config.ssl_mode(match mode {
            Mode::Disable => config::SslMode::Disable,
            Mode::Prefer => config::SslMode::Prefer,
            _ => config::SslMode::Require,
        });
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(Duration::from_secs(CONNECT));
        }
        config.keepalives_idle(config.get_keepalives_idle().min(Duration::from_secs(IDLE)));
        if config.get_application_name().is_none() {
            config.application_name("incident");
        }
        if let (None, Some(password)) = (config.get_password(), &password) {
            config.password(password.reveal());
        }
        let held = config.get_password().map(|p| Secret::new(String::from_utf8_lossy(p)));
        Ok(Target { shown: shown(&config), config, mode, files: own.files, password: held })
    }

    /// `host:5432/database`, without user and password.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// What is not sure of the connection, by what was asked for; nothing where it stays on the machine.
    pub fn warning(&self) -> Option<&'static str> {
        if stays_here(&self.config) {
            return None;
        }
        match self.mode {
            Mode::Disable => {
                Some("the connection to the database is not encrypted (sslmode=disable)")
            }
            Mode::Prefer => Some(
                "nobody checks who the database's server is, nor that it encrypts (sslmode=prefer)",
            ),
            Mode::Require if self.files.root.is_none() => {
                Some("nobody checks who the database's server is (sslmode=require)")
            }
            _ => None,
        }
    }

    /// # Errors
    /// When there is no connection, with what to do about it.
    pub fn connect(&self) -> Result<postgres::Client, DatabaseError> {
        let connected = match self.mode {
            Mode::Disable => self.config.connect(NoTls),
            mode => self.config.connect(tls::connector(mode, &self.files)?),
        };
        connected
            .map_err(|e| DatabaseError::connect(&e, &self.shown).without(self.password.as_ref()))
    }

    /// Takes the password out of an error, should a server have sent it back.
    pub(super) fn cleaned(&self, error: DatabaseError) -> DatabaseError {
        error.without(self.password.as_ref())
    }
}

/// Options that the client library does not know.
#[derive(Debug, Default)]
struct Own {
    mode: Option<String>,
    files: Files,
}

impl Own {
    /// The address without them, and they.
    fn of(text: &str) -> Result<(String, Own), DatabaseError> {
        // User and password end with the first `@`, as the client library reads them.
        let host = text.find('@').unwrap_or(0);
        let Some(question) = text[host..].find('?').map(|at| host + at) else {
            return Ok((text.to_string(), Own::default()));
        };
        let (mut own, mut rest) = (Own::default(), Vec::new());
        for pair in text[question + 1..].split('&').filter(|p| !p.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let value = || percent_decode_str(value).decode_utf8_lossy().into_owned();
            match name {
                "sslmode" => own.mode = Some(value()),
                "sslrootcert" => own.files.root = Some(PathBuf::from(value())),
                "sslcert" => own.files.certificate = Some(PathBuf::from(value())),
                "sslkey" => own.files.key = Some(PathBuf::from(value())),
                _ => rest.push(pair),
            }
        }
        if own.files.certificate.is_some() != own.files.key.is_some() {
            return Err(DatabaseError::usage("sslcert and sslkey belong together"));
        }
        let query = if rest.is_empty() { String::new() } else { format!("?{}", rest.join("&")) };
        Ok((format!("{}{query}", &text[..question]), own))
    }

    fn mode(&self, here: bool) -> Result<Mode, DatabaseError> {
        Ok(match self.mode.as_deref() {
            None if here && self.files.root.is_none() => Mode::Prefer,
            None => Mode::VerifyFull,
            Some("disable") => Mode::Disable,
            Some("allow" | "prefer") => Mode::Prefer,
            Some("require") if self.files.root.is_some() => Mode::VerifyCa,
            Some("require") => Mode::Require,
            Some("verify-ca") => Mode::VerifyCa,
            Some("verify-full") => Mode::VerifyFull,
            Some(_) => {
                return Err(DatabaseError::usage("the database's address has no such sslmode")
                    .hint("disable, prefer, require, verify-ca or verify-full"));
            }
        })
    }
}

/// Only sockets and loopback: what is sent stays on this machine.
fn stays_here(config: &Config) -> bool {
    let here = |host: &Host| match host {
        Host::Tcp(name) => {
            let address = name.parse().map(|a: std::net::IpAddr| a.is_loopback());
            name == "localhost" || address.unwrap_or(false)
        }
        #[cfg(unix)]
        Host::Unix(_) => true,
    };
    config.get_hosts().iter().all(here)
        && config.get_hostaddrs().iter().all(std::net::IpAddr::is_loopback)
}

fn shown(config: &Config) -> String {
    let ports = config.get_ports();
    let host = |(i, host): (usize, &Host)| {
        let name = match host {
            Host::Tcp(name) => name.clone(),
            #[cfg(unix)]
            Host::Unix(path) => path.display().to_string(),
        };
        let port = ports.get(i).or(ports.first()).copied().unwrap_or(5432);
        format!("{name}:{port}")
    };
    let hosts: Vec<String> = match config.get_hosts() {
        [] => config.get_hostaddrs().iter().map(ToString::to_string).collect(),
        hosts => hosts.iter().enumerate().map(host).collect(),
    };
    let database = config.get_dbname().or(config.get_user()).unwrap_or_default();
    format!("{}/{database}", hosts.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(url: &str) -> Result<Target, DatabaseError> {
        Target::parse(&Secret::new(url), None)
    }

    #[test]
    fn servers_elsewhere_are_verified_unless_said_otherwise() {
        for (url, mode, warns) in [
            ("postgres://u@db.example.com/d", Mode::VerifyFull, false),
            ("postgres://u@db.example.com/d?sslmode=require", Mode::Require, true),
            (
                "postgres://u@db.example.com/d?sslmode=require&sslrootcert=a.pem",
                Mode::VerifyCa,
                false,
            ),
            ("postgres://u@db.example.com/d?sslmode=prefer", Mode::Prefer, true),
            (
                "postgres://u@db.example.com/d?connect_timeout=3&sslmode=disable",
                Mode::Disable,
                true,
            ),
            ("postgres://u@localhost/d", Mode::Prefer, false),
            ("postgres://u@127.0.0.1:5433/d", Mode::Prefer, false),
            ("postgres://u@[::1]/d", Mode::Prefer, false),
            ("postgresql://u@%2Frun%2Fpostgresql/d", Mode::Prefer, false),
            ("postgres://u@localhost,db.example.com/d", Mode::VerifyFull, false),
            ("postgres://u@localhost/d?hostaddr=192.0.2.1", Mode::VerifyFull, false),
            ("postgres://u@localhost/d?sslmode=verify-ca", Mode::VerifyCa, false),
        ] {
            let target = parse(url).unwrap();
            assert_eq!((target.mode, target.warning().is_some()), (mode, warns), "{url}");
        }
    }

    #[test]
    fn no_text_holds_the_password() {
        for url in [
            "postgres://u:hunter2@db.example.com:5433/d",
            "postgres://db.example.com:5433/d?user=u&password=hunter2",
            "postgresql://u:hunter2@db.example.com:5433/d?sslmode=disable&options=-c%20a=b",
        ] {
            let target = parse(url).unwrap();
            assert_eq!(target.shown(), "db.example.com:5433/d");
            assert!(!format!("{target:?}").contains("hunter2"));
        }
        for url in [
            "mysql://u:hunter2@h/d",
            "postgres://u:hunter2",
            "postgres://u:hunter2@h/d?sslmode=hunter2",
            "postgres://u:hunter2@h/d?hunter2=1",
            "postgres://u:x@hunter2@h/d",
            "postgres://u:x@hunter2?a=b@h/d",
            "postgres://u:x@hunter2/y@h/d",
            "postgres://u:x?y@hunter2@h/d",
            "postgres://u:hunter2@h:port/d",
            "postgres://u:hunter2@[::1/d",
            "postgres://u:hunter2@/d",
            "postgres://u@h/d?sslcert=hunter2",
            "host=h password=hunter2",
        ] {
            let error = parse(url).expect_err(url);
            assert!(!format!("{error} {:?}", error.hints()).contains("hunter2"), "{url}: {error}");
        }
    }

    #[test]
    fn a_password_of_the_environment_is_for_addresses_without_one() {
        let given = Some(Secret::new("other"));
        let held = |url: &str| Target::parse(&Secret::new(url), given.clone()).unwrap().password;
        assert_eq!(held("postgres://u@h/d").unwrap().reveal(), "other");
        assert_eq!(held("postgres://u:own@h/d").unwrap().reveal(), "own");
    }
}
