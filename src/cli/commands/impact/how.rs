//! How to count people: by the patterns of a map, or by a query on a database.

use std::path::PathBuf;

use crate::cli::context::Cx;
use crate::cli::error::CommandError;
use crate::cloud::Secret;
use crate::impact::database::{Limits, Query, Target};
use crate::impact::{Impact, Map, Objects, Source, count_by_map, count_by_query, query_file};

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Counting")]
pub struct HowArgs {
    /// Map of key patterns to records and persons [default: ./impact.toml]
    #[arg(long, value_name = "FILE", conflicts_with_all = ["query", "database_url"])]
    map: Option<PathBuf>,
    /// File with one SELECT on your database; it can read the table accessed_objects
    #[arg(long, value_name = "FILE")]
    query: Option<PathBuf>,
    /// PostgreSQL database, postgres://USER@HOST/DATABASE. Local users can see flags: prefer
    /// INCIDENT_DATABASE_URL, and PGPASSWORD for the password
    #[arg(long, value_name = "URL", requires = "query", value_parser = secret)]
    database_url: Option<Secret>,
    /// Stop the query after this many seconds
    #[arg(long, value_name = "SECONDS", default_value = "300",
          value_parser = clap::value_parser!(u64).range(1..=86_400))]
    statement_timeout: u64,
}

/// Accepts every text: an error would show the secret.
fn secret(text: &str) -> Result<Secret, std::convert::Infallible> {
    Ok(Secret::new(text))
}

/// Validated input, ready to count.
pub enum How {
    Map(Box<Map>),
    Query { query: Query, source: Source, target: Box<Target>, seconds: u64 },
}

impl HowArgs {
    /// # Errors
    /// When a file cannot be used, or no database is named for a query.
    pub fn read(
        &self,
        environment: Option<Secret>,
        password: Option<Secret>,
    ) -> Result<How, CommandError> {
        let Some(path) = &self.query else {
            let path = self.map.clone().unwrap_or_else(|| PathBuf::from("impact.toml"));
            if self.map.is_none() && !path.exists() {
                return Err(CommandError::usage("no impact.toml in this folder")
                    .hint("give --map FILE with key patterns, or --query FILE with a query on your database")
                    .hint("`incident impact --help` shows examples of both"));
            }
            return Ok(How::Map(Box::new(Map::read(&path)?)));
        };
        let url = self.database_url.clone().or(environment).ok_or_else(|| {
            CommandError::usage("--query needs a database").hint(
                "set INCIDENT_DATABASE_URL=postgres://USER@HOST/DATABASE, or give --database-url",
            )
        })?;
        let (query, source) = query_file(path)?;
        let query = Query::new(path, &query)?;
        let target = Box::new(Target::parse(&url, password)?);
        Ok(How::Query { query, source, target, seconds: self.statement_timeout })
    }
}

impl How {
    /// # Errors
    /// When the database refuses.
    pub fn count(&self, cx: &Cx, objects: &Objects, shows: bool) -> Result<Impact, CommandError> {
        match self {
            How::Map(map) => Ok(count_by_map(objects, map)),
            How::Query { query, target, seconds, .. } => {
                if let Some(warning) = target.warning() {
                    cx.ui.warning(warning);
                }
                cx.ui.status(&format!("querying {}", target.shown()));
                let limits = Limits { seconds: *seconds, show_values: shows };
                Ok(count_by_query(objects, query, target, limits)?)
            }
        }
    }

    pub fn sources(&self) -> Vec<Source> {
        match self {
            How::Map(map) => map.sources(),
            How::Query { source, .. } => vec![source.clone()],
        }
    }

    /// `host:5432/database`.
    pub fn database(&self) -> Option<&str> {
        match self {
            How::Map(_) => None,
            How::Query { target, .. } => Some(target.shown()),
        }
    }
}
