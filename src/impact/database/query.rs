//! Runs the user's query in a read-only transaction, over the accessed objects as a table.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use postgres::fallible_iterator::FallibleIterator;
use postgres::types::ToSql;
use postgres::{Client, Row, Transaction};

use super::error::DatabaseError;
use super::limits::Limits;
use super::target::Target;
use crate::clock::Millis;
use crate::impact::objects::{Access, Object};

/// Text before the user's query. `unnest` of arrays needs only the CONNECT privilege. A temporary table would need
/// TEMPORARY, and cannot be created in a read-only transaction or on a standby. A key that an attacker wrote is a
/// parameter value, never part of a statement.
const BEFORE: &str = "WITH accessed_objects (bucket, key, version, operation, first, last, bytes) AS (\
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], \
$5::timestamptz[], $6::timestamptz[], $7::bigint[]))\n";
/// Text after it, on a line of its own, so that a comment at the end of the query ends before it.
const AFTER: &str = "\n) AS result";
/// Columns that are read, with the type each is cast to.
const COLUMNS: [(&str, &str); 7] = [
    ("person", "text"),
    ("jurisdiction", "text"),
    ("kind", "text"),
    ("records", "bigint"),
    ("persons", "bigint"),
    ("bucket", "text"),
    ("key", "text"),
];
/// The most bytes of a statement's parameters: PostgreSQL's limit of 1 GiB less 1, rounded down.
const LARGEST: u64 = 1_000_000_000;
/// How long to wait for a locked table.
const LOCK_TIMEOUT: &str = "5s";

/// The text of a query, and its file.
#[derive(Debug)]
pub struct Query {
    pub path: PathBuf,
    text: String,
}

/// The columns that the query returns.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Columns {
    /// Names of [`COLUMNS`] that it returns.
    present: Vec<&'static str>,
    /// Names of columns that are ignored.
    pub others: Vec<String>,
}

/// A row of the result. `None` for null and for missing columns.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ResultRow {
    pub person: Option<String>,
    pub jurisdiction: Option<String>,
    pub kind: Option<String>,
    pub records: Option<i64>,
    pub persons: Option<i64>,
    pub bucket: Option<String>,
    pub key: Option<String>,
}

/// The totals of a query that ran.
#[derive(Debug)]
pub struct QueryRun {
    pub columns: Columns,
    /// Objects whose bucket or key contains NUL, which PostgreSQL's text cannot contain: they were not sent.
    pub nul: u64,
}

impl Query {
    /// `text` is one SELECT. Semicolons at its end are removed.
    ///
    /// # Errors
    /// If it is empty or contains NUL.
    pub fn new(path: &Path, text: &str) -> Result<Query, DatabaseError> {
        let text = text.trim_end_matches(|c: char| c == ';' || c.is_whitespace());
        if text.trim().is_empty() || text.contains('\0') {
            return Err(DatabaseError::usage(format!("{} contains no query", path.display()))
                .hint("`incident impact --help` shows one"));
        }
        Ok(Query { path: path.to_path_buf(), text: text.to_string() })
    }

    /// The whole statement for these columns of the answer.
    fn statement(&self, columns: &str) -> String {
        format!("{BEFORE}{}{}{AFTER}", before(columns), self.text)
    }

    /// The line of the user's text for a character of the statement for these columns. Both count from 1.
    pub(super) fn line(&self, columns: &str, at: u32) -> Option<usize> {
        let lead = BEFORE.chars().count() + before(columns).chars().count();
        let inside = (at as usize).checked_sub(lead + 1)?;
        let text: String = self.text.chars().take(inside).collect();
        (inside <= self.text.chars().count()).then(|| text.matches('\n').count() + 1)
    }

    /// Sends the objects and passes each row of the result to `each`. Nothing is written: the transaction is
    /// read-only from the start, and is rolled back.
    ///
    /// The query sees `accessed_objects (bucket text, key text, version text, operation text,
    /// first timestamptz, last timestamptz, bytes bigint)`, a row for each object, version and operation.
    ///
    /// # Errors
    /// If there is no connection, or the server rejects the query or does not finish it in time.
    pub fn run(
        &self,
        target: &Target,
        objects: &[Object],
        limits: Limits,
        each: &mut dyn FnMut(ResultRow),
    ) -> Result<QueryRun, DatabaseError> {
        let sent = ObjectColumns::of(objects)?;
        let mut client = target.connect()?;
        let explain = |columns: &str, e: &postgres::Error| {
            let line = |at| self.line(columns, at);
            target.redacted(DatabaseError::query(e, &self.path, &line, limits))
        };
        let mut transaction = begin(&mut client, limits).map_err(|e| explain("*", &e))?;
        let described = transaction.prepare(&self.statement("*")).map_err(|e| explain("*", &e))?;
        let columns = Columns::of(self, described.columns().iter().map(postgres::Column::name))?;
        let list = columns.list();
        let explain = |e: postgres::Error| explain(&list, &e);
        let statement = self.statement(&list);
        let mut rows =
            transaction.query_raw(statement.as_str(), sent.parameters()).map_err(explain)?;
        while let Some(row) = rows.next().map_err(explain)? {
            each(columns.line(&row).map_err(explain)?);
        }
        drop(rows);
        transaction.rollback().map_err(explain)?;
        Ok(QueryRun { columns, nul: sent.nul })
    }
}

/// The text between the table of objects and the user's query.
fn before(columns: &str) -> String {
    format!("SELECT {columns} FROM (\n")
}

/// The limits apply to this transaction only.
fn begin(client: &mut Client, limits: Limits) -> Result<Transaction<'_>, postgres::Error> {
    let mut transaction = client.build_transaction().read_only(true).start()?;
    let statement = format!("{}s", limits.seconds);
    transaction.query_one(
        "SELECT set_config('statement_timeout', $1, true), set_config('lock_timeout', $2, true)",
        &[&statement, &LOCK_TIMEOUT],
    )?;
    Ok(transaction)
}

impl Columns {
    fn of<'n>(
        query: &Query,
        names: impl Iterator<Item = &'n str>,
    ) -> Result<Columns, DatabaseError> {
        let mut columns = Columns::default();
        for name in names {
            match COLUMNS.iter().find(|(known, _)| *known == name) {
                Some((known, _)) if columns.present.contains(known) => {
                    let file = query.path.display();
                    return Err(DatabaseError::usage(format!(
                        "{file}: duplicate column `{known}`"
                    )));
                }
                Some((known, _)) => columns.present.push(known),
                None => columns.others.push(name.to_string()),
            }
        }
        if !columns.has("person") && !columns.has("persons") && !columns.has("records") {
            let file = query.path.display();
            return Err(DatabaseError::usage(format!("{file}: the query counts nothing")).hint(
                "return a column `person` (an id), `persons` or `records` (numbers); `jurisdiction`, `kind`, \
                 `bucket` and `key` are optional",
            ));
        }
        Ok(columns)
    }

    /// All columns.
    #[cfg(test)]
    pub fn all() -> Columns {
        Columns { present: COLUMNS.map(|(name, _)| name).into(), others: Vec::new() }
    }

    pub fn has(&self, name: &str) -> bool {
        self.present.contains(&name)
    }

    /// Every column with its cast, null if the query does not return it.
    fn list(&self) -> String {
        let column = |(name, kind): &(&str, &str)| match self.has(name) {
            true => format!("result.{name}::{kind}"),
            false => format!("NULL::{kind}"),
        };
        COLUMNS.iter().map(column).collect::<Vec<_>>().join(", ")
    }

    fn line(&self, row: &Row) -> Result<ResultRow, postgres::Error> {
        Ok(ResultRow {
            person: row.try_get(0)?,
            jurisdiction: row.try_get(1)?,
            kind: row.try_get(2)?,
            records: row.try_get(3)?,
            persons: row.try_get(4)?,
            bucket: row.try_get(5)?,
            key: row.try_get(6)?,
        })
    }
}

/// The table of objects, by column.
#[derive(Default)]
struct ObjectColumns<'o> {
    bucket: Vec<&'o str>,
    key: Vec<&'o str>,
    version: Vec<Option<&'o str>>,
    operation: Vec<Option<&'o str>>,
    first: Vec<Option<SystemTime>>,
    last: Vec<Option<SystemTime>>,
    bytes: Vec<i64>,
    nul: u64,
}

impl<'o> ObjectColumns<'o> {
    fn of(objects: &'o [Object]) -> Result<ObjectColumns<'o>, DatabaseError> {
        let mut sent = ObjectColumns::default();
        let mut size = 0;
        for object in objects {
            if object.bucket.contains('\0') || object.key.contains('\0') {
                sent.nul += 1;
                continue;
            }
            for access in &object.accesses {
                sent.push(object, access);
                let texts = [&object.bucket, &*object.key, &access.version, &access.operation];
                // Each value has a length prefix of 4 bytes; times and numbers are 8 bytes.
                size += texts.map(|text| text.len() as u64 + 4).iter().sum::<u64>() + 3 * 12;
            }
        }
        if size > LARGEST {
            let text = format!(
                "the objects are {size} bytes, but PostgreSQL accepts only {LARGEST} at once"
            );
            return Err(DatabaseError::usage(text)
                .hint("split the objects into several files for --objects, or filter them with --operation"));
        }
        Ok(sent)
    }

    fn push(&mut self, object: &'o Object, access: &'o Access) {
        let some = |text: &'o str| Some(text).filter(|t| !t.is_empty() && !t.contains('\0'));
        self.bucket.push(&object.bucket);
        self.key.push(&object.key);
        self.version.push(some(&access.version));
        self.operation.push(some(&access.operation));
        self.first.push(access.first.and_then(moment));
        self.last.push(access.last.and_then(moment));
        self.bytes.push(i64::try_from(access.bytes).unwrap_or(i64::MAX));
    }

    fn parameters(&self) -> [&(dyn ToSql + Sync); 7] {
        [
            &self.bucket,
            &self.key,
            &self.version,
            &self.operation,
            &self.first,
            &self.last,
            &self.bytes,
        ]
    }
}

fn moment(at: Millis) -> Option<SystemTime> {
    let length = Duration::from_millis(at.unsigned_abs());
    if at < 0 { UNIX_EPOCH.checked_sub(length) } else { UNIX_EPOCH.checked_add(length) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(text: &str) -> Query {
        Query::new(Path::new("q.sql"), text).unwrap()
    }

    #[test]
    fn semicolons_at_the_end_are_taken_off_and_nothing_is_no_query() {
        let statement = query("SELECT 1 AS records -- all\n;\n ;").statement("*");
        assert!(statement.ends_with("SELECT * FROM (\nSELECT 1 AS records -- all\n) AS result"));
        for text in ["", " ;\n", "a\0b"] {
            assert!(Query::new(Path::new("q.sql"), text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn places_are_lines_of_the_user_s_text() {
        let query = query("SELECT a\nFROM ä\nWHERE b");
        let statement = query.statement("*");
        let at = |text: &str| {
            let byte = statement.rfind(text).unwrap();
            query.line("*", statement[..byte].chars().count() as u32 + 1)
        };
        assert_eq!((at("SELECT a"), at("ä"), at("WHERE")), (Some(1), Some(2), Some(3)));
        assert_eq!((query.line("*", 1), query.line("*", 100_000)), (None, None));
    }

    #[test]
    fn columns_are_known_by_name_and_others_are_not_read() {
        let of = |names: &[&str]| Columns::of(&query("SELECT"), names.iter().copied());
        let columns = of(&["email", "records", "person"]).unwrap();
        assert_eq!(columns.others, ["email"]);
        let list = columns.list();
        assert!(
            list.starts_with("result.person::text, NULL::text, NULL::text, result.records::bigint")
        );
        assert!(!list.contains("email"));
        for names in [&["jurisdiction"][..], &["person", "person"]] {
            assert!(of(names).is_err(), "{names:?}");
        }
    }

    #[test]
    fn a_key_with_a_nul_is_not_sent() {
        let object = |key: &str| Object {
            bucket: "b".into(),
            key: key.into(),
            accesses: vec![Access {
                version: "".into(),
                operation: "read".into(),
                first: Some(-1),
                last: Some(i64::MAX),
                requests: 1,
                bytes: u64::MAX,
            }],
        };
        let objects = [object("a\0b"), object("'; DROP TABLE x --")];
        let sent = ObjectColumns::of(&objects).unwrap();
        assert_eq!((sent.nul, sent.key.len(), sent.bytes[0]), (1, 1, i64::MAX));
        assert_eq!(sent.version[0], None);
    }
}
