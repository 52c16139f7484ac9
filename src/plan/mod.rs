//! A plan: every change with before and after, bound to an account, a caller and a digest.

mod arguments;
mod build;
mod diff;
mod guard;
mod mistakes;
mod model;
mod permissions;
mod reissue;
mod spare;
mod status;
mod subject;
mod undo;

pub use arguments::check as check_arguments;
pub use build::{PlanError, Planner};
pub use diff::diff;
pub use guard::check as refuse_self;
pub use mistakes::{Mistake, mistakes, step_title};
pub use model::{CaseResources, Form, Kind, Plan, PlannedChange, PlannedStep, Reissue, Subject};
pub use permissions::Needed;
pub use status::{ChangeStatus, LiveState, Row, Standing};
pub use undo::{Kept, UndoEnd, Weakening};
