//! Converts the rollups of one day to tables for the disk, and back. The caller must verify files before reading them:
//! numbers that point beyond a table are not checked here.

mod cells;
mod tables;

use polars::prelude::*;

pub use cells::{Row, frame, rows};

use super::activity::Value;
use super::matches::Caller;
use super::sessions;
use super::sessions::issued::IssuedKey;
use super::sessions::seen::{Facts, Seen};
use super::{Names, Phase, Rollups, agents, buckets, matches, objects};

/// A table's name, which is its file's name too, and its rows.
pub type Table = (&'static str, DataFrame);

impl Rollups {
    /// All tables of rollups that are not resolved.
    ///
    /// # Errors
    /// When polars refuses a table, which would be a defect here.
    pub fn tables(self) -> PolarsResult<Vec<Table>> {
        let Rollups { names, activity, agents, objects, buckets, sessions, matches, issued } = self;
        let texts = (1..names.len() as u32).map(|sym| names.text(sym).to_string());
        let (behaviours, hours) = (activity.behaviours.into_items(), activity.rows.into_items());
        let seen = sessions.seen.into_iter();
        Ok(vec![
            ("names", frame(texts, |text, row| row.text("text", text))?),
            ("behaviours", frame(behaviours.into_iter(), tables::behaviour)?),
            ("activity", frame(hours.into_iter(), tables::hour)?),
            (
                "agent_callers",
                frame(agents.callers.into_items().into_iter(), tables::agent_caller)?,
            ),
            ("agents", frame(agents.rows.into_items().into_iter(), tables::agent)?),
            ("agent_sums", frame(agents.sums.into_iter(), tables::agent_sums)?),
            ("objects", frame(objects.into_items().into_iter(), tables::objects)?),
            ("buckets", frame(buckets.into_iter(), tables::bucket)?),
            ("sessions", frame(seen, tables::session)?),
            ("facts", frame(sessions.facts.0.into_items().into_iter(), tables::facts)?),
            ("sign_ins", frame(sessions.sign_ins.into_iter(), tables::sign_in)?),
            ("callers", frame(issued.callers.into_items().into_iter(), tables::caller)?),
            ("handed_out", frame(issued.keys.into_iter(), tables::issued_key)?),
            ("made", frame(issued.created.into_iter(), tables::created)?),
            ("matchers", frame(matches.callers.into_items().into_iter(), tables::matcher)?),
            ("matches", frame(matches.rows.into_items().into_iter(), tables::matched)?),
        ])
    }

    /// Reserves room for a merge; `rows` gives the number of rows of a table.
    pub fn reserve(&mut self, rows: impl Fn(&str) -> usize) {
        self.activity.rows.reserve(rows("activity"));
        self.objects.reserve(rows("objects"));
    }

    /// Reads rollups from tables; `table` is called once per table. Files keep the numbers of the writing run.
    ///
    /// # Errors
    /// Those of `table`, and tables with wrong columns.
    pub fn from_tables(
        mut table: impl FnMut(&'static str) -> PolarsResult<DataFrame>,
        phase: Phase,
    ) -> PolarsResult<Rollups> {
        let mut r = Rollups { names: names(table("names")?)?, ..Rollups::default() };
        let blank = || tables::blank_behaviour(phase);
        r.activity.behaviours = rows(table("behaviours")?, blank, tables::behaviour)?;
        let blank = || Value::empty(0, 0, tables::blank_location());
        r.activity.rows = rows(table("activity")?, blank, tables::hour)?;
        let blank = || agents::blank_caller(phase);
        r.agents.callers = rows(table("agent_callers")?, blank, tables::agent_caller)?;
        r.agents.rows = rows(table("agents")?, agents::blank_row, tables::agent)?;
        let blank = || agents::blank_sums(phase);
        r.agents.sums = rows(table("agent_sums")?, blank, tables::agent_sums)?;
        let blank = || objects::blank(phase, tables::blank_location());
        r.objects = rows(table("objects")?, blank, tables::objects)?;
        r.buckets = rows(table("buckets")?, || buckets::blank(phase), tables::bucket)?;
        let blank = || (0, Seen::default());
        r.sessions.seen = rows(table("sessions")?, blank, tables::session)?;
        r.sessions.facts.0 = rows(table("facts")?, Facts::default, tables::facts)?;
        r.sessions.sign_ins = rows(table("sign_ins")?, tables::blank_sign_in, tables::sign_in)?;
        r.issued.callers = rows(table("callers")?, sessions::Caller::default, tables::caller)?;
        r.issued.keys = rows(table("handed_out")?, IssuedKey::default, tables::issued_key)?;
        r.issued.created = rows(table("made")?, Default::default, tables::created)?;
        let blank = || Caller { behaviour: tables::blank_behaviour(phase), source: 0 };
        r.matches.callers = rows(table("matchers")?, blank, tables::matcher)?;
        let blank = || matches::Row::empty(0, 0, tables::blank_location());
        r.matches.rows = rows(table("matches")?, blank, tables::matched)?;
        Ok(r)
    }
}

fn names(frame: DataFrame) -> PolarsResult<Names> {
    let mut names = Names::default();
    let texts: Vec<String> = rows(frame, String::new, |text, row| row.text("text", text))?;
    for (n, text) in texts.iter().enumerate() {
        let sym = names.sym(text);
        polars_ensure!(sym as usize == n + 1, ComputeError: "duplicate name");
    }
    Ok(names)
}
