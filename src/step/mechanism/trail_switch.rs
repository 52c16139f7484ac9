//! A step that turns one setting of trails on: the data of the step, and how it is carried out.

use serde_json::{Value, json};

use super::{answer, trails};
use crate::cloud::Api;
use crate::step::model::{
    Change, ChangeKind, Context, Item, Meta, Step, StepError, TrailChoice, Undo,
};

/// One on/off setting of a trail.
#[derive(Debug)]
pub struct TrailSwitch {
    pub meta: &'static Meta,
    pub trails: TrailChoice,
    /// The part of the trail, after `#` in the resource.
    pub part: &'static str,
    /// The member of the answer that shows the setting; the item's state has it, too.
    pub member: &'static str,
    /// The operation whose answer shows it; none for DescribeTrails.
    pub read: Option<&'static str>,
    pub write: TrailWrite,
    /// CloudTrail's names of the calls that turn it off.
    pub set_by: &'static [&'static str],
    /// Who pays or is affected: one sentence, or none.
    pub affects: Option<&'static str>,
}

/// The operation that sets the setting.
#[derive(Debug)]
pub enum TrailWrite {
    /// UpdateTrail with this parameter.
    UpdateTrail { parameter: &'static str },
    /// One operation each.
    Operations { on: &'static str, off: &'static str },
}

impl TrailSwitch {
    fn set(&self, item: &Item, on: bool) -> Result<Change, StepError> {
        let arn = item.arn();
        let name = ("Name", arn.into());
        let call = match self.write {
            TrailWrite::UpdateTrail { parameter } => {
                trails::call(arn, "UpdateTrail", [name, (parameter, on.into())])?
            }
            TrailWrite::Operations { on: start, off: stop } => {
                trails::call(arn, if on { start } else { stop }, [name])?
            }
        };
        Ok(Change::new(json!({(self.member): on}), call))
    }
}

impl Step for TrailSwitch {
    fn meta(&self) -> &'static Meta {
        self.meta
    }

    fn kind(&self) -> ChangeKind {
        ChangeKind::Hardening
    }

    fn set_by(&self) -> &'static [&'static str] {
        self.set_by
    }

    fn trails(&self) -> Option<TrailChoice> {
        Some(self.trails)
    }

    fn observe(&self, api: &dyn Api, cx: &Context) -> Result<Vec<Item>, StepError> {
        trails::observe(api, cx, self.part, |trail| {
            let setting = match self.read {
                None => answer::member(&trails::describe(), &trail.described, self.member)?,
                Some(operation) => {
                    let name = [("Name", trail.arn.as_str().into())];
                    let read = trails::call(&trail.arn, operation, name)?;
                    answer::member(&read, &api.call(&read)?, self.member)?
                }
            };
            Ok(json!({(self.member): setting}))
        })
    }

    fn change(&self, _: &Context, item: &Item) -> Result<Option<Change>, StepError> {
        trails::refuse_gone(item)?;
        if item.state[self.member] != false {
            return Ok(None);
        }
        let change = self.set(item, true)?;
        Ok(Some(match self.affects {
            Some(who) => change.affects(who),
            None => change,
        }))
    }

    fn undo(&self, _: &Context, now: &Item, before: &Value, _: &Value) -> Result<Undo, StepError> {
        let ours = before[self.member] == false && now.state[self.member] == true;
        Ok(if ours { Undo::Change(self.set(now, false)?) } else { Undo::Nothing })
    }

    fn notes(&self, _: &Context, item: &Item) -> Vec<String> {
        trails::notes(item)
    }
}
