//! Lists a folder of years without descending into it. Most regions of most accounts have few logs, and one request
//! per day would be most of the work.

use super::super::layout::day_of;
use super::*;

/// A page that spans fewer days than this is dense: the rest is then listed day by day, in parallel.
const MIN_DAYS_PER_PAGE: i64 = 8;

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
            let day = |object: &Listed| day_of(below(folder, &object.key));
            let from = page.objects.iter().find_map(day);
            let to = page.objects.iter().rev().find_map(day);
            let span = to.zip(from).map_or(0, |(to, from)| to - from);
            if page.next.is_some() && span < MIN_DAYS_PER_PAGE {
                let before =
                    |object: &&Listed| day(object).zip(to).is_some_and(|(day, to)| day < to);
                self.take_matching(folder, page.objects.iter().filter(before));
                let rest = Days { first: to.max(first), ..folder.days };
                let rest = Folder {
                    days: rest,
                    stepwise: true,
                    ..folder.below(&folder.prefix, folder.level)
                };
                self.lock().folders.push(rest);
                return self.changed.notify_all();
            }
            self.take_matching(folder, page.objects.iter());
            let behind = to.zip(folder.days.last).is_some_and(|(to, last)| to > last);
            if behind || page.next.is_none() {
                return;
            }
            token = page.next;
        }
    }

    /// Takes the objects that a walk through the folders would find.
    fn take_matching<'o>(&self, folder: &Folder, objects: impl Iterator<Item = &'o Listed>) {
        let root = &self.roots[folder.root];
        let filter = self.filter_of(folder.days);
        let matching = objects.filter(|object| {
            let folders =
                below(folder, &object.key).rsplit_once('/').map_or("", |(folders, _)| folders);
            let mut names = folders.split('/').filter(|name| !name.is_empty());
            let level =
                names.try_fold(folder.level, |level, name| match step(level, name, &filter) {
                    Step::Into(level) => Some(level),
                    Step::Days(year) => Some(Level::Year(year)),
                    Step::Skip(_) | Step::OutsideWindow => None,
                });
            level.is_some_and(|level| self.matches(folder, level, object))
        });
        let found: Vec<_> = matching.map(|o| (folder.root, found(&root.bucket, o))).collect();
        (self.on_objects)(found.len() as u64);
        self.lock().found.objects.extend(found);
    }
}
