//! What every detector is given.

use std::collections::HashMap;

use polars::prelude::*;

use super::Meta;
use super::history::History;
use super::rows::Row;
use super::source_networks::SourceNetworks;
use crate::clock::{DAY, Millis};
use crate::config::{Config, Resolved};
use crate::rollup::lineage::Lineage;
use crate::rollup::{Frames, Names, Rollups, Selection, Sym};
use crate::sigma::{Outcome, RuleSet};
use crate::source::FileNames;

/// The rollups as frames, the names behind their numbers, and what was usual.
pub struct Cx<'a> {
    pub frames: &'a Frames,
    pub rollups: &'a Rollups,
    pub names: &'a Names,
    pub files: &'a FileNames,
    pub config: &'a Config,
    pub selection: Selection,
    pub places: SourceNetworks,
    pub history: History,
    /// Where keys come from, and what came of them.
    pub lineage: Lineage<'a>,
    pub rules: &'a RuleSet,
    /// Correlations that held; their events are marks of the matches' rollup.
    pub correlated: &'a Outcome,
    /// `userIdentity.type` of each principal, as CloudTrail or else the access log has it.
    kinds: HashMap<Sym, Sym>,
}

impl<'a> Cx<'a> {
    pub fn new(
        frames: &'a Frames,
        rollups: &'a Rollups,
        files: &'a FileNames,
        config: &'a Config,
        selection: Selection,
        places: SourceNetworks,
        (rules, correlated): (&'a RuleSet, &'a Outcome),
    ) -> Cx<'a> {
        let names = &rollups.names;
        let history = History::new(frames, &places, names);
        let kinds = frames.activity_rows.iter().map(|(k, _)| (k.principal, k.kind)).collect();
        let lineage = Lineage::of(rollups, &frames.activity_rows);
        Cx {
            frames,
            rollups,
            names,
            files,
            config,
            selection,
            places,
            history,
            lineage,
            rules,
            correlated,
            kinds,
        }
    }

    pub fn text(&self, sym: Sym) -> &'a str {
        self.names.text(sym)
    }

    pub fn settings(&self, meta: &Meta) -> Resolved {
        self.config.settings().of(&meta.group())
    }

    /// `userIdentity.type`; `""` if unknown.
    pub fn kind(&self, principal: Sym) -> &'a str {
        self.text(self.kinds.get(&principal).copied().unwrap_or(0))
    }

    /// True for principals that are AWS services.
    pub fn is_service(&self, principal: Sym) -> bool {
        self.kind(principal) == "AWSService"
    }

    pub fn is_long_term(&self, key: Sym) -> bool {
        self.text(key).starts_with("AKIA")
    }

    /// True if the principal came to the source's network less than half a day before `at`, and that says
    /// something: there is a day of logs before, and the network is as new to the account, or the principal has
    /// a longer history elsewhere.
    pub fn foreign(&self, principal: Sym, source: Sym, at: Millis) -> bool {
        let h = &self.history;
        let network = self.places.network(source);
        if !self.places.outside(source) || h.knew(principal, network, at - DAY / 2) {
            return false;
        }
        let compared = self.history_before(at) >= DAY && !self.roams(principal, source, at);
        let new_to_account = h.network_first(network).is_none_or(|first| first >= at - DAY / 2);
        compared && (new_to_account || self.has_history(principal, at))
    }

    /// True for workloads to which each day may bring a new network, so that one says nothing, unless it is of
    /// another operator than theirs. People and long-term keys are never taken for such.
    pub fn roams(&self, principal: Sym, source: Sym, at: Millis) -> bool {
        let workload = match self.kind(principal) {
            "AssumedRole" => self.text(principal).contains(":role/"),
            kind => kind == "WebIdentityUser",
        };
        let operator = self.places.get(source).map_or("", |place| &place.asn);
        let usual =
            operator.is_empty() || self.history.knew_operator(principal, operator, at - DAY / 2);
        workload && usual && self.history.roams(principal, at)
    }

    /// True if the principal was seen a day or more before `at`.
    pub fn has_history(&self, principal: Sym, at: Millis) -> bool {
        self.history.networks_of(principal).any(|(_, seen)| seen.first < at - DAY)
    }

    /// Time before `at` that the logs cover.
    pub fn history_before(&self, at: Millis) -> Millis {
        (at - self.history.start).max(0)
    }

    /// Activity rows, without those of the access log that CloudTrail has too.
    pub fn rows(&self) -> impl Iterator<Item = Row<'a>> {
        self.frames
            .activity_rows
            .iter()
            .zip(&self.frames.echoes)
            .filter(|(_, echo)| !**echo)
            .map(|(row, _)| row)
    }

    /// Calls by people and programs, as against those that AWS services make on the account's behalf, by
    /// behaviour.
    pub fn calls(&self) -> LazyFrame {
        let wanted = col("by_service").not().and(col("echo").not());
        self.frames.activity.clone().lazy().filter(wanted)
    }

    /// The same calls by caller and hour.
    pub fn hourly(&self) -> LazyFrame {
        self.frames.hours.clone().lazy()
    }
}

/// A column of 32-bit numbers, as grouped queries yield them.
pub fn syms(frame: &DataFrame, name: &str) -> PolarsResult<Vec<Sym>> {
    Ok(frame.column(name)?.u32()?.iter().map(|v| v.unwrap_or(0)).collect())
}

pub fn times(frame: &DataFrame, name: &str) -> PolarsResult<Vec<Millis>> {
    Ok(frame.column(name)?.i64()?.iter().map(|v| v.unwrap_or(0)).collect())
}

pub fn counts(frame: &DataFrame, name: &str) -> PolarsResult<Vec<u64>> {
    Ok(frame.column(name)?.u64()?.iter().map(|v| v.unwrap_or(0)).collect())
}

pub fn hours(frame: &DataFrame, name: &str) -> PolarsResult<Vec<i32>> {
    Ok(frame.column(name)?.i32()?.iter().map(|v| v.unwrap_or(0)).collect())
}
