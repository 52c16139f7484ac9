//! The case folder: keeps approvals, actions and evidence, and can be checked offline.

mod archive;
mod artifact;
mod error;
mod event_history;
mod evidence;
mod export;
mod files;
mod folder;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
mod hash;
mod manifest;
mod object_buckets;
mod object_path;
mod objects;
#[cfg(test)]
mod tests;

pub use archive::{Archive, detached};
pub use artifact::Artifact;
pub use error::CaseError;
pub use evidence::EvidenceRecorder;
pub use export::{Exported, Packing, export};
pub use folder::{Case, CaseFile, write_new};
pub use hash::{FileHash, sha256};
pub use manifest::{Draft, Manifest, Problem};
pub use object_buckets::object_buckets;
pub use objects::{ObjectHead, Objects, PutError, SavedObject};
