//! The small tables that events are folded into. Every value merges, so that workers, days and engines
//! can each make a part. Knows no detectors.

pub mod activity;
pub mod agents;
pub mod buckets;
pub mod chunks;
pub mod distinct;
pub mod event_id;
pub mod frame;
mod hourly;
pub mod intern;
pub mod lineage;
pub mod matches;
pub mod memory;
mod numbered;
pub mod objects;
mod order;
pub mod place;
pub mod samples;
pub mod sessions;
mod smallest;
pub mod store;
pub mod window;

pub use frame::Frames;
pub use intern::{Names, Sym};
pub use place::{Origin, Place, Renumber};
pub use window::Selection;

use serde_json::Value;

use crate::event::Event;
use crate::event::target::targets;

/// Rows from which on tables are merged side by side: with fewer, threads cost more than they save.
const WORTH_THREADS: usize = 20_000;

/// Which side of the window an event lies on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    Baseline,
    Window,
}

/// One event on its way into every rollup, with what all of them need of it.
pub struct Folded<'e, 't> {
    pub event: &'e Event<'t>,
    pub phase: Phase,
    pub place: Place,
    /// 0 for a copy of an event that was counted already.
    pub weight: u64,
    pub principal: Sym,
    pub access_key: Sym,
    pub source: Sym,
}

impl<'e, 't> Folded<'e, 't> {
    fn new(
        names: &mut Names,
        event: &'e Event<'t>,
        phase: Phase,
        origin: &Origin,
    ) -> Folded<'e, 't> {
        Folded {
            event,
            phase,
            place: Place::new(event.time, event.id, origin),
            weight: u64::from(!origin.duplicate),
            principal: names.sym(event.actor.principal),
            access_key: names.sym(event.actor.access_key),
            source: names.sym(event.source),
        }
    }
}

/// All rollups of one worker, or of all of them.
#[derive(Debug, Default)]
pub struct Rollups {
    pub names: Names,
    pub activity: activity::Table,
    pub agents: agents::Table,
    pub objects: objects::Table,
    pub buckets: buckets::Table,
    pub sessions: sessions::Table,
    pub matches: matches::Table,
    /// Emptied by [`Rollups::settle`].
    issued: sessions::Issued,
}

impl Rollups {
    pub fn fold(&mut self, event: &Event<'_>, phase: Phase, origin: &Origin) {
        let folded = Folded::new(&mut self.names, event, phase, origin);
        let names = &mut self.names;
        self.activity.fold(names, &folded);
        objects::fold(&mut self.objects, names, &folded);
        if !origin.duplicate {
            agents::fold(&mut self.agents, names, &folded);
            buckets::fold(&mut self.buckets, names, &folded);
            sessions::fold(&mut self.sessions, &mut self.issued, names, &folded);
        }
    }

    /// Counts a match of a rule; answers the number of its row.
    pub fn matched(
        &mut self,
        rule: u32,
        event: &Event<'_>,
        phase: Phase,
        origin: &Origin,
        record: &Value,
    ) -> u32 {
        let names = &mut self.names;
        let folded = Folded::new(names, event, phase, origin);
        let key = activity::Key::of(names, &folded);
        let row = self.matches.add(rule, key, &folded.place, folded.weight);
        let matches = &mut self.matches;
        targets(record, &mut |kind, name| matches.target(row, names, kind, name));
        row
    }

    /// To be called once, after the last merge. Joins sessions to the calls that handed them out.
    pub fn settle(&mut self) {
        let used = self.activity.access_keys();
        let issued = std::mem::take(&mut self.issued);
        sessions::settle(&mut self.sessions, issued, &self.names, used);
    }

    /// Gives files and inputs other numbers.
    pub fn renumber(&mut self, numbers: Renumber<'_>) {
        self.activity.rows.iter_mut().for_each(|row| numbers.place(&mut row.first));
        self.matches.rows.iter_mut().for_each(|row| numbers.place(&mut row.first));
        for (_, value) in self.objects.iter_mut() {
            numbers.place(&mut value.first);
            value.samples.renumber(numbers);
        }
    }

    /// Takes in another worker's tables. Answers the new numbers of its matches' rows.
    pub fn merge(&mut self, other: Rollups, numbers: Renumber<'_>) -> Vec<u32> {
        let syms = self.names.absorb(&other.names);
        let rows = self.matches.merge(other.matches, &syms, numbers);
        let Rollups { names, activity, agents, objects, buckets, sessions, issued, .. } = self;
        let few = other.activity.rows.len() + other.objects.len() < WORTH_THREADS;
        let calls = || activity.merge(other.activity, &syms, numbers);
        let clients = || agents::merge(agents, other.agents, &syms);
        let credentials = || {
            sessions::merge(sessions, other.sessions, &syms, names);
            issued.merge(other.issued, &syms);
            buckets::merge(buckets, other.buckets, &syms);
        };
        let data = || objects::merge(objects, other.objects, &syms, numbers);
        if few {
            calls();
            clients();
            credentials();
            data();
            return rows;
        }
        std::thread::scope(|scope| {
            scope.spawn(calls);
            scope.spawn(clients);
            scope.spawn(credentials);
            data();
        });
        rows
    }
}
