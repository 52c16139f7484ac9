//! The small tables that events are folded into. Every value merges, so that workers, days and engines
//! can each make a part. Knows no detectors.

pub mod activity;
pub mod agents;
pub mod buckets;
pub mod distinct;
pub mod frame;
pub mod intern;
pub mod objects;
pub mod place;
pub mod sessions;
pub mod window;

pub use frame::Frames;
pub use intern::{Names, Sym};
pub use place::{Origin, Place};
pub use window::Selection;

use rustc_hash::FxBuildHasher;

use crate::event::Event;

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

/// Rows that a table has room for from the start, so that a usual run does not move them about.
const ROOM: usize = 1 << 14;

/// All rollups of one worker, or of all of them.
#[derive(Debug)]
pub struct Rollups {
    pub names: Names,
    pub activity: activity::Table,
    pub agents: agents::Table,
    pub objects: objects::Table,
    pub buckets: buckets::Table,
    pub sessions: sessions::Table,
    /// Emptied by [`Rollups::settle`].
    issued: sessions::Issued,
}

impl Default for Rollups {
    fn default() -> Rollups {
        Rollups {
            names: Names::default(),
            activity: activity::Table::with_capacity_and_hasher(ROOM, FxBuildHasher),
            agents: agents::Table::default(),
            objects: objects::Table::with_capacity_and_hasher(ROOM, FxBuildHasher),
            buckets: buckets::Table::default(),
            sessions: sessions::Table::default(),
            issued: sessions::Issued::default(),
        }
    }
}

impl Rollups {
    pub fn fold(&mut self, event: &Event<'_>, phase: Phase, origin: &Origin) {
        let names = &mut self.names;
        let folded = Folded {
            event,
            phase,
            place: Place::new(event.time, event.id, origin),
            weight: u64::from(!origin.duplicate),
            principal: names.sym(event.actor.principal),
            access_key: names.sym(event.actor.access_key),
            source: names.sym(event.source),
        };
        activity::fold(&mut self.activity, names, &folded);
        objects::fold(&mut self.objects, names, &folded);
        if !origin.duplicate {
            agents::fold(&mut self.agents, names, &folded);
            buckets::fold(&mut self.buckets, names, &folded);
            sessions::fold(&mut self.sessions, &mut self.issued, names, &folded);
        }
    }

    /// To be called once, after the last merge. Joins sessions to the calls that handed them out, and drops rows
    /// that only copies of events made: their events are counted in rows of the same keys, or, where
    /// two records with one id differ, in another.
    pub fn settle(&mut self) {
        self.activity.retain(|_, row| row.events > 0);
        self.objects.retain(|_, row| row.requests > 0);
        let used = self.activity.keys().map(|k| k.access_key);
        sessions::settle(&mut self.sessions, &mut self.issued, &self.names, used);
    }

    /// Takes in another worker's tables, each on a thread of its own; `file` translates its file numbers.
    pub fn merge(&mut self, other: Rollups, file: &(dyn Fn(u32) -> u32 + Sync)) {
        let syms = self.names.absorb(&other.names);
        let Rollups { activity, agents, objects, buckets, sessions, issued, .. } = self;
        std::thread::scope(|scope| {
            scope.spawn(|| activity::merge(activity, other.activity, &syms, file));
            scope.spawn(|| agents::merge(agents, other.agents, &syms));
            scope.spawn(|| {
                sessions::merge(sessions, other.sessions, &syms);
                sessions::merge_issued(issued, other.issued, &syms);
                buckets::merge(buckets, other.buckets, &syms);
            });
            objects::merge(objects, other.objects, &syms, file);
        });
    }
}
