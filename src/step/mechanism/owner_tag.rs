//! A step that tags a user or a role with the case, the author and the date of a deny that has no room for them.
//!
//! The tag is written beside `AWSDenyAll` only: our own policies carry the same in their Sids. A user or role can have 50
//! tags (IAM User Guide, "IAM and AWS STS quotas"). Policies may read tags (`aws:PrincipalTag`, `iam:ResourceTag`), so the
//! key begins as nobody else's.

use serde_json::Value;

use super::answer;
use super::holder::Holder;
use crate::cloud::{Api, Call};
use crate::step::mark::TAG_PREFIX;
use crate::step::model::{Change, ChangeKind, Context, Item, Meta, Step, StepError, Undo};

/// Whom one step tags.
#[derive(Debug)]
pub struct OwnerTag {
    pub meta: &'static Meta,
    pub holder: Holder,
}

impl OwnerTag {
    fn call(&self, cx: &Context, verb: &str) -> Call {
        let kind = self.holder.kind();
        let holder = format!("{kind}Name");
        let mut call = Call::new("iam", &format!("{verb}{kind}"), []);
        call.params.insert(holder, self.holder.name(cx).into());
        call
    }

    fn write(&self, cx: &Context, value: &Value) -> Call {
        let mut call = self.call(cx, "Tag");
        call.params.insert("TagKey".into(), cx.tag("DenyAll").0.into());
        call.params.insert("TagValue".into(), value.clone());
        call
    }

    fn remove(&self, cx: &Context) -> Call {
        let mut call = self.call(cx, "Untag");
        call.params.insert("TagKey".into(), cx.tag("DenyAll").0.into());
        call
    }
}

impl Step for OwnerTag {
    fn meta(&self) -> &'static Meta {
        self.meta
    }

    fn kind(&self) -> ChangeKind {
        ChangeKind::Label
    }

    /// `#tag/KEY`: its value, or `null`.
    fn observe(&self, api: &dyn Api, cx: &Context) -> Result<Vec<Item>, StepError> {
        let mut list = self.call(cx, "List");
        list.operation += "Tags";
        let tags = api.call(&list)?;
        let (key, _) = cx.tag("DenyAll");
        // Keys of tags have no case (IAM User Guide, "Rules for tagging in IAM and AWS STS").
        let ours = |tag: &&Value| tag["Key"].as_str().is_some_and(|k| k.eq_ignore_ascii_case(&key));
        let found = answer::list(&list, &tags)?.iter().find(ours);
        let state = found.map_or(Value::Null, |tag| tag["Value"].clone());
        Ok(vec![Item { resource: format!("{}#tag/{key}", self.holder.arn(cx)), state }])
    }

    fn change(&self, cx: &Context, item: &Item) -> Result<Option<Change>, StepError> {
        let value = Value::from(cx.tag("DenyAll").1);
        if item.state == value {
            return Ok(None);
        }
        let who = self.holder.name(cx);
        let affects = format!(
            "policies that read tags (aws:PrincipalTag, iam:ResourceTag) see this tag of {who}; no other program \
             should use keys that begin with {TAG_PREFIX}"
        );
        Ok(Some(Change::new(value.clone(), self.write(cx, &value)).affects(affects)))
    }

    /// Takes back the tag alone, and only as we wrote it.
    fn undo(
        &self,
        cx: &Context,
        now: &Item,
        before: &Value,
        after: &Value,
    ) -> Result<Undo, StepError> {
        if now.state != *after || now.state == *before {
            return Ok(Undo::Nothing);
        }
        let call = if before.is_null() { self.remove(cx) } else { self.write(cx, before) };
        Ok(Undo::Change(Change::new(before.clone(), call)))
    }
}

#[cfg(test)]
pub mod testing {
    use serde_json::json;

    use super::*;
    use crate::step::Args;
    use crate::step::testing::{Fake, context};

    /// It writes one tag, once, and takes back that one alone.
    pub fn check(step: &OwnerTag) {
        let kind = step.holder.kind();
        let args: Args = [("user", "alice"), ("role", "app")].into();
        let cx = context(&args);
        let (key, value) = cx.tag("DenyAll");
        let observed = |tags: Value| {
            let api = Fake::default().answers(&format!("iam:List{kind}Tags"), tags);
            step.observe(&api, &cx).unwrap().remove(0)
        };
        let free = observed(json!([{"Key": "team", "Value": "a"}]));
        assert_eq!(free.state, Value::Null);
        let change = step.change(&cx, &free).unwrap().unwrap();
        assert_eq!(change.call.name(), format!("iam:Tag{kind}"));
        assert_eq!((change.call.text("TagKey"), change.call.text("TagValue")), (&*key, &*value));
        let marked = observed(json!([{"Key": key.to_uppercase(), "Value": value}]));
        assert_eq!((&marked.state, step.change(&cx, &marked).unwrap()), (&change.after, None));
        let undo = |now: &Item, before: &Value| step.undo(&cx, now, before, &change.after).unwrap();
        let Undo::Change(back) = undo(&marked, &Value::Null) else { panic!("the tag stays") };
        assert_eq!(back.call.name(), format!("iam:Untag{kind}"));
        assert_eq!((back.call.text("TagKey"), &back.after), (&*key, &Value::Null));
        let Undo::Change(back) = undo(&marked, &json!("theirs")) else { panic!("no undo") };
        assert_eq!(back.call.text("TagValue"), "theirs");
        assert_eq!(undo(&free, &Value::Null), Undo::Nothing);
        let other = observed(json!([{"Key": key, "Value": "later"}]));
        assert_eq!(undo(&other, &Value::Null), Undo::Nothing, "somebody set another value");
    }
}
