//! Credentials of the account that come from where they cannot belong. No history is needed to tell.
//!
//! - The source is missing or no address. AWS writes the caller's address, or a service's name; a list of addresses
//!   means that a proxy passed a header on, which the caller can write.
//! - Credentials of an EC2 instance come from a network whose operator is not Amazon (GeoIP). An instance that leaves
//!   through the company's own network is an ordinary cause: name it with `own_ranges`.
//!
//! Calls through a VPC endpoint of another account are told by the rule `vpc_endpoint_of_another_account`.

use std::collections::{BTreeMap, BTreeSet};

use polars::prelude::PolarsResult;

use super::build::Build;
use super::rows::Row;
use super::source_networks::SourceNetwork;
use super::text::{list, short_name};
use super::{Cx, Detector, Meta, advice};
use crate::config::geo::is_amazon;
use crate::event::address::parse_ip;
use crate::event::identity::is_instance;
use crate::event::{Log, Outcome, SourceClass};
use crate::finding::{Cause, Finding, Severity};
use crate::rollup::{Phase, Sym};
use crate::ui::number::counted;

static META: Meta = Meta {
    id: "credential.odd-source",
    finds: "A credential used from a source that is missing or no address, or an EC2 instance's from outside AWS",
    ordinary: "An export without addresses, a proxy that passes its clients' headers on, an instance behind the company's own network",
    attack: &["T1078.004"],
    settings: &[],
};

const MOST_NAMED: usize = 3;

pub struct CredentialOddSource;

/// In which way a source is odd.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Odd {
    Missing,
    Unparsable,
    /// Several addresses in one text.
    Several,
    /// An instance's credentials from an operator that is not Amazon.
    OutsideAws,
}

impl Detector for CredentialOddSource {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn detect(&self, cx: &Cx<'_>) -> PolarsResult<Vec<Finding>> {
        let mut found: BTreeMap<(Odd, &str), Vec<Row<'_>>> = BTreeMap::new();
        let mut addresses = false;
        for row in cx.rows().filter(|(k, _)| k.log == Log::CloudTrail && !k.by_service) {
            let Some(network) = cx.networks.get(row.0.source) else { continue };
            addresses |= network.is_outside();
            let guess = cx.text(row.0.service) == "signin.amazonaws.com"
                && row.0.outcome != Outcome::Success;
            if row.0.phase != Phase::Window || guess || !is_of_account(cx, &row) {
                continue;
            }
            if let Some(odd) = odd(cx, &row, network) {
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

fn odd(cx: &Cx<'_>, (key, _): &Row<'_>, network: &SourceNetwork) -> Option<Odd> {
    match network.class {
        SourceClass::Missing => Some(Odd::Missing),
        SourceClass::Unparsable => {
            let text = cx.text(key.source);
            let several = text.contains(',') && text.split(',').all(|part| is_address(part.trim()));
            Some(if several { Odd::Several } else { Odd::Unparsable })
        }
        SourceClass::Other | SourceClass::Cloud => {
            let outside = !network.asn.is_empty() && !is_amazon(&network.asn);
            (outside && is_of_instance(cx, key.access_key)).then_some(Odd::OutsideAws)
        }
        _ => None,
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
        Odd::OutsideAws => (
            Severity::High,
            format!("Credentials of an EC2 instance used from {named}, outside AWS"),
            format!(
                "the credentials of {who} are those of an instance, and the network belongs to {}",
                list(operators.into_iter(), MOST_NAMED)
            ),
        ),
    };
    build.reason(reason);
    if odd == Odd::OutsideAws {
        build.attack("T1552.005");
        build.next("If instances leave through a network of your own, add it to own_ranges");
    }
    advice::contain_credential(cx, &mut build, principal, access_key);
    advice::ask_owner(&mut build);
    build.finish(severity, title)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{HOUR, Millis};
    use crate::detect::testing::{Scene, at, reasons};
    use crate::event::Outcome::Success;

    const NAT: &str = "198.51.100.7";
    const AWAY: &str = "203.0.113.9";
    const INSTANCE: &str = "i-0c29d6abb6a09589a";

    fn start() -> Millis {
        at("2026-11-01 09:00")
    }

    fn called(source: &str) -> Scene {
        Scene::new()
            .call(start(), "user/dana", "AKIADANA", NAT, "s3:ListBuckets", Success)
            .repeat(3, HOUR)
            .call(start(), "user/app", "AKIAAPP", source, "s3:ListBuckets", Success)
    }

    #[test]
    fn a_source_that_is_no_address_is_a_finding() {
        for (source, severity) in [
            ("", Severity::Low),
            ("not an address", Severity::Low),
            ("203.0.113.9, 10.0.0.7", Severity::Medium),
            ("203.0.113.9,x", Severity::Low),
        ] {
            let scene = called(source);
            let found = scene.finding(&CredentialOddSource);
            assert_eq!(found.severity, severity, "{source:?}: {}", reasons(&found));
            assert_eq!(scene.selected(&found), 1);
        }
    }

    #[test]
    fn addresses_services_and_exports_without_addresses_are_quiet() {
        for source in [AWAY, "10.0.0.7", "2001:db8::1", "ec2.amazonaws.com", "AWS Internal"] {
            assert!(called(source).detect(&CredentialOddSource).is_empty(), "{source}");
        }
        let export = Scene::new().call(start(), "user/app", "AKIAAPP", "", "s3:GetObject", Success);
        assert!(export.detect(&CredentialOddSource).is_empty());
        let service = called("").with(|call| call.by_service = true);
        assert!(service.detect(&CredentialOddSource).is_empty());
    }

    /// An instance's first call, without any history.
    fn instance(operator: &str, asn: u32) -> Scene {
        Scene::new()
            .geo("203.0.113.0/24", "US", asn, operator)
            .call(start(), "role/web", "ASIAWEB", AWAY, "s3:ListBuckets", Success)
            .with(|call| call.session = INSTANCE.into())
    }

    #[test]
    fn an_instance_outside_aws_is_a_finding_without_history() {
        for operator in ["Example Telecom", "Hetzner Online GmbH", "Amazonas Telecom"] {
            let found = instance(operator, 64_500).finding(&CredentialOddSource);
            assert_eq!(found.severity, Severity::High, "{operator}");
            assert!(reasons(&found).contains(operator), "{}", reasons(&found));
        }
    }

    #[test]
    fn an_instance_in_aws_or_behind_an_own_network_is_quiet() {
        assert!(instance("Amazon.com, Inc.", 16_509).detect(&CredentialOddSource).is_empty());
        let own = instance("Example Telecom", 64_500).config("own_ranges = [\"203.0.113.0/24\"]");
        assert!(own.detect(&CredentialOddSource).is_empty());
        let task = instance("Example Telecom", 64_500).with(|call| call.session = "task".into());
        assert!(task.detect(&CredentialOddSource).is_empty());
        let unknown = Scene::new()
            .call(start(), "role/web", "ASIAWEB", AWAY, "s3:ListBuckets", Success)
            .with(|call| call.session = INSTANCE.into());
        assert!(unknown.detect(&CredentialOddSource).is_empty(), "without GeoIP nobody can tell");
    }
}
