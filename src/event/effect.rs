//! What a call changes, told by its service and the words of its name: access, protection, data or compute.
//!
//! Only the account's own settings count. What programs do all day with what is in it (objects, items, messages, log
//! lines, heartbeats of agents) has no effect in this sense, nor have tags.
//!
//! Facts: AWS Service Authorization Reference, the access levels "Write" and "Permissions management" of each service.

use super::action::is_read_only;

/// What a call changes, the gravest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// Who may do what, and from where it can be reached.
    Access,
    /// What records, warns or keeps copies.
    Protection,
    /// Stores of data as a whole: buckets, databases, snapshots, secrets.
    Data,
    /// What runs code.
    Compute,
}

impl Effect {
    pub fn name(self) -> &'static str {
        match self {
            Effect::Access => "access",
            Effect::Protection => "protection",
            Effect::Data => "data",
            Effect::Compute => "compute",
        }
    }

    /// From `iam.amazonaws.com` and `CreateUser`. `None` for calls that read, and for those that are a program's
    /// daily work.
    pub fn of(service: &str, action: &str) -> Option<Effect> {
        let service = service.strip_suffix(".amazonaws.com").unwrap_or(service);
        if is_read_only(action) || !begins_with_any(action, VERBS) || contains_any(action, TRIFLES)
        {
            return None;
        }
        let rows = TABLE.iter().filter(|row| row.services.contains(&service));
        let mut rows = rows.filter(|row| row.words.is_empty() || contains_any(action, row.words));
        let row = rows.next();
        if row.is_some_and(|row| begins_with_any(action, row.daily)) {
            return None;
        }
        match row {
            // The word of a policy or a share says so in any service that the table names.
            Some(_) if contains_any(action, ACCESS) => Some(Effect::Access),
            Some(row) => Some(row.effect),
            None => None,
        }
    }
}

fn begins_with_any(action: &str, starts: &[&str]) -> bool {
    starts.iter().any(|start| action.starts_with(start))
}

fn contains_any(action: &str, words: &[&str]) -> bool {
    words.iter().any(|word| action.contains(word))
}

/// First words of names that change something.
const VERBS: &[&str] = &[
    "Accept",
    "Activate",
    "Add",
    "Apply",
    "Associate",
    "Attach",
    "Authorize",
    "Cancel",
    "Change",
    "Close",
    "Copy",
    "Create",
    "Deactivate",
    "Delete",
    "Deregister",
    "Detach",
    "Disable",
    "Disassociate",
    "Enable",
    "Execute",
    "Export",
    "Grant",
    "Import",
    "Invite",
    "Leave",
    "Modify",
    "Move",
    "Promote",
    "Purge",
    "Put",
    "Reboot",
    "Register",
    "Remove",
    "Replace",
    "Request",
    "Reset",
    "Restore",
    "Revoke",
    "Rotate",
    "Run",
    "Schedule",
    "Send",
    "Set",
    "Start",
    "Stop",
    "Suspend",
    "Terminate",
    "Transfer",
    "Update",
    "Upload",
];

/// Words of names that change nothing that matters here.
const TRIFLES: &[&str] = &["Tag", "RetentionPolicy", "ScalingPolicy", "LifecyclePolicy", "Metric"];

/// Words by which a call of any service is about access.
const ACCESS: &[&str] = &[
    "Policy",
    "Permission",
    "Acl",
    "AccessBlock",
    "Grant",
    "DataShare",
    "SnapshotAttribute",
    "ImageAttribute",
    "SnapshotAccess",
];

struct Row {
    services: &'static [&'static str],
    /// The name contains one of them; any name if empty.
    words: &'static [&'static str],
    /// Starts of names that are a program's daily work.
    daily: &'static [&'static str],
    effect: Effect,
}

const fn row(
    services: &'static [&'static str],
    words: &'static [&'static str],
    daily: &'static [&'static str],
    effect: Effect,
) -> Row {
    Row { services, words, daily, effect }
}

/// The first row that fits decides.
const TABLE: &[Row] = &[
    row(
        &[
            "iam",
            "organizations",
            "sso",
            "sso-directory",
            "identitystore",
            "rolesanywhere",
            "ram",
            "account",
            "cognito-idp",
            "cognito-identity",
            "lakeformation",
            "acm-pca",
        ],
        &[],
        // Users of an application sign themselves in and out.
        &["UpdateUserAttributes", "UpdateDeviceStatus", "UpdateAuthEventFeedback"],
        Effect::Access,
    ),
    row(
        &["ec2"],
        &[
            "SecurityGroup",
            "KeyPair",
            "Vpc",
            "Route",
            "Gateway",
            "NetworkAcl",
            "Vpn",
            "IamInstanceProfile",
            "InstanceConnectEndpoint",
            "TrafficMirror",
            "SerialConsole",
            "MetadataOptions",
            "MetadataDefaults",
            "PublicAccess",
        ],
        &[],
        Effect::Access,
    ),
    row(&["ec2"], &["FlowLogs", "EbsEncryption"], &[], Effect::Protection),
    row(&["ec2"], &["Snapshot", "Image", "Volume", "ExportTask"], &[], Effect::Data),
    row(
        &["ec2"],
        &["Instance", "LaunchTemplate", "Fleet", "Spot"],
        &["SendDiagnosticInterrupt"],
        Effect::Compute,
    ),
    row(
        &[
            "cloudtrail",
            "guardduty",
            "config",
            "securityhub",
            "macie2",
            "access-analyzer",
            "detective",
            "inspector2",
            "wafv2",
            "waf",
            "waf-regional",
            "shield",
            "fms",
            "backup",
            "network-firewall",
        ],
        &[],
        &["PutEvaluations", "SendSecurityTelemetry", "PutExternalEvaluation"],
        Effect::Protection,
    ),
    row(
        &["logs"],
        &["LogGroup", "SubscriptionFilter", "Destination", "ResourcePolicy", "ExportTask"],
        &["CreateLogGroup"],
        Effect::Protection,
    ),
    row(&["monitoring"], &["Alarm"], &["SetAlarmState"], Effect::Protection),
    row(&["events"], &["Rule", "Target", "EventBus", "Archive"], &[], Effect::Protection),
    row(&["s3", "s3control", "s3express"], &["Bucket", "Acl", "Access", "Job"], &[], Effect::Data),
    row(
        &["kms"],
        &["Key", "Grant", "Alias"],
        &["CreateGrant", "RetireGrant", "RevokeGrant"],
        Effect::Data,
    ),
    row(
        &["secretsmanager"],
        &[],
        // Rotation functions write a new version and move its label.
        &["PutSecretValue", "UpdateSecretVersionStage"],
        Effect::Data,
    ),
    row(&["dynamodb"], &["Table", "Backup", "Policy", "Export", "Stream"], &[], Effect::Data),
    row(
        &[
            "rds",
            "redshift",
            "redshift-serverless",
            "elasticache",
            "memorydb",
            "es",
            "elasticfilesystem",
            "fsx",
            "dms",
            "datasync",
            "transfer",
            "storagegateway",
            "docdb-elastic",
        ],
        &[],
        &["StartQuery"],
        Effect::Data,
    ),
    row(
        &["sqs", "sns", "kinesis", "firehose"],
        &["Queue", "Topic", "Stream", "Permission"],
        &[],
        Effect::Data,
    ),
    row(&["ecr", "ecr-public"], &["Repository", "Registry", "Replication"], &[], Effect::Data),
    row(
        &["glue"],
        &["Job", "Connection", "DevEndpoint", "Policy"],
        &["StartJobRun"],
        Effect::Compute,
    ),
    row(
        &["ssm"],
        &[
            "Command",
            "Session",
            "Automation",
            "Association",
            "Document",
            "Activation",
            "Maintenance",
        ],
        &["UpdateInstanceAssociationStatus"],
        Effect::Compute,
    ),
    row(&["ssm"], &["Parameter"], &[], Effect::Data),
    row(&["states"], &["StateMachine", "Activity"], &[], Effect::Compute),
    row(
        &["ecs"],
        &["Task", "Service", "Cluster"],
        &["UpdateTaskProtection", "UpdateTaskSet", "StopServiceDeployment"],
        Effect::Compute,
    ),
    row(
        &["lambda", "eks", "batch", "codebuild", "codepipeline", "cloudformation", "lightsail"],
        &[],
        // Agents that report for machines, and approvals.
        &["RegisterCluster", "PutJob", "PutApproval"],
        Effect::Compute,
    ),
    row(
        &[
            "sagemaker",
            "elasticmapreduce",
            "emr-containers",
            "emr-serverless",
            "apprunner",
            "gamelift",
            "workspaces",
        ],
        &[],
        &[],
        Effect::Compute,
    ),
    row(
        &["autoscaling"],
        &["LaunchConfiguration", "AutoScalingGroup", "LaunchTemplate"],
        &[],
        Effect::Compute,
    ),
    row(&["bedrock"], &["Logging", "Guardrail"], &[], Effect::Protection),
    row(&["bedrock"], &["Model", "Agent", "Entitlement"], &[], Effect::Compute),
    row(&["route53", "route53domains"], &["HostedZone", "Domain"], &[], Effect::Data),
    row(&["ses", "sesv2"], &["Identity", "Sending", "ReceiptRule"], &[], Effect::Access),
    row(&["servicequotas"], &[], &[], Effect::Compute),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_changes_what_its_service_and_name_say() {
        for (call, expected) in [
            ("iam:CreateUser", Some(Effect::Access)),
            ("iam:GetUser", None),
            ("iam:TagUser", None),
            ("s3:PutBucketPolicy", Some(Effect::Access)),
            ("s3:PutBucketLifecycle", Some(Effect::Data)),
            ("s3:DeleteBucketPublicAccessBlock", Some(Effect::Access)),
            ("s3:PutObject", None),
            ("s3:CopyObject", None),
            ("ec2:RunInstances", Some(Effect::Compute)),
            ("ec2:AuthorizeSecurityGroupIngress", Some(Effect::Access)),
            ("ec2:ModifySnapshotAttribute", Some(Effect::Access)),
            ("ec2:CreateSnapshot", Some(Effect::Data)),
            ("ec2:CreateNetworkInterface", None),
            ("ec2:CreateTags", None),
            ("cloudtrail:StopLogging", Some(Effect::Protection)),
            ("config:PutEvaluations", None),
            ("logs:CreateLogStream", None),
            ("logs:DeleteLogGroup", Some(Effect::Protection)),
            ("kms:ScheduleKeyDeletion", Some(Effect::Data)),
            ("kms:GenerateDataKey", None),
            ("lambda:AddPermission", Some(Effect::Access)),
            ("lambda:UpdateFunctionCode", Some(Effect::Compute)),
            ("dynamodb:PutItem", None),
            ("dynamodb:DeleteTable", Some(Effect::Data)),
            ("ssm:UpdateInstanceInformation", None),
            ("ssm:SendCommand", Some(Effect::Compute)),
            ("sqs:SendMessage", None),
            ("sts:AssumeRole", None),
            ("made-up:CreateThing", None),
        ] {
            let (service, action) = call.split_once(':').unwrap();
            let found = Effect::of(&format!("{service}.amazonaws.com"), action);
            assert_eq!(found, expected, "{call}");
        }
    }
}
