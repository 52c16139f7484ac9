//! The regions whose event history tells of an identity or a bucket.

use std::thread;

use serde_json::Value;

use crate::cloud::{Api, ApiError, Call, GoesOn, global_region};
use crate::plan::Plan;

/// The run's region and those beside it that are asked, too.
#[derive(Debug, Clone)]
pub(super) struct Regions {
    own: String,
    /// The region in which the partition records IAM, STS and sign-in events.
    global: Option<&'static str>,
}

impl Regions {
    pub(super) fn of(api: &dyn Api, plan: &Plan) -> Regions {
        Regions { own: api.region().to_string(), global: global_region(&plan.caller.partition()) }
    }

    /// The regions to ask, each once: the global one first. `None` is the run's own region.
    pub(super) fn asked(&self, bucket: Option<&str>) -> Vec<Option<String>> {
        let mut asked = Vec::new();
        for region in self.global.into_iter().chain([self.own.as_str()]).chain(bucket) {
            let region = (region != self.own).then(|| region.to_string());
            if !asked.contains(&region) {
                asked.push(region);
            }
        }
        asked
    }
}

/// Sends the call to each region at the same time, while it may go on. The answers are in the order of the regions.
pub(super) fn side_by_side(
    api: &dyn Api,
    call: &Call,
    regions: &[Option<String>],
    goes_on: GoesOn<'_>,
) -> Vec<Result<Value, ApiError>> {
    thread::scope(|scope| {
        let asked: Vec<_> = regions
            .iter()
            .map(|region| {
                let call = Call { region: region.clone(), ..call.clone() };
                scope.spawn(move || api.call_while(&call, goes_on))
            })
            .collect();
        let answer = |thread: thread::ScopedJoinHandle<'_, Result<Value, ApiError>>| {
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        asked.into_iter().map(answer).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_region_is_asked_once_and_the_global_one_first() {
        let regions = |own: &str, global| Regions { own: own.into(), global };
        let some = |name: &str| Some(name.to_string());
        let far = regions("eu-west-1", Some("us-east-1"));
        assert_eq!(far.asked(None), [some("us-east-1"), None]);
        let bucket = far.asked(Some("eu-central-1"));
        assert_eq!(bucket, [some("us-east-1"), None, some("eu-central-1")]);
        assert_eq!(far.asked(Some("eu-west-1")).len(), 2);
        assert_eq!(regions("us-east-1", Some("us-east-1")).asked(None), [None]);
        assert_eq!(regions("elsewhere-1", None).asked(None), [None]);
    }
}
