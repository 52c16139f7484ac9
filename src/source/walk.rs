//! Lists what lies in buckets for the days of a window: folders in parallel, long flat folders by leaps, short
//! ones without their folders.

mod flat;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use super::coverage::SkipReason;
use super::days::{Days, dashed, slashed};
use super::layout::{At, Dated, Filter, Left, Step, dated, step};
use super::listing::{Bucket, Found, InputLocation, Object, Refused};
use super::retry::{PATIENCE, Patience, patiently};
use crate::clock::DAY;
use crate::cloud::{ApiError, ErrorKind, ListRequest, Listed, Page};

/// Folders that are listed at once.
const AT_ONCE: usize = 32;

/// Where a walk begins.
#[derive(Debug, Clone)]
pub struct Root {
    pub bucket: Arc<Bucket>,
    pub prefix: String,
    pub at: At,
}

impl Root {
    pub fn name(&self) -> String {
        format!("s3://{}/{}", self.bucket.name, self.prefix)
    }
}

/// What a walk found, by the root's number.
#[derive(Debug, Default)]
pub struct Walked {
    pub objects: Vec<(usize, Found)>,
    pub refused: Vec<Refused>,
    /// Roots of which nothing could be listed.
    pub closed: Vec<(usize, ApiError)>,
    /// Accounts with logs that were not asked for.
    pub other_accounts: BTreeSet<String>,
    /// Logs of services that are not read here: `s3://b/AWSLogs/1/vpcflowlogs/`.
    pub other_services: BTreeSet<String>,
}

struct Folder {
    root: usize,
    prefix: String,
    at: At,
    /// Those that are still to be listed.
    days: Days,
    /// To be asked for folder by folder.
    stepwise: bool,
}

impl Folder {
    fn below(&self, prefix: &str, at: At) -> Folder {
        Folder { root: self.root, prefix: prefix.into(), at, days: self.days, stepwise: false }
    }
}

#[derive(Default)]
struct State {
    folders: Vec<Folder>,
    /// Folders that are being listed: each may lead to more.
    under_way: usize,
    found: Walked,
}

struct Walk<'a> {
    roots: &'a [Root],
    filter: &'a Filter,
    patience: Patience,
    seen: &'a (dyn Fn(u64) + Sync),
    state: Mutex<State>,
    changed: Condvar,
}

/// Lists all roots; `seen` is told of objects as they are found.
pub fn walk(roots: &[Root], filter: &Filter, seen: &(dyn Fn(u64) + Sync)) -> Walked {
    walk_with(roots, filter, PATIENCE, seen)
}

pub(super) fn walk_with(
    roots: &[Root],
    filter: &Filter,
    patience: Patience,
    seen: &(dyn Fn(u64) + Sync),
) -> Walked {
    let begin = |(root, r): (usize, &Root)| Folder {
        root,
        prefix: r.prefix.clone(),
        at: r.at,
        days: filter.days,
        stepwise: false,
    };
    let folders: Vec<Folder> = roots.iter().enumerate().rev().map(begin).collect();
    let state = Mutex::new(State { folders, ..State::default() });
    let walk = Walk { roots, filter, patience, seen, state, changed: Condvar::new() };
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| walk.work());
        }
    });
    walk.state.into_inner().unwrap_or_else(PoisonError::into_inner).found
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
                self.folder(&folder);
                state = self.lock();
                state.under_way -= 1;
                self.changed.notify_all();
            } else if state.under_way == 0 {
                return;
            } else {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
        }
    }

    fn folder(&self, folder: &Folder) {
        if folder.at == At::Years && folder.prefix.ends_with('/') && !folder.stepwise {
            return self.flat(folder);
        }
        let rolled = folder.at != At::Day;
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
            let leap = last.as_deref().and_then(|last| self.leap(last));
            (after, token) = match leap {
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
        let ask = ListRequest {
            bucket: &bucket.name,
            region: bucket.region.as_deref(),
            prefix: &folder.prefix,
            folders,
            after,
            token,
        };
        patiently(self.patience, || bucket.store.page(&ask))
    }

    fn refused(&self, folder: &Folder, pages: u32, e: ApiError) {
        let root = &self.roots[folder.root];
        let mut state = self.lock();
        if pages == 0 && folder.prefix == root.prefix {
            state.found.closed.push((folder.root, e));
            return;
        }
        let place = PathBuf::from(format!("s3://{}/{}", root.bucket.name, folder.prefix));
        state.found.refused.push((place, reason(&e), e.to_string()));
    }

    /// Takes a page's keys and folders; answers with the last key on it, unless there is no need of more.
    fn take(&self, folder: &Folder, page: &Page, first: bool) -> ControlFlow<(), Option<String>> {
        let root = &self.roots[folder.root];
        let wanted = page.objects.iter().filter(|o| self.wants(folder, folder.at, o));
        let objects: Vec<_> = wanted.map(|o| (folder.root, found(&root.bucket, o))).collect();
        (self.seen)(objects.len() as u64);
        // `logs` means the folder `logs/` where there is one, and else every key that begins so.
        let own = format!("{}/", folder.prefix);
        let is_folder = first
            && !folder.prefix.is_empty()
            && !folder.prefix.ends_with('/')
            && root.at != At::Access
            && page.prefixes.contains(&own);
        let mut state = self.lock();
        if is_folder {
            let name = name(&own);
            self.enter(&mut state, folder, &own, name);
            return ControlFlow::Break(());
        }
        state.found.objects.extend(objects);
        for prefix in &page.prefixes {
            let name = match folder.at {
                At::Access => prefix[folder.prefix.len()..].trim_end_matches('/'),
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
        // `year=2026` is not where the days that were listed already are.
        let named = name.contains('=');
        let days = if named { self.filter.days } else { folder.days };
        let below = |prefix: &str, at| Folder { days, ..folder.below(prefix, at) };
        match step(folder.at, name, &self.filter_of(days)) {
            Step::Into(at) => state.folders.push(below(prefix, at)),
            Step::Days(year) => match days.of_year(year).filter(|_| !named) {
                Some(days) => {
                    let parent = prefix.len() - name.len() - 1;
                    let day = |day: i64| format!("{}{}/", &prefix[..parent], slashed(day));
                    let each = days.into_iter().map(|d| below(&day(d), At::Day));
                    state.folders.extend(each);
                }
                None => state.folders.push(below(prefix, At::Year(year))),
            },
            Step::Leave(Left::Account) => {
                state.found.other_accounts.insert(name.to_string());
            }
            Step::Leave(Left::Service) => {
                let place = format!("s3://{}/{prefix}", self.roots[root].bucket.name);
                state.found.other_services.insert(place);
            }
            Step::Leave(_) | Step::OutOfTime => {}
        }
    }

    fn filter_of(&self, days: Days) -> Cow<'_, Filter> {
        match days == self.filter.days {
            true => Cow::Borrowed(self.filter),
            false => Cow::Owned(Filter { days, ..self.filter.clone() }),
        }
    }

    /// A key of the days asked for, in a place of the layout. What carries no date was written in the window or
    /// after it.
    fn wants(&self, folder: &Folder, at: At, object: &Listed) -> bool {
        // A folder's own marker.
        if object.key.ends_with('/') && object.size == 0 {
            return false;
        }
        let days = &self.filter.days;
        match (dated(&object.key), at) {
            (Some(dated), At::Access) => {
                dated.sorts_behind == Some(folder.prefix.len()) && days.contains(dated.day)
            }
            (None, At::Access) => false,
            // The folder's date counts: it is that of the delivery, and of every layout.
            (_, At::Day) => true,
            (Some(dated), _) => days.contains(dated.day),
            (None, _) => days.first.is_none_or(|first| object.modified >= first * DAY),
        }
    }

    /// The place from which a flat folder has to be read on, where the last key is out of time. What sorts
    /// between two dates behind the same text is taken for logs of the days between.
    fn leap(&self, last: &str) -> Option<String> {
        let Dated { day, sorts_behind: Some(base) } = dated(last)? else { return None };
        let days = &self.filter.days;
        let before = days.first.filter(|first| day < *first);
        let behind = days.last.filter(|last| day > *last);
        let date = before.map(dashed).or_else(|| behind.map(|_| "9999-99".to_string()))?;
        let target = format!("{}{date}", &last[..base]);
        (target.as_str() > last).then_some(target)
    }
}

/// The last part of a prefix that ends with `/`.
fn name(prefix: &str) -> &str {
    let inside = prefix.strip_suffix('/').unwrap_or(prefix);
    inside.rsplit('/').next().unwrap_or(inside)
}

fn found(bucket: &Arc<Bucket>, listed: &Listed) -> Found {
    let place = InputLocation::Object(Object {
        bucket: Arc::clone(bucket),
        key: listed.key.as_str().into(),
        etag: listed.etag.as_str().into(),
        modified: listed.modified,
    });
    Found { place, size: listed.size }
}

/// How coverage counts what AWS said no to.
pub fn reason(e: &ApiError) -> SkipReason {
    match e.kind {
        ErrorKind::NotFound => SkipReason::Vanished,
        ErrorKind::Denied => SkipReason::PermissionDenied,
        _ => SkipReason::Unreadable,
    }
}

#[cfg(test)]
mod tests;
