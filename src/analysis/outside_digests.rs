//! The files that no digest can cover and that `incident analyze` reads all the same: an analysis of the paths rests on
//! them, too.

use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::decode::losses::Loss;
use crate::decode::{Bytes, Decoder, Record, Sink, Verdict};
use crate::digest::{Kind, Problem};
use crate::event::Event;
use crate::source::local::{Found, Opened, open};
use crate::ui::number::counted;

/// A problem for each file from which an analysis reads events, or would have.
pub fn problems(files: &[PathBuf]) -> Vec<Problem> {
    let found = files.par_iter().map_init(Decoder::default, |decoder, path| problem(decoder, path));
    found.flatten().collect()
}

fn problem(decoder: &mut Decoder, path: &Path) -> Option<Problem> {
    let name = path.to_string_lossy().into_owned();
    let unreadable = |why: String| Some(Problem::new(Kind::Unreadable, why).file(name.clone()));
    let meta = match path.metadata() {
        Ok(meta) if meta.is_file() => meta,
        Ok(_) => return unreadable("not a regular file".to_string()),
        Err(e) => return unreadable(e.to_string()),
    };
    let (mut buffer, mut read) = (Vec::new(), Counts::default());
    match open(&Found::path(path, meta.len()), &mut buffer) {
        Ok(Opened::Whole(bytes)) => decoder.decode(&name, Bytes::Slice(bytes), &mut read),
        Ok(Opened::Large(mut file)) => decoder.decode(&name, Bytes::Stream(&mut file), &mut read),
        Ok(Opened::Pipe(_)) => return unreadable("not a regular file".to_string()),
        Err((_, why)) => return unreadable(why),
    }
    let events = match (read.events, read.lost) {
        (0, 0) => return None,
        (0, lost) => format!("would read {} from it", counted(lost, "event", "events")),
        (events, _) => format!("reads {} from it", counted(events, "event", "events")),
    };
    let detail = format!("incident analyze {events}, and no digest covers it");
    Some(Problem::new(Kind::OutsideDigests, detail).file(name))
}

/// Counts what an analysis would get.
#[derive(Default)]
struct Counts {
    events: u64,
    lost: u64,
}

impl Sink for Counts {
    fn open(&mut self, _: &str) {}
    fn close(&mut self, _: Verdict) {}
    fn archive(&mut self) {}
    fn event(&mut self, _: &Event<'_>, _: Record<'_>, _: u64) {
        self.events += 1;
    }
    fn not_event(&mut self, _: &'static str) {}
    fn lost(&mut self, _: Loss) {
        self.lost += 1;
    }
    fn damage(&mut self, _: Loss) {}
    fn inflated(&mut self, _: u64) {}
}
