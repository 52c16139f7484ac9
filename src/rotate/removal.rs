//! Removes something from AWS, also when the answer is lost.

use super::RotateError;
use crate::cloud::{Api, Call, Client, ErrorKind};

/// Attempts at a removal whose answer is lost.
const ATTEMPTS: usize = 3;

/// Makes the call. After a lost answer, `is_gone` decides whether to make it again.
///
/// # Errors
/// When AWS refuses, or the answer stays lost.
pub fn remove(
    client: &Client,
    call: &Call,
    is_gone: impl Fn() -> Result<bool, RotateError>,
) -> Result<(), RotateError> {
    let mut attempts = 0;
    loop {
        attempts += 1;
        match client.call(call) {
            Ok(_) => return Ok(()),
            Err(e) if e.is_not_found() => return Ok(()),
            Err(e) if e.kind == ErrorKind::Unknown => {
                if is_gone()? {
                    return Ok(());
                }
                if attempts == ATTEMPTS {
                    return Err(e.into());
                }
            }
            Err(e) => return Err(e.into()),
        }
    }
}
