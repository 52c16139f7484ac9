//! A plan: every change with before and after, bound to an account, a caller and a digest.

mod arguments;
mod build;
mod diff;
mod expiry;
mod guard;
mod mistakes;
mod model;
mod permissions;
mod reach;
mod reissue;
mod round;
mod status;
mod subject;
mod undo;

pub use arguments::check as check_arguments;
pub use build::{PlanError, Planner, Remarks};
pub use diff::diff;
pub use expiry::{Stale, VALID_FOR};
pub use guard::check as refuse_self;
pub use mistakes::{Mistake, mistakes, step_title};
pub use model::{CaseResources, Kind, Plan, PlannedChange, PlannedStep, Reissue, Subject};
pub use permissions::Needed;
pub use reach::reach;
pub use status::{ChangeStatus, LiveState, Row, Standing};
pub use subject::owner as key_owner;
pub use undo::{Kept, UndoEnd, Weakening};
