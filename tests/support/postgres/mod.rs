//! A real PostgreSQL on a socket, one a test process, and a database of its own for each test.

mod server;
pub mod tls;

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use postgres::NoTls;

use server::{PASSWORD, SERVER};

/// The role that `incident` connects as: it may connect and read, and nothing else.
pub const READER: &str = "reader";
/// Its password.
pub const READERS: &str = "pass-of-the-reader";

/// A database of its own.
pub struct Database {
    name: String,
}

impl Database {
    /// Made, with what `setup` makes in it; the reader may read all of that.
    pub fn new(setup: &str) -> Database {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("test_{}", COUNT.fetch_add(1, Ordering::Relaxed));
        let mut admin = connect("postgres");
        admin.batch_execute(&format!("CREATE DATABASE {name}")).unwrap();
        // Public is who may make temporary tables, if nobody says otherwise.
        admin.batch_execute(&format!("REVOKE ALL ON DATABASE {name} FROM PUBLIC")).unwrap();
        admin.batch_execute(&format!("GRANT CONNECT ON DATABASE {name} TO {READER}")).unwrap();
        let database = Database { name };
        let mut admin = database.admin();
        admin.batch_execute(setup).unwrap();
        admin
            .batch_execute(&format!("GRANT SELECT ON ALL TABLES IN SCHEMA public TO {READER}"))
            .unwrap();
        database
    }

    /// As the one who may do everything.
    pub fn admin(&self) -> postgres::Client {
        connect(&self.name)
    }

    /// A single number.
    pub fn number(&self, query: &str) -> i64 {
        self.admin().query_one(query, &[]).unwrap().get(0)
    }

    /// The reader's address over the socket.
    pub fn url(&self) -> String {
        self.url_with(READERS)
    }

    pub fn url_with(&self, password: &str) -> String {
        let folder = folder().display().to_string().replace('/', "%2F");
        format!("postgres://{READER}:{password}@{folder}/{}", self.name)
    }

    /// The reader's address at a server of this machine.
    pub fn url_at(&self, host: &str, port: u16) -> String {
        format!("postgres://{READER}:{READERS}@{host}:{port}/{}", self.name)
    }
}

/// Where the server's socket is.
pub fn folder() -> &'static Path {
    &SERVER.folder
}

fn connect(database: &str) -> postgres::Client {
    postgres::Config::new()
        .host_path(folder())
        .user("postgres")
        .password(PASSWORD)
        .dbname(database)
        .connect(NoTls)
        .unwrap()
}
