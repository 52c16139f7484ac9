//! Third-party tools that assume a role of the account from fixed addresses: a configuration scanner, a cost tool, a
//! monitoring tool, and the data team's second account.

use super::cast::{Cast, EUROPE};
use super::services::every;
use crate::calendar::{DAY, HOUR, MINUTE};
use crate::identity::{self, Role, Session, SessionKind};
use crate::random::Random;
use crate::record::ACCOUNT;
use crate::story::bucket::{self, Request};
use crate::story::call::{Call, HOME};
use crate::story::cast::{Caller, Channel};
use crate::story::session::{SessionRequest, granted};
use crate::story::stage::Stage;

const SCANNER: &str = "Boto3/1.40.45 md/Botocore#1.40.45 ua/2.1 os/linux#6.1.150-174.273.amzn2023.x86_64 \
                       md/arch#x86_64 lang/python#3.12.11 md/pyimpl#CPython cfg/retry-mode#adaptive \
                       Botocore/1.40.45";
const COST: &str =
    "aws-sdk-java/2.34.9 md/io#sync md/http#Apache ua/2.1 os/Linux#5.15.0 lang/java#21.0.8";
const MONITOR: &str =
    "aws-sdk-go-v2/1.39.2 ua/2.1 os/linux lang/go#1.25.1 md/GOOS#linux md/GOARCH#amd64";

/// What the scanner lists in the home region, and the marked ones in all the others.
const LISTS: &str = "access-analyzer:ListAnalyzers acm:ListCertificates apigateway:GetRestApis \
    appsync:ListGraphqlApis athena:ListWorkGroups autoscaling:DescribeAutoScalingGroups \
    backup:ListBackupPlans batch:DescribeComputeEnvironments cloudformation:DescribeStacks \
    cloudfront:ListDistributions cloudtrail:DescribeTrails cloudtrail:GetTrailStatus \
    cloudtrail:GetEventSelectors cloudwatch:DescribeAlarms codebuild:ListProjects \
    cognito-idp:ListUserPools config:DescribeConfigurationRecorders dax:DescribeClusters \
    directconnect:DescribeConnections dms:DescribeReplicationInstances dynamodb:ListTables \
    ec2:DescribeInstances* ec2:DescribeSecurityGroups* ec2:DescribeSnapshots ec2:DescribeVpcs \
    ec2:DescribeFlowLogs ec2:DescribeVolumes ec2:GetEbsEncryptionByDefault ec2:DescribeAddresses \
    ec2:DescribeImages ecr:DescribeRepositories ecs:ListClusters efs:DescribeFileSystems \
    eks:ListClusters elasticache:DescribeCacheClusters elasticbeanstalk:DescribeEnvironments \
    elasticloadbalancing:DescribeLoadBalancers elasticmapreduce:ListClusters es:ListDomainNames \
    events:ListRules firehose:ListDeliveryStreams fsx:DescribeFileSystems glacier:ListVaults \
    glue:GetDatabases guardduty:ListDetectors* guardduty:GetDetector iam:GenerateCredentialReport \
    iam:GetCredentialReport iam:GetAccountSummary iam:GetAccountPasswordPolicy \
    iam:GetAccountAuthorizationDetails iam:ListUsers iam:ListMFADevices iam:ListAccessKeys \
    iam:ListRoles iam:ListPolicies iam:ListServerCertificates iam:ListVirtualMFADevices \
    inspector2:BatchGetAccountStatus kafka:ListClusters kinesis:ListStreams kms:ListKeys \
    kms:GetKeyRotationStatus kms:GetKeyPolicy lambda:ListFunctions20150331 \
    lambda:GetPolicy20150331v2 lightsail:GetInstances logs:DescribeLogGroups \
    logs:DescribeMetricFilters macie2:GetMacieSession mq:ListBrokers \
    network-firewall:ListFirewalls organizations:DescribeOrganization! \
    organizations:ListAccounts! rds:DescribeDBInstances rds:DescribeDBSnapshots \
    rds:DescribeDBSnapshotAttributes rds:DescribeDBClusters redshift:DescribeClusters \
    route53:ListHostedZones route53domains:ListDomains sagemaker:ListNotebookInstances \
    secretsmanager:ListSecrets securityhub:DescribeHub servicecatalog:ListPortfolios \
    ses:ListIdentities shield:DescribeSubscription! sns:ListTopics sns:GetTopicAttributes \
    sqs:ListQueues sqs:GetQueueAttributes ssm:DescribeInstanceInformation ssm:DescribeParameters \
    ssm:ListDocuments states:ListStateMachines storagegateway:ListGateways \
    support:DescribeTrustedAdvisorChecks! transfer:ListServers waf:ListWebACLs wafv2:ListWebACLs \
    workspaces:DescribeWorkspaces xray:GetEncryptionConfig";

const OTHER_REGIONS: [&str; 14] = [
    EUROPE,
    "us-east-2",
    "us-west-1",
    "us-west-2",
    "eu-central-1",
    "eu-west-2",
    "eu-west-3",
    "eu-north-1",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-northeast-1",
    "ca-central-1",
    "sa-east-1",
];

const BUCKETS: [&str; 16] = [
    "acme-invoices",
    "acme-logs",
    "acme-assets",
    "acme-uploads",
    "acme-releases",
    "acme-reports",
    "acme-search",
    "acme-backup",
    "acme-returns",
    "acme-basket",
    "acme-loyalty",
    "acme-shipping",
    "acme-gift-cards",
    "acme-reviews",
    "acme-web",
    "acme-terraform-state",
];

const COSTS: &str = "ce:GetCostAndUsage ce:GetCostForecast ce:GetReservationCoverage \
    ce:GetSavingsPlansUtilization cur:DescribeReportDefinitions! ec2:DescribeReservedInstances \
    ec2:DescribeInstances rds:DescribeReservedDBInstances savingsplans:DescribeSavingsPlans \
    compute-optimizer:GetEC2InstanceRecommendations organizations:ListAccounts!";

const METRICS: &str = "cloudwatch:ListMetrics cloudwatch:GetMetricData cloudwatch:GetMetricData \
    ec2:DescribeInstances rds:DescribeDBInstances sqs:ListQueues tagging:GetResources";

/// A tool and the role that was made for it.
struct Vendor<'a> {
    account: &'static str,
    session: &'static str,
    external_id: &'static str,
    addresses: &'static [&'static str],
    agent: &'static str,
    role: &'a Role,
}

pub fn play(stage: &mut Stage, cast: &Cast) {
    let random = &mut stage.random("month vendors");
    let posture = Vendor {
        account: "999988887777",
        session: "posture-scan",
        external_id: "b7f0a2d4c6e8",
        addresses: &["198.18.10.4", "198.18.10.5", "198.18.10.61"],
        agent: SCANNER,
        role: &cast.posture,
    };
    for day in stage.period.days() {
        let start = day + 2 * HOUR + random.between(0, 30 * MINUTE);
        scan(stage, random, &posture, start);
    }
    let cost = Vendor {
        account: "888877776666",
        session: "cost-insights",
        external_id: "acme-4411",
        addresses: &["198.18.20.8"],
        agent: COST,
        role: &cast.cost,
    };
    for time in every(stage, random, 24 * 60) {
        let who = take_role(stage, random, &cost, time + 5 * HOUR);
        ask(stage, random, &who, time + 5 * HOUR + 2, HOME, COSTS);
    }
    let monitoring = Vendor {
        account: "777766665555",
        session: "MonitoringIntegration",
        external_id: "3f9c1d",
        addresses: &["198.18.90.14", "198.18.93.201", "198.18.95.77", "198.18.97.6"],
        agent: MONITOR,
        role: &cast.monitoring,
    };
    for time in every(stage, random, 4 * 60) {
        let who = take_role(stage, random, &monitoring, time);
        ask(stage, random, &who, time + 2, HOME, METRICS);
    }
    let reporting = Vendor {
        account: "444455556666",
        session: "warehouse-load",
        external_id: "",
        addresses: &["198.51.100.140"],
        agent: SCANNER,
        role: &cast.reporting,
    };
    for day in stage.period.days() {
        let start = day + 5 * HOUR + random.between(0, HOUR);
        load_warehouse(stage, random, &reporting, start);
    }
}

/// A session of the other account assumes the role.
fn take_role(stage: &mut Stage, random: &mut Random, vendor: &Vendor, time: i64) -> Caller {
    let address: &&str = random.pick(vendor.addresses);
    let id = format!("AROAW5KQJ2MZ7VYXL3TBE:{}", vendor.session);
    let outside = Caller {
        identity: identity::other_account(vendor.account, &id),
        arn: String::new(),
        address: (*address).to_owned(),
        agent: vendor.agent.to_owned(),
        channel: Channel::Client,
    };
    let key = random.unique_id("ASIA", ACCOUNT);
    let (role, name, kind) = (vendor.role, vendor.session, SessionKind::Plain);
    let request = SessionRequest { role, session: name, region: HOME, kind };
    let call = Call::read("sts", "AssumeRole")
        .request(|o| {
            o.text("roleArn", &role.arn()).text("roleSessionName", name);
            if !vendor.external_id.is_empty() {
                o.text("externalId", vendor.external_id);
            }
            o.number("durationSeconds", 3600);
        })
        .response(|o| granted(o, &request, &key, time))
        .resource("AWS::IAM::Role", &role.arn());
    stage.add(random, time, &outside, call);
    let session = Session { role, name, key: &key, since: time, kind };
    Caller { identity: identity::session(&session), arn: role.session_arn(name), ..outside }
}

/// Asks one question after the other; a mark at the end of one means that it is refused.
fn ask(
    stage: &mut Stage,
    random: &mut Random,
    who: &Caller,
    start: i64,
    region: &'static str,
    questions: &'static str,
) {
    let mut time = start;
    for question in questions.split_ascii_whitespace() {
        let refused = question.ends_with('!');
        let question = question.trim_end_matches(['!', '*']);
        let Some((service, name)) = question.split_once(':') else { continue };
        let mut call = Call::read(service, name).region(region);
        if refused {
            call = call.denied(&who.arn, question, "*");
        }
        time += random.between(0, 2);
        stage.add(random, time, who, call);
    }
}

fn scan(stage: &mut Stage, random: &mut Random, vendor: &Vendor, start: i64) {
    let who = take_role(stage, random, vendor, start);
    ask(stage, random, &who, start + 1, HOME, LISTS);
    let mut time = start + 200;
    for region in OTHER_REGIONS {
        for question in LISTS.split_ascii_whitespace().filter(|q| q.ends_with('*')) {
            ask(stage, random, &who, time, region, question);
            time += 1;
        }
    }
    for bucket in BUCKETS {
        for (name, operation) in [
            ("GetBucketAcl", "REST.GET.ACL"),
            ("GetBucketPolicy", "REST.GET.BUCKETPOLICY"),
            ("GetBucketPublicAccessBlock", "REST.GET.PUBLIC_ACCESS_BLOCK"),
            ("GetBucketEncryption", "REST.GET.ENCRYPTION"),
        ] {
            time += random.between(0, 1);
            let denied = if bucket == "acme-logs" && name == "GetBucketPolicy" {
                "s3:GetBucketPolicy"
            } else {
                ""
            };
            let request = Request { denied, ..Request::about(bucket, name, operation) };
            bucket::send(stage, random, time, &who, &request);
        }
    }
}

/// The data team's account fetches the day's reports.
fn load_warehouse(stage: &mut Stage, random: &mut Random, vendor: &Vendor, start: i64) {
    let who = take_role(stage, random, vendor, start);
    let list = Request::list("acme-reports", "list-type=2&prefix=daily%2F");
    bucket::send(stage, random, start + 2, &who, &list);
    let day = start / DAY;
    for part in 0..random.between(8, 14) {
        let key = format!("daily/{day}/part-{part:04}.parquet");
        let size = random.between(300_000, 9_000_000) as u64;
        let request = Request::get("acme-reports", &key, size);
        bucket::send(stage, random, start + 3 + part * 2, &who, &request);
    }
}
