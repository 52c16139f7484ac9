//! Tests of `agent`.

use super::*;

#[test]
fn families_outlive_versions_and_runs() {
    for (agent, expected) in [
        ("aws-cli/2.13.5 Python/3.11.4 Linux/4.14 exe/x86_64.amzn.2", "aws-cli"),
        ("[aws-cli/1.16.96 Python/2.7.16 Linux/4.14 botocore/1.12.86]", "aws-cli"),
        ("aws-cli/2.15.0 md/awscrt#0.19.19 ua/2.0 os/linux", "aws-cli"),
        ("[Boto3/1.26.165 Python/3.10.6 Linux/5.19.0-46-generic]", "Boto3"),
        ("Botocore/1.29.165", "Botocore"),
        ("aws-sdk-java/1.12.488 Linux/5.10.184", "aws-sdk-java"),
        ("aws-sdk-go/1.44.20 (go1.17.6; linux; amd64)", "aws-sdk-go"),
        ("aws-sdk-go-v2/1.18.0 os/linux lang/go/1.19.8", "aws-sdk-go-v2"),
        ("aws-sdk-js/3.400.0 ua/2.0", "aws-sdk-js"),
        ("aws-sdk-nodejs/2.1001.0 linux/v14.17.4", "aws-sdk-nodejs"),
        ("aws-sdk-rust/1.0.1 os/linux lang/rust/1.74", "aws-sdk-rust"),
        ("aws-sdk-ruby3/3.130.0 ruby/2.7.5", "aws-sdk-ruby3"),
        ("python-requests/2.31.0", "python-requests"),
        ("curl/8.4.0", "curl"),
        ("rclone/v1.60.1", "rclone"),
        ("Cyberduck/8.7.1.40770 (Mac OS X/14.1) (aarch64)", "Cyberduck"),
        ("kubectl/v1.27.3 (linux/amd64) kubernetes/25b4e43", "kubectl"),
        ("Go-http-client/1.1", "Go-http-client"),
        ("S3 Browser/11.4.5 (https://s3browser.com)", "S3 Browser"),
        ("S3 Browser 9.5.5 https://s3browser.com", "S3 Browser"),
        ("AWSPowerShell.Common/4.1.7.0 .NET_Core/6.0.2", "AWSPowerShell.Common"),
        ("console.amazonaws.com", "console.amazonaws.com"),
        ("signin.amazonaws.com", "signin.amazonaws.com"),
        ("inspector2.amazonaws.com", "inspector2.amazonaws.com"),
        ("AWS Internal", "AWS Internal"),
        ("aws-internal/3 aws-sdk-java/1.11.975 Linux/5.10", "aws-internal"),
        ("[S3Console/0.4, aws-internal/3 aws-sdk-java/1.12.488]", "S3Console"),
        ("RDS Console, aws-internal/3 aws-sdk-java/1.11.975", "RDS Console"),
        ("AWS Console, aws-sdk-java/unknown-version", "AWS Console"),
        ("AWSCLI", "AWSCLI"),
    ] {
        assert_eq!(family(agent), expected, "{agent}");
    }
}

#[test]
fn partner_tools_are_named_not_their_partner() {
    let terraform = "APN/1.0 HashiCorp/1.0 Terraform/1.1.2 (+https://www.terraform.io) \
                     terraform-provider-aws/3.76.1 stratus-red-team_11a6ef34-e130-4579-a1d3-79c915cee6ec";
    for (agent, expected) in [
        (terraform, "Terraform"),
        ("[APN/1.0 HashiCorp/1.0 Terraform/1.1.2 (+https://x)]", "Terraform"),
        ("HashiCorp/1.0 Terraform/0.12.29", "Terraform"),
        ("APN/1.0 Pulumi/1.0 PulumiAws/5.3.0", "Pulumi"),
        ("APN/1.0 Acme/1.0", "Acme"),
        ("APN/1.0 Acme/1.0 (+https://acme.example)", "Acme"),
        ("APN/1.0", "APN"),
    ] {
        assert_eq!(family(agent), expected, "{agent}");
    }
}

#[test]
fn browsers_are_distinguished_by_their_rarest_claim() {
    let webkit = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko)";
    for (claim, expected) in [
        ("Chrome/120.0.0.0 Safari/537.36", "Chrome"),
        ("Chrome/120.0.0.0 Safari/537.36 Edg/120.0", "Edge"),
        ("Version/17.1 Safari/605.1.15", "Safari"),
        ("Gecko/20100101 Firefox/102.0", "Firefox"),
        ("HeadlessChrome/120.0 Safari/537.36", "HeadlessChrome"),
        ("", "Mozilla"),
    ] {
        assert_eq!(family(&format!("{webkit} {claim}")), expected, "{claim}");
    }
}

#[test]
fn identifiers_are_not_families() {
    for (agent, expected) in [
        ("stratus-red-team_c97089f1-4a0b-4b8c-9d8e-0123456789ab", "stratus-red-team"),
        ("c97089f1-4a0b-4b8c-9d8e-0123456789ab", "(id)"),
        ("job-1699999999", "job"),
        ("worker_0c29d6abb6a09589a", "worker"),
        ("sqlmap-1.5", "sqlmap"),
        ("1234", "(id)"),
        ("10.0.0.1", "(id)"),
        ("deadbeef", "deadbeef"),
        ("", "-"),
        ("-", "-"),
        ("[]", "-"),
        ("  ", "-"),
        ("/1.0", "(id)"),
    ] {
        assert_eq!(family(agent), expected, "{agent}");
    }
}

#[test]
fn hostile_agents_stay_short_and_whole() {
    let long = "é".repeat(1000);
    assert_eq!(family(&long).len(), 64);
    assert_eq!(family(&format!("a{long}")).len(), 63);
    assert_eq!(family("one two three four five"), "one two three");
    let uuid_tail_cut = "日本語-4a0b-4b8c-9d8e-012345678日本";
    assert_eq!(family(uuid_tail_cut), uuid_tail_cut);
}

#[test]
fn attack_tools_and_systems_are_recognized() {
    for (agent, expected) in [
        ("aws-cli/1.16 Python/3.8 Linux/5.10.0-kali3-amd64 botocore/1.1", "Kali Linux"),
        ("Boto3/1.9 Linux/5.16.0-12parrot1-amd64", "Parrot OS"),
        ("aws-cli/1.1 Linux/5.10-PENTOO", "Pentoo Linux"),
        ("TruffleHog", "TruffleHog"),
        ("S3 Browser/11.4.5", "S3 Browser"),
        ("WinSCP/5.21.6 neon/0.32.4", "WinSCP"),
        ("rclone/v1.60.1", "rclone"),
        ("APN/1.0 Terraform/1.1 stratus-red-team_11a6ef34", "Stratus Red Team"),
        ("Mozilla/5.0 (compatible; Nmap Scripting Engine)", "Nmap"),
    ] {
        assert_eq!(notable(agent), Some(expected), "{agent}");
    }
}

#[test]
fn innocent_words_are_not_recognized() {
    for agent in [
        "",
        "aws-cli/2.13.5 Python/3.11.4",
        "alkaline/1.0",
        "kalibrate/2",
        "unmap/1.0",
        "sprowler",
        "kal",
        "Mozilla/5.0 (X11; Ubuntu; Linux x86_64)",
    ] {
        assert_eq!(notable(agent), None, "{agent}");
    }
}

#[test]
fn a_client_is_the_same_whatever_command_it_runs() {
    let cli = "aws-cli/2.31.16 ua/2.1 md/installer#source";
    for text in [
        "aws-cli/2.31.16 ua/2.1 md/installer#source md/prompt#off md/command#s3.ls",
        "[aws-cli/2.31.16 ua/2.1 md/installer#source md/prompt#off md/command#s3api.get-bucket-acl]",
        cli,
    ] {
        assert_eq!(client(text), cli);
    }
    assert_eq!(client("aws-cli/1.16.1 Python/3.6 command/s3.ls"), "aws-cli/1.16.1 Python/3.6");
    assert_eq!(client("[]"), "");
}
