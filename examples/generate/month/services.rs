//! AWS services that act on the account's behalf: four in five of all calls.

use super::cast::{EUROPE, role};
use super::script::{Play, Script};
use crate::calendar::{DAY, HOUR, MINUTE};
use crate::identity::SessionKind;
use crate::random::Random;
use crate::record::ACCOUNT;
use crate::story::bucket::{self, Request};
use crate::story::call::{Call, HOME};
use crate::story::cast::Caller;
use crate::story::session::{SessionRequest, assume};
use crate::story::stage::Stage;

/// A service that makes its rounds with a role of its own.
struct Round {
    host: &'static str,
    role: &'static str,
    session: &'static str,
    minutes: i64,
    europe: bool,
    /// `service:Action`, parted by blanks.
    asks: &'static str,
}

const fn round(
    host: &'static str,
    role: &'static str,
    session: &'static str,
    minutes: i64,
    europe: bool,
    asks: &'static str,
) -> Round {
    Round { host, role, session, minutes, europe, asks }
}

const ROUNDS: [Round; 15] = [
    round(
        "config",
        "AWSServiceRoleForConfig",
        "AWSConfig-Describe",
        360,
        true,
        "ec2:DescribeInstances ec2:DescribeSecurityGroups ec2:DescribeVolumes \
         ec2:DescribeNetworkInterfaces ec2:DescribeSubnets ec2:DescribeVpcs ec2:DescribeRouteTables \
         iam:GetAccountAuthorizationDetails iam:ListUsers iam:ListPolicies iam:GetAccountPasswordPolicy \
         lambda:ListFunctions20150331 lambda:GetFunctionConfiguration20150331v2 rds:DescribeDBInstances \
         rds:DescribeDBSnapshots rds:DescribeDBSubnetGroups ecs:ListClusters ecs:DescribeClusters \
         kms:ListKeys kms:DescribeKey kms:GetKeyPolicy kms:ListAliases cloudwatch:DescribeAlarms \
         secretsmanager:ListSecrets sqs:ListQueues sns:ListTopics dynamodb:ListTables \
         dynamodb:DescribeTable elasticloadbalancing:DescribeLoadBalancers \
         autoscaling:DescribeAutoScalingGroups s3:ListBuckets acm:ListCertificates \
         cloudtrail:DescribeTrails cloudtrail:GetTrailStatus",
    ),
    round(
        "access-analyzer",
        "AWSServiceRoleForAccessAnalyzer",
        "access-analyzer",
        360,
        true,
        "iam:ListRoles iam:GetRole iam:GetRole iam:GetRole iam:ListUsers s3:ListBuckets \
         s3:GetBucketPolicyStatus s3:GetBucketAcl s3:GetBucketPolicy s3:GetBucketPublicAccessBlock \
         kms:ListKeys kms:GetKeyPolicy kms:ListGrants lambda:GetPolicy20150331v2 \
         sqs:GetQueueAttributes secretsmanager:GetResourcePolicy sns:GetTopicAttributes \
         ecr:GetRepositoryPolicy rds:DescribeDBSnapshotAttributes ec2:DescribeSnapshotAttribute",
    ),
    round(
        "guardduty",
        "AWSServiceRoleForAmazonGuardDuty",
        "guardduty",
        90,
        true,
        "ec2:DescribeInstances ec2:DescribeImages ec2:DescribeVpcEndpoints ecs:ListClusters",
    ),
    round(
        "trustedadvisor",
        "AWSServiceRoleForTrustedAdvisor",
        "TrustedAdvisor",
        720,
        true,
        "iam:GenerateCredentialReport iam:GetCredentialReport iam:GetAccountSummary iam:ListUsers \
         ec2:DescribeInstances ec2:DescribeVolumes ec2:DescribeAddresses ec2:DescribeSecurityGroups \
         ec2:DescribeReservedInstances rds:DescribeDBInstances s3:ListBuckets s3:GetBucketAcl \
         s3:GetBucketVersioning s3:GetBucketLogging elasticloadbalancing:DescribeLoadBalancers \
         cloudfront:ListDistributions lambda:ListFunctions20150331 autoscaling:DescribeAccountLimits \
         cloudtrail:DescribeTrails cloudtrail:GetTrailStatus route53:ListHostedZones \
         ce:GetReservationPurchaseRecommendation dynamodb:DescribeLimits",
    ),
    round(
        "resource-explorer-2",
        "AWSServiceRoleForResourceExplorer",
        "resource-explorer",
        480,
        true,
        "ec2:DescribeInstances ec2:DescribeVolumes ec2:DescribeSnapshots ec2:DescribeImages \
         ec2:DescribeVpcs ec2:DescribeSubnets ec2:DescribeNatGateways s3:ListBuckets rds:DescribeDBInstances \
         rds:DescribeDBClusters rds:DescribeDBSnapshots lambda:ListFunctions20150331 sns:ListTopics \
         sqs:ListQueues dynamodb:ListTables ecs:ListClusters ecs:ListServices ecr:DescribeRepositories \
         logs:DescribeLogGroups cloudwatch:DescribeAlarms events:ListRules iam:ListRoles iam:ListUsers \
         iam:ListPolicies kms:ListKeys secretsmanager:ListSecrets states:ListStateMachines \
         elasticache:DescribeCacheClusters apigateway:GetRestApis acm:ListCertificates",
    ),
    round(
        "autoscaling",
        "AWSServiceRoleForAutoScaling",
        "AutoScaling",
        15,
        false,
        "ec2:DescribeInstanceStatus elasticloadbalancing:DescribeTargetHealth \
         elasticloadbalancing:DescribeLoadBalancers",
    ),
    round(
        "elasticloadbalancing",
        "AWSServiceRoleForElasticLoadBalancing",
        "ElasticLoadBalancing",
        120,
        true,
        "ec2:DescribeNetworkInterfaces ec2:DescribeSubnets ec2:DescribeSecurityGroups",
    ),
    round(
        "ecs",
        "AWSServiceRoleForECS",
        "ecs-service-scheduler",
        20,
        false,
        "ec2:DescribeNetworkInterfaces elasticloadbalancing:DescribeTargetHealth \
         elasticloadbalancing:DescribeTargetGroups",
    ),
    round(
        "rds",
        "AWSServiceRoleForRDS",
        "rds",
        120,
        true,
        "ec2:DescribeSecurityGroups ec2:DescribeAvailabilityZones",
    ),
    round(
        "inspector2",
        "AWSServiceRoleForAmazonInspector2",
        "inspector2",
        360,
        true,
        "ec2:DescribeInstances ec2:DescribeTags ecr:DescribeImages ecr:ListImages ecr:DescribeRepositories \
         ecr:GetRegistryScanningConfiguration ecr:BatchGetImage ecr:GetDownloadUrlForLayer \
         lambda:ListFunctions20150331 lambda:GetFunction20150331v2 lambda:GetFunction20150331v2 \
         lambda:GetLayerVersion20181031 ssm:DescribeInstanceInformation ssm:ListAssociations \
         ssm:GetInventory",
    ),
    round(
        "ssm",
        "AWSServiceRoleForAmazonSSM",
        "SSM",
        60,
        false,
        "ec2:DescribeInstances ec2:DescribeInstanceStatus resource-groups:ListGroupResources",
    ),
    round(
        "dynamodb.application-autoscaling",
        "AWSServiceRoleForApplicationAutoScaling_DynamoDBTable",
        "AutoScaling-ManageAlarms",
        60,
        false,
        "cloudwatch:DescribeAlarms dynamodb:DescribeTable",
    ),
    round(
        "compute-optimizer",
        "AWSServiceRoleForComputeOptimizer",
        "compute-optimizer",
        720,
        true,
        "ec2:DescribeInstances ec2:DescribeVolumes autoscaling:DescribeAutoScalingGroups \
         autoscaling:DescribeAutoScalingInstances lambda:ListFunctions20150331 \
         lambda:ListProvisionedConcurrencyConfigs rds:DescribeDBInstances cloudwatch:GetMetricData \
         ecs:ListClusters ecs:ListServices",
    ),
    round(
        "securityhub",
        "AWSServiceRoleForSecurityHub",
        "securityhub",
        360,
        true,
        "cloudtrail:DescribeTrails cloudtrail:GetEventSelectors cloudtrail:GetTrailStatus \
         config:DescribeConfigurationRecorders config:DescribeConfigRules iam:GetAccountSummary \
         cloudwatch:DescribeAlarms logs:DescribeMetricFilters sns:ListSubscriptionsByTopic \
         config:DescribeConfigRuleEvaluationStatus",
    ),
    round(
        "cloudwatch-crossaccount",
        "AWSServiceRoleForCloudWatchCrossAccount",
        "cloudwatch",
        120,
        false,
        "cloudwatch:ListMetrics cloudwatch:GetMetricData cloudwatch:DescribeAlarms",
    ),
];

pub fn play(stage: &mut Stage) {
    let random = &mut stage.random("month services");
    for round in &ROUNDS {
        make_rounds(stage, random, round);
    }
    trail(stage, random);
    scaling(stage, random);
    of_its_own_accord(stage, random);
}

/// Times about `minutes` apart.
pub fn every(stage: &Stage, random: &mut Random, minutes: i64) -> Vec<i64> {
    let step = minutes * MINUTE;
    (stage.period.start..stage.period.end)
        .step_by(step as usize)
        .map(|time| time + random.between(0, step / 8))
        .collect()
}

fn make_rounds(stage: &mut Stage, random: &mut Random, round: &Round) {
    let host = format!("{}.amazonaws.com", round.host);
    let role = role(random, &format!("aws-service-role/{host}/"), round.role);
    for region in [HOME, EUROPE].into_iter().take(1 + usize::from(round.europe)) {
        let mut session: Option<(i64, Caller)> = None;
        for start in every(stage, random, round.minutes) {
            // Credentials last for an hour and are not asked for again before.
            let kind = SessionKind::Via(&host);
            let request = SessionRequest { role: &role, session: round.session, region, kind };
            let (since, who) = match session.take() {
                Some((since, who)) if start < since + 50 * MINUTE => (since, who),
                _ => (start, assume(stage, random, start, &Caller::service(&host), &request)),
            };
            let mut time = start;
            for ask in round.asks.split_ascii_whitespace() {
                let Some((service, name)) = ask.split_once(':') else { continue };
                let mut call = Call::read(service, name).region(region);
                if random.percent(1) {
                    call = call.throttled();
                }
                time += random.between(0, 2);
                stage.add(random, time, &who, call);
            }
            session = Some((since, who));
        }
    }
}

/// CloudTrail and the load balancers look at the log bucket and write to it.
fn trail(stage: &mut Stage, random: &mut Random) {
    let who = Caller::service("cloudtrail.amazonaws.com");
    for time in every(stage, random, 60) {
        let acl = Request {
            bytes_out: 552,
            ..Request::about("acme-logs", "GetBucketAcl", "REST.GET.ACL")
        };
        bucket::send(stage, random, time, &who, &acl);
    }
    let key = format!("arn:aws:kms:us-east-1:{ACCOUNT}:key/c1a7f9e2-3b64-4d18-9f50-7e2b8a6d4c91");
    for time in every(stage, random, 60) {
        let call = Call::read("kms", "GenerateDataKey")
            .request(|o| {
                o.text("keyId", &key).text("keySpec", "AES_256");
            })
            .resource("AWS::KMS::Key", &key);
        stage.add(random, time, &who, call);
    }
}

/// Machines come in the morning and go at night.
fn scaling(stage: &mut Stage, random: &mut Random) {
    let host = "autoscaling.amazonaws.com";
    let role = role(random, &format!("aws-service-role/{host}/"), "AWSServiceRoleForAutoScaling");
    let script = Script::parse(include_str!("services.steps"));
    for day in stage.period.days() {
        for _ in 0..random.between(2, 4) {
            let start = day + 7 * HOUR + random.between(0, 4 * HOUR);
            let instance = format!("i-0{}", random.hex(16));
            let gaps = [("instance", instance.as_str())];
            for (time, steps) in [(start, "launch"), (start + random.between(8, 12) * HOUR, "end")]
            {
                let kind = SessionKind::Via(host);
                let request =
                    SessionRequest { role: &role, session: "AutoScaling", region: HOME, kind };
                let who = assume(stage, random, time, &Caller::service(host), &request);
                Play { region: HOME, gaps: &gaps, pace: (1, 3) }.steps(
                    stage,
                    random,
                    time + 1,
                    &who,
                    script.steps(steps),
                );
            }
        }
    }
}

/// What services record about themselves.
fn of_its_own_accord(stage: &mut Stage, random: &mut Random) {
    let internal = Caller::service("AWS Internal");
    for week in 0..4 {
        let call = Call::change("kms", "RotateKey").event_type("AwsServiceEvent").resource(
            "AWS::KMS::Key",
            &format!("arn:aws:kms:us-east-1:{ACCOUNT}:key/{}", random.uuid()),
        );
        let time = stage.period.start + week * 7 * DAY + random.between(0, 6 * DAY);
        stage.add(random, time, &internal, call);
    }
    let backup = Caller::service("rds.amazonaws.com");
    for day in stage.period.days() {
        let call = Call::change("rds", "CreateDBSnapshot").event_type("AwsServiceEvent");
        let time = day + 3 * HOUR + random.between(0, HOUR);
        stage.add(random, time, &backup, call);
    }
}
