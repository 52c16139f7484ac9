//! Sigma rules over CloudTrail and S3 access logs: reads rule files, reports their errors, and finds the rules
//! that a record matches and the correlations that fire.
//!
//! It follows the Sigma specification 2.x. It differs or decides open points as follows:
//!
//! - A field path may pass through lists (any item) and continue into JSON in a string. See `field`.
//! - `field: null` matches a field that is null or absent, `field: ''` only an empty text.
//! - An object is searched as its compact JSON, so `requestParameters|contains` works; with stars
//!   at both ends also in each string in it, without JSON's escapes.
//! - Numbers and booleans match text with the same spelling, and vice versa.
//! - Keywords are searched in the whole record, including the names of members.
//! - `neq` and a negated selection match if the field is absent.
//! - `re` finds a match anywhere in the value. Look-around and back-references are not supported.
//! - `base64offset` without a position modifier means `contains`. Base64 is case-insensitive, like any
//!   text, unless `cased`.
//! - `windash` works on dashes that begin a flag.
//! - `not 1 of x*` with no such selection is an error, as is any name that does not exist.
//! - A filter whose condition is all `not …` says what to keep, any other what to suppress. See `filter`.
//! - A rule without a level is `medium`; one whose status is `unsupported` is not applied.
//! - `action: global`, `reset` and `repeat` of Sigma 1 work; aggregations after `|` are not supported.
//! - `grants` is a modifier of ours: `everyone`, `outside` or `unclear` fits a policy, an access control list, a share
//!   or a range that gives access at least so far. See [`crate::grant`] and [`RuleSet::with_known`].
//! - `eventName` is compared without the version of the API that it may end with, in the record and in the rule:
//!   `CreateFunction` and `CreateFunction20150331` mean the same. A record without `readOnly` gets it from its name.
//! - `value_count` counts each item of a list.
//! - A correlation that groups by `userIdentity.arn` counts the sessions of a role together, whatever their names.
//!   Those of IAM Identity Center, which are named after people, stay apart.
//! - S3 access logs have no name in the taxonomy: their service is `s3-access`.
//! - Correlation windows are described in `window`. Timespans may be in weeks (`w`) and months of
//!   30 days (`M`).

mod bound;
mod compile;
mod condition;
mod correlate;
mod correlator;
mod detection;
mod encode;
mod eval;
mod explain;
mod field;
mod filter;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
mod link;
mod load;
mod lossy;
mod modifier;
pub mod pack;
mod pattern;
mod prefilter;
mod problem;
mod record;
mod regex_limits;
mod required_literals;
mod rule;
mod skipped;
pub mod test;
mod thin;
mod value;
mod window;
mod yaml;

#[cfg(test)]
mod tests;

pub use compile::{RuleIndex, RuleSet};
pub use correlate::{Correlation, Kind};
pub use correlator::{Correlator, Firing, LeftOut, Outcome, SavedHit};
pub use eval::{Call, S3_ACCESS, Scanner};
pub use explain::Condition;
pub use problem::{Problem, Severity};
pub use rule::{Level, Logs, Rule, Status};
pub use skipped::Skipped;
