//! Principals as sentences name them.

use crate::detect::advice;

/// What CloudTrail writes in place of a user name that does not exist, which may be a password.
const HIDDEN: &str = "HIDDEN_DUE_TO_SECURITY_REASONS";

pub fn is_root(arn: &str) -> bool {
    arn.ends_with(":root")
}

/// A principal as sentences name it.
pub fn named(arn: &str) -> String {
    match advice::name_of(arn) {
        HIDDEN => "a user name that does not exist".to_string(),
        _ if is_root(arn) => "root".to_string(),
        name => name.to_string(),
    }
}
