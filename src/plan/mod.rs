//! A plan: every change with before and after, bound to an account, a caller and a digest.

mod activity;
mod arguments;
mod build;
mod diff;
mod error;
mod expiry;
mod guard;
mod in_force;
mod mistakes;
mod model;
mod permissions;
mod proof;
mod reach;
mod reissue;
mod round;
mod spare;
mod status;
mod subject;
mod undo;

pub use activity::Activity;
pub use arguments::check as check_arguments;
pub use build::{Planner, Remarks};
pub use diff::diff;
pub use error::PlanError;
pub use expiry::{Stale, VALID_FOR};
pub use guard::check as refuse_self;
pub use in_force::{InForce, in_force};
pub use mistakes::{Mistake, mistakes, step_title};
pub use model::{CaseResources, Form, Kind, Plan, PlannedChange, PlannedStep, Reissue, Subject};
pub use permissions::Needed;
pub use proof::{Proof, Verdict};
pub use reach::reach;
pub use status::{ChangeStatus, LiveState, Row, Standing};
pub use subject::owner as key_owner;
pub use undo::{Kept, UndoEnd, Weakening};
