//! The connection string: server, user, and how the server is verified.

use std::path::PathBuf;
use std::time::Duration;

use percent_encoding::percent_decode_str;
use postgres::config::Host;
use postgres::{Config, NoTls, config};

use super::error::DatabaseError;
use super::tls::{self, Files, SslMode};
use crate::cloud::Secret;

/// Supported options of the connection string, by PostgreSQL's names.
const OPTIONS: &str = "sslmode, sslrootcert, sslcert, sslkey, sslnegotiation, channel_binding, user, \
     password, dbname, host, hostaddr, port, connect_timeout, tcp_user_timeout, keepalives, \
     keepalives_idle, target_session_attrs, load_balance_hosts, application_name, options";
/// Seconds to wait for a server that does not answer.
const CONNECT: u64 = 10;
/// Idle seconds after which the connection is probed: firewalls drop idle connections.
const IDLE: u64 = 60;

/// A database to connect to. Neither its display text nor its debug text contains the password.
#[derive(Debug)]
pub struct Target {
    config: Config,
    mode: SslMode,
    files: Files,
    /// `host:5432/database`.
    shown: String,
    password: Option<Secret>,
}

impl Target {
    /// Parses `postgres://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=…`. `password` is used if it has none.
    ///
    /// The default `sslmode` is `prefer` for a local server and `verify-full` for any other: libpq's own default
    /// would reveal the keys, and a password in clear text, to a machine in the middle. The modes mean what
    /// PostgreSQL's documentation says (section "SSL Support" of libpq, table "SSL Mode Descriptions"), with the
    /// system's authorities if `sslrootcert` is not given.
    ///
    /// # Errors
    /// If it is not such an address. The error never quotes it.
    pub fn parse(url: &Secret, password: Option<Secret>) -> Result<Target, DatabaseError> {
        let text = url.reveal();
        if !text.starts_with("postgres://") && !text.starts_with("postgresql://") {
            return Err(DatabaseError::usage("invalid database URL")
                .hint("write postgres://USER@HOST/DATABASE and set the password in PGPASSWORD"));
        }
        let (text, tls_options) = TlsOptions::of(text)?;
        // A password with an unescaped @ would end up in the host or the database name, which are displayed.
        let after = text.split_once('@').map_or("", |(_, after)| after);
        if after.split('?').next().is_some_and(|host| host.contains('@')) {
            return Err(DatabaseError::usage("the database URL has more than one @")
                .hint("write @ as %40 in user and password"));
        }
        let mut config: Config = text.parse().map_err(|_| {
            DatabaseError::usage("invalid database URL").hint(format!(
                "write / as %2F and @ as %40 in user and password; supported options: {OPTIONS}"
            ))
        })?;
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err(DatabaseError::usage("the database URL has no host").hint(
                "for a socket, write its folder: postgres://USER@%2Frun%2Fpostgresql/DATABASE",
            ));
        }
        let mode = tls_options.mode(is_local(&config))?;
        config.ssl_mode(match mode {
            SslMode::Disable => config::SslMode::Disable,
            SslMode::Prefer => config::SslMode::Prefer,
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
        let password = config.get_password().map(|p| Secret::new(String::from_utf8_lossy(p)));
        Ok(Target { shown: shown(&config), config, mode, files: tls_options.files, password })
    }

    /// `host:5432/database`, without user and password.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// A warning about what the chosen mode does not verify. `None` for a local connection.
    pub fn warning(&self) -> Option<&'static str> {
        if is_local(&self.config) {
            return None;
        }
        match self.mode {
            SslMode::Disable => {
                Some("the connection to the database is not encrypted (sslmode=disable)")
            }
            SslMode::Prefer => Some(
                "neither the database server's identity nor its encryption is verified (sslmode=prefer)",
            ),
            SslMode::Require if self.files.root.is_none() => {
                Some("the database server's identity is not verified (sslmode=require)")
            }
            _ => None,
        }
    }

    /// # Errors
    /// If there is no connection, with what to do about it.
    pub fn connect(&self) -> Result<postgres::Client, DatabaseError> {
        let connected = match self.mode {
            SslMode::Disable => self.config.connect(NoTls),
            mode => self.config.connect(tls::connector(mode, &self.files)?),
        };
        connected
            .map_err(|e| DatabaseError::connect(&e, &self.shown).redacted(self.password.as_ref()))
    }

    /// Removes the password from an error, in case the server sent it back.
    pub(super) fn redacted(&self, error: DatabaseError) -> DatabaseError {
        error.redacted(self.password.as_ref())
    }
}

/// The TLS options, which the client library does not know.
#[derive(Debug, Default)]
struct TlsOptions {
    mode: Option<String>,
    files: Files,
}

impl TlsOptions {
    /// Splits them from the address.
    fn of(text: &str) -> Result<(String, TlsOptions), DatabaseError> {
        // User and password end at the first `@`, as in the client library.
        let host = text.find('@').unwrap_or(0);
        let Some(question) = text[host..].find('?').map(|at| host + at) else {
            return Ok((text.to_string(), TlsOptions::default()));
        };
        let (mut tls_options, mut rest) = (TlsOptions::default(), Vec::new());
        for pair in text[question + 1..].split('&').filter(|p| !p.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let value = || percent_decode_str(value).decode_utf8_lossy().into_owned();
            match name {
                "sslmode" => tls_options.mode = Some(value()),
                "sslrootcert" => tls_options.files.root = Some(PathBuf::from(value())),
                "sslcert" => tls_options.files.certificate = Some(PathBuf::from(value())),
                "sslkey" => tls_options.files.key = Some(PathBuf::from(value())),
                _ => rest.push(pair),
            }
        }
        if tls_options.files.certificate.is_some() != tls_options.files.key.is_some() {
            return Err(DatabaseError::usage("sslcert and sslkey must be given together"));
        }
        let query = if rest.is_empty() { String::new() } else { format!("?{}", rest.join("&")) };
        Ok((format!("{}{query}", &text[..question]), tls_options))
    }

    fn mode(&self, local: bool) -> Result<SslMode, DatabaseError> {
        Ok(match self.mode.as_deref() {
            None if local && self.files.root.is_none() => SslMode::Prefer,
            None => SslMode::VerifyFull,
            Some("disable") => SslMode::Disable,
            Some("allow" | "prefer") => SslMode::Prefer,
            Some("require") if self.files.root.is_some() => SslMode::VerifyCa,
            Some("require") => SslMode::Require,
            Some("verify-ca") => SslMode::VerifyCa,
            Some("verify-full") => SslMode::VerifyFull,
            Some(_) => {
                return Err(DatabaseError::usage("the database URL has an unknown sslmode")
                    .hint("write disable, prefer, require, verify-ca or verify-full"));
            }
        })
    }
}

/// Whether all hosts are sockets or loopback addresses.
fn is_local(config: &Config) -> bool {
    let local = |host: &Host| match host {
        Host::Tcp(name) => {
            let address = name.parse().map(|a: std::net::IpAddr| a.is_loopback());
            name == "localhost" || address.unwrap_or(false)
        }
        #[cfg(unix)]
        Host::Unix(_) => true,
    };
    config.get_hosts().iter().all(local)
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
    fn remote_servers_are_verified_unless_configured_otherwise() {
        for (url, mode, warns) in [
            ("postgres://u@db.example.com/d", SslMode::VerifyFull, false),
            ("postgres://u@db.example.com/d?sslmode=require", SslMode::Require, true),
            (
                "postgres://u@db.example.com/d?sslmode=require&sslrootcert=a.pem",
                SslMode::VerifyCa,
                false,
            ),
            ("postgres://u@db.example.com/d?sslmode=prefer", SslMode::Prefer, true),
            (
                "postgres://u@db.example.com/d?connect_timeout=3&sslmode=disable",
                SslMode::Disable,
                true,
            ),
            ("postgres://u@localhost/d", SslMode::Prefer, false),
            ("postgres://u@127.0.0.1:5433/d", SslMode::Prefer, false),
            ("postgres://u@[::1]/d", SslMode::Prefer, false),
            ("postgresql://u@%2Frun%2Fpostgresql/d", SslMode::Prefer, false),
            ("postgres://u@localhost,db.example.com/d", SslMode::VerifyFull, false),
            ("postgres://u@localhost/d?hostaddr=192.0.2.1", SslMode::VerifyFull, false),
            ("postgres://u@localhost/d?sslmode=verify-ca", SslMode::VerifyCa, false),
        ] {
            let target = parse(url).unwrap();
            assert_eq!((target.mode, target.warning().is_some()), (mode, warns), "{url}");
        }
    }

    #[test]
    fn no_text_contains_the_password() {
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
    fn a_password_from_the_environment_is_used_for_addresses_without_one() {
        let given = Some(Secret::new("other"));
        let held = |url: &str| Target::parse(&Secret::new(url), given.clone()).unwrap().password;
        assert_eq!(held("postgres://u@h/d").unwrap().reveal(), "other");
        assert_eq!(held("postgres://u:own@h/d").unwrap().reveal(), "own");
    }
}
