//! Sigma rules over CloudTrail and S3 access logs: reads rule files, says what is wrong in them,
//! and tells which rules a record matches and which correlations hold.
//!
//! It follows the Sigma specification 2.x. Where practice or these logs ask for something else:
//!
//! - A field path may pass through lists (any item) and go on into JSON that stands in a string.
//!   See `field`.
//! - `field: null` fits a field that is null or absent, `field: ''` an empty text only.
//! - An object is searched as its compact JSON, so `requestParameters|contains` works; with stars
//!   at both ends also in each text within it, where JSON's escapes are gone.
//! - Numbers and booleans fit text spelled the same, and the other way round.
//! - Keywords are looked for anywhere in the record, names of members included.
//! - `neq` and a negated selection hold where the field is absent.
//! - `re` finds a match anywhere in the value. Look-around and back-references are refused.
//! - `base64offset` without a position modifier means `contains`. Base64 is compared without regard to
//!   case, like any text, unless `cased`.
//! - `windash` works on dashes that begin a flag.
//! - `not 1 of x*` with no such selection is an error, as is any name that does not exist.
//! - A filter whose condition is all `not …` says what stays, any other what goes. See `filter`.
//! - A rule without a level is `medium`; one whose status is `unsupported` is not applied.
//! - `action: global`, `reset` and `repeat` of Sigma 1 work; aggregations after `|` are refused.
//! - S3 access logs have no name in the taxonomy: their service is `s3-access`.
//! - Correlation windows are described in `window`. Timespans may be in weeks (`w`) and months of
//!   30 days (`M`).

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
mod link;
mod load;
mod modifier;
pub mod pack;
mod pattern;
mod prefilter;
mod problem;
mod regex_limits;
mod required_literals;
mod rule;
pub mod test;
mod value;
mod window;
mod yaml;

#[cfg(test)]
mod tests;

pub use compile::{RuleIndex, RuleSet, Skipped};
pub use correlate::{Correlation, Kind};
pub use correlator::{Correlator, Firing, HITS, KeptHit, Outcome};
pub use eval::{Call, S3_ACCESS, Scanner};
pub use explain::Condition;
pub use problem::{Problem, Severity};
pub use rule::{Level, Logs, Rule, Status};
