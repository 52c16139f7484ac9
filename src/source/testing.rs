//! A bucket in memory, with faults.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::retry::Patience;
use crate::cloud::{ApiError, ErrorKind, GetRequest, Head, ListRequest, Listed, Page, Store};

/// Gives up soon.
pub fn hasty() -> Patience {
    let moment = Duration::from_micros(50);
    Patience { first: moment, longest: moment, failures: 3, pauses: 5 }
}

type Fault = Box<dyn FnMut(&GetRequest<'_>, &mut Vec<u8>) -> Option<ApiError> + Send>;

#[derive(Default)]
pub struct Shelf {
    bodies: BTreeMap<String, Vec<u8>>,
    pages: AtomicUsize,
    /// Bodies asked for.
    pub gets: AtomicUsize,
    denied: Mutex<Vec<String>>,
    /// Asked before each body: what it appends has come, and then the error.
    pub fault: Mutex<Option<Fault>>,
}

pub fn error(kind: ErrorKind, code: &str) -> ApiError {
    ApiError::new("s3:Test", kind, code, "")
}

impl Shelf {
    pub fn with(keys: &[String]) -> Arc<Shelf> {
        Shelf::of(keys.iter().map(|k| (k.clone(), vec![b'x'])))
    }

    pub fn of(bodies: impl IntoIterator<Item = (String, Vec<u8>)>) -> Arc<Shelf> {
        Arc::new(Shelf { bodies: bodies.into_iter().collect(), ..Shelf::default() })
    }

    pub fn bodies(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.bodies.iter().map(|(k, b)| (k.as_str(), b.as_slice()))
    }

    pub fn pages(&self) -> usize {
        self.pages.load(Ordering::SeqCst)
    }

    pub fn deny_listing(&self, prefix: &str) {
        self.denied.lock().unwrap().push(prefix.into());
    }
}

impl Store for Shelf {
    fn page(&self, ask: &ListRequest<'_>) -> Result<Page, ApiError> {
        self.pages.fetch_add(1, Ordering::SeqCst);
        if self.denied.lock().unwrap().iter().any(|p| p == ask.prefix) {
            return Err(error(ErrorKind::Denied, "AccessDenied"));
        }
        let after = ask.token.unwrap_or(ask.after);
        let mut page = Page::default();
        let mut rolled = BTreeSet::new();
        for (key, body) in self.bodies.range(after.to_string()..) {
            let Some(rest) = key.strip_prefix(ask.prefix) else {
                if key.as_str() > ask.prefix {
                    break;
                }
                continue;
            };
            if page.objects.len() + rolled.len() == 1000 {
                page.next = page.objects.iter().map(|o| &o.key).chain(&rolled).max().cloned();
                break;
            }
            match rest.split_once('/') {
                Some((folder, _)) if ask.folders => {
                    let folder = format!("{}{folder}/", ask.prefix);
                    if folder.as_str() > after && !after.starts_with(&folder) {
                        rolled.insert(folder);
                    }
                }
                _ if key.as_str() > after => page.objects.push(Listed {
                    key: key.clone(),
                    etag: "\"e\"".into(),
                    size: body.len() as u64,
                    modified: i64::MAX / 2,
                    class: String::new(),
                }),
                _ => {}
            }
        }
        page.prefixes = rolled.into_iter().collect();
        Ok(page)
    }

    fn get(&self, want: &GetRequest<'_>, into: &mut Vec<u8>) -> Result<Head, ApiError> {
        self.gets.fetch_add(1, Ordering::SeqCst);
        let Some(body) = self.bodies.get(want.key) else {
            return Err(error(ErrorKind::NotFound, "NoSuchKey"));
        };
        assert_eq!(want.etag, "\"e\"");
        if let Some(fault) = self.fault.lock().unwrap().as_mut() {
            let mut came = Vec::new();
            if let Some(e) = fault(want, &mut came) {
                let from = want.from as usize;
                into.extend_from_slice(&body[from..body.len().min(from + came.len())]);
                return Err(e);
            }
        }
        let to = want.to.map_or(body.len(), |to| to as usize);
        into.extend_from_slice(&body[want.from as usize..to]);
        Ok(Head { etag: want.etag.into(), ..Head::default() })
    }
}
