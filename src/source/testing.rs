//! An in-memory bucket with injectable faults.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::retry::Patience;
use crate::cloud::{ApiError, ErrorKind, GetRequest, Head, ListRequest, Listed, Page, Store};

/// Gives up after microseconds.
pub fn impatient() -> Patience {
    let wait = Duration::from_micros(50);
    Patience { first: wait, longest: wait, failures: 3, pauses: 5 }
}

type Fault = Box<dyn FnMut(&GetRequest<'_>, &mut Vec<u8>) -> Option<ApiError> + Send>;

#[derive(Default)]
pub struct MemoryBucket {
    bodies: BTreeMap<String, Vec<u8>>,
    pages: AtomicUsize,
    /// Bodies that were requested.
    pub gets: AtomicUsize,
    denied: Mutex<Vec<String>>,
    /// Called before each body. The bytes it appends count as received before the error it returns.
    pub fault: Mutex<Option<Fault>>,
}

pub fn error(kind: ErrorKind, code: &str) -> ApiError {
    ApiError::new("s3:Test", kind, code, "")
}

impl MemoryBucket {
    pub fn with(keys: &[String]) -> Arc<MemoryBucket> {
        MemoryBucket::of(keys.iter().map(|k| (k.clone(), vec![b'x'])))
    }

    pub fn of(bodies: impl IntoIterator<Item = (String, Vec<u8>)>) -> Arc<MemoryBucket> {
        Arc::new(MemoryBucket { bodies: bodies.into_iter().collect(), ..MemoryBucket::default() })
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

impl Store for MemoryBucket {
    fn page(&self, request: &ListRequest<'_>) -> Result<Page, ApiError> {
        self.pages.fetch_add(1, Ordering::SeqCst);
        if self.denied.lock().unwrap().iter().any(|p| p == request.prefix) {
            return Err(error(ErrorKind::Denied, "AccessDenied"));
        }
        let after = request.token.unwrap_or(request.after);
        let mut page = Page::default();
        let mut rolled = BTreeSet::new();
        for (key, body) in self.bodies.range(after.to_string()..) {
            let Some(rest) = key.strip_prefix(request.prefix) else {
                if key.as_str() > request.prefix {
                    break;
                }
                continue;
            };
            if page.objects.len() + rolled.len() == 1000 {
                page.next = page.objects.iter().map(|o| &o.key).chain(&rolled).max().cloned();
                break;
            }
            match rest.split_once('/') {
                Some((folder, _)) if request.folders => {
                    let folder = format!("{}{folder}/", request.prefix);
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

    fn get(&self, request: &GetRequest<'_>, into: &mut Vec<u8>) -> Result<Head, ApiError> {
        self.gets.fetch_add(1, Ordering::SeqCst);
        let Some(body) = self.bodies.get(request.key) else {
            return Err(error(ErrorKind::NotFound, "NoSuchKey"));
        };
        assert_eq!(request.etag, "\"e\"");
        if let Some(fault) = self.fault.lock().unwrap().as_mut() {
            let mut came = Vec::new();
            if let Some(e) = fault(request, &mut came) {
                let from = request.from as usize;
                into.extend_from_slice(&body[from..body.len().min(from + came.len())]);
                return Err(e);
            }
        }
        let to = request.to.map_or(body.len(), |to| to as usize);
        into.extend_from_slice(&body[request.from as usize..to]);
        Ok(Head { etag: request.etag.into(), ..Head::default() })
    }
}
