//! Makes a plan from a playbook and the state of the account. It only reads.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::model::{CaseResources, Kind, Plan, PlannedChange, PlannedStep, SCHEMA, Subject};
use super::permissions::Needed;
use super::subject::BucketRegions;
use super::{arguments, guard, subject};
use crate::clock;
use crate::cloud::{Api, ApiError, Call, Caller, ErrorKind};
use crate::playbook::{self, Evidence, Playbook, PlaybookStep};
use crate::step::{self, Args, Item, Room, Step, StepError};

#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    #[error("{0}")]
    Usage(String),
    /// The change is not allowed, and why.
    #[error("{0}")]
    Refused(String),
    #[error(transparent)]
    Api(#[from] ApiError),
    /// A member that the plan needs is missing in AWS's answer.
    #[error("{call} answered without {member}")]
    Answer { call: &'static str, member: &'static str },
    #[error("the plan cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

impl From<StepError> for PlanError {
    fn from(e: StepError) -> PlanError {
        match e {
            StepError::Api(e) => PlanError::Api(e),
            StepError::Refused(why) => PlanError::Refused(why),
        }
    }
}

/// The input of a plan.
pub struct Planner<'a> {
    pub api: &'a dyn Api,
    pub caller: &'a Caller,
    pub endpoint_url: Option<&'a str>,
    /// The new case's id.
    pub case: &'a str,
    /// When to read evidence, in place of what the playbook says.
    pub evidence: Option<Evidence>,
}

/// A plan while it is built.
pub(super) struct Draft {
    args: Args,
    pub(super) made: CaseResources,
    pub(super) number: usize,
    /// The state of each resource after the earlier steps.
    will_be: BTreeMap<String, Value>,
    pub(super) needed: Needed,
    pub(super) notes: Vec<String>,
    regions: BucketRegions,
    trail_buckets: Option<Vec<String>>,
    /// A quota leaves no room for the step before this one, so its fallback takes its place.
    no_room: bool,
}

impl Planner<'_> {
    /// Reads the account and plans every change.
    ///
    /// # Errors
    /// For wrong arguments, a refusal with its reason, or a read that AWS refuses.
    pub fn build(&self, playbook: &Playbook, given: &Args) -> Result<Plan, PlanError> {
        let mut args = arguments::check(playbook, given).map_err(PlanError::Usage)?;
        subject::resolve(self.api, self.caller, &mut args)?;
        guard::check(self.caller, &args).map_err(PlanError::Refused)?;
        let mut draft = Draft {
            args: args.clone(),
            made: CaseResources::of(self.caller),
            number: 0,
            will_be: BTreeMap::new(),
            needed: Needed::new(subject::arns(self.api, self.caller, &args)?),
            notes: Vec::new(),
            regions: BucketRegions::default(),
            trail_buckets: None,
            no_room: false,
        };
        let mut plan = self.empty(playbook, args);
        draft.needed.add(&["sts:GetCallerIdentity"], "*");
        // Who reverts a change, and who made the state before one that undo may bring back.
        draft.needed.add(&["cloudtrail:LookupEvents"], "*");
        if plan.args.given("user") {
            let arn = format!(
                "arn:{}:iam::{}:user/{}",
                draft.made.partition,
                self.caller.account,
                plan.args.text("user")
            );
            draft.needed.add(&["iam:GetUser", "iam:SimulatePrincipalPolicy"], &arn);
        }
        if plan.args.given("role") {
            let partition = &draft.made.partition;
            let account = &self.caller.account;
            let arn = format!("arn:{partition}:iam::{account}:role/{}", plan.args.text("role"));
            draft.needed.add(&["iam:GetRole", "iam:SimulatePrincipalPolicy"], &arn);
        }
        if plan.args.given("access-key") {
            draft.needed.add(&["iam:GetAccessKeyLastUsed"], "*");
        }
        plan.collect = self.subjects(playbook, &mut draft)?;
        for (at, step) in playbook.steps.iter().enumerate() {
            if applies(step, &draft.args) {
                let next = playbook.steps.get(at + 1);
                let next = next.is_some_and(|next| next.fallback && applies(next, &draft.args));
                self.step(step, next, &mut plan, &mut draft)?;
            }
        }
        refuse_unused_destination(playbook, &draft.args)?;
        for step in &mut plan.steps {
            let Kind::Fallback(changes) = &mut step.kind else { continue };
            for change in changes {
                draft.number += 1;
                change.number = draft.number;
            }
        }
        let mut seen = BTreeSet::new();
        plan.notes = draft.notes.into_iter().filter(|n| seen.insert(n.clone())).collect();
        plan.policy = draft.needed.document();
        plan.digest = plan.compute_digest()?;
        Ok(plan)
    }

    fn empty(&self, playbook: &Playbook, args: Args) -> Plan {
        Plan {
            schema: SCHEMA.into(),
            case: self.case.into(),
            playbook: playbook.id.clone(),
            title: playbook.title.clone(),
            created: clock::rfc3339(self.api.now() / clock::SECOND * clock::SECOND),
            account: self.caller.account.clone(),
            caller: self.caller.clone(),
            region: self.api.region().into(),
            endpoint_url: self.endpoint_url.map(str::to_string),
            args,
            contain_first: self.evidence.unwrap_or(playbook.evidence) == Evidence::AfterUrgent,
            collect: Vec::new(),
            steps: Vec::new(),
            notes: Vec::new(),
            not_reached: playbook.not_reached.clone(),
            policy: Value::Null,
            digest: String::new(),
        }
    }

    fn subjects(&self, playbook: &Playbook, draft: &mut Draft) -> Result<Vec<Subject>, PlanError> {
        let mut subjects = Vec::new();
        for kind in &playbook.collect {
            let names = match kind.as_str() {
                "user" | "role" | "bucket" => draft.args.all(kind).to_vec(),
                _ => vec![String::new()],
            };
            for name in names {
                let region = match kind.as_str() {
                    "bucket" => Some(draft.regions.of(self.api, &name)?),
                    _ => None,
                };
                let partition = self.caller.partition();
                let account = &self.caller.account;
                let resource = match kind.as_str() {
                    "user" | "role" => format!("arn:{partition}:iam::{account}:{kind}/{name}"),
                    "bucket" => format!("arn:{partition}:s3:::{name}"),
                    _ => String::new(),
                };
                draft.needed.add_evidence(kind, &resource);
                subjects.push(Subject { kind: kind.clone(), name, region });
            }
        }
        Ok(subjects)
    }

    /// `next` is true if a fallback of this step follows.
    fn step(
        &self,
        from: &PlaybookStep,
        next: bool,
        plan: &mut Plan,
        draft: &mut Draft,
    ) -> Result<(), PlanError> {
        let rounds: Vec<Option<String>> = match &from.each {
            Some(name) => draft.args.all(name).iter().cloned().map(Some).collect(),
            None => vec![None],
        };
        for round in rounds {
            let mut args = fill(from, &draft.args);
            if let (Some(name), Some(value)) = (&from.each, round) {
                args.set(name, value);
            }
            let kind = match from.step.as_str() {
                "settle" => Kind::Settle,
                "hold" => Kind::Hold,
                "reissue-access-key" => self.reissue(&args, draft)?,
                id => {
                    let step = step::find(id)
                        .ok_or_else(|| PlanError::Usage(format!("unknown step '{id}'")))?;
                    self.complete(step, &mut args, draft)?;
                    let fallback = from.fallback && !draft.no_room;
                    let fits = self.fits(step, plan, &args, draft);
                    draft.no_room = !fits && next && !fallback;
                    if draft.no_room {
                        continue;
                    }
                    match self.changes(step, plan, &args, draft, fallback) {
                        Ok(changes) if fallback => Kind::Fallback(changes),
                        Ok(changes) => Kind::Changes(changes),
                        Err(StepError::Api(e)) if e.kind == ErrorKind::Credentials => {
                            return Err(e.into());
                        }
                        Err(e) if fallback => {
                            draft
                                .notes
                                .push(format!("{} cannot be a fallback: {e}", step.meta().id));
                            continue;
                        }
                        Err(e) if from.urgent => return Err(e.into()),
                        Err(e) => Kind::Blocked(e.to_string()),
                    }
                }
            };
            let planned = PlannedStep { step: from.step.clone(), args, urgent: from.urgent, kind };
            plan.steps.push(planned);
        }
        Ok(())
    }

    /// Sets the arguments that are derived from others.
    fn complete(
        &self,
        step: &dyn Step,
        args: &mut Args,
        draft: &mut Draft,
    ) -> Result<(), PlanError> {
        let meta = step.meta();
        let takes = |name: &str| meta.takes.contains(&name) || meta.needs.contains(&name);
        if takes("spare-key") {
            self.spare(args, draft)?;
        }
        if let Some(missing) = meta.needs.iter().find(|name| !args.given(name)) {
            return Err(PlanError::Usage(format!("the step {} needs '{missing}'", meta.id)));
        }
        if takes("bucket-region") && args.given("bucket") {
            let region = draft.regions.of(self.api, args.text("bucket"))?;
            args.set("bucket-region", region);
            draft.needed.add(&["s3:GetBucketLocation"], "*");
        }
        if takes("trail-bucket") {
            let buckets = match draft.trail_buckets.take() {
                Some(known) => known,
                None => {
                    draft.needed.add(&["cloudtrail:DescribeTrails"], "*");
                    self.trail_buckets()?
                }
            };
            args.set_all("trail-bucket", buckets.clone());
            draft.trail_buckets = Some(buckets);
        }
        Ok(())
    }

    /// Buckets to which trails write: closing one would stop the logs.
    fn trail_buckets(&self) -> Result<Vec<String>, PlanError> {
        let trails = self.api.call(&Call::new("cloudtrail", "DescribeTrails", []))?;
        let names = trails.as_array().into_iter().flatten();
        Ok(names.filter_map(|t| t["S3BucketName"].as_str().map(str::to_string)).collect())
    }

    /// Whether AWS's quotas leave room for the step, as far as a plan can know. Notes the sizes.
    fn fits(&self, step: &dyn Step, plan: &Plan, args: &Args, draft: &mut Draft) -> bool {
        let cx = plan.context(args, &draft.made);
        match step.room(self.api, &cx) {
            Ok(None) => true,
            Ok(Some(Room { note, fits })) => {
                draft.notes.push(note);
                fits
            }
            Err(e) => {
                let id = step.meta().id;
                draft.notes.push(format!("the room that quotas leave for {id} is unknown: {e}"));
                true
            }
        }
    }

    /// The changes of a step. Those of a fallback have no numbers yet, and later steps do not build on them.
    fn changes(
        &self,
        step: &dyn Step,
        plan: &Plan,
        args: &Args,
        draft: &mut Draft,
        fallback: bool,
    ) -> Result<Vec<PlannedChange>, StepError> {
        let meta = step.meta();
        let cx = plan.context(args, &draft.made);
        let mut changes = Vec::new();
        for mut item in step.observe(self.api, &cx)? {
            if let Some(state) = draft.will_be.get(&item.resource) {
                item.state = state.clone();
            }
            draft.needed.add(meta.reads, &item.resource);
            draft.notes.extend(step.notes(&cx, &item));
            let Some(change) = step.change(&cx, &item)? else { continue };
            let Item { resource, state } = item;
            draft.needed.add(meta.writes, &resource);
            if !fallback {
                draft.will_be.insert(resource.clone(), change.after.clone());
                draft.number += 1;
            }
            changes.push(PlannedChange {
                number: if fallback { 0 } else { draft.number },
                resource,
                before: state,
                after: change.after,
                call: change.call,
                risk: meta.risk,
                undo: meta.undo,
                loss: meta.loss.into(),
                affects: change.affects,
            });
        }
        for remark in step.remarks(self.api, &cx) {
            // Steps on one bucket say the same of it.
            if !draft.notes.contains(&remark) {
                draft.notes.push(remark);
            }
        }
        Ok(changes)
    }
}

/// Refuses a destination for a new key that the playbook does not make in this mode.
fn refuse_unused_destination(playbook: &Playbook, args: &Args) -> Result<(), PlanError> {
    let mut reissues = playbook.steps.iter().filter(|s| s.step == "reissue-access-key").peekable();
    let destined = args.given("secret") || args.given("new-key-file");
    if !destined || reissues.peek().is_none() || reissues.any(|step| applies(step, args)) {
        return Ok(());
    }
    Err(PlanError::Refused(
        "lockdown does not re-issue a key: the deny would apply to the new key, too; use --mode rotate or --mode \
         seamless"
            .into(),
    ))
}

/// Whether the step's conditions are met.
fn applies(step: &PlaybookStep, args: &Args) -> bool {
    step.when.iter().all(|(name, wanted)| {
        wanted.values().iter().any(|value| match value.as_str() {
            "*" => args.given(name),
            value => args.all(name).iter().any(|is| is == value),
        })
    })
}

/// The step's arguments: a template that is one parameter takes all its values.
fn fill(step: &PlaybookStep, from: &Args) -> Args {
    let mut args = Args::default();
    for (name, template) in &step.with {
        let whole = template.strip_prefix('{').and_then(|t| t.strip_suffix('}'));
        if let Some(parameter) = whole.filter(|p| !p.contains('{')) {
            if from.given(parameter) {
                args.set_all(name, from.all(parameter).to_vec());
            }
            continue;
        }
        let mut text = template.clone();
        for parameter in playbook::parameters_in(template) {
            text = text.replace(&format!("{{{parameter}}}"), from.text(parameter));
        }
        args.set(name, text);
    }
    args
}
