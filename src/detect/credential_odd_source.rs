//! Credentials of the account that come from where they cannot belong. No history is needed to tell.
//!
//! - The source is missing or no address. AWS writes the caller's address, or a service's name; a list of addresses
//!   means that a proxy passed a header on, which the caller can write.
//! - Credentials of an EC2 instance come from outside AWS: the address is in none of the ranges that AWS publishes, and
//!   GeoIP, where there is some, names another operator. An instance that leaves through the company's own network, or
//!   with addresses that the company brought to AWS, is an ordinary cause: name them with `own_ranges`.
//!
//! Calls through a VPC endpoint of another account are told by the rule `vpc_endpoint_of_another_account`.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::net::IpAddr;

use polars::prelude::PolarsResult;

use super::build::Build;
use super::rows::Row;
use super::source_networks::SourceNetwork;
use super::text::{list, short_name};
use super::{Cx, Detector, Meta, advice};
use crate::clock::{self, DAY, Millis};
use crate::config::geo::is_amazon;
use crate::event::address::parse_ip;
use crate::event::identity::is_instance;
use crate::event::{Log, Outcome, SourceClass};
use crate::finding::{Cause, Finding, Severity};
use crate::rollup::activity::Key;
use crate::rollup::{Phase, Sym};
use crate::ui::number::counted;

static META: Meta = Meta {
    id: "credential.odd-source",
    finds: "A credential used from a source that is missing or no address, or an EC2 instance's from outside AWS",
    ordinary: "An export without addresses, a proxy that passes its clients' headers on, an instance behind the company's own network or with addresses that it brought to AWS",
    means: "AWS writes where each call comes from, so a source that cannot be one means a changed record, a forwarded header or stolen credentials. The credentials of an instance have no business outside AWS, unless its traffic leaves through a network of your own.",
    attack: &["T1078.004"],
    settings: &[],
};

const MOST_NAMED: usize = 3;

/// How long the ranges of a day are good: AWS adds few in two months, and those fill slowly.
const FRESH: Millis = 60 * DAY;

pub struct CredentialOddSource;

/// In which way a source is odd.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Odd {
    Missing,
    Unparsable,
    /// Several addresses in one text.
    Several,
    /// An instance's credentials from an operator that is not Amazon.
    OtherOperator,
    /// An instance's credentials from outside the ranges of AWS; nobody names the operator.
    OutsideRanges,
}

impl Detector for CredentialOddSource {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn detect(&self, cx: &Cx<'_>) -> PolarsResult<Vec<Finding>> {
        let mut found: BTreeMap<(Odd, &str), Vec<Row<'_>>> = BTreeMap::new();
        let mut addresses = false;
        let real = real_addresses(cx);
        for row in cx.rows().filter(|(k, _)| k.log == Log::CloudTrail && !k.by_service) {
            let Some(network) = cx.networks.get(row.0.source) else { continue };
            addresses |= network.is_outside();
            let guess = cx.text(row.0.service) == "signin.amazonaws.com"
                && row.0.outcome != Outcome::Success;
            if row.0.phase != Phase::Window || guess || !is_of_account(cx, &row) {
                continue;
            }
            if let Some(odd) = odd(cx, &row, network, &real) {
                found.entry((odd, cx.text(row.0.principal))).or_default().push(row);
            }
        }
        // An export without the column says nothing about any source.
        found.retain(|(odd, _), _| addresses || *odd != Odd::Missing);
        Ok(found.iter().map(|((odd, _), rows)| finding(cx, *odd, rows)).collect())
    }
}

/// True for credentials that the account issued.
fn is_of_account(cx: &Cx<'_>, (key, _): &Row<'_>) -> bool {
    let kind = cx.text(key.kind);
    matches!(kind, "IAMUser" | "AssumedRole" | "Root" | "FederatedUser") && key.access_key != 0
}

/// Accounts in which credentials of instances come from addresses that instances of AWS have: their logs are as AWS
/// wrote them.
fn real_addresses(cx: &Cx<'_>) -> HashSet<Sym> {
    let is_real = |key: &Key| match cx.networks.get(key.source).map(|network| network.class) {
        Some(SourceClass::Private) => true,
        Some(SourceClass::Other | SourceClass::Cloud) => parse_ip(cx.text(key.source))
            .is_some_and(|address| cx.config.aws_ranges().contains(address) == Some(true)),
        _ => false,
    };
    let rows = cx.rows().filter(|(k, _)| k.log == Log::CloudTrail && !k.by_service);
    rows.filter(|(k, _)| k.access_key != 0 && is_real(k) && is_of_instance(cx, k.access_key))
        .map(|(key, _)| key.account)
        .collect()
}

fn odd(
    cx: &Cx<'_>,
    (key, _): &Row<'_>,
    network: &SourceNetwork,
    real: &HashSet<Sym>,
) -> Option<Odd> {
    match network.class {
        SourceClass::Missing => Some(Odd::Missing),
        SourceClass::Unparsable => {
            let text = cx.text(key.source);
            let several = text.contains(',') && text.split(',').all(|part| is_address(part.trim()));
            Some(if several { Odd::Several } else { Odd::Unparsable })
        }
        SourceClass::Other | SourceClass::Cloud => {
            if !is_of_instance(cx, key.access_key) {
                return None;
            }
            let address = parse_ip(cx.text(key.source))?;
            let unknown = stands_for_another(address) && !real.contains(&key.account);
            outside_aws(cx, address, &network.asn)
                .filter(|odd| *odd != Odd::OutsideRanges || !unknown)
        }
        _ => None,
    }
}

/// How it is known that the address is outside AWS. What AWS publishes outweighs a GeoIP database.
fn outside_aws(cx: &Cx<'_>, address: IpAddr, operator: &str) -> Option<Odd> {
    let published = cx.config.aws_ranges().contains(address);
    match (published, operator.is_empty()) {
        (Some(true), _) => None,
        (_, false) => (!is_amazon(operator)).then_some(Odd::OtherOperator),
        (Some(false), true) => Some(Odd::OutsideRanges),
        (None, true) => None,
    }
}

/// True for addresses of documentation and benchmarks (RFC 5737, RFC 3849, RFC 9637, RFC 2544), which nobody has. They
/// replace others in logs that were made anonymous: where all addresses of instances are of that kind, nobody can tell
/// whose they were.
fn stands_for_another(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.is_documentation() || matches!(v4.octets(), [198, 18 | 19, ..]),
        IpAddr::V6(v6) => {
            let [first, second, ..] = v6.segments();
            (first, second) == (0x2001, 0xdb8) || (first == 0x3fff && second < 0x1000)
        }
    }
}

fn is_address(text: &str) -> bool {
    parse_ip(text).is_some()
}

/// True for the credentials of an instance, by the structure of its identity: the record says that the metadata service
/// delivered them, or the session has the name of an instance and no caller with an address requested it.
fn is_of_instance(cx: &Cx<'_>, key: Sym) -> bool {
    let Some(session) = cx.rollups.sessions.get(&key) else { return false };
    let session = session.only_direct();
    let requested = session.issued_at != 0 && cx.networks.is_outside(session.issued_to);
    session.delivery != 0 || (is_instance(cx.text(session.name)) && !requested)
}

fn finding(cx: &Cx<'_>, odd: Odd, rows: &[Row<'_>]) -> Finding {
    let mut build = Build::new(cx, &META, Cause::ForeignUse);
    let (mut sources, mut operators) = (BTreeSet::new(), BTreeSet::new());
    let (mut principal, mut access_key) = (0, 0);
    for (key, value) in rows {
        build.activity(key, value);
        sources.insert(cx.text(key.source));
        operators.insert(cx.networks.get(key.source).map_or("", |network| &network.asn));
        (principal, access_key) = (key.principal, key.access_key);
    }
    let keys: BTreeSet<&str> = rows.iter().map(|(key, _)| cx.text(key.access_key)).collect();
    build.scope().access_keys = keys.iter().map(|key| key.to_string()).collect();
    let calls = counted(build.events(), "call", "calls");
    let named = list(sources.into_iter(), MOST_NAMED);
    let who = short_name(cx.text(principal));
    let ranges = (odd == Odd::OutsideRanges).then(|| cx.config.aws_ranges().published());
    let day = ranges.map_or_else(String::new, clock::date);
    let is_dated = ranges.is_some_and(|published| build.last() >= published + FRESH);
    let (severity, title, reason) = match odd {
        Odd::Missing => (
            Severity::Low,
            format!("{calls} of {who} without a source address"),
            "AWS writes the address of every caller, or the name of a service".to_string(),
        ),
        Odd::Unparsable => (
            Severity::Low,
            format!("{calls} of {who} from a source that is no address"),
            format!("neither an address nor the name of an AWS service: {named}"),
        ),
        Odd::Several => (
            Severity::Medium,
            format!("{calls} of {who} from several addresses at once"),
            format!("a proxy passed a header on, which a caller can write: {named}"),
        ),
        Odd::OtherOperator => (
            Severity::High,
            format!("Credentials of an EC2 instance used from {named}, outside AWS"),
            format!(
                "the credentials of {who} are those of an instance, and the network belongs to {}",
                list(operators.into_iter(), MOST_NAMED)
            ),
        ),
        Odd::OutsideRanges => (
            if is_dated { Severity::Medium } else { Severity::High },
            format!("Credentials of an EC2 instance used from {named}, outside AWS"),
            format!(
                "the credentials of {who} are those of an instance, and the ranges that AWS published on {day} do not \
                 contain the source"
            ),
        ),
    };
    build.reason(reason);
    if is_dated {
        build.reason(format!(
            "the calls are long after {day}: AWS may have added the range since, so the finding weighs less"
        ));
        build.next("Update the ranges of AWS with `incident config aws-ranges`, and analyse again");
    }
    if matches!(odd, Odd::OtherOperator | Odd::OutsideRanges) {
        build.attack("T1552.005");
        build.next(
            "If instances leave through a network of your own, or with addresses that you brought to AWS, add them to \
             own_ranges",
        );
    }
    advice::contain_credential(cx, &mut build, principal, access_key);
    advice::ask_owner(&mut build);
    build.finish(severity, title)
}

#[cfg(test)]
mod tests;
