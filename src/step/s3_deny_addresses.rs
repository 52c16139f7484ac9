//! `s3.deny-addresses`: nothing more on a bucket from named IP addresses.
//!
//! Requests through a VPC endpoint have no `aws:SourceIp` and are not met, nor are those that an AWS service
//! makes for a principal (`aws:ViaAWSService`): their address is the service's (IAM User Guide, "AWS global
//! condition context keys").

use std::net::IpAddr;

use ipnet::IpNet;
use serde_json::{Value, json};

use super::bucket_policy;
use super::{Change, Context, Item, Meta, Risk, Step, StepError, Undo, UndoKind};
use crate::cloud::Api;

pub struct DenyAddresses;

static META: Meta = Meta {
    id: "s3.deny-addresses",
    title: "Deny the addresses everything on the bucket",
    risk: Risk::Medium,
    undo: UndoKind::Exact,
    loss: "",
    needs: &["bucket", "address"],
    takes: &["bucket-region", "trail-bucket", "evidence-bucket"],
    reads: &["s3:GetBucketPolicy"],
    writes: &["s3:PutBucketPolicy", "s3:DeleteBucketPolicy"],
};

/// Networks that no request from the internet comes from (RFC 1918, 3927, 4193, 4291, 6598, 1122).
const PRIVATE: [&str; 11] = [
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "0.0.0.0/8",
    "fc00::/7",
    "fe80::/10",
    "::1/128",
    "::/128",
];
/// The widest networks: anything wider is a part of the internet, not an attacker.
const WIDEST: (u8, u8) = (8, 16);

/// The addresses as networks, without the bits of hosts.
fn networks(cx: &Context) -> Result<Vec<String>, StepError> {
    let mut networks: Vec<String> = Vec::new();
    for given in cx.args.all("address").iter().map(|a| a.trim()).filter(|a| !a.is_empty()) {
        let refused = |why: &str| StepError::Refused(format!("the address {given} {why}"));
        let parsed = given.parse::<IpNet>().or_else(|_| given.parse::<IpAddr>().map(IpNet::from));
        let net = parsed.map_err(|_| refused("is neither an IP address nor a CIDR block"))?.trunc();
        let widest = if net.addr().is_ipv4() { WIDEST.0 } else { WIDEST.1 };
        if net.prefix_len() < widest {
            return Err(refused(&format!("is wider than /{widest}: it would deny everybody")));
        }
        let private = |p: &&&str| p.parse::<IpNet>().is_ok_and(|p| p.contains(&net));
        if let Some(private) = PRIVATE.iter().find(private) {
            return Err(refused(&format!(
                "is in {private}, which S3 never sees: such requests come through a VPC endpoint"
            )));
        }
        let text = net.to_string();
        if !networks.contains(&text) {
            networks.push(text);
        }
    }
    if networks.is_empty() {
        return Err(StepError::Refused("no address is named".into()));
    }
    Ok(networks)
}

/// One for each set of addresses, so that a second run adds to the first.
fn sid(cx: &Context) -> String {
    let mark = bucket_policy::mark(&cx.args.all("address").join(" "));
    cx.sid(&format!("DenyAddresses{mark}"))
}

fn statement(cx: &Context) -> Result<Value, StepError> {
    bucket_policy::guard(cx)?;
    let from = json!({
        "IpAddress": {"aws:SourceIp": bucket_policy::values(&networks(cx)?)},
        "BoolIfExists": {"aws:ViaAWSService": "false"},
    });
    Ok(bucket_policy::deny(cx, &sid(cx), &["s3:*"], from))
}

impl Step for DenyAddresses {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn observe(&self, api: &dyn Api, cx: &Context) -> Result<Vec<Item>, StepError> {
        statement(cx)?;
        Ok(vec![bucket_policy::observe(api, cx, cx.args.text("bucket"))?])
    }

    fn change(&self, cx: &Context, item: &Item) -> Result<Option<Change>, StepError> {
        let change = bucket_policy::add(cx, item, &statement(cx)?)?;
        Ok(change.map(|c| {
            c.affects(format!(
                "everybody at {}, on {}: others behind the same address too",
                cx.args.all("address").join(", "),
                cx.args.text("bucket")
            ))
        }))
    }

    fn undo(
        &self,
        cx: &Context,
        now: &Item,
        before: &Value,
        after: &Value,
    ) -> Result<Undo, StepError> {
        bucket_policy::remove(cx, now, before, after, &sid(cx))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::step::bucket_policy_laws::check;
    use crate::step::testing::context;
    use crate::step::{Args, testing::Fake};

    fn args(addresses: &[&str]) -> Args {
        let mut args: Args = [("bucket", "records")].into();
        args.set_all("address", addresses.iter().map(ToString::to_string).collect());
        args
    }

    #[test]
    fn it_keeps_the_laws_of_bucket_policies() {
        check(&DenyAddresses, &args(&["203.0.113.9"]));
        check(&DenyAddresses, &args(&["198.51.100.0/24", "2001:db8::/32"]));
    }

    #[test]
    fn addresses_become_networks() {
        let args = args(&["203.0.113.9", " 198.51.100.77/24", "2001:db8::1", "203.0.113.9/32"]);
        let networks = networks(&context(&args)).unwrap();
        assert_eq!(networks, ["203.0.113.9/32", "198.51.100.0/24", "2001:db8::1/128"]);
    }

    #[test]
    fn wide_private_and_unreadable_ones_are_refused() {
        for one in [
            "0.0.0.0/0",
            "8.0.0.0/7",
            "::/0",
            "2001::/15",
            "10.1.2.3",
            "192.168.0.0/16",
            "fd00::1",
            "127.0.0.1",
            "169.254.169.254",
            "not-an-address",
            "1.2.3.4/33",
            "",
        ] {
            let args = args(&[one]);
            let refused = DenyAddresses.observe(&Fake::default(), &context(&args));
            assert!(matches!(refused, Err(StepError::Refused(_))), "{one}");
        }
    }
}
