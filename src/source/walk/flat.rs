//! A folder of years without its folders: most regions of most accounts have few logs, and to ask for each day
//! would be most of the work.

use super::super::layout::day_of;
use super::*;

/// Days that a page has to span for the next one to be asked for; with fewer, days are listed side by side.
const SPAN: i64 = 8;

impl Walk<'_> {
    pub(super) fn flat(&self, folder: &Folder) {
        let first = folder.days.first;
        let mut after = first.map(|day| format!("{}{}", folder.prefix, slashed(day)));
        let (mut token, mut pages) = (None, 0);
        loop {
            let after = after.take().unwrap_or_default();
            let page = match self.page(folder, false, &after, token.as_deref()) {
                Ok(page) => page,
                Err(e) => return self.refused(folder, pages, e),
            };
            pages += 1;
            let day = |object: &Listed| day_of(&object.key[folder.prefix.len()..]);
            let from = page.objects.iter().find_map(day);
            let to = page.objects.iter().rev().find_map(day);
            let span = to.zip(from).map_or(0, |(to, from)| to - from);
            if page.next.is_some() && span < SPAN {
                let before =
                    |object: &&Listed| day(object).zip(to).is_some_and(|(day, to)| day < to);
                self.keep(folder, page.objects.iter().filter(before));
                let rest = Days { first: to.max(first), ..folder.days };
                let rest = Folder {
                    days: rest,
                    stepwise: true,
                    ..folder.below(&folder.prefix, folder.at)
                };
                self.lock().folders.push(rest);
                return self.changed.notify_all();
            }
            self.keep(folder, page.objects.iter());
            let behind = to.zip(folder.days.last).is_some_and(|(to, last)| to > last);
            if behind || page.next.is_none() {
                return;
            }
            token = page.next;
        }
    }

    /// Takes those objects that a walk through the folders would come to.
    fn keep<'o>(&self, folder: &Folder, objects: impl Iterator<Item = &'o Listed>) {
        let root = &self.roots[folder.root];
        let filter = self.filter_of(folder.days);
        let wanted = objects.filter(|object| {
            let below = &object.key[folder.prefix.len()..];
            let folders = below.rsplit_once('/').map_or("", |(folders, _)| folders);
            let mut names = folders.split('/').filter(|name| !name.is_empty());
            let at = names.try_fold(folder.at, |at, name| match step(at, name, &filter) {
                Step::Into(at) => Some(at),
                Step::Days(year) => Some(At::Year(year)),
                Step::Leave(_) | Step::OutOfTime => None,
            });
            at.is_some_and(|at| self.wants(folder, at, object))
        });
        let found: Vec<_> = wanted.map(|o| (folder.root, found(&root.bucket, o))).collect();
        (self.seen)(found.len() as u64);
        self.lock().found.objects.extend(found);
    }
}
