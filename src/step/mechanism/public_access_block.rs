//! A step that turns all four flags of a public access block on: its data, and how it is carried out and
//! undone, flag by flag.

use serde_json::{Map, Value};

use super::bucket;
use crate::cloud::{Api, Call};
use crate::step::model::{Change, ChangeKind, Context, Item, Meta, Step, StepError, Undo};

/// The four flags of a block (API reference, PublicAccessBlockConfiguration).
const FLAGS: [&str; 4] =
    ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"];

/// What one step blocks.
#[derive(Debug)]
pub struct BlockPublicAccess {
    pub meta: &'static Meta,
    pub scope: Scope,
    /// Who loses access, for the reader of the plan.
    pub affects: fn(&Context) -> [String; 2],
}

/// What the block applies to.
#[derive(Debug, Clone, Copy)]
pub enum Scope {
    /// The argument `bucket`.
    Bucket,
    /// Every bucket of the account.
    Account,
}

/// A call about the block of a bucket, or of the account when there is no bucket.
fn call(cx: &Context, bucket: Option<&str>, verb: &str) -> Call {
    let operation = format!("{verb}PublicAccessBlock");
    match bucket {
        Some(name) => bucket::call_on(cx, name, &operation, []),
        None => Call::new("s3control", &operation, [("AccountId", cx.account.into())]),
    }
}

/// Writes these flags; `null` deletes the block.
fn put(cx: &Context, bucket: Option<&str>, flags: Value) -> Change {
    if flags.is_null() {
        return Change::new(flags, call(cx, bucket, "Delete"));
    }
    let mut put = call(cx, bucket, "Put");
    put.params.insert("PublicAccessBlockConfiguration".to_string(), flags.clone());
    Change::new(flags, put)
}

/// The block of any bucket: four flags, or `null`.
///
/// # Errors
/// When AWS refuses the read.
pub fn observe_bucket(api: &dyn Api, cx: &Context, name: &str) -> Result<Item, StepError> {
    let state = bucket::read(api, &call(cx, Some(name), "Get"))?;
    Ok(Item { resource: format!("{}#public-access-block", cx.bucket_arn(name)), state })
}

/// Turns every flag of any bucket on; nothing when they are on already.
pub fn block_bucket(cx: &Context, item: &Item) -> Option<Change> {
    let name = bucket::name_of(&item.resource);
    (!is_all_on(&item.state)).then(|| put(cx, Some(name), all_on()))
}

/// Why S3 will refuse every new policy of the argument `bucket`: its policy is public, and a block forbids to put a policy
/// that is (Amazon S3 User Guide, "Blocking public access to your Amazon S3 storage", `BlockPublicPolicy`). What cannot be
/// read is left out: the run itself then shows it.
pub fn refuses_policies(api: &dyn Api, cx: &Context) -> Option<String> {
    let name = cx.args.text("bucket");
    let status = bucket::call_on(cx, name, "GetBucketPolicyStatus", []);
    if bucket::read(api, &status).ok()?["IsPublic"] != true {
        return None;
    }
    let blocked = |bucket: Option<&str>| {
        let block = bucket::read(api, &call(cx, bucket, "Get"));
        block.is_ok_and(|block| block["BlockPublicPolicy"] == true)
    };
    (blocked(Some(name)) || blocked(None)).then(|| {
        format!(
            "The policy of {name} is public, and a public access block is on: S3 refuses every new policy, also ours, as \
             long as the public statement is in it. Remove that statement from the policy first, then make the plan \
             again"
        )
    })
}

impl BlockPublicAccess {
    fn bucket<'a>(&self, cx: &Context<'a>) -> Option<&'a str> {
        match self.scope {
            Scope::Bucket => Some(cx.args.text("bucket")),
            Scope::Account => None,
        }
    }
}

impl Step for BlockPublicAccess {
    fn meta(&self) -> &'static Meta {
        self.meta
    }

    fn kind(&self) -> ChangeKind {
        ChangeKind::Hardening
    }

    fn set_by(&self) -> &'static [&'static str] {
        match self.scope {
            // CloudTrail records the calls on a bucket under these names (Amazon S3 User Guide, "Amazon S3 CloudTrail
            // events").
            Scope::Bucket => &[
                "PutBucketPublicAccessBlock",
                "DeleteBucketPublicAccessBlock",
                "DeletePublicAccessBlock",
            ],
            Scope::Account => &["PutAccountPublicAccessBlock", "DeleteAccountPublicAccessBlock"],
        }
    }

    fn observe(&self, api: &dyn Api, cx: &Context) -> Result<Vec<Item>, StepError> {
        if let Some(name) = self.bucket(cx) {
            return Ok(vec![observe_bucket(api, cx, name)?]);
        }
        let state = bucket::read(api, &call(cx, None, "Get"))?;
        let resource =
            format!("arn:{}:s3::{}:account#public-access-block", cx.partition, cx.account);
        Ok(vec![Item { resource, state }])
    }

    fn change(&self, cx: &Context, item: &Item) -> Result<Option<Change>, StepError> {
        if is_all_on(&item.state) {
            return Ok(None);
        }
        let affected = (self.affects)(cx).into_iter();
        Ok(Some(affected.fold(put(cx, self.bucket(cx), all_on()), Change::affects)))
    }

    fn undo(
        &self,
        cx: &Context,
        now: &Item,
        before: &Value,
        after: &Value,
    ) -> Result<Undo, StepError> {
        let flags = restored(&now.state, before, after);
        Ok(flags.map_or(Undo::Nothing, |flags| Undo::Change(put(cx, self.bucket(cx), flags))))
    }
}

fn all_on() -> Value {
    flags(|_| true)
}

fn flags(of: impl Fn(&str) -> bool) -> Value {
    FLAGS.iter().map(|f| (f.to_string(), of(f).into())).collect::<Map<_, _>>().into()
}

fn is_all_on(state: &Value) -> bool {
    FLAGS.iter().all(|f| state[f] == true)
}

/// The block after undo: the flags that we turned on are off, the others stay as they are now. `null` when
/// there was no block before and no flag is on. Nothing when undo needs no change.
fn restored(now: &Value, before: &Value, after: &Value) -> Option<Value> {
    if now.is_null() || now == before {
        return None;
    }
    let on = |state: &Value, flag: &str| state[flag] == true;
    let ours = |flag: &str| on(after, flag) && !on(before, flag);
    let target = flags(|flag| on(now, flag) && !ours(flag));
    if before.is_null() && FLAGS.iter().all(|f| !on(&target, f)) {
        return Some(Value::Null);
    }
    (target != *now).then_some(target)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(bits: u8) -> Value {
        flags(|f| bits >> FLAGS.iter().position(|g| *g == f).unwrap() & 1 == 1)
    }

    #[test]
    fn every_state_is_restored_once() {
        for before in (0..16).map(state).chain([Value::Null]) {
            let after = all_on();
            if before != after {
                assert_eq!(restored(&after, &before, &after), Some(before.clone()));
            }
            assert_eq!(restored(&before, &before, &after), None, "twice");
            assert_eq!(restored(&Value::Null, &before, &after), None);
            for now in (0..16).map(state) {
                let target = restored(&now, &before, &after).unwrap_or_else(|| now.clone());
                for flag in FLAGS.iter().filter(|f| before[**f] == true) {
                    assert_eq!(target[flag] == true, now[flag] == true, "{flag} is not ours");
                }
            }
        }
    }
}
