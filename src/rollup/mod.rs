//! The small tables that events are folded into. Every value merges, so that each worker, day and run can make a
//! part. Knows no detectors.

pub mod activity;
pub mod agents;
mod both_logs;
pub mod buckets;
pub mod chunks;
pub mod distinct;
pub mod event_id;
pub mod event_location;
pub mod frame;
pub mod intern;
pub mod lineage;
pub mod matches;
mod numbered;
pub mod objects;
mod order;
pub mod samples;
pub mod sessions;
mod smallest;
pub mod store;
pub mod window;

pub use event_location::{EventLocation, Origin, Renumber};
pub use frame::Frames;
pub use intern::{Names, Sym};
pub use window::{Selection, Times};

use serde_json::Value;

use crate::event::Event;
use crate::event::target::targets;

/// With this many rows, tables are merged in parallel. With fewer, threads cost more than they save.
const WORTH_THREADS: usize = 20_000;

/// Whether an event is in the window or in the baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    Baseline,
    Window,
}

/// One event, with the values that every rollup needs.
pub struct Folded<'e, 't> {
    pub event: &'e Event<'t>,
    pub phase: Phase,
    pub location: EventLocation,
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
            location: EventLocation::new(event.time, event.id, origin),
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
    /// Emptied by [`Rollups::resolve_sessions`].
    issued: sessions::IssuedCredentials,
}

impl Rollups {
    pub fn fold(&mut self, event: &Event<'_>, phase: Phase, origin: &Origin) {
        let folded = Folded::new(&mut self.names, event, phase, origin);
        let names = &mut self.names;
        self.activity.fold(names, &folded);
        objects::fold(&mut self.objects, names, &folded);
        if !origin.duplicate {
            self.agents.fold(names, &folded);
            buckets::fold(&mut self.buckets, names, &folded);
            sessions::fold(&mut self.sessions, &mut self.issued, names, &folded);
        }
    }

    /// Counts a match of a rule and returns the number of its row.
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
        let behaviour = activity::Behaviour::new(names, &folded);
        let caller = matches::Caller { behaviour, source: folded.source };
        let row = self.matches.add(rule, caller, &folded.location, folded.weight);
        let matches = &mut self.matches;
        targets(record, &mut |kind, name| matches.target(row, names, event.id, (kind, name)));
        row
    }

    /// Matches sessions with the calls that issued them. Must be called once, after the last merge.
    pub fn resolve_sessions(&mut self) {
        let used = self.activity.access_keys();
        let issued = std::mem::take(&mut self.issued);
        sessions::resolve(&mut self.sessions, issued, &self.names, used);
    }

    /// Renumbers files and inputs.
    pub fn renumber(&mut self, numbers: Renumber<'_>) {
        self.activity.rows.iter_mut().for_each(|row| numbers.apply(&mut row.first));
        self.matches.rows.iter_mut().for_each(|row| numbers.apply(&mut row.first));
        for (_, value) in self.objects.iter_mut() {
            numbers.apply(&mut value.first);
            value.samples.renumber(numbers);
        }
    }

    /// Merges other workers' tables. Calls `matched` with the new numbers of each worker's match rows while the other
    /// tables are merged.
    pub fn merge(
        &mut self,
        mut others: Vec<Rollups>,
        numbers: Renumber<'_>,
        matched: impl FnOnce(Vec<Vec<u32>>) + Send,
    ) {
        let rows = |r: &Rollups| r.activity.rows.len() + r.objects.len();
        let few = others.iter().map(rows).sum::<usize>() < WORTH_THREADS;
        let all: Vec<Vec<Sym>> = (others.iter_mut())
            .map(|other| self.names.absorb(std::mem::take(&mut other.names)))
            .collect();
        let Rollups { names, activity, agents, objects, buckets, sessions, matches, issued } = self;
        let (mut calls, mut clients, mut data) = (Vec::new(), Vec::new(), Vec::new());
        let (mut credentials, mut rows) = (Vec::new(), Vec::new());
        for (other, syms) in others.into_iter().zip(&all) {
            rows.push(matches.merge(other.matches, syms, numbers));
            calls.push((other.activity, syms));
            clients.push((other.agents, syms));
            data.push((other.objects, syms));
            credentials.push((other.sessions, other.issued, other.buckets, syms));
        }
        let calls = || calls.into_iter().for_each(|(t, syms)| activity.merge(t, syms, numbers));
        let clients = || clients.into_iter().for_each(|(t, syms)| agents.merge(t, syms));
        let data =
            || data.into_iter().for_each(|(t, syms)| objects::merge(objects, t, syms, numbers));
        let credentials = || {
            for (seen, newly_issued, more_buckets, syms) in credentials {
                sessions::merge(sessions, seen, syms, names);
                issued.merge(newly_issued, syms);
                buckets::merge(buckets, more_buckets, syms);
            }
        };
        if few {
            calls();
            clients();
            credentials();
            data();
            return matched(rows);
        }
        rayon::scope(|scope| {
            scope.spawn(|_| calls());
            scope.spawn(|_| data());
            scope.spawn(|_| credentials());
            scope.spawn(|_| clients());
            matched(rows);
        });
    }
}
