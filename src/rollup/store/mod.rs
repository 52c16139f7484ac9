//! Rollups of one day as tables that can be put on disk, and back. Needs files that hold what was written:
//! numbers that point beyond a table would be a defect of who reads.

mod cells;
mod tables;

use polars::prelude::*;

pub use cells::{Row, frame, rows};

use super::activity::Value;
use super::sessions::Caller;
use super::sessions::handed_out::HandedOut;
use super::sessions::seen::{Facts, Seen};
use super::{Names, Phase, Rollups, agents, buckets, matches, objects};

/// A table's name, which is its file's too, and what it holds.
pub type Table = (&'static str, DataFrame);

impl Rollups {
    /// All tables, of rollups that are not settled.
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
            ("agents", frame(agents.into_iter(), tables::agent)?),
            ("objects", frame(objects.into_items().into_iter(), tables::objects)?),
            ("buckets", frame(buckets.into_iter(), tables::bucket)?),
            ("sessions", frame(seen, tables::session)?),
            ("facts", frame(sessions.facts.0.into_items().into_iter(), tables::facts)?),
            ("sign_ins", frame(sessions.sign_ins.into_iter(), tables::sign_in)?),
            ("callers", frame(issued.callers.into_items().into_iter(), tables::caller)?),
            ("handed_out", frame(issued.keys.into_iter(), tables::handed_out)?),
            ("made", frame(issued.made.into_iter(), tables::made)?),
            ("matchers", frame(matches.behaviours.into_items().into_iter(), tables::behaviour)?),
            ("matches", frame(matches.rows.into_items().into_iter(), tables::matched)?),
        ])
    }

    /// Makes room for what is to be merged; `rows` are those of a table.
    pub fn reserve(&mut self, rows: impl Fn(&str) -> usize) {
        self.activity.rows.reserve(rows("activity"));
        self.objects.reserve(rows("objects"));
    }

    /// Rollups of tables, each of which is asked for once. Files have the numbers that they were written with.
    ///
    /// # Errors
    /// Those of `table`, and those of a table that is not what was written.
    pub fn of_tables(
        mut table: impl FnMut(&'static str) -> PolarsResult<DataFrame>,
        phase: Phase,
    ) -> PolarsResult<Rollups> {
        let mut r = Rollups { names: names(table("names")?)?, ..Rollups::default() };
        let blank = || tables::no_behaviour(phase);
        r.activity.behaviours = rows(table("behaviours")?, blank, tables::behaviour)?;
        let blank = || Value::none(0, tables::no_place());
        r.activity.rows = rows(table("activity")?, blank, tables::hour)?;
        r.agents = rows(table("agents")?, || agents::none(phase), tables::agent)?;
        let blank = || objects::none(phase, tables::no_place());
        r.objects = rows(table("objects")?, blank, tables::objects)?;
        r.buckets = rows(table("buckets")?, || buckets::none(phase), tables::bucket)?;
        let blank = || (0, Seen::default());
        r.sessions.seen = rows(table("sessions")?, blank, tables::session)?;
        r.sessions.facts.0 = rows(table("facts")?, Facts::default, tables::facts)?;
        r.sessions.sign_ins = rows(table("sign_ins")?, tables::no_sign_in, tables::sign_in)?;
        r.issued.callers = rows(table("callers")?, Caller::default, tables::caller)?;
        r.issued.keys = rows(table("handed_out")?, HandedOut::default, tables::handed_out)?;
        r.issued.made = rows(table("made")?, Default::default, tables::made)?;
        let blank = || tables::no_behaviour(phase);
        r.matches.behaviours = rows(table("matchers")?, blank, tables::behaviour)?;
        let blank = || matches::Row::none(0, 0, tables::no_place());
        r.matches.rows = rows(table("matches")?, blank, tables::matched)?;
        Ok(r)
    }
}

fn names(frame: DataFrame) -> PolarsResult<Names> {
    let mut names = Names::default();
    let texts: Vec<String> = rows(frame, String::new, |text, row| row.text("text", text))?;
    for (n, text) in texts.iter().enumerate() {
        let sym = names.sym(text);
        polars_ensure!(sym as usize == n + 1, ComputeError: "a name stands there twice");
    }
    Ok(names)
}
