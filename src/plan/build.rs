//! Makes a plan from a playbook and the state of the account. It only reads.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::error::PlanError;
use super::model::{
    CaseResources, Kind, Plan, PlannedChange, PlannedStep, REISSUE, SCHEMA, Subject,
};
use super::permissions::Needed;
use super::round::{Round, applies, fill, refuse_unused_destination};
use super::subject::BucketRegions;
use super::{arguments, guard, subject};
use crate::clock::{self, Millis};
use crate::cloud::{Api, Caller, ErrorKind};
use crate::playbook::{Evidence, Playbook, PlaybookStep};
use crate::step::{self, Args, CHOSEN_TRAILS, Item, Room, Step, StepError, TrailSurvey};

/// The input of a plan.
pub struct Planner<'a> {
    pub api: &'a dyn Api,
    pub caller: &'a Caller,
    pub endpoint_url: Option<&'a str>,
    /// The new case's id.
    pub case: &'a str,
    /// When to read evidence, in place of what the playbook says.
    pub evidence: Option<Evidence>,
    /// Buckets with evidence of the case: a deny spares the services that deliver logs to them.
    pub evidence_buckets: &'a [String],
    /// How long the plan may be applied.
    pub valid_for: Millis,
    /// What else the reader must know: why something is in the plan, and what is not reached.
    pub remarks: Remarks,
}

/// Remarks on a plan from outside: a sentence each, without its full stop.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Remarks {
    pub notes: Vec<String>,
    pub not_reached: Vec<String>,
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
    /// Read once, when a step first needs it.
    trails: Option<TrailSurvey>,
    /// A quota leaves no room for the step before this one, so its fallback takes its place.
    no_room: bool,
    /// The resources of the fallbacks in this round.
    fallbacks: Vec<String>,
}

impl Planner<'_> {
    /// Reads the account and plans every change.
    ///
    /// # Errors
    /// For wrong arguments, a refusal with its reason, or a read that AWS refuses.
    pub fn build(&self, playbook: &Playbook, given: &Args) -> Result<Plan, PlanError> {
        let mut args = arguments::check(playbook, given).map_err(PlanError::Usage)?;
        subject::resolve(self.api, self.caller, playbook, &mut args)?;
        guard::check(self.caller, &args).map_err(PlanError::Refused)?;
        let mut draft = Draft {
            args: args.clone(),
            made: CaseResources::of(self.caller),
            number: 0,
            will_be: BTreeMap::new(),
            needed: Needed::new(subject::arns(self.api, self.caller, &args)?),
            notes: self.remarks.notes.clone(),
            regions: BucketRegions::default(),
            trails: None,
            no_room: false,
            fallbacks: Vec::new(),
        };
        let mut plan = self.empty(playbook, args);
        draft.needed.add(&["sts:GetCallerIdentity"], "*");
        // Who reverts a change, and who made the state before one that undo may bring back.
        draft.needed.add(&["cloudtrail:LookupEvents"], "*");
        for (kind, read) in [("user", "iam:GetUser"), ("role", "iam:GetRole")] {
            for name in plan.args.all(kind).iter().filter(|name| !name.is_empty()) {
                let (partition, account) = (&draft.made.partition, &self.caller.account);
                let arn = format!("arn:{partition}:iam::{account}:{kind}/{name}");
                draft.needed.add(&[read, "iam:SimulatePrincipalPolicy"], &arn);
            }
        }
        if plan.args.given("access-key") {
            draft.needed.add(&["iam:GetAccessKeyLastUsed"], "*");
        }
        plan.collect = self.subjects(playbook, &mut draft)?;
        for group in playbook.steps.chunk_by(|_, next| next.belongs_before()) {
            self.group(group, &mut plan, &mut draft)?;
        }
        refuse_unused_destination(playbook, &draft.args).map_err(PlanError::Refused)?;
        for step in &mut plan.steps {
            let (Kind::Fallback(changes) | Kind::AfterFallback { changes, .. }) = &mut step.kind
            else {
                continue;
            };
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
        let now = self.api.now() / clock::SECOND * clock::SECOND;
        Plan {
            schema: SCHEMA.into(),
            case: self.case.into(),
            playbook: playbook.id.clone(),
            title: playbook.title.clone(),
            created: clock::rfc3339(now),
            expires: clock::rfc3339(now + self.valid_for),
            account: self.caller.account.clone(),
            caller: self.caller.clone(),
            region: self.api.region().into(),
            endpoint_url: self.endpoint_url.map(str::to_string),
            args,
            contain_first: self.evidence.unwrap_or(playbook.evidence) == Evidence::AfterUrgent,
            collect: Vec::new(),
            steps: Vec::new(),
            notes: Vec::new(),
            not_reached: [&playbook.not_reached[..], &self.remarks.not_reached].concat(),
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

    /// A step and its fallbacks, once for each value that they repeat for: a fallback stays beside its step.
    fn group(
        &self,
        group: &[PlaybookStep],
        plan: &mut Plan,
        draft: &mut Draft,
    ) -> Result<(), PlanError> {
        let each = group.first().and_then(|step| step.each.as_deref());
        let rounds: Vec<Option<String>> = match each {
            Some(name) => draft.args.all(name).iter().cloned().map(Some).collect(),
            None => vec![None],
        };
        let one_of_several = rounds.len() > 1;
        for value in rounds {
            draft.fallbacks.clear();
            for (at, from) in group.iter().enumerate() {
                if !applies(from, &draft.args) {
                    continue;
                }
                let next = group.get(at + 1).filter(|next| next.fallback);
                let next = next.is_some_and(|next| applies(next, &draft.args));
                let round = Round { from, next, value: value.as_deref(), one_of_several };
                self.step(round, plan, draft)?;
            }
        }
        Ok(())
    }

    fn step(&self, round: Round<'_>, plan: &mut Plan, draft: &mut Draft) -> Result<(), PlanError> {
        let Round { from, next, value, one_of_several } = round;
        if from.after_fallback && draft.fallbacks.is_empty() {
            return Ok(());
        }
        let mut args = fill(from, &draft.args);
        if let (Some(name), Some(value)) = (&from.each, value) {
            args.set(name, value);
        }
        let kind = match from.step.as_str() {
            "settle" => Kind::Settle,
            "hold" => Kind::Hold,
            REISSUE => self.reissue(&args, draft)?,
            id => {
                let step = step::find(id)
                    .ok_or_else(|| PlanError::Usage(format!("unknown step '{id}'")))?;
                self.complete(step, &mut args, draft)?;
                let fallback = from.fallback && !draft.no_room;
                let fits = self.fits(step, plan, &args, draft);
                draft.no_room = !fits && next && !fallback;
                if draft.no_room {
                    return Ok(());
                }
                let spare = fallback || from.after_fallback;
                match self.changes(step, plan, &args, draft, spare) {
                    Ok(changes) if from.after_fallback => {
                        Kind::AfterFallback { of: draft.fallbacks.clone(), changes }
                    }
                    Ok(changes) => {
                        let resources = changes.iter().map(|c| c.resource.clone());
                        draft.fallbacks.extend(resources.filter(|_| from.fallback));
                        if fallback { Kind::Fallback(changes) } else { Kind::Changes(changes) }
                    }
                    Err(StepError::Api(e)) if e.kind == ErrorKind::Credentials => {
                        return Err(e.into());
                    }
                    Err(e) if spare => {
                        draft.notes.push(format!("{} is not in the plan: {e}", step.meta().id));
                        return Ok(());
                    }
                    // Of several, the others are contained all the same.
                    Err(e) if from.urgent && !one_of_several => return Err(e.into()),
                    Err(e) => Kind::Blocked(e.to_string()),
                }
            }
        };
        let planned = PlannedStep { step: from.step.clone(), args, urgent: from.urgent, kind };
        plan.steps.push(planned);
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
        let choice = step.trails().filter(|_| !args.given("trail"));
        if takes("trail-bucket") || choice.is_some() {
            match (self.trails(draft), choice) {
                (Ok(trails), Some(choice)) => args.set_all(CHOSEN_TRAILS, trails.chosen(choice)),
                // Where logs arrive, a step spares those who deliver them.
                (Ok(trails), None) => args.set_all("trail-bucket", trails.buckets.clone()),
                // The step says why it cannot read the trails.
                (Err(_), Some(_)) => {}
                (Err(e), None) => return Err(e.into()),
            }
        }
        if takes("evidence-bucket") && !self.evidence_buckets.is_empty() {
            args.set_all("evidence-bucket", self.evidence_buckets.to_vec());
        }
        Ok(())
    }

    /// The account's trails.
    fn trails<'d>(&self, draft: &'d mut Draft) -> Result<&'d TrailSurvey, StepError> {
        let survey = match draft.trails.take() {
            Some(known) => known,
            None => {
                let survey = step::survey_trails(self.api, &self.caller.account)?;
                let listed =
                    ["cloudtrail:DescribeTrails", "cloudtrail:ListTrails", "s3:ListAllMyBuckets"];
                draft.needed.add(&listed, "*");
                for arn in &survey.all {
                    draft.needed.add(&["cloudtrail:GetTrail", "cloudtrail:GetTrailStatus"], arn);
                }
                // HeadBucket needs ListBucket (S3 API Reference).
                for bucket in &survey.buckets {
                    let arn = format!("arn:{}:s3:::{bucket}", draft.made.partition);
                    draft.needed.add(&["s3:ListBucket"], &arn);
                }
                draft.notes.extend(survey.notes.iter().cloned());
                survey
            }
        };
        Ok(draft.trails.insert(survey))
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

    /// The resource, whichever case makes it: the policy of a plan also serves one that is made anew.
    fn of_any_case(&self, resource: &str) -> String {
        if self.case.is_empty() { resource.to_string() } else { resource.replace(self.case, "*") }
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
            draft.needed.add(meta.reads, &self.of_any_case(&item.resource));
            draft.notes.extend(step.notes(&cx, &item));
            let Some(change) = step.change(&cx, &item)? else { continue };
            let Item { resource, state } = item;
            draft.needed.add(meta.writes, &self.of_any_case(&resource));
            draft.needed.add_call(&change.call);
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
