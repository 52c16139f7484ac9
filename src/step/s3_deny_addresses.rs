//! `s3.deny-addresses`: named IP addresses and ranges get no access to a bucket.
//!
//! Requests through a VPC endpoint have no `aws:SourceIp`, so the Deny does not match them. Nor does it
//! match requests that an AWS service makes for a principal (`aws:ViaAWSService`): their address is the
//! service's (IAM User Guide, "AWS global condition context keys").
//!
//! The responder is spared: an attacker may sit behind the same address, and the Deny must be liftable from there.
//! `ArnNotLike` also matches requests without `aws:PrincipalArn`, so anonymous requests are denied.

use std::net::IpAddr;

use ipnet::IpNet;
use serde_json::{Value, json};

use super::mechanism::bucket_deny::{self, BucketDeny};
use super::mechanism::{bucket_policy, principals};
use super::model::{Context, Meta, Risk, StepError, UndoKind};

static META: Meta = Meta {
    id: "s3.deny-addresses",
    title: "Deny all access to the bucket to these addresses",
    risk: Risk::Medium,
    undo: UndoKind::Exact,
    loss: "",
    needs: &["bucket", "address"],
    takes: &["bucket-region", "trail-bucket", "evidence-bucket"],
    reads: bucket_deny::READS,
    writes: bucket_deny::WRITES,
};

pub static STEP: BucketDeny = BucketDeny {
    meta: &META,
    sid: "DenyAddresses",
    sid_argument: Some("address"),
    actions: &["s3:*"],
    condition,
    affects: |cx| {
        format!(
            "everyone at {} except {} loses all access to {}, including other people behind the same address",
            cx.args.all("address").join(", "),
            principals::responder(cx),
            cx.args.text("bucket")
        )
    },
};

fn condition(cx: &Context) -> Result<Value, StepError> {
    Ok(json!({
        "IpAddress": {"aws:SourceIp": bucket_policy::values(&networks(cx)?)},
        "ArnNotLike": {"aws:PrincipalArn": bucket_policy::values(&principals::of_responder(cx))},
        "BoolIfExists": {"aws:ViaAWSService": "false"},
    }))
}

/// Networks that cannot send a request over the internet (RFC 1918, 3927, 4193, 4291, 6598, 1122).
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
/// The shortest prefixes, for IPv4 and IPv6: a wider range would deny large parts of the internet.
const SHORTEST_PREFIX: (u8, u8) = (8, 16);

/// The addresses as networks, without host bits.
fn networks(cx: &Context) -> Result<Vec<String>, StepError> {
    let mut networks: Vec<String> = Vec::new();
    for given in cx.args.all("address").iter().map(|a| a.trim()).filter(|a| !a.is_empty()) {
        let refused = |why: &str| StepError::Refused(format!("address {given}: {why}"));
        let parsed = given.parse::<IpNet>().or_else(|_| given.parse::<IpAddr>().map(IpNet::from));
        let invalid = "invalid (expected an IP address or a CIDR block such as 192.0.2.0/24)";
        let net = parsed.map_err(|_| refused(invalid))?.trunc();
        let shortest = if net.addr().is_ipv4() { SHORTEST_PREFIX.0 } else { SHORTEST_PREFIX.1 };
        if net.prefix_len() < shortest {
            return Err(refused(&format!(
                "wider than /{shortest}, so it would deny large parts of the internet"
            )));
        }
        let private = |p: &&&str| p.parse::<IpNet>().is_ok_and(|p| p.contains(&net));
        if let Some(private) = PRIVATE.iter().find(private) {
            return Err(refused(&format!(
                "in the private range {private}, which S3 never sees: such requests come through a VPC \
                 endpoint"
            )));
        }
        let text = net.to_string();
        if !networks.contains(&text) {
            networks.push(text);
        }
    }
    if networks.is_empty() {
        return Err(StepError::Refused("no address given (--address)".into()));
    }
    Ok(networks)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::step::mechanism::bucket_policy_laws::check;
    use crate::step::testing::{Fake, context};
    use crate::step::{Args, Step};

    fn args(addresses: &[&str]) -> Args {
        let mut args: Args = [("bucket", "records")].into();
        args.set_all("address", addresses.iter().map(ToString::to_string).collect());
        args
    }

    #[test]
    fn it_keeps_the_laws_of_bucket_policies() {
        check(&STEP, &args(&["203.0.113.9"]));
        check(&STEP, &args(&["198.51.100.0/24", "2001:db8::/32"]));
    }

    #[test]
    fn addresses_become_networks() {
        let args = args(&["203.0.113.9", " 198.51.100.77/24", "2001:db8::1", "203.0.113.9/32"]);
        let networks = networks(&context(&args)).unwrap();
        assert_eq!(networks, ["203.0.113.9/32", "198.51.100.0/24", "2001:db8::1/128"]);
    }

    #[test]
    fn the_responder_behind_the_same_address_is_spared() {
        let args = args(&["203.0.113.9"]);
        let ours = STEP.statement(&context(&args)).unwrap();
        let spared = &ours["Condition"]["ArnNotLike"]["aws:PrincipalArn"];
        assert_eq!(spared, "arn:aws:iam::123456789012:user/responder");
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
            let refused = STEP.observe(&Fake::default(), &context(&args));
            assert!(matches!(refused, Err(StepError::Refused(_))), "{one}");
        }
    }
}
