//! Grants and their reach: each row is a value and what it gives.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::*;

const OWN: &str = "111122223333";

fn known() -> BTreeSet<String> {
    ["444455556666", "o-ours12345", "vpce-ours1234"].map(str::to_string).into()
}

fn of(value: &Value) -> Option<Reach> {
    reach(value, Scope { own: OWN, known: &known() })
}

fn policy(principal: Value, condition: Value) -> Value {
    let statement =
        json!({"Effect": "Allow", "Principal": principal, "Action": "*", "Condition": condition});
    json!({"Version": "2012-10-17", "Statement": [statement]})
}

#[test]
fn principals_are_judged_one_by_one() {
    let arn = |id: &str| format!("arn:aws:iam::{id}:root");
    for (principal, expected) in [
        (json!("*"), Reach::Everyone),
        (json!({"AWS": "*"}), Reach::Everyone),
        (json!({"AWS": [arn(OWN), "*"]}), Reach::Everyone),
        (json!({"AWS": arn(OWN)}), Reach::Inside),
        (json!({"AWS": "444455556666"}), Reach::Inside),
        (json!({"AWS": [arn(OWN), arn("999988887777")]}), Reach::Outside),
        (json!({"AWS": "999988887777"}), Reach::Outside),
        (json!({"AWS": "arn:aws:iam::999988887777:role/a/b"}), Reach::Outside),
        (json!({"AWS": "arn:aws:iam::*:root"}), Reach::Everyone),
        (json!({"AWS": "AROAEXAMPLEID"}), Reach::Inside),
        (json!({"Service": "lambda.amazonaws.com"}), Reach::Inside),
        (json!({"Federated": "arn:aws:iam::999988887777:saml-provider/x"}), Reach::Outside),
        (json!({"Federated": "cognito-identity.amazonaws.com"}), Reach::Unclear),
        (json!({"CanonicalUser": "79a59df900b949e55d96a1e698fbaced"}), Reach::Unclear),
    ] {
        assert_eq!(of(&policy(principal.clone(), json!({}))), Some(expected), "{principal}");
        let text = policy(principal.clone(), json!({})).to_string();
        assert_eq!(of(&json!(text)), Some(expected), "as text: {principal}");
        let encoded =
            percent_encoding::utf8_percent_encode(&text, percent_encoding::NON_ALPHANUMERIC);
        assert_eq!(of(&json!(encoded.to_string())), Some(expected), "encoded: {principal}");
    }
}

#[test]
fn conditions_narrow_or_do_not() {
    for (condition, expected) in [
        (json!({"StringEquals": {"aws:PrincipalOrgID": "o-ours12345"}}), Reach::Inside),
        (json!({"StringEquals": {"aws:PrincipalOrgID": "o-theirs123"}}), Reach::Unclear),
        (json!({"StringLike": {"aws:PrincipalOrgID": "*"}}), Reach::Everyone),
        (json!({"StringLike": {"aws:PrincipalOrgID": "o-*"}}), Reach::Everyone),
        (json!({"StringEquals": {"aws:SourceAccount": OWN}}), Reach::Inside),
        (json!({"StringEquals": {"AWS:SourceOwner": OWN}}), Reach::Inside),
        (json!({"StringEquals": {"aws:SourceAccount": [OWN, "999988887777"]}}), Reach::Outside),
        (json!({"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-ours12345"}}), Reach::Everyone),
        (json!({"ForAllValues:StringEquals": {"aws:PrincipalAccount": OWN}}), Reach::Everyone),
        (
            json!({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-ours12345/*"}}),
            Reach::Inside,
        ),
        (json!({"StringNotEquals": {"aws:PrincipalAccount": "999988887777"}}), Reach::Everyone),
        (json!({"Bool": {"aws:SecureTransport": "true"}}), Reach::Everyone),
        (json!({"Bool": {"elasticfilesystem:AccessedViaMountTarget": "true"}}), Reach::Unclear),
        (json!({"StringLike": {"aws:Referer": "https://acme.example/*"}}), Reach::Everyone),
        (json!({"StringEquals": {"aws:UserAgent": "secret"}}), Reach::Everyone),
        (json!({"StringEquals": {"aws:PrincipalTag/team": "a"}}), Reach::Everyone),
        (
            json!({"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}),
            Reach::Everyone,
        ),
        (
            json!({"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com", "kms:CallerAccount": OWN}}),
            Reach::Inside,
        ),
        (json!({"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}), Reach::Everyone),
        (json!({"IpAddress": {"aws:SourceIp": ["0.0.0.0/1", "128.0.0.0/1"]}}), Reach::Everyone),
        (json!({"IpAddress": {"aws:SourceIp": "203.0.113.7/32"}}), Reach::Outside),
        (json!({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}), Reach::Inside),
        (json!({"StringEquals": {"aws:SourceVpce": "vpce-ours1234"}}), Reach::Inside),
        (json!({"StringEquals": {"aws:SourceVpce": "vpce-theirs12"}}), Reach::Unclear),
        (
            json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/*"}}),
            Reach::Inside,
        ),
        (json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/admin"}}), Reach::Everyone),
        (
            json!({"ArnEquals": {"aws:SourceArn": "arn:aws:sns:us-east-1:999988887777:t"}}),
            Reach::Outside,
        ),
        (json!({"StringEquals": {"sts:ExternalId": "x"}}), Reach::Everyone),
    ] {
        assert_eq!(of(&policy(json!("*"), condition.clone())), Some(expected), "{condition}");
    }
}

#[test]
fn a_statement_counts_whatever_stands_next_to_it() {
    let allow = json!({"Effect": "Allow", "Principal": {"AWS": "999988887777"}, "Action": "s3:*"});
    let deny = json!({"Effect": "Deny", "Principal": "*", "Action": "s3:*"});
    let own = json!({"Effect": "Allow", "Principal": {"AWS": OWN}, "Action": "s3:*",
        "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-ours12345"}}});
    assert_eq!(of(&json!({"Statement": [deny, own, allow]})), Some(Reach::Outside));
    assert_eq!(of(&json!({"Statement": [deny, own]})), Some(Reach::Inside));
    assert_eq!(of(&json!({"Statement": deny})), None, "a policy that only denies grants nothing");
    let but = json!({"Effect": "Allow", "NotPrincipal": {"AWS": OWN}, "Action": "s3:*"});
    assert_eq!(of(&json!({"Statement": but})), Some(Reach::Everyone));
    let odd = json!({"effect": "allow", "principal": "*", "action": "s3:*"});
    assert_eq!(of(&json!({"statement": odd})), Some(Reach::Everyone), "a spelling hides nothing");
    let deputy = |account: &str| {
        policy(
            json!({"Service": "s3.amazonaws.com"}),
            json!({"StringEquals": {"aws:SourceAccount": account}}),
        )
    };
    assert_eq!(of(&deputy(OWN)), Some(Reach::Inside));
    assert_eq!(
        of(&deputy("999988887777")),
        Some(Reach::Outside),
        "a service on a stranger's behalf"
    );
    assert_eq!(of(&json!("{\"Statement\": [")), Some(Reach::Unclear), "text that is no policy");
}

#[test]
fn lists_shares_and_ranges() {
    let grant = |who: Value| {
        json!({"AccessControlPolicy": {"Owner": {"ID": "me"}, "AccessControlList": {"Grant": [
        {"Grantee": {"ID": "me"}, "Permission": "FULL_CONTROL"}, {"Grantee": who, "Permission": "READ"}]}}})
    };
    let all = "http://acs.amazonaws.com/groups/global/AllUsers";
    for (value, expected) in [
        (grant(json!({"URI": all})), Some(Reach::Everyone)),
        (grant(json!({"ID": "me"})), Some(Reach::Inside)),
        (grant(json!({"ID": "other"})), Some(Reach::Unclear)),
        (json!({"x-amz-acl": ["public-read"]}), Some(Reach::Everyone)),
        (json!({"x-amz-acl": "private"}), Some(Reach::Inside)),
        (json!({"x-amz-grant-read": format!("uri=\"{all}\"")}), Some(Reach::Everyone)),
        (json!({"x-amz-grant-full-control": "id=\"other\", uri=\"x\""}), Some(Reach::Unclear)),
        (json!(["all"]), Some(Reach::Everyone)),
        (json!([OWN, "444455556666"]), Some(Reach::Inside)),
        (json!([OWN, "999988887777"]), Some(Reach::Outside)),
        (json!({"items": [{"userId": "999988887777"}]}), Some(Reach::Outside)),
        (json!({"items": [{"group": "all"}]}), Some(Reach::Everyone)),
        (
            json!("arn:aws:organizations::999988887777:organization/o-theirs123"),
            Some(Reach::Outside),
        ),
        (json!("o-theirs123"), Some(Reach::Unclear)),
        (json!([{"cidrIp": "0.0.0.0/1"}, {"cidrIp": "128.0.0.0/1"}]), Some(Reach::Everyone)),
        (json!([{"cidrIp": "10.0.0.0/8"}]), Some(Reach::Inside)),
        (json!([{"cidrIpv6": "::/0"}]), Some(Reach::Everyone)),
        (json!("some text"), None),
        (json!(7), None),
    ] {
        assert_eq!(of(&value), expected, "{value}");
    }
}
