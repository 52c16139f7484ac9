//! A step that suspends rules of a bucket which S3 itself carries out: the data of the step, and how it is carried out.
//!
//! S3 runs such rules without asking a bucket policy. A rule stays, with the status `Disabled`, so that undo can tell what
//! the step did from what others did since.

use serde_json::Value;

use super::bucket;
use crate::cloud::Api;
use crate::step::model::{Change, ChangeKind, Context, Item, Meta, Step, StepError, Undo};

/// Arguments that such a step takes.
pub const TAKES: &[&str] = &["bucket-region"];

/// What one step suspends.
#[derive(Debug)]
pub struct BucketRules {
    pub meta: &'static Meta,
    /// The part of the bucket, after `#` in the resource.
    pub part: &'static str,
    /// The operations, and the parameter that has the rules.
    pub get: &'static str,
    pub put: &'static str,
    pub parameter: &'static str,
    /// Members of the configuration that are parameters of their own.
    pub beside: &'static [&'static str],
    /// CloudTrail's names of the calls that set the rules.
    pub set_by: &'static [&'static str],
    /// Facts that a rule is judged by, besides the configuration: members of the state that are never sent.
    pub facts: fn(&dyn Api, &Context, &Value) -> Result<Value, StepError>,
    /// Whether the rule is to be suspended, by the rule and the facts.
    pub harms: fn(&Context, &Value, &Value) -> bool,
    /// Who is affected, for one rule.
    pub affects: fn(&Value) -> String,
}

/// The member of the state that has the facts.
const FACTS: &str = "Facts";

fn rules(state: &Value) -> impl Iterator<Item = &Value> {
    state["Rules"].as_array().into_iter().flatten()
}

fn is_enabled(rule: &Value) -> bool {
    rule["Status"] == "Enabled"
}

fn with_status(rule: &Value, status: &str) -> Value {
    let mut rule = rule.clone();
    rule["Status"] = status.into();
    rule
}

/// The name of a rule, for the reader.
pub fn name(rule: &Value) -> &str {
    rule["ID"].as_str().filter(|id| !id.is_empty()).unwrap_or("without a name")
}

impl BucketRules {
    /// The change that gives the bucket these rules.
    fn put(&self, cx: &Context, state: &Value, rules: Vec<Value>) -> Change {
        let mut after = state.clone();
        after["Rules"] = rules.into();
        let mut sent = after.clone();
        let mut call = bucket::call(cx, self.put, []);
        if let Some(members) = sent.as_object_mut() {
            members.remove(FACTS);
            for name in self.beside {
                call.params.extend(members.remove(*name).map(|v| ((*name).to_string(), v)));
            }
        }
        call.params.insert(self.parameter.to_string(), sent);
        Change::new(after, call)
    }
}

impl Step for BucketRules {
    fn meta(&self) -> &'static Meta {
        self.meta
    }

    /// Rules that were suspended protect: only `--hardening` starts them again.
    fn kind(&self) -> ChangeKind {
        ChangeKind::Hardening
    }

    fn set_by(&self) -> &'static [&'static str] {
        self.set_by
    }

    fn observe(&self, api: &dyn Api, cx: &Context) -> Result<Vec<Item>, StepError> {
        let mut state = bucket::read(api, &bucket::call(cx, self.get, []))?;
        if !state.is_null() {
            let facts = (self.facts)(api, cx, &state)?;
            if !facts.is_null() {
                state[FACTS] = facts;
            }
        }
        Ok(vec![Item { resource: bucket::resource(cx, self.part), state }])
    }

    fn change(&self, cx: &Context, item: &Item) -> Result<Option<Change>, StepError> {
        let harms = |rule: &&Value| is_enabled(rule) && (self.harms)(cx, rule, &item.state[FACTS]);
        let affects: Vec<String> = rules(&item.state).filter(harms).map(self.affects).collect();
        if affects.is_empty() {
            return Ok(None);
        }
        let suspended = |rule: &Value| match harms(&rule) {
            true => with_status(rule, "Disabled"),
            false => rule.clone(),
        };
        let change = self.put(cx, &item.state, rules(&item.state).map(suspended).collect());
        Ok(Some(affects.into_iter().fold(change, Change::affects)))
    }

    fn undo(
        &self,
        cx: &Context,
        now: &Item,
        before: &Value,
        after: &Value,
    ) -> Result<Undo, StepError> {
        let ours = |rule: &Value| {
            let enabled = with_status(rule, "Enabled");
            let held = |state: &Value, wanted: &Value| rules(state).any(|r| r == wanted);
            !is_enabled(rule) && held(before, &enabled) && held(after, rule)
        };
        if !rules(&now.state).any(ours) {
            return Ok(Undo::Nothing);
        }
        let restored = |rule: &Value| match ours(rule) {
            true => with_status(rule, "Enabled"),
            false => rule.clone(),
        };
        let rules = rules(&now.state).map(restored).collect();
        Ok(Undo::Change(self.put(cx, &now.state, rules)))
    }

    fn notes(&self, _: &Context, item: &Item) -> Vec<String> {
        let unknown = item.state[FACTS]["Unknown"].as_str();
        unknown.map(str::to_string).into_iter().collect()
    }
}

/// Change, hold and undo of a step on these rules: those with an id that begins with `bad` are to be suspended.
#[cfg(test)]
pub fn check(
    step: &BucketRules,
    get: &str,
    configuration: &Value,
    api: crate::step::testing::Fake,
) {
    use serde_json::json;

    use crate::step::testing::context;

    let args = [("bucket", "records"), ("bucket-region", "eu-west-1")].into();
    let cx = context(&args);
    let api = api.answers(get, configuration.clone());
    let item = step.observe(&api, &cx).unwrap().remove(0);
    let change = step.change(&cx, &item).unwrap().unwrap();
    let sent = change.call.value(step.parameter);
    for (rule, was) in rules(sent).zip(rules(configuration)) {
        let bad = name(rule).starts_with("bad");
        let wanted = if bad { with_status(was, "Disabled") } else { was.clone() };
        assert_eq!(*rule, wanted, "{}", name(was));
    }
    assert!(sent[FACTS].is_null() && !change.affects.is_empty());
    let now = Item { state: change.after.clone(), ..item.clone() };
    assert_eq!(step.change(&cx, &now).unwrap(), None);
    let undo = |now: &Item| step.undo(&cx, now, &item.state, &change.after).unwrap();
    assert!(matches!(undo(&now), Undo::Change(back) if back.after == item.state));
    assert_eq!(undo(&item), Undo::Nothing, "twice");
    assert_eq!(undo(&Item { state: Value::Null, ..item.clone() }), Undo::Nothing);
    // What others add or delete in between stays so.
    let mut others = now.clone();
    let list = others.state["Rules"].as_array_mut().unwrap();
    list.retain(|r| name(r).starts_with("bad"));
    list.push(json!({"ID": "later", "Status": "Disabled"}));
    let Undo::Change(back) = undo(&others) else { panic!("no undo") };
    let back: Vec<&Value> = rules(&back.after).collect();
    assert!(back.iter().all(|r| is_enabled(r) == name(r).starts_with("bad")), "{back:?}");
    // Without a configuration there is nothing to do.
    let none = Item { state: Value::Null, ..item };
    assert_eq!(step.change(&cx, &none).unwrap(), None);
}
