//! The small tables that events are folded into. Every value merges, so that workers, days and engines
//! can each make a part. Knows no detectors.

pub mod activity;
pub mod agents;
pub mod distinct;
pub mod frame;
pub mod intern;
pub mod objects;
pub mod place;
pub mod sessions;

pub use frame::Frames;
pub use intern::{Names, Sym};
pub use place::Place;

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
    pub principal: Sym,
    pub access_key: Sym,
    pub source: Sym,
}

/// All rollups of one worker, or of all of them.
#[derive(Debug, Default)]
pub struct Rollups {
    pub names: Names,
    pub activity: activity::Table,
    pub agents: agents::Table,
    pub objects: objects::Table,
    pub sessions: sessions::Table,
}

impl Rollups {
    pub fn fold(&mut self, event: &Event<'_>, phase: Phase, file: u32, offset: u64) {
        let names = &mut self.names;
        let folded = Folded {
            event,
            phase,
            place: Place::new(event.time, event.id, file, offset),
            principal: names.sym(event.actor.principal),
            access_key: names.sym(event.actor.access_key),
            source: names.sym(event.source),
        };
        activity::fold(&mut self.activity, names, &folded);
        agents::fold(&mut self.agents, names, &folded);
        objects::fold(&mut self.objects, names, &folded);
        sessions::fold(&mut self.sessions, names, &folded);
    }

    /// Takes in another worker's tables; `file` translates its file numbers.
    pub fn merge(&mut self, other: Rollups, file: &dyn Fn(u32) -> u32) {
        let syms = self.names.absorb(&other.names);
        activity::merge(&mut self.activity, other.activity, &syms, file);
        agents::merge(&mut self.agents, other.agents, &syms);
        objects::merge(&mut self.objects, other.objects, &syms, file);
        sessions::merge(&mut self.sessions, other.sessions, &syms);
    }
}
