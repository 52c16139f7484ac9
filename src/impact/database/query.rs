//! Runs the user's query in a read-only transaction, over the accessed objects as a table.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use postgres::fallible_iterator::FallibleIterator;
use postgres::types::ToSql;
use postgres::{Client, Row, Transaction};

use super::error::DatabaseError;
use super::target::Target;
use crate::clock::Millis;
use crate::impact::objects::{Access, Object};

/// Before the user's text. `unnest` of arrays needs no right but CONNECT, while a temporary table needs
/// TEMPORARY on the database and can be made neither in a read-only transaction nor on a standby. What an
/// attacker wrote into a key is a value of a parameter, and never part of a statement.
const BEFORE: &str = "WITH accessed_objects (bucket, key, version, operation, first, last, bytes) AS (\
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], \
$5::timestamptz[], $6::timestamptz[], $7::bigint[]))\n";
/// After it; on a line of its own, so that a comment at the end of the text ends there.
const AFTER: &str = "\n) AS result";
/// Columns that are read, with the type that each is read as.
const COLUMNS: [(&str, &str); 7] = [
    ("person", "text"),
    ("jurisdiction", "text"),
    ("kind", "text"),
    ("records", "bigint"),
    ("persons", "bigint"),
    ("bucket", "text"),
    ("key", "text"),
];
/// Bytes that the parameters of a statement can have: PostgreSQL's limit of 1 GiB less 1, rounded down.
const LARGEST: u64 = 1_000_000_000;
/// How long to wait for a table that somebody holds.
const LOCK_TIMEOUT: &str = "5s";

/// The text of a query, and where it is from.
#[derive(Debug)]
pub struct Query {
    pub path: PathBuf,
    text: String,
}

/// What a run may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Seconds for the query (`statement_timeout`).
    pub seconds: u64,
    /// Errors may quote what is in the database.
    pub shows: bool,
}

/// Which of the columns the query gives.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Columns {
    /// Names of [`COLUMNS`] that are there.
    there: Vec<&'static str>,
    /// Columns that are not read, by name.
    pub others: Vec<String>,
}

/// A row of the answer; what is null or not there is `None`.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Line {
    pub person: Option<String>,
    pub jurisdiction: Option<String>,
    pub kind: Option<String>,
    pub records: Option<i64>,
    pub persons: Option<i64>,
    pub bucket: Option<String>,
    pub key: Option<String>,
}

/// What was handed over and came back.
#[derive(Debug)]
pub struct Run {
    pub columns: Columns,
    pub lines: u64,
    /// Objects whose bucket or key has a NUL, which PostgreSQL's text cannot hold: not handed over.
    pub nul: u64,
}

impl Query {
    /// `text` is one SELECT; semicolons at its end are taken off.
    ///
    /// # Errors
    /// When there is nothing in it.
    pub fn new(path: &Path, text: &str) -> Result<Query, DatabaseError> {
        let text = text.trim_end_matches(|c: char| c == ';' || c.is_whitespace());
        if text.trim().is_empty() || text.contains('\0') {
            return Err(DatabaseError::usage(format!("{} holds no query", path.display()))
                .hint("`incident impact --help` shows one"));
        }
        Ok(Query { path: path.to_path_buf(), text: text.to_string() })
    }

    /// The whole statement for these columns of the answer.
    fn statement(&self, columns: &str) -> String {
        format!("{BEFORE}{}{}{AFTER}", before(columns), self.text)
    }

    /// The line of the user's text, from 1, at this character, from 1, of the statement for these columns.
    pub(super) fn line(&self, columns: &str, at: u32) -> Option<usize> {
        let lead = BEFORE.chars().count() + before(columns).chars().count();
        let inside = (at as usize).checked_sub(lead + 1)?;
        let text: String = self.text.chars().take(inside).collect();
        (inside <= self.text.chars().count()).then(|| text.matches('\n').count() + 1)
    }

    /// Hands the objects over and gives each row of the answer to `each`. Nothing is written: the transaction
    /// is read-only from its beginning, and is rolled back.
    ///
    /// The query sees `accessed_objects (bucket text, key text, version text, operation text,
    /// first timestamptz, last timestamptz, bytes bigint)`, a row for each object, version and operation.
    ///
    /// # Errors
    /// When there is no connection, or the server refuses the query or does not end it in time.
    pub fn run(
        &self,
        target: &Target,
        objects: &[Object],
        limits: Limits,
        each: &mut dyn FnMut(Line),
    ) -> Result<Run, DatabaseError> {
        let handed = Handed::of(objects)?;
        let mut client = target.connect()?;
        let said = |columns: &str, e: &postgres::Error| {
            let place = |at| self.line(columns, at);
            target.cleaned(DatabaseError::query(e, &self.path, &place, limits))
        };
        let mut transaction = begin(&mut client, limits).map_err(|e| said("*", &e))?;
        let described = transaction.prepare(&self.statement("*")).map_err(|e| said("*", &e))?;
        let columns = Columns::of(self, described.columns().iter().map(postgres::Column::name))?;
        let list = columns.list();
        let said = |e: postgres::Error| said(&list, &e);
        let statement = self.statement(&list);
        let mut rows =
            transaction.query_raw(statement.as_str(), handed.parameters()).map_err(said)?;
        let mut lines = 0;
        while let Some(row) = rows.next().map_err(said)? {
            each(columns.line(&row).map_err(said)?);
            lines += 1;
        }
        drop(rows);
        transaction.rollback().map_err(said)?;
        Ok(Run { columns, lines, nul: handed.nul })
    }
}

/// What stands between the table of objects and the user's text.
fn before(columns: &str) -> String {
    format!("SELECT {columns} FROM (\n")
}

/// The limits hold for this transaction alone.
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
                Some((known, _)) if columns.there.contains(known) => {
                    let file = query.path.display();
                    return Err(DatabaseError::usage(format!(
                        "{file}: two columns are named {known}"
                    )));
                }
                Some((known, _)) => columns.there.push(known),
                None => columns.others.push(name.to_string()),
            }
        }
        if !columns.has("person") && !columns.has("persons") && !columns.has("records") {
            let file = query.path.display();
            return Err(DatabaseError::usage(format!("{file}: the query counts nothing")).hint(
                "it must give a column `person` (an id), `persons` or `records` (numbers); `jurisdiction`, \
                 `kind`, `bucket` and `key` may stand beside it",
            ));
        }
        Ok(columns)
    }

    /// Of an answer with every column.
    #[cfg(test)]
    pub fn all() -> Columns {
        Columns { there: COLUMNS.map(|(name, _)| name).into(), others: Vec::new() }
    }

    pub fn has(&self, name: &str) -> bool {
        self.there.contains(&name)
    }

    /// Every column as the type that it is read as, null where the query does not have it.
    fn list(&self) -> String {
        let column = |(name, kind): &(&str, &str)| match self.has(name) {
            true => format!("result.{name}::{kind}"),
            false => format!("NULL::{kind}"),
        };
        COLUMNS.iter().map(column).collect::<Vec<_>>().join(", ")
    }

    fn line(&self, row: &Row) -> Result<Line, postgres::Error> {
        Ok(Line {
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

/// The table of objects, by columns.
#[derive(Default)]
struct Handed<'o> {
    bucket: Vec<&'o str>,
    key: Vec<&'o str>,
    version: Vec<Option<&'o str>>,
    operation: Vec<Option<&'o str>>,
    first: Vec<Option<SystemTime>>,
    last: Vec<Option<SystemTime>>,
    bytes: Vec<i64>,
    nul: u64,
}

impl<'o> Handed<'o> {
    fn of(objects: &'o [Object]) -> Result<Handed<'o>, DatabaseError> {
        let mut handed = Handed::default();
        let mut size = 0;
        for object in objects {
            if object.bucket.contains('\0') || object.key.contains('\0') {
                handed.nul += 1;
                continue;
            }
            for access in &object.accesses {
                handed.push(object, access);
                let texts = [&object.bucket, &*object.key, &access.version, &access.operation];
                // Each value has its length before it; times and numbers are 8 bytes.
                size += texts.map(|text| text.len() as u64 + 4).iter().sum::<u64>() + 3 * 12;
            }
        }
        if size > LARGEST {
            let text =
                format!("the objects are {size} bytes, and PostgreSQL takes {LARGEST} at once");
            return Err(DatabaseError::usage(text)
                .hint("give the objects in parts with --objects, or fewer with --operation"));
        }
        Ok(handed)
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
    fn a_key_with_a_nul_is_not_handed_over() {
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
        let handed = Handed::of(&objects).unwrap();
        assert_eq!((handed.nul, handed.key.len(), handed.bytes[0]), (1, 1, i64::MAX));
        assert_eq!(handed.version[0], None);
    }
}
