//! The case folder: what was approved, what was done, what was seen, and the means to check it offline.

mod archive;
mod evidence;
mod export;
mod files;
mod folder;
mod manifest;
mod object_path;
mod objects;
#[cfg(test)]
mod tests;

pub use archive::{Archive, detached};
pub use evidence::EvidenceRecorder;
pub use export::{Exported, Packing, export};
pub use folder::{Case, CaseError, CaseFile, write_new};
pub use manifest::{Draft, Manifest, Problem, sha256};
pub use objects::{KeptObject, ObjectHead, Objects, PutError};
