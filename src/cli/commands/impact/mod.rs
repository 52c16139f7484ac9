//! `incident impact`: the people whose data the accessed objects contain.

mod how;

use std::path::PathBuf;

use crate::case::{Artifact, Case, Manifest};
use crate::casework::{ImpactLists, Writing, refuse_closed, save_impact};
use crate::cli::args::author::AuthorArgs;
use crate::cli::context::Cx;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::cli::output;
use crate::cli::sealing::Sealing;
use crate::clock;
use crate::cloud::Secret;
use crate::impact::Objects;
use crate::journal::verify;
use crate::report::impact::{Counted, Next, formats};
use crate::ui::shell;

macro_rules! examples {
    () => {
        r#"Examples:
  incident impact CASE                                  with the map ./impact.toml
  incident impact CASE --map clinic.toml --list
  INCIDENT_DATABASE_URL=postgres://reader@db.example.com/clinic \
    incident impact CASE --query people.sql"#
    };
}

const FORMATS: &str = concat!(
    examples!(),
    r#"

impact.toml (the first pattern that matches an object applies):
  [[objects]]
  name      = "patient records"
  bucket    = "clinic-*"                       # glob
  key_regex = '^records/(?<patient>[0-9]+)/'   # or key = "records/*", in which * also matches /
  kind      = ["health", "identity"]
  records   = 1                                # per object; or records_by = "GROUP", or
                                               # records_file = "FILE.csv" (key, records[, bucket])
  person    = "patient"                        # group with the person's id; ["tenant", "patient"] for two
  lookup    = "patients.csv"                   # id, jurisdiction[, persons]; or jurisdiction = "CA"
  [[objects]]
  key     = "exports/*.csv"
  persons = 1200                               # in total; persons_each = 3 per object; 0 for none

people.sql, one SELECT over accessed_objects (bucket, key, version, operation, first, last, bytes):
  SELECT p.id AS person, p.state AS jurisdiction, 'health' AS kind, 1 AS records, a.bucket, a.key
  FROM accessed_objects a JOIN patients p ON p.record_key = a.key
Columns that are used: person (an id), persons and records (numbers), jurisdiction, kind, bucket, key.
The transaction is read-only. A role with CONNECT, and SELECT on the tables, is enough.

sslmode in the URL works as in psql. Without it, the certificate of a remote server is verified
(verify-full), with sslrootcert=FILE or the certificate authorities of this system."#
);

/// Count the people behind the accessed objects of a case
///
/// Counts objects, records and distinct persons by jurisdiction and kind of data, from key patterns or from a query on
/// your own PostgreSQL, which sees the accessed objects as a table. Saves the numbers in the case as impact-NNN.json.
/// Writes ids of people only with --list, and shows them only with --show-persons. Exits with 3 when objects match no
/// pattern or are not in the query's result.
#[derive(Debug, clap::Args)]
#[command(after_help = examples!(), after_long_help = FORMATS)]
pub struct Args {
    /// The case folder
    #[arg(value_name = "CASE")]
    case: PathBuf,
    /// CSV with columns bucket and key [default: the case's newest objects-NNN.csv]
    #[arg(long, value_name = "FILE")]
    objects: Option<PathBuf>,
    /// Only objects of this operation (can be repeated)
    #[arg(long, value_name = "NAME")]
    operation: Vec<String>,
    #[command(flatten)]
    how: how::HowArgs,
    /// Also save the ids of the people in the case: impact-NNN-persons.csv
    #[arg(long, help_heading = "Output")]
    list: bool,
    /// Show the ids of the people, and values that the database quotes in errors
    #[arg(long, help_heading = "Output")]
    show_persons: bool,
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = ["text", "json"],
          help_heading = "Output")]
    format: String,
    #[command(flatten)]
    author: AuthorArgs,
}

pub fn run(cx: &Cx, args: &Args) -> Result<Exit, CommandError> {
    let author = args.author.name()?;
    let case = Case::read(&args.case)?;
    refuse_closed(&case, &verify(&case.journal())?.history)?;
    let (environment, password) = ("INCIDENT_DATABASE_URL", "PGPASSWORD");
    let secret = |name| std::env::var(name).ok().filter(|v| !v.is_empty()).map(Secret::new);
    let how = args.how.read(secret(environment), secret(password))?;
    let objects = objects(&case, args)?;
    let sealing = Sealing::new(cx)?;
    // Count before opening the case for writing: a query may run long, and others can write meanwhile.
    let found = how.count(cx, &objects, args.show_persons)?;
    let mut writing = Writing::open(&args.case, cx.clock)?;
    let time = clock::rfc3339(cx.clock.now());
    let mut sources = vec![objects.source.clone()];
    sources.extend(how.sources());
    let program = format!("incident {}", env!("CARGO_PKG_VERSION"));
    let mut counted = Counted {
        impact: &found,
        case: &case.file().id,
        folder: &args.case,
        time: &time,
        program: &program,
        database: how.database(),
        sources: &sources,
        lists: &[],
        people: args.show_persons,
    };
    let number = writing.case.next_number(&[Artifact::Impact])?;
    let lists = ImpactLists::of(number, &found, &objects, args.list)?;
    counted.lists = &lists.lists;
    let file = save_impact(&mut writing, number, &counted, &lists, author, cx.clock)?;
    sealing.finish(cx, &mut writing.journal)?;
    if args.format == "text"
        && let Some(warning) = Next::of(&found, &args.case).warning()
    {
        cx.ui.warning(&warning);
    }
    output::render(&cx.ui, &formats(), &args.format, &counted)?;
    cx.ui.status(&format!("written to {}", writing.case.root().join(file).display()));
    if let Some(list) = lists.lists.iter().find(|l| l.what == "persons") {
        cx.ui.status(&format!(
            "{} contains ids of people; `incident case export` includes it",
            list.file
        ));
    }
    Ok(if found.incomplete() { Exit::Incomplete } else { Exit::Done })
}

/// The objects of `--objects`, or of the case's newest list if nobody changed it.
fn objects(case: &Case, args: &Args) -> Result<Objects, CommandError> {
    let path = match &args.objects {
        Some(path) => path.clone(),
        None => case
            .newest(Artifact::AccessedObjects)?
            .map(|name| case.root().join(name))
            .ok_or_else(|| {
                let root = case.root();
                let folder = shell::path(root);
                CommandError::usage(format!("{} has no list of accessed objects", root.display()))
                    .hint(format!(
                        "incident analyze PATHS --case {folder} writes one; or give --objects FILE"
                    ))
            })?,
    };
    let objects = Objects::read(&path, &args.operation)?;
    if args.objects.is_none() {
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let listed = Manifest::read(case)?.and_then(|m| m.files.get(&name).cloned());
        if listed.is_some_and(|entry| entry.sha256 != objects.source.sha256) {
            return Err(CommandError::failed(format!("{name} was changed after it was written"))
                .hint(format!(
                    "incident verify {} lists every changed file",
                    shell::path(case.root())
                )));
        }
    }
    if objects.list.is_empty() && objects.keyless == 0 {
        return Err(CommandError::usage(format!("{} has no objects", path.display())));
    }
    Ok(objects)
}
