//! The case folder: what was approved, what was done, what was seen, and the means to check it offline.

mod evidence;
mod folder;
mod manifest;
mod object_path;
mod objects;

pub use evidence::Keeper;
pub use folder::{Case, CaseError, CaseFile, write_new};
pub use manifest::{Manifest, Problem};
pub use objects::{KeptObject, ObjectHead, Objects, PutError};
