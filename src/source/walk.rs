//! Lists the objects of a window in buckets. Folders are listed in parallel; long flat folders are crossed by
//! jumping over days outside the window; regions with few logs are listed without descending into day folders.

mod flat;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use super::coverage::SkipReason;
use super::days::{Days, dashed, slashed};
use super::layout::{Dated, Exclusion, Filter, Level, Step, dated, step};
use super::listing::{Bucket, Found, InputLocation, Object, Refused};
use super::retry::{PATIENCE, Patience, patiently};
use crate::clock::DAY;
use crate::cloud::{ApiError, ErrorKind, ListRequest, Listed, Page};

/// Folders that are listed at the same time.
const MAX_CONCURRENT: usize = 32;

/// Where a listing starts.
#[derive(Debug, Clone)]
pub struct Root {
    pub bucket: Arc<Bucket>,
    pub prefix: String,
    pub level: Level,
}

impl Root {
    pub fn name(&self) -> String {
        format!("s3://{}/{}", self.bucket.name, self.prefix)
    }
}

/// What a listing found, by the root's index.
#[derive(Debug, Default)]
pub struct Walked {
    pub objects: Vec<(usize, Found)>,
    pub refused: Vec<Refused>,
    /// Roots that could not be listed at all.
    pub closed: Vec<(usize, ApiError)>,
    /// Accounts with logs that were not requested.
    pub other_accounts: BTreeSet<String>,
    /// Logs of unsupported services: `s3://b/AWSLogs/1/vpcflowlogs/`.
    pub other_services: BTreeSet<String>,
}

struct Folder {
    root: usize,
    prefix: String,
    level: Level,
    /// The days that remain to be listed.
    days: Days,
    /// List folder by folder instead of flat.
    stepwise: bool,
}

impl Folder {
    fn below(&self, prefix: &str, level: Level) -> Folder {
        Folder { root: self.root, prefix: prefix.into(), level, days: self.days, stepwise: false }
    }
}

#[derive(Default)]
struct State {
    folders: Vec<Folder>,
    /// Folders being listed now; each may add more folders.
    under_way: usize,
    found: Walked,
}

struct Walk<'a> {
    roots: &'a [Root],
    filter: &'a Filter,
    patience: Patience,
    on_objects: &'a (dyn Fn(u64) + Sync),
    state: Mutex<State>,
    changed: Condvar,
}

/// Lists all roots. `on_objects` is called with the number of objects of each page that match.
pub fn walk(roots: &[Root], filter: &Filter, on_objects: &(dyn Fn(u64) + Sync)) -> Walked {
    walk_with(roots, filter, PATIENCE, on_objects)
}

pub(super) fn walk_with(
    roots: &[Root],
    filter: &Filter,
    patience: Patience,
    on_objects: &(dyn Fn(u64) + Sync),
) -> Walked {
    let begin = |(root, r): (usize, &Root)| Folder {
        root,
        prefix: r.prefix.clone(),
        level: r.level,
        days: filter.days,
        stepwise: false,
    };
    let folders: Vec<Folder> = roots.iter().enumerate().rev().map(begin).collect();
    let state = Mutex::new(State { folders, ..State::default() });
    let walk = Walk { roots, filter, patience, on_objects, state, changed: Condvar::new() };
    thread::scope(|scope| {
        for _ in 0..MAX_CONCURRENT {
            scope.spawn(|| walk.work());
        }
    });
    walk.state.into_inner().unwrap_or_else(PoisonError::into_inner).found
}

/// A folder that is being listed. The others wait for it, so its end is announced also when its thread panics; the
/// panic then ends the whole listing.
struct UnderWay<'w, 'a>(&'w Walk<'a>);

impl Drop for UnderWay<'_, '_> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.under_way -= 1;
        if thread::panicking() {
            state.folders.clear();
        }
        drop(state);
        self.0.changed.notify_all();
    }
}

impl Walk<'_> {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self) {
        let mut state = self.lock();
        loop {
            if let Some(folder) = state.folders.pop() {
                state.under_way += 1;
                drop(state);
                let under_way = UnderWay(self);
                self.folder(&folder);
                drop(under_way);
                state = self.lock();
            } else if state.under_way == 0 {
                return;
            } else {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
        }
    }

    fn folder(&self, folder: &Folder) {
        if folder.level == Level::Years && folder.prefix.ends_with('/') && !folder.stepwise {
            return self.flat(folder);
        }
        let rolled = folder.level != Level::Day;
        let (mut after, mut token): (String, Option<String>) = (String::new(), None);
        let mut pages = 0;
        loop {
            let page = match self.page(folder, rolled, &after, token.as_deref()) {
                Ok(page) => page,
                Err(e) => return self.refused(folder, pages, e),
            };
            pages += 1;
            let ControlFlow::Continue(last) = self.take(folder, &page, pages == 1) else { return };
            let Some(next) = page.next else { return };
            let jump = last.as_deref().and_then(|last| self.jump(last));
            (after, token) = match jump {
                Some(after) => (after, None),
                None => (String::new(), Some(next)),
            };
        }
    }

    fn page(
        &self,
        folder: &Folder,
        folders: bool,
        after: &str,
        token: Option<&str>,
    ) -> Result<Page, ApiError> {
        let bucket = &self.roots[folder.root].bucket;
        let request = ListRequest {
            bucket: &bucket.name,
            region: bucket.region.as_deref(),
            prefix: &folder.prefix,
            folders,
            after,
            token,
        };
        patiently(self.patience, || bucket.store.page(&request))
    }

    fn refused(&self, folder: &Folder, pages: u32, e: ApiError) {
        let root = &self.roots[folder.root];
        let mut state = self.lock();
        if pages == 0 && folder.prefix == root.prefix {
            state.found.closed.push((folder.root, e));
            return;
        }
        let url = PathBuf::from(format!("s3://{}/{}", root.bucket.name, folder.prefix));
        state.found.refused.push((url, skip_reason(&e), e.to_string()));
    }

    /// Takes a page's keys and folders. Continues with the page's last key, or breaks when no more pages are needed.
    fn take(&self, folder: &Folder, page: &Page, first: bool) -> ControlFlow<(), Option<String>> {
        let root = &self.roots[folder.root];
        let matching = page.objects.iter().filter(|o| self.matches(folder, folder.level, o));
        let objects: Vec<_> = matching.map(|o| (folder.root, found(&root.bucket, o))).collect();
        (self.on_objects)(objects.len() as u64);
        // `logs` means the folder `logs/` if it exists, and otherwise every key with that prefix.
        let own = format!("{}/", folder.prefix);
        let is_folder = first
            && !folder.prefix.is_empty()
            && !folder.prefix.ends_with('/')
            && root.level != Level::Access
            && page.prefixes.contains(&own);
        let mut state = self.lock();
        if is_folder {
            let name = name(&own);
            self.enter(&mut state, folder, &own, name);
            return ControlFlow::Break(());
        }
        state.found.objects.extend(objects);
        for prefix in &page.prefixes {
            let name = match folder.level {
                Level::Access => below(folder, prefix).trim_end_matches('/'),
                _ => name(prefix),
            };
            self.enter(&mut state, folder, prefix, name);
        }
        drop(state);
        self.changed.notify_all();
        let key = page.objects.last().map(|o| o.key.as_str());
        let last = key.max(page.prefixes.last().map(String::as_str));
        ControlFlow::Continue(last.map(str::to_string))
    }

    fn enter(&self, state: &mut State, folder: &Folder, prefix: &str, name: &str) {
        let root = folder.root;
        // `year=2026` is another folder than `2026`, whose days may have been listed already.
        let named = name.contains('=');
        let days = if named { self.filter.days } else { folder.days };
        let below = |prefix: &str, level| Folder { days, ..folder.below(prefix, level) };
        match step(folder.level, name, &self.filter_of(days)) {
            Step::Into(level) => state.folders.push(below(prefix, level)),
            Step::Days(year) => match days.of_year(year).filter(|_| !named) {
                Some(days) => {
                    let parent = prefix.strip_suffix('/').and_then(|p| p.strip_suffix(name));
                    let parent = parent.unwrap_or(&folder.prefix);
                    let day = |day: i64| format!("{parent}{}/", slashed(day));
                    let each = days.into_iter().map(|d| below(&day(d), Level::Day));
                    state.folders.extend(each);
                }
                None => state.folders.push(below(prefix, Level::Year(year))),
            },
            Step::Skip(Exclusion::Account) => {
                state.found.other_accounts.insert(name.to_string());
            }
            Step::Skip(Exclusion::Service) => {
                let url = format!("s3://{}/{prefix}", self.roots[root].bucket.name);
                state.found.other_services.insert(url);
            }
            Step::Skip(_) | Step::OutsideWindow => {}
        }
    }

    fn filter_of(&self, days: Days) -> Cow<'_, Filter> {
        match days == self.filter.days {
            true => Cow::Borrowed(self.filter),
            false => Cow::Owned(Filter { days, ..self.filter.clone() }),
        }
    }

    /// True for an object of the requested days. An object without a date in its name matches if it was written
    /// in the window or later.
    fn matches(&self, folder: &Folder, level: Level, object: &Listed) -> bool {
        // An empty object that stands for the folder itself.
        if object.key.ends_with('/') && object.size == 0 {
            return false;
        }
        let days = &self.filter.days;
        match (dated(&object.key), level) {
            (Some(dated), Level::Access) => {
                dated.sorts_behind == Some(folder.prefix.len()) && days.contains(dated.day)
            }
            (None, Level::Access) => false,
            // The folder's date counts: it is the delivery day in every layout.
            (_, Level::Day) => true,
            (Some(dated), _) => days.contains(dated.day),
            (None, _) => days.first.is_none_or(|first| object.modified >= first * DAY),
        }
    }

    /// The key from which to continue a flat folder whose last key is outside the window. Keys that sort between
    /// two dates behind the same text are taken for logs of the days between.
    fn jump(&self, last: &str) -> Option<String> {
        let Dated { day, sorts_behind: Some(base) } = dated(last)? else { return None };
        let days = &self.filter.days;
        let before = days.first.filter(|first| day < *first);
        let behind = days.last.filter(|last| day > *last);
        let date = before.map(dashed).or_else(|| behind.map(|_| "9999-99".to_string()))?;
        let target = format!("{}{date}", last.get(..base)?);
        (target.as_str() > last).then_some(target)
    }
}

/// What a key has behind its folder's prefix. Empty for a key that the store should not have listed here.
fn below<'k>(folder: &Folder, key: &'k str) -> &'k str {
    key.strip_prefix(folder.prefix.as_str()).unwrap_or("")
}

/// The last part of a prefix that ends with `/`.
fn name(prefix: &str) -> &str {
    let inside = prefix.strip_suffix('/').unwrap_or(prefix);
    inside.rsplit('/').next().unwrap_or(inside)
}

fn found(bucket: &Arc<Bucket>, listed: &Listed) -> Found {
    let location = InputLocation::Object(Object {
        bucket: Arc::clone(bucket),
        key: listed.key.as_str().into(),
        etag: listed.etag.as_str().into(),
        modified: listed.modified,
    });
    Found { location, size: listed.size }
}

/// The skip reason for an AWS error.
pub fn skip_reason(e: &ApiError) -> SkipReason {
    match e.kind {
        ErrorKind::NotFound => SkipReason::Vanished,
        ErrorKind::Denied => SkipReason::PermissionDenied,
        _ => SkipReason::Unreadable,
    }
}

#[cfg(test)]
mod tests;
